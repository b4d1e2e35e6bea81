"""`goalcover synthesize` as a person at a terminal has it: the review, and what it costs."""

import io
import json
import os
import signal
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.synthesis import Candidate, Proposal, Verdict
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import kept
from goalcover.memory.waiting import waiting
from goalcover.ui.synthesizing import Wish, _Progress, reviewed, run_synthesis
from judging_cases import asked, judge_on
from openai_server import KEY
from scripted import scripted, serving
from unjudged import run_of

DIMENSIONS = ("correctness", "completeness", "faithfulness", "format", "level")
GOAL = Goal(
    goal="Answer questions of beekeepers",
    subgoals=(Subgoal(id="bees", name="Bees", description="Answers questions about hives and honey"),),
)


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def proposals(n: int) -> list[Proposal]:
    marks = dict.fromkeys(DIMENSIONS, 5)
    return [
        Proposal(
            candidate=Candidate(
                id=f"c{k}", input=f"Q{k}?", output=f"A{k}", capability="c", difficulty="basic", form="", parents=()
            ),
            sample=Sample(id=f"synthetic-c{k}", row=k, input=f"Q{k}?", output=f"A{k}"),
            verdict=Verdict(candidate_id=f"c{k}", rationale="Fine.", judge="j", **marks),
            flags=(),
        )
        for k in range(1, n + 1)
    ]


@pytest.mark.parametrize(
    ("typed", "n_seen", "decisions"),
    [
        ("a\nall\n", 4, ["accepted"]),
        ("a\nwhat?\nr\ntoo long\n", 2, ["accepted", "rejected"]),
        ("", 0, []),
        ("r\n", 1, ["rejected"]),
        ("A\na\na\na\n", 4, ["accepted"] * 4),
    ],
)
def test_what_nobody_decided_about_is_not_kept_when_the_input_ends(monkeypatch, typed, n_seen, decisions):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    seen, reviews = reviewed(offered := proposals(4))
    assert list(seen) == offered[:n_seen]
    assert [one.decision for one in reviews] == decisions


def test_an_edit_may_hold_blank_lines_and_ends_with_a_point_alone(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("e\nFirst part.\n\n  a. indented\n\nLast part.\n.\nr\nno\n"))
    seen, (edited, rejected) = reviewed(proposals(2))
    assert (len(seen), edited.decision, rejected.reason) == (2, "edited", "no")
    assert edited.output == "First part.\n\n  a. indented\n\nLast part."


def samples(user: str) -> list[dict]:
    """Different ones without end."""
    found = []
    for _ in range(int(user.rsplit("Write ", 1)[1].split()[0])):
        samples.n = getattr(samples, "n", 0) + 1  # type: ignore[attr-defined]
        words = " ".join(f"{word}{samples.n * k}" for k, word in enumerate(("hive", "honey", "comb", "queen", "bee")))  # type: ignore[attr-defined]
        texts = {"question": f"What of {words} in spring?", "answer": f"Look at {words[::-1]} first."}
        found.append({"columns": [{"name": name, "text": text} for name, text in texts.items()]})
    return found


def verdicts(user: str) -> list[dict]:
    block = user.rsplit("<data-", 1)[1]
    found = json.loads(block[block.index(">") + 1 : block.index("</data-")])
    levels = {one["id"]: 1 if "chore" in one["output"] else 5 for one in found}
    return [{"id": one, "explanation": "E.", **dict.fromkeys(DIMENSIONS, level)} for one, level in levels.items()]


