"""What goal-aligned filtering does, against chance; and what the clarification loop changes."""

import asyncio
from pathlib import Path

import pytest
from assessing import GOAL, assess_rows, engine, write_rows
from goalcover.agent.errors import InputError
from goalcover.agent.models import Clarification, Goal, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.load import open_dataset
from goalcover.tools.studies.ablation import ablate
from goalcover.tools.studies.filtering import study_filter
from unjudged import run_of
from word_judge import WordJudge

TEXTS = ["heart " * 5] * 30 + ["drug " * 5] * 5 + ["nothing at all"] * 65


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("filtered")
    assess_rows(write_rows(folder / "rows.jsonl", TEXTS), folder / "run")
    return Run.open(folder / "run")


def test_what_is_kept_rises_further_than_by_chance(run):
    found = study_filter(run, 0.9)
    assert (found.n, found.kept) == (100, 35)
    heart, drug = found.subgoals
    assert (heart.before, heart.after) == (pytest.approx(0.3), pytest.approx(30 / 35))
    assert heart.chance is not None
    assert heart.chance[0] < 0.3 < heart.chance[1] < 30 / 35
    assert (drug.support_before, drug.support_after) == (5, 5)
    assert found.verdict == ("Of 100 samples 35 are kept. Further than by chance, 2 of 2 subgoals rise and none falls.")


def test_a_filter_that_keeps_all_changes_nothing(run):
    found = study_filter(run, 0.0)
    assert found.kept == 100
    assert all(one.before == pytest.approx(one.after) for one in found.subgoals)
    assert "0 of 2 subgoals rise and none falls" in found.verdict


def test_the_last_bit_of_a_mean_is_no_rise_and_no_fall(tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", ["nothing"] * 777)
    run = run_of(data, tmp_path / "run", GOAL, lambda sample, one: sample.row * (1 if one.id == "heart" else 7) % 6)
    assert "0 of 2 subgoals rise and none falls" in study_filter(run, 0.0).verdict


# --- the ablation


def ablation(folder: Path, goal: Goal):
    parts = engine(WordJudge(batch_size=20))
    runs = Run.create(folder / "with"), Run.create(folder / "without")
    dataset = open_dataset(str(write_rows(folder / "rows.jsonl", TEXTS)))
    return asyncio.run(ablate(dataset, goal, parts, runs, lambda done, total: None))


def test_the_clarified_goal_gets_subgoals_that_the_bare_one_lacks(tmp_path):
    goal = Goal(
        goal="Build an assistant for hobbies",
        context=(Clarification(question="Which fields?", answer="beekeeping, chess and pottery"),),
        subgoals=(Subgoal(id="a", name="A", description="Does a"),),
    )
    found = ablation(tmp_path, goal)
    named = " ".join(found.clarified.subgoals).lower()
    assert all(word in named for word in ("beekeeping", "chess", "pottery"))
    assert "beekeeping" not in " ".join(found.unclarified.subgoals).lower()
    context = Run.open(tmp_path / "with").goal().context
    assert [(one.answer, one.slot) for one in context] == [("beekeeping, chess and pottery", "domain")]
    assert found.verdict.startswith("With the clarification there are ")


def test_without_context_there_is_nothing_to_leave_out(tmp_path):
    with pytest.raises(InputError, match="the goal has no `context`"):
        ablation(tmp_path, GOAL)
