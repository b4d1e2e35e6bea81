"""Goal-aligned selection: what is kept, why, and what it costs."""

import json
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.filter import select
from unjudged import run_of

GOAL = Goal(
    goal="Answer medical questions politely",
    subgoals=(
        Subgoal(id="heart", name="Heart", description="Answers about the heart"),
        Subgoal(id="teeth", name="Teeth", description="Answers about teeth"),
        Subgoal(id="polite", name="Politeness", description="Is polite", scope="every"),
    ),
)
LEVELS = {"heart": (5, 0, 5), "teeth": (0, 4, 3), "noise": (0, 0, 1), "unknown": (None, None, None)}
"""Kind of row -> its levels for heart, teeth and politeness."""


def run_with(tmp_path: Path, kinds: list[str]) -> Run:
    data = tmp_path / "rows.jsonl"
    rows = [{"id": f"{kind}-{n}", "question": f"{kind} {n}?", "answer": kind} for n, kind in enumerate(kinds)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    column = [subgoal.id for subgoal in GOAL.subgoals]
    return run_of(data, tmp_path / "run", GOAL, lambda sample, one: LEVELS[sample.output][column.index(one.id)])


def test_a_row_counts_by_the_specialty_it_serves_best_and_by_what_every_row_should_show(tmp_path):
    chosen = select(run_with(tmp_path, ["heart", "teeth", "noise"]), 0.0)
    assert [cut.min_score for cut in chosen.curve] == pytest.approx([0.1, 0.7, 1.0])  # (0 + .2)/2, (.8 + .6)/2, 1


def test_the_rows_kept_are_those_from_the_score_on_in_the_datasets_order(tmp_path):
    chosen = select(run_with(tmp_path, ["teeth", "noise", "heart"]), 0.7)
    assert chosen.sample_ids == ("teeth-0", "heart-2")
    assert (chosen.cut.kept, chosen.cut.kept_share) == (2, pytest.approx(2 / 3))


def test_the_suggested_cut_drops_what_serves_nothing_and_keeps_a_rare_capability(tmp_path):
    run = run_with(tmp_path, ["heart"] * 30 + ["teeth"] * 2 + ["noise"] * 20)
    chosen = select(run)
    assert (chosen.cut.kept, chosen.cut.support["teeth"]) == (32, 2)
    assert chosen.cut == chosen.suggested
    assert "One step higher (1.00) would leave 0% of those for Teeth" in chosen.reason


def test_the_curve_falls_in_rows_and_rises_in_goal_score(tmp_path):
    curve = select(run_with(tmp_path, ["heart"] * 3 + ["teeth"] * 4 + ["noise"] * 5)).curve
    assert [cut.kept for cut in curve] == [12, 7, 3]
    assert [cut.goal_score for cut in curve] == sorted(cut.goal_score for cut in curve)
    assert curve[-1].alignments == {"heart": 1.0, "teeth": 0.0, "polite": 1.0}


def test_what_is_lost_at_a_cut_is_named(tmp_path):
    lost = select(run_with(tmp_path, ["heart", "teeth", "teeth"]), 1.0).lost
    assert (lost[0].subgoal_id, lost[0].support_before, lost[0].support_after) == ("teeth", 2, 0)
    assert lost[0].sample_ids == ("teeth-1", "teeth-2")


def test_a_quota_keeps_the_best_rows_of_a_capability_that_the_cut_would_drop(tmp_path):
    run = run_with(tmp_path, ["heart", "teeth", "teeth", "noise"])
    assert select(run, 1.0, quota=1).sample_ids == ("heart-0", "teeth-1")


def test_one_subgoal_alone_selects_by_its_own_score(tmp_path):
    run = run_with(tmp_path, ["heart", "teeth", "noise"])
    assert select(run, 0.8, ["teeth"]).sample_ids == select(run, 0.8, ["TEETH"]).sample_ids == ("teeth-1",)


def test_rows_that_nobody_could_judge_are_left_out_and_counted(tmp_path):
    chosen = select(run_with(tmp_path, ["heart", "unknown"]), 0.0)
    assert (chosen.sample_ids, chosen.n_unscored) == (("heart-0",), 1)


def test_rows_whose_output_is_broken_are_never_kept_and_counted(tmp_path):
    run = run_with(tmp_path, ["heart", "heart", "teeth", "noise"])
    assert select(run, 0.0).left_out == ""
    run.write_coverage(run.coverage().model_copy(update={"broken": {"heart-0": "cut off", "teeth-2": "empty"}}))
    chosen = select(run, 0.0, quota=4)
    assert (chosen.sample_ids, chosen.n_broken, chosen.n_unscored) == (("heart-1", "noise-3"), 2, 0)
    assert [(cut.kept, cut.support["heart"]) for cut in chosen.curve] == [(2, 1), (1, 1)]
    assert {one.subgoal_id: one.support_before for one in chosen.lost} == {"heart": 1, "teeth": 0, "polite": 1}
    assert chosen.left_out == "2 rows left out: their outputs are empty, cut off or another input's"


def test_an_unknown_subgoal_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(InputError, match=r"no subgoal 'lungs'.*heart, teeth, polite"):
        select(run_with(tmp_path, ["heart"]), subgoals=["lungs"])


def test_a_run_without_a_single_judgement_cannot_be_filtered(tmp_path):
    with pytest.raises(InputError, match=r"nothing in .* was scored"):
        select(run_with(tmp_path, ["unknown"]))