@pytest.fixture
def by_a_model(monkeypatch, tmp_path):
    """A server with a model, and a run that a second model on it has judged."""
    rows = [{"id": f"q{n}", "question": f"What in month {n}?", "answer": f"Do chore {n}."} for n in range(12)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = run_of(tmp_path / "rows.jsonl", tmp_path / "run", GOAL, lambda sample, _: sample.row % 6)
    with serving(brain=scripted(samples=samples, verdicts=verdicts)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("GOALCOVER_MODEL", "test-model")
        monkeypatch.setenv("GOALCOVER_CACHE_DIR", str(tmp_path))
        monkeypatch.setenv("GOALCOVER_PRICE_PROMPT", "1")
        monkeypatch.setenv("GOALCOVER_PRICE_COMPLETION", "1")
        judge = judge_on(server, tmp_path, name="second")
        name, model, version = judge.id.split("/")
        made_by = run.info().engine.model_copy(update={"name": name, "model": model, "version": version})
        run.finish(run.info().model_copy(update={"engine": made_by}))
        yield server, Run.open(run.path), judge


def test_the_run_s_own_judge_judges_what_is_kept_and_all_is_counted_and_told(by_a_model, tmp_path, capsys):
    server, run, judge = by_a_model
    wish = Wish(subgoal="bees", n=2, out=tmp_path / "new.jsonl")
    found = run_synthesis(run, wish, "llm")
    assert found["accepted"] == 2
    assert {one["model"] for one in asked(server)} == {"second"} != {judge.id}
    probes = 1  # of the second model's abilities: on no account
    assert found["usage"]["calls"] == run.info().usage.calls == len(server.chats) - probes
    assert found["usage"]["cost_usd"] == pytest.approx(run.info().usage.cost_usd, abs=1e-6)
    said = " ".join(capsys.readouterr().err.split())
    assert "Where all are found at once: about 6 calls, " in said
    assert f"{found['usage']['calls']} calls (0 again, 0 asked anew), " in said
    assert f"completion tokens, {found['usage']['cost_usd']:.4f} USD." in said


def test_at_the_cap_what_was_found_is_judged_and_kept(by_a_model, tmp_path):
    server, run, _ = by_a_model
    out = tmp_path / "new.jsonl"
    with pytest.raises(StoppedError, match="before passing --max-cost"):
        run_synthesis(run, Wish(subgoal="bees", n=20, out=out, max_cost=0.001), "llm")
    assert server.chats == []
    found = run_synthesis(run, Wish(subgoal="bees", n=20, out=out, max_cost=0.035), "llm")
    assert 0 < found["accepted"] < 20
    assert "stopped before passing --max-cost 0.035 USD" in found["shortfall"]
    assert found["usage"]["cost_usd"] <= 0.035
    assert run.info().usage.calls == found["usage"]["calls"]


def test_after_ctrl_c_the_same_command_begins_with_what_had_passed(by_a_model, tmp_path, monkeypatch):
    _, run, _ = by_a_model
    wish = Wish(subgoal="bees", n=6, out=tmp_path / "new.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(_Progress, "show", lambda *_: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(StoppedError, match="what had passed is kept"):
            run_synthesis(run, wish, "llm")
    paid = run.info().usage.calls
    assert paid > 0
    assert not wish.out.exists()
    found = run_synthesis(run, wish, "llm")
    assert (found["accepted"], found["waited"] > 0) == (6, True)
    assert run.info().usage.calls == paid + found["usage"]["calls"]
    waits = {one.sample.id for one in waiting(run.synthetic_path, "bees", found["engine"])}
    assert not waits & {one.sample.id for one in kept(run.synthetic_path)}


def test_a_file_that_could_not_be_written_is_told_before_anything_is_asked(by_a_model, tmp_path):
    server, run, _ = by_a_model
    with pytest.raises(InputError, match="files of this kind are not written"):
        run_synthesis(run, Wish(subgoal="bees", n=2, out=tmp_path / "new.txt"), "llm")
    assert server.chats == []


def test_a_file_that_the_run_is_made_of_is_refused_before_anything_is_asked(by_a_model):
    server, run, _ = by_a_model
    for out in (Path(run.info().dataset.path), run.path / "new.jsonl"):
        with pytest.raises(InputError, match="give another place"):
            run_synthesis(run, Wish(subgoal="bees", n=2, out=out), "llm")
    assert server.chats == []


def test_where_nothing_was_made_no_file_is_written_and_none_is_replaced(by_a_model, tmp_path, monkeypatch, capsys):
    _, run, _ = by_a_model
    wish = Wish(subgoal="bees", n=2, out=tmp_path / "new.jsonl", review=True)
    said = []
    for before in (None, "mine"):
        if before is not None:
            wish.out.write_text(before)
        monkeypatch.setattr("sys.stdin", Typed("r\nno\n" * 9))
        found = run_synthesis(run, wish, "llm")
        assert (found["accepted"], found["out"]) == (0, None)
        said.append(" ".join(capsys.readouterr().err.split()))
    assert said[0].count(f"No sample was kept: {wish.out} is not written.") == 1
    assert said[1].count(f"No sample was kept: {wish.out} stays as it was.") == 1
    assert wish.out.read_text() == "mine"
