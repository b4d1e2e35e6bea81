"""Two runs side by side, and what makes their figures hard to compare."""

import shutil
from pathlib import Path

import pytest
from assessing import BONE, DRUG, GOAL, HEART, write_rows
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.memory.runs import Run
from goalcover.tools.compare import compare, differences, is_other_sample
from goalcover.tools.load import open_dataset
from unjudged import run_of


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("before")
    rows = write_rows(folder / "rows.jsonl", [f"text {n}" for n in range(66)])
    return run_of(rows, folder / "run", GOAL, lambda sample, _: 5 if sample.row == 3 else 0)


@pytest.fixture(scope="module")
def after(tmp_path_factory) -> Run:
    """Another run: better on the heart, without the drug, with the bone."""
    folder = tmp_path_factory.mktemp("after")
    rows = write_rows(folder / "rows.jsonl", [f"text {n}" for n in range(30)])
    goal = Goal(goal="G", subgoals=(BONE, HEART))
    return run_of(rows, folder / "run", goal, lambda _, subgoal: 4 if subgoal == HEART else 0)


def test_two_runs_are_compared_by_subgoal_first_the_firsts(run, after):
    heart, drug, bone = compare(run, after)
    assert [one.subgoal_id for one in (heart, drug, bone)] == [HEART.id, DRUG.id, BONE.id]
    old = run.coverage().subgoals[0].alignment
    assert (heart.before, heart.after) == (old, 0.8)
    assert heart.delta_abs == pytest.approx(0.8 - old)
    assert heart.delta_rel == pytest.approx((0.8 - old) / old)
    assert (heart.gap_before, heart.gap_after) == (True, False)
    assert (heart.support_before, heart.support_after) == (1, 30)


def test_a_subgoal_that_only_one_run_has_shows_no_change(run, after):
    _, drug, bone = compare(run, after)
    assert (drug.after, drug.support_after, drug.gap_after, drug.delta_abs) == (None, None, None, None)
    assert (bone.before, bone.after, bone.delta_abs, bone.delta_rel) == (None, 0.0, None, None)


def test_a_change_from_nothing_has_no_relative_size(after):
    (bone, _) = compare(after, after)
    assert (bone.delta_abs, bone.delta_rel) == (0.0, None)


def test_a_run_compared_with_itself_does_not_change(run):
    assert {one.delta_abs for one in compare(run, run)} == {0.0}
    assert not list(differences(run, run))


def test_what_makes_two_runs_hard_to_compare_is_told(run, after, tmp_path):
    assert any(one.startswith("The data differ: ") for one in differences(run, after))
    shutil.copytree(run.path, tmp_path / "reworded")
    other = Run(tmp_path / "reworded")
    dull = HEART.model_copy(update={"description": "Anything else"})
    other.start(GOAL.model_copy(update={"subgoals": (dull, *GOAL.subgoals[1:])}))
    other.finish(run.info())
    heart, drug = compare(run, other)
    assert (heart.reworded, drug.reworded) == (True, False)
    assert heart.ci_before == (run.coverage().subgoals[0].ci_low, run.coverage().subgoals[0].ci_high)
    assert not list(differences(run, other))


def test_other_samples_of_the_same_data_are_told(run, tmp_path):
    data = Path(run.info().dataset.path)
    some, others = (run_of(data, tmp_path / f"{seed}", GOAL, limit=40, seed=seed) for seed in (0, 1))
    both = len({one.id for one in some.samples()} & {one.id for one in others.samples()})
    assert 0 < both < 40
    said = "The samples differ: 40 and 40 of the 66 rows of "
    (told,) = differences(some, others)
    assert told.startswith(said)
    assert told.endswith(f"rows.jsonl, {both} of them in both.")
    (told,) = differences(run, some)
    assert "66 and 40 of the 66 rows" in told
    assert not list(differences(some, some))


@pytest.mark.parametrize(
    ("heart", "drug", "rules", "told"),
    [
        ({"share": 0.9}, {"share": 0.25}, {}, "heart (share 25% and 90%)"),
        ({"weight": 3.0}, {}, {}, "heart (weight 1 and 3, share 25% and 37.5%), drug (share 25% and 12.5%)"),
        ({}, {"scope": "every"}, {}, "heart (share 25% and 50%), drug (scope some and every, share 25% and none)"),
        ({}, {}, {"threshold": 0.9}, "the goal (threshold none and 0.9)"),
    ],
)
def test_other_rules_for_what_is_a_gap_are_told(run, tmp_path, heart, drug, rules, told):
    subgoals = (HEART.model_copy(update=heart), DRUG.model_copy(update=drug))
    other = run_of(
        Path(run.info().dataset.path), tmp_path / "run", GOAL.model_copy(update={"subgoals": subgoals, **rules})
    )
    assert list(differences(run, other)) == [f"The rules differ: {told}."]
    assert not any(one.reworded for one in compare(run, other))


# --- the same data again


def test_what_a_run_held_is_compared_with_what_is_to_be_judged(run, tmp_path):
    data = run.info().dataset.path
    some = run_of(Path(data), tmp_path / "run", GOAL, limit=40)
    for limit, seed, other in ((40, 0, False), (40, 1, True), (20, 0, True), (None, 0, True)):
        assert is_other_sample(some, open_dataset(data, limit=limit, seed=seed)) is other
    assert not is_other_sample(run, open_dataset(data))
    some.samples_path.write_bytes(b"damaged")  # an assessment makes it again, and is not to fail before
    assert not is_other_sample(some, open_dataset(data, limit=40, seed=1))


def test_a_run_that_is_not_there_is_told(run, tmp_path):
    with pytest.raises(InputError, match="is no GoalCover run"):
        compare(run, Run.open(Path(tmp_path / "nowhere")))
