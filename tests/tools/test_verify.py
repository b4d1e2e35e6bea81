"""The checks of a goal file, and the fourth: levels that rise and fall together on a run."""

import asyncio

import pytest
from assessing import assess_rows, write_rows
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.errors import InputError
from goalcover.agent.models import Clarification, Goal, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.verify import as_json, moving_together, specification_of, verify


def topic(name):
    return Subgoal(id=name, name=name, description=f"Answers questions about {name}")


GOAL = Goal(
    text="Answer questions about tides, violins and concrete",
    subgoals=tuple(map(topic, ("tides", "violins", "concrete"))),
)
ROWS = ["tides violins", "tides tides violins violins", "concrete", "concrete concrete", "x", "tides violins"] * 3


@pytest.fixture
def run(tmp_path):
    """Samples that speak of tides whenever they speak of violins."""
    assess_rows(write_rows(tmp_path / "rows.jsonl", ROWS), tmp_path / "run", GOAL)
    return Run.open(tmp_path / "run")


def check(embedder, goal, run=None):
    return asyncio.run(verify(goal, EmbeddedDecomposer(embedder), run))


def test_levels_that_move_together_are_found_with_a_merge_offered(run):
    (found,) = moving_together(run)
    assert (found.a, found.b, found.ok, found.similarity) == ("tides", "violins", False, 1.0)
    assert "18 samples" in found.reason
    assert "rank correlation 1.00" in found.reason
    assert len(found.repair.apply(GOAL.subgoals)) == 2


def test_on_a_run_disjoint_means_in_practice_too(embedder, run):
    assert check(embedder, GOAL).failures == ()
    (failure,) = check(embedder, GOAL, run).failures
    assert (failure.a, failure.b) == ("tides", "violins")
    turned = GOAL.model_copy(update={"subgoals": GOAL.subgoals[::-1]})
    (failure,) = check(embedder, turned, run).failures
    assert {failure.a, failure.b} == {"tides", "violins"}


def test_few_samples_and_constant_levels_tell_nothing(tmp_path):
    assess_rows(write_rows(tmp_path / "few.jsonl", ROWS[:6]), tmp_path / "few", GOAL)
    assert moving_together(Run.open(tmp_path / "few")) == ()
    assess_rows(write_rows(tmp_path / "same.jsonl", ["tides violins"] * 20), tmp_path / "same", GOAL)
    assert moving_together(Run.open(tmp_path / "same")) == ()


def test_a_run_of_other_subgoals_is_refused(embedder, run):
    other = Goal(text="Answer questions about bees", subgoals=(topic("bees"),))
    with pytest.raises(InputError, match="judged none of these subgoals"):
        check(embedder, other, run)


def test_an_answer_without_a_slot_gets_the_one_its_question_is_about():
    context = (Clarification(question="Which specialties?", answer="cardiology"),)
    goal = GOAL.model_copy(update={"context": context})
    assert specification_of(goal).answer_to("domain") == "cardiology"


def test_as_json_it_has_the_contract_s_keys_and_no_others(embedder):
    goal = GOAL.model_copy(update={"subgoals": GOAL.subgoals[:2]})
    found = as_json(check(embedder, goal))
    assert set(found) == {"atomic", "disjoint", "complete"}
    assert [set(one) for one in found["atomic"]] == [{"id", "ok", "reason"}] * 2
    assert [set(one) for one in found["disjoint"]] == [{"a", "b", "ok", "similarity", "reason"}]
    assert found["complete"] == {"ok": False, "uncovered": ["concrete"]}
    assert as_json(check(embedder, goal).model_copy(update={"note": "By rules."}))["note"] == "By rules."
