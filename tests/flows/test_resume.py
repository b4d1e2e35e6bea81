"""An assessment that is killed or interrupted loses nothing: the next one goes on, and ends where it would have."""

import json
import os
import random
import re
import shlex
import signal
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import commands
import pandas as pd
import pytest

ROWS = 300
SUBGOALS = ("heart", "drugs")
GOAL = """
goal: Answer questions of patients
subgoals:
  - {id: heart, name: Heart disease, description: Answers questions about heart disease and blood pressure}
  - {id: drugs, name: Drugs, description: "Answers questions about drugs, their doses and side effects"}
"""
PEOPLE = "my mother,my uncle,a neighbour,our nurse,a runner,the driver,a young cook,an old sailor".split(",")
TOPICS = "chest pain,a missed dose,high blood pressure,a rash,slow pulse,back pain,bad sleep,a cold,stiff knees".split(
    ","
)
TIMES = "after lunch,at night,in the morning,since May,on stairs,in the cold,for a week,after a walk".split(",")


def write_rows(path: Path) -> Path:
    """300 different questions of about a dozen words."""
    every = [f"What helps {who} with {what} {when}?" for who in PEOPLE for what in TOPICS for when in TIMES]
    chosen = random.Random(5).sample(every, ROWS)
    path.write_text("".join(json.dumps({"question": one, "answer": "Ask a doctor."}) + "\n" for one in chosen))
    return path


@dataclass(frozen=True)
class Story:
    """One run: killed, interrupted, finished, repeated; and the same assessment without any of that."""

    run: Path
    killed_at: int
    intruder: CompletedProcess[str]
    interrupted: CompletedProcess[str]
    interrupted_at: int
    finished: CompletedProcess[str]
    finished_info: dict
    finished_scores: pd.DataFrame
    repeated: CompletedProcess[str]
    smooth: Path


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    folder = tmp_path_factory.mktemp("a story")
    data, goal, run = write_rows(folder / "rows.jsonl"), folder / "goal.yaml", folder / "run"
    goal.write_text(GOAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOALCOVER_CACHE_DIR", str(folder / "cache"))
        arguments = ("assess", data, "--goal", goal, "--out", run)

        first = commands.start(*arguments)
        commands.wait_for(1, run, first)
        # Stopped, it stays in the middle of its work, and keeps the lock, for as long as the second one takes.
        os.kill(first.pid, signal.SIGSTOP)
        intruder = commands.goalcover(*arguments)
        first.kill()
        first.communicate()
        killed_at = commands.judged(run)

        second = commands.start(*arguments)
        commands.wait_for(killed_at + 1, run, second)
        second.send_signal(signal.SIGINT)
        interrupted = CompletedProcess(second.args, 0, *second.communicate(timeout=120))
        interrupted.returncode = second.returncode
        interrupted_at = commands.judged(run)

        resume = re.search(r"Go on with: goalcover (.*)", interrupted.stderr)
        assert resume, interrupted.stderr
        finished = commands.goalcover(*shlex.split(resume[1]))
        info = json.loads((run / "run.json").read_text())
        scores = pd.read_parquet(run / "scores.parquet")
        repeated = commands.goalcover(*arguments)

        patch.setenv("GOALCOVER_CACHE_DIR", str(folder / "another cache"))
        commands.goalcover("assess", data, "--goal", goal, "--out", folder / "smooth")
    return Story(
        run, killed_at, intruder, interrupted, interrupted_at, finished, info, scores, repeated, folder / "smooth"
    )


def test_a_killed_assessment_keeps_what_it_had_judged(story):
    assert 0 < story.killed_at < ROWS * len(SUBGOALS)
    assert story.interrupted_at > story.killed_at


def test_a_second_process_on_the_same_run_is_sent_away(story):
    assert story.intruder.returncode == 2
    assert story.intruder.stderr.splitlines()[-1].startswith(f"goalcover: {story.run} is in use by another process")
    assert "Traceback" not in story.intruder.stderr


def test_an_interrupted_assessment_says_how_to_go_on(story):
    assert story.interrupted.returncode == 3
    assert "Traceback" not in story.interrupted.stderr
    last = story.interrupted.stderr.splitlines()[-1]
    assert last.startswith("goalcover: stopped; what was judged is kept. Go on with: goalcover assess ")


def test_the_next_assessment_finishes_and_judges_only_the_rest(story):
    assert story.finished.returncode == 0, story.finished.stderr
    counts = story.finished_info["counts"]
    assert counts["pairs"] == counts["scored"] == ROWS * len(SUBGOALS)
    assert counts["reused"] == story.interrupted_at
    assert commands.judged(story.run) == counts["pairs"]


def test_its_results_equal_those_of_an_assessment_that_was_not_disturbed(story):
    pd.testing.assert_frame_equal(story.finished_scores, pd.read_parquet(story.smooth / "scores.parquet"))
    for name in ("coverage.json", "gaps.json", "goal.yaml"):
        assert (story.run / name).read_text() == (story.smooth / name).read_text()


def test_a_further_assessment_judges_nothing(story):
    assert story.repeated.returncode == 0
    counts = json.loads((story.run / "run.json").read_text())["counts"]
    assert counts["reused"] == counts["pairs"] == ROWS * len(SUBGOALS)
    assert "kept from before" in story.repeated.stderr
    assert commands.judged(story.run) == counts["pairs"]
    pd.testing.assert_frame_equal(story.finished_scores, pd.read_parquet(story.run / "scores.parquet"))
