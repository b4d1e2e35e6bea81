"""`goalcover assess` with a model behind it: faults, a kill, an interrupt, and nothing that was paid for is lost."""

import json
import re
import shlex
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import commands
import openai_brains
import pandas as pd
import pytest
from goalcover.agent.errors import GoalCoverError, InputError, ModelError, StoppedError
from goalcover.ui.assessing import Judging, run_assessment
from judging_cases import NAMES
from openai_faults import Faults
from openai_server import KEY
from scripted import serving

ROWS = 300
IN_FLIGHT = 8


def write_goal(path: Path) -> Path:
    subgoals = [{"id": name, "name": name, "description": f"Explains {name} to patients"} for name in NAMES]
    path.write_text(json.dumps({"goal": "Answer the questions of patients", "subgoals": subgoals}))
    return path


def write_rows(path: Path, n: int) -> Path:
    rows = [{"question": f"Case {k}: {' '.join(NAMES[: k % 6 + 1])}?", "answer": "Ask a doctor."} for k in range(n)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def paid(server) -> Counter[str]:
    """How often the server answered about each sample."""
    texts = [one.json["messages"] for one in server.requests if one.fault == "ok" and "messages" in one.json]
    judging = [one for one in texts if openai_brains.is_judging(one)]
    return Counter(openai_brains.taken_apart(one[-1]["content"])[1]["input"] for one in judging)


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Points the command at a server; the interpreter's own cache of vectors stays the session's."""

    def point(server) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("GOALCOVER_MODEL", "test-model")
        monkeypatch.setenv("GOALCOVER_CONCURRENCY", str(IN_FLIGHT))

    return point


@dataclass(frozen=True)
class Story:
    """Killed, interrupted, finished."""

    run: Path
    killed_at: int
    paid_at_kill: int
    interrupted: CompletedProcess[str]
    interrupted_at: int
    paid_at_interrupt: int
    finished: CompletedProcess[str]
    paid: Counter[str]
    n_asked: int
    """Requests of all kinds, failed ones included."""


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    folder = tmp_path_factory.mktemp("a story")
    data, goal, run = write_rows(folder / "rows.jsonl", ROWS), write_goal(folder / "goal.json"), folder / "run"
    arguments = ("assess", data, "--goal", goal, "--out", run, "--judge", "test-model")
    faults = Faults({"429": 0.05, "500": 0.02, "malformed": 0.02})
    with pytest.MonkeyPatch.context() as patch, serving(latency=0.05, faults=faults) as server:
        patch.setenv("OPENAI_BASE_URL", server.url)
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("GOALCOVER_CONCURRENCY", str(IN_FLIGHT))
        first = commands.start(*arguments)
        commands.wait_for(400, run, first)
        first.kill()
        first.communicate()
        killed_at, paid_at_kill = commands.judged(run), paid(server).total()

        second = commands.start(*arguments)
        commands.wait_for(killed_at + 300, run, second)
        second.send_signal(signal.SIGTERM)
        interrupted = CompletedProcess(second.args, 0, *second.communicate(timeout=60))
        interrupted.returncode = second.returncode
        interrupted_at, paid_at_interrupt = commands.judged(run), paid(server).total()

        resume = re.search(r"Go on with: goalcover (.*)", interrupted.stderr)
        assert resume, interrupted.stderr
        finished = commands.goalcover(*shlex.split(resume[1]))
        return Story(
            run, killed_at, paid_at_kill, interrupted, interrupted_at, paid_at_interrupt, finished, paid(server),
            len(server.chats),
        )  # fmt: skip


def test_a_kill_loses_at_most_what_was_not_committed(story):
    lost = story.paid_at_kill - story.killed_at // len(NAMES)
    assert 0 <= lost <= IN_FLIGHT + 64 // len(NAMES) + 2  # in flight, and at most 64 judgements behind


def test_an_interrupt_loses_nothing(story):
    assert story.interrupted.returncode == 3
    assert "Traceback" not in story.interrupted.stderr
    new = story.interrupted_at - story.killed_at
    assert new == (story.paid_at_interrupt - story.paid_at_kill) * len(NAMES)


def test_the_resume_command_finishes_it(story):
    assert story.finished.returncode == 0, story.finished.stderr
    assert "by the llm engine (test-model)" in story.finished.stderr
    scores = pd.read_parquet(story.run / "scores.parquet")
    assert len(scores) == ROWS * len(NAMES)
    assert (scores["status"] == "scored").all()
    said = [name in text for text in _inputs(story.run) for name in NAMES]
    assert (scores["level"].to_numpy() == [int(one) for one in said]).all()


def test_hardly_any_sample_is_paid_twice(story):
    assert set(story.paid.values()) <= {1, 2}
    assert story.paid.total() - ROWS <= IN_FLIGHT + 64 // len(NAMES) + 2


def test_the_run_says_what_it_took_and_holds_no_key(story):
    info = json.loads((story.run / "run.json").read_text())
    assert info["engine"]["name"] == "llm"
    assert info["engine"]["model"] == "test-model"
    used = info["usage"]
    assert used["calls"] > 0
    assert used["prompt_tokens"] > used["cached_tokens"] > 0
    assert used["completion_tokens"] > 0
    assert (used["cost_usd"], used["unscored"]) == (None, {})
    assert used["retries"] > 0
    # All three calls of the command. Not counted: the probe, and what the kill cut off, with the tries before it.
    assert 0 <= story.n_asked - used["calls"] <= 3 * IN_FLIGHT + 64 // len(NAMES)
    assert f"With what this run took before: {used['calls']:,} calls" in story.finished.stderr.replace("\n", " ")
    for path in story.run.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert KEY not in story.finished.stderr + story.interrupted.stderr
    assert "price not known" in story.finished.stderr


def test_too_many_failures_give_no_verdict_and_exit_3_and_two_judges_are_compared(environment, tmp_path):
    data, goal, run = write_rows(tmp_path / "rows.jsonl", 12), write_goal(tmp_path / "goal.json"), tmp_path / "run"
    with serving(faults=Faults({"refusal": 0.9})) as server:
        environment(server)
        done = commands.goalcover("assess", data, "--goal", goal, "--out", run, "--judge", "alpha", "--judge", "beta")
    assert done.returncode == 3, done.stderr
    assert "no verdict on " in done.stderr
    coverage = json.loads((run / "coverage.json").read_text())
    assert None in [one["gap"] for one in coverage["subgoals"]]
    assert len(coverage["agreement"]["judges"]) == 2
    assert coverage["agreement"]["alpha"] in {None, 1.0}
    assert json.loads((run / "run.json").read_text())["usage"]["unscored"]["refused"] > 0


def test_an_account_that_runs_dry_while_judging_is_no_end_but_a_stop(environment, tmp_path):
    data, goal, how = write_rows(tmp_path / "rows.jsonl", 30), write_goal(tmp_path / "goal.json"), Judging("auto")

    def judge(n_answered: int, error: type[GoalCoverError], said: str) -> None:
        script = ["ok"] * n_answered + ["no-credit"] * 100
        with serving(faults=Faults(script=script)) as server:
            environment(server)
            with pytest.raises(error, match=said) as caught:
                run_assessment(str(data), goal, tmp_path / "run", how, limit=None, seed=0, mapping=None, split=None)
        assert "no credit left" in str(caught.value)

    judge(0, ModelError, "^[^;]*$")
    judge(10, StoppedError, "; what was judged is kept. Go on with: goalcover")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Judging("auto", ("alpha",), max_cost=1.0), "--max-cost needs the model's price"),
        (Judging("embedded", ("alpha",)), "--engine embedded asks none"),
        (Judging("auto", ("alpha", "alpha")), "names a model twice"),
        (Judging("embedded", max_cost=1.0), "the embedded judge costs nothing"),
    ],
)
def test_options_that_do_not_fit_are_told_before_anything_is_asked(environment, tmp_path, how, said):
    data, goal = write_rows(tmp_path / "rows.jsonl", 5), write_goal(tmp_path / "goal.json")
    with serving() as server:
        environment(server)
        with pytest.raises(InputError, match=said):
            run_assessment(str(data), goal, tmp_path / "run", how, limit=None, seed=0, mapping=None, split=None)
        assert server.requests == []
    assert not (tmp_path / "run").exists()


def _inputs(run: Path) -> list[set[str]]:
    texts = pd.read_parquet(run / "samples.parquet")["input"]
    return [set(re.findall(r"\w+", text)) for text in texts]
