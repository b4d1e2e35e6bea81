"""A whole study small enough to check by hand: judged once, computed from the ledger, told in words."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from assessing import DRUG, GOAL, HEART, engine, write_rows
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.agent.validation import Removal, SelfTest, Validation
from goalcover.memory.proofs import put_aside
from goalcover.memory.runs import Run
from goalcover.tools.assess import Assessment, assess
from goalcover.tools.load import open_dataset
from goalcover.tools.report import render_run
from goalcover.tools.studies.corruption import Study, compute, design_study, drawn, judge_study, validate
from goalcover.tools.studies.effects import effect, summarise
from word_judge import WordJudge

# "beat" stands with the heart and "pill" with the drug, and neither is what the judge counts.
TEXTS = ["heart heart heart heart beat"] * 10 + ["drug drug drug pill"] * 10 + ["heart drug nothing"] * 20
BEAT = Removal(id="beats", target="heart", terms=("beat",))
PILL = Removal(id="pills", target="drug", terms=("pill",))


def study(folder: Path, removals: tuple[Removal, ...], judge: WordJudge | None = None, size: int = 5_000) -> Run:
    run, dataset = Run.create(folder / "run"), open_dataset(str(write_rows(folder / "rows.jsonl", TEXTS)))
    design = design_study(dataset, removals, (0, 1, 2), size)
    parts = engine(judge or WordJudge())
    asyncio.run(judge_study(drawn(dataset, design), GOAL, design, run, parts, lambda done, total: None))
    return run


@pytest.fixture(scope="module")
def studied(tmp_path_factory) -> tuple[Run, Validation]:
    run = study(tmp_path_factory.mktemp("study"), (BEAT, PILL))
    return run, validate(run)


def test_validation_json_is_to_the_letter_of_the_contract(studied):
    run, _ = studied
    written = json.loads(run.validation_path.read_text("utf-8"))
    removal = written["removals"][0]
    assert {"id", "target", "retention", "subgoals"} <= set(removal)
    assert {"id", "before", "after", "delta_abs", "delta_rel", "ci", "is_target"} <= set(removal["subgoals"][0])
    assert {
        "target_mean_drop",
        "nontarget_mean_abs_change",
        "separated",
        "cohens_d",
        "paired_p",
        "seeds",
    } <= set(written["summary"])
    assert (written["summary"]["separated"], written["summary"]["seeds"]) == ("2 of 2", [0, 1, 2])


def test_the_figures_are_those_worked_out_by_hand(studied):
    _, found = studied
    beats = found.removals[0]
    heart, drug = beats.subgoals
    # heart: 10 x 0.8 + 20 x 0.2 over 40, then 20 x 0.2 over 30; drug: 10 x 0.6 + 20 x 0.2 over 40, then over 30.
    assert beats.retention == 0.75
    assert (heart.before, heart.after) == (pytest.approx(0.3), pytest.approx(4 / 30))
    assert heart.delta_rel == pytest.approx(4 / 30 / 0.3 - 1)
    assert (heart.is_target, drug.is_target) == (True, False)
    assert drug.delta_rel == pytest.approx(1 / 0.75 - 1)
    assert heart.ci is not None
    assert heart.ci[0] < heart.delta_rel < heart.ci[1]
    assert heart.control is not None
    assert heart.delta_rel < heart.control[0] < 0 < heart.control[1]


def test_the_summary_follows_from_the_rows(studied):
    _, found = studied
    rows = [row for removal in found.removals for row in removal.subgoals]
    drops = [-(row.delta_rel or 0) for row in rows if row.is_target]
    moved = [abs(row.delta_rel or 0) for row in rows if not row.is_target]
    assert found.summary.target_mean_drop == pytest.approx(np.mean(drops))
    assert found.summary.nontarget_mean_abs_change == pytest.approx(np.mean(moved))
    assert found.summary.nontarget_mean_fall == 0  # both rose
    shifts = [row.delta_abs or 0 for row in rows if not row.is_target]
    assert found.summary.nontarget_mean_abs_delta == pytest.approx(np.mean(np.abs(shifts)))
    assert found.summary.target_mean_delta == pytest.approx(
        np.mean([row.delta_abs or 0 for row in rows if row.is_target])
    )
    assert found.summary.paired_p == 0.5
    assert "In 2 of 2 removals the target falls most" in found.summary.verdict


def test_every_sample_is_judged_once_whatever_the_removals_and_seeds(tmp_path):
    judge = WordJudge()
    run = study(tmp_path, (BEAT, PILL), judge)
    # Equal texts are judged once: three different ones, two subgoals.
    assert len(judge.asked) == 6
    validate(run)
    assert len(judge.asked) == 6


def test_a_study_of_a_part_judges_the_drawn_samples_alone(tmp_path):
    run = study(tmp_path, (BEAT, PILL), size=8)
    design = run.design()
    assert [len(rows) for rows in design.draws.values()] == [8, 8, 8]
    rows = {sample.row for sample in run.samples()}
    assert rows == {row for drawn_rows in design.draws.values() for row in drawn_rows}
    assert len(rows) < len(TEXTS)


def test_a_label_that_a_small_draw_leaves_out_is_no_fault_of_the_file(tmp_path):
    rows = [{"id": f"q{n}", "target": "drug", "where": {"column": "id", "equals": f"q{n}"}} for n in range(1, 13)]
    found = compute([study(tmp_path, tuple(map(Removal.model_validate, rows)), size=2)])
    assert any(one.verdict.startswith("No sample drawn matches") for one in found.removals)


def test_studies_are_put_together_from_their_runs(studied):
    run, found = studied
    both = compute([run, run])
    assert both.summary.separated == "4 of 4"
    assert both.summary.target_mean_drop == pytest.approx(found.summary.target_mean_drop)
    assert both.summary.paired_p == 2 / 16
    assert both.summary.p_shown == "= 0.125"
    many = compute([run] * 7).summary
    assert many.p_shown == "< 0.001"
    assert many.paired_test.endswith("the least p it can give is 0.000244")


def test_studies_with_other_seeds_are_put_together_all_the_same(studied, tmp_path):
    run, _ = studied
    other = study(tmp_path, (BEAT,))
    design = other.design()
    other.write_design(design.model_copy(update={"draws": {7: design.draws[0]}}))
    both = compute([run, other])
    assert (both.summary.seeds, both.summary.by_seed) == ((0, 1, 2, 7), ())
    assert both.summary.separated == "3 of 3"


def test_the_report_shows_the_study_and_forgets_it_after_another_assessment(studied, tmp_path):
    run, _ = studied
    assert "Do these scores mean anything?" in run.html_path.read_text("utf-8")
    assert "| beats | heart (target) | 0.30 | 0.13 | -55.6% |" in run.markdown_path.read_text("utf-8")
    other = study(tmp_path, (BEAT,))
    old = validate(other).model_copy(update={"assessed_at": "2020-01-01T00:00:00+00:00"})
    other.write_validation(old)
    assert "Do these scores mean anything?" not in render_run(other)


def test_an_interval_is_drawn_to_its_end_on_an_axis_that_holds_it(studied):
    run, found = studied
    wide = found.removals[0].subgoals[0].model_copy(update={"ci": (-0.97, -0.2), "control": None})
    removal = found.removals[0].model_copy(update={"subgoals": (wide,)})
    run.write_validation(found.model_copy(update={"removals": (removal,)}))
    html = render_run(run)
    run.write_validation(found)
    assert 'class="whisker" x1="1.50%" x2="40.00%"' in html


def test_what_a_removals_file_says_is_text_in_the_report(tmp_path):
    run = study(tmp_path, (BEAT.model_copy(update={"id": "<script>alert(1)</script> | *x*"}),))
    validate(run)
    html, markdown = run.html_path.read_text("utf-8"), run.markdown_path.read_text("utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert r"&lt;script&gt;alert(1)&lt;/script&gt; \| \*x\*" in markdown


def proved(folder: Path) -> Run:
    """A run of last year with a corruption study and a self-test."""
    run = study(folder, (BEAT,))
    long_ago = {"created_at": "2025-01-01T00:00:00+00:00"}
    run.finish(run.info().model_copy(update=long_ago))
    found = validate(run)
    kept = {"judge": found.judge, "verdict": "All is well.", "subgoals": (), "removals": (), "summary": found.summary}
    run.write_selftest(SelfTest(assessed_at=found.assessed_at, **kept))
    return run


def assess_again(run: Run, goal: Goal = GOAL, limit: int | None = None, judge: WordJudge | None = None) -> Assessment:
    dataset = open_dataset(str(run.path.parent / "rows.jsonl"), limit=limit)
    return asyncio.run(assess(dataset, goal, run, engine(judge or WordJudge()), lambda done, total: None))


def test_an_assessment_that_judges_the_same_leaves_the_study_and_the_self_test_standing(tmp_path):
    run = proved(tmp_path)
    design, found = run.design(), run.validation()
    assert assess_again(run).outdated == ()
    assert run.design() == design
    assert compute([run]) == run.validation() == found.model_copy(update={"assessed_at": run.info().created_at})
    html = run.html_path.read_text("utf-8")
    assert "Controlled corruption" in html
    assert "All is well." in html
    put_aside(run)
    run.start(GOAL)  # and is broken off
    assert assess_again(run).outdated == ()
    assert (run.design(), run.selftest().assessed_at) == (design, run.info().created_at)
    assert not list(run.path.glob(".*.json"))


def half_blind() -> WordJudge:
    judge = WordJudge(judge_id="test/words/2")
    judge.fails_on.add(TEXTS[0])
    return judge


@pytest.mark.parametrize(
    "other",
    [
        {"limit": 20},
        {"goal": GOAL.model_copy(update={"threshold": 0.9})},
        {"judge": half_blind()},
    ],
)
def test_an_assessment_of_anything_else_ends_them_and_names_what_it_ends(tmp_path, other):
    run = proved(tmp_path)
    assert assess_again(run, **other).outdated == ("corruption study", "self-test")
    assert "Do these scores mean anything?" not in run.html_path.read_text("utf-8")
    with pytest.raises(InputError, match="holds no corruption study"):
        compute([run])


def test_a_run_without_a_study_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="holds no corruption study: `goalcover study corruption"):
        Run(tmp_path).design()


# --- verdicts


def told(removal: Removal, mask: list[bool], scores: list[tuple[float, ...]], goal: Goal = GOAL):
    places = np.arange(len(mask))
    one = Study(goal, np.array(scores), {0: places, 1: places}).measure(removal, np.array(mask))
    return effect(one), summarise([one])


HALF = [True] * 30 + [False] * 30


def test_a_target_that_does_not_fall_is_told():
    found, _ = told(BEAT, HALF, [(0.2, 0.2)] * 30 + [(0.6, 0.2)] * 30)
    assert found.separated is False
    assert found.verdict.startswith("heart does not fall (+50.0")


def test_a_fall_within_chance_is_told():
    scores = [(1.0, 0.2), (0.0, 0.2)] * 30
    scores[1] = (1.0, 0.2)
    found, _ = told(BEAT, HALF, scores)
    assert found.separated is False
    assert "no further than by chance" in found.verdict


def test_another_that_falls_further_is_named():
    found, summary = told(BEAT, HALF, [(0.8, 1.0)] * 30 + [(0.4, 0.1)] * 30)
    assert found.separated is False
    assert "but drug by" in found.verdict
    assert found.falls_most == 0
    assert summary.separated == "0 of 1"


def test_a_fall_that_is_furthest_by_chance_alone_separates_nothing():
    found, summary = told(BEAT, HALF, [(1.0, 0.6), (0.6, 0.96)] * 15 + [(0.4, 0.4)] * 30)
    assert 0.5 < (found.falls_most or 0) < 0.95
    assert (found.separated, summary.separated) == (False, "0 of 1")
    assert "heart cannot be told apart from drug" in found.verdict


def test_the_next_to_fall_is_named_and_a_rise_is_no_fall():
    three = Goal(goal="G", subgoals=(HEART, DRUG, DRUG.model_copy(update={"id": "bone", "name": "bone"})))
    found, _ = told(BEAT, HALF, [(1.0, 0.5, 0.1)] * 30 + [(0.1, 0.4, 0.9)] * 30, three)
    assert found.verdict.startswith("heart falls most, by 81.8%; next is drug, by 11.1% (as many")
    rises, _ = told(BEAT, HALF, [(1.0, 0.1)] * 30 + [(0.1, 0.9)] * 30)
    assert rises.verdict.startswith("heart falls most, by 81.8%; no other falls (as many")


def test_another_that_hardly_a_sample_shows_is_no_rival_but_is_named():
    found, _ = told(BEAT, HALF, [(1.0, 0.2)] * 2 + [(1.0, 0.0)] * 28 + [(0.1, 0.0)] * 30)
    assert (found.separated, found.falls_most) == (True, 1.0)
    assert found.verdict.startswith("heart falls most, by 81.8%; drug, which hardly a sample shows, falls by 100% (as")


def test_a_target_that_hardly_a_sample_shows_has_its_equals_for_rivals():
    scores = [(0.2, 0.4)] * 6 + [(0.0, 0.0)] * 24 + [(0.2, 0.0)] * 6 + [(0.0, 0.0)] * 24
    found, _ = told(BEAT, HALF, scores)
    assert max(found.subgoals[0].before or 1, found.subgoals[1].before or 1) < 0.05
    assert (found.separated, found.falls_most) == (False, 0.0)


def test_a_removal_that_matches_nothing_teaches_nothing():
    found, summary = told(BEAT, [False] * 60, [(0.5, 0.5)] * 60)
    assert (found.separated, found.retention, found.subgoals[0].ci) == (None, 1.0, None)
    assert "No sample drawn matches" in found.verdict
    assert (summary.separated, summary.target_mean_drop, summary.cohens_d) == ("0 of 0", None, None)


def test_a_removal_that_leaves_nothing_teaches_nothing():
    found, _ = told(BEAT, [True] * 60, [(0.5, 0.5)] * 60)
    assert (found.separated, found.subgoals[0].after) == (None, None)
    assert "no judged sample is left" in found.verdict


def test_a_target_that_nothing_shows_teaches_nothing():
    found, _ = told(BEAT, HALF, [(0.0, 0.5)] * 60)
    assert (found.separated, found.subgoals[0].delta_rel) == (None, None)
    assert "no sample shows it before" in found.verdict


def test_a_target_near_zero_and_few_removed_samples_are_cautioned():
    found, _ = told(BEAT, [True] * 3 + [False] * 297, [(1.0, 0.5)] * 3 + [(0.0, 0.5)] * 297)
    assert found.separated is True
    assert "Its mean was only 0.010 before" in found.verdict
    assert "Only 3 samples were removed." in found.verdict


def test_the_unscored_count_neither_before_nor_after():
    nan = float("nan")
    found, _ = told(BEAT, HALF, [(1.0, 0.5)] * 15 + [(nan, 0.5)] * 15 + [(0.0, 0.5)] * 15 + [(nan, nan)] * 15)
    assert (found.subgoals[0].before, found.subgoals[0].after) == (0.5, 0.0)
    assert "30 of 60 samples are unscored for it and left out." in found.verdict


def test_a_target_that_is_not_scored_is_not_told_as_missing_from_the_data():
    found, summary = told(BEAT, HALF, [(float("nan"), 0.5)] * 60)
    assert found.separated is None
    assert "heart cannot fall, because 60 of 60 are unscored: nothing to learn" in found.verdict
    assert "nothing was learnt" in summary.verdict
    found, _ = told(BEAT, HALF, [(0.0, 0.5)] * 59 + [(float("nan"), 0.5)])
    assert "because no sample shows it before (1 of 60 are unscored)" in found.verdict


def test_another_that_is_not_scored_is_left_out_of_how_far_the_others_move():
    three = Goal(goal="G", subgoals=(HEART, DRUG, DRUG.model_copy(update={"id": "bone", "name": "bone"})))
    _, alone = told(BEAT, HALF, [(1.0, 0.5)] * 30 + [(0.1, 0.4)] * 30)
    _, beside = told(BEAT, HALF, [(1.0, 0.5, float("nan"))] * 30 + [(0.1, 0.4, float("nan"))] * 30, three)
    assert beside.nontarget_mean_abs_change == alone.nontarget_mean_abs_change == pytest.approx(1 / 9)
    _, unmoved = told(BEAT, HALF, [(1.0, 0.5, 0.0)] * 30 + [(0.1, 0.4, 0.0)] * 30, three)
    assert unmoved.nontarget_mean_abs_change == pytest.approx(1 / 18)  # what no sample shows cannot move


def test_one_subgoal_alone_can_be_studied():
    alone = Goal(goal="G", subgoals=(HEART,))
    found, summary = told(BEAT, HALF, [(1.0,)] * 30 + [(0.1,)] * 30, alone)
    assert found.separated is True
    assert summary.nontarget_mean_abs_change is None


def test_two_subgoals_of_one_name_are_kept_apart():
    twins = Goal(goal="G", subgoals=(HEART, DRUG.model_copy(update={"name": "heart"})))
    found, _ = told(BEAT, HALF, [(0.8, 1.0)] * 30 + [(0.4, 0.1)] * 30, twins)
    assert found.separated is False
