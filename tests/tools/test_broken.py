"""What is known to be broken supports nothing: no verdict, no need, no example, no selection counts on it."""

import json
from pathlib import Path

from goalcover.agent.embedder import Embedder
from goalcover.agent.models import CoverageReport, Goal, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools import broken
from goalcover.tools.broken import broken_notes, with_broken
from goalcover.tools.explain import explain, judged, to_read
from goalcover.tools.material import read_material
from goalcover.tools.recommend import needed
from unjudged import run_of

GOAL = Goal(
    goal="Answer medical questions",
    subgoals=(
        Subgoal(id="heart", name="Heart", description="Answers about the heart", share=0.1),
        Subgoal(id="polite", name="Politeness", description="Is polite", scope="every"),
    ),
)
KINDS = {"heart": (5, 4), "other": (0, 4)}
ANSWER = "The doctor tells you that at your next visit."


def run_with(folder: Path, hearts: int, emptied: int, instead: str = "") -> Run:
    """`hearts` samples about the heart, of which the first `emptied` have no output (or `instead`), among 100."""
    kinds = ["heart"] * hearts + ["other"] * (100 - hearts)
    data = folder / "rows.jsonl"
    rows = [
        {
            "id": f"{kind}-{n}",
            "question": f"{kind} {n}?",
            "answer": instead and f"{instead}{chr(97 + n)}" if n < emptied else ANSWER,
        }
        for n, kind in enumerate(kinds)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    ids = [one.id for one in GOAL.subgoals]
    return run_of(data, folder / "run", GOAL, lambda one, of: KINDS[one.id.split("-")[0]][ids.index(of.id)])


def looked_at(run: Run, embedder: Embedder) -> CoverageReport:
    found = with_broken(run, GOAL, run.coverage(), embedder)
    run.write_coverage(found)
    return found


def test_support_that_counts_is_without_broken_outputs_and_the_levels_stay_the_judges(tmp_path, embedder):
    run = run_with(tmp_path, hearts=24, emptied=5)
    before, found = run.coverage(), looked_at(run, embedder)
    heart, polite = found.subgoals
    assert found.broken == dict.fromkeys([f"heart-{n}" for n in range(5)], "empty")
    assert (heart.support, heart.alignment) == (24, before.subgoals[0].alignment)
    assert (heart.outputs.checked, heart.outputs.broken, heart.outputs.supporting) == (24, 5, 5)
    assert (before.n_gaps, found.n_gaps, heart.gap, needed(GOAL, heart)) == (0, 1, True, 1)
    assert heart.rule.startswith("24 samples support it, less 5 whose output is broken; 20 are wanted")
    assert (polite.gap, polite.rule) == (False, before.subgoals[1].rule)  # a rule on the mean stays the judge's
    assert Run(run.path).coverage() == found


def test_a_few_answers_without_a_stop_cost_nothing_and_many_do(tmp_path, embedder):
    for n, (unended, known) in enumerate([(2, 0), (9, 9)]):
        (folder := tmp_path / str(n)).mkdir()
        run = run_with(folder, hearts=24, emptied=unended, instead="The doctor tells you that at the visit in ward")
        assert list(looked_at(run, embedder).broken.values()) == ["cut off"] * known


def test_a_covered_subgoal_of_which_many_outputs_are_broken_is_told_and_few_are_not(tmp_path, embedder):
    for n, (emptied, told) in enumerate([(9, 1), (5, 0), (2, 0)]):
        folder = tmp_path / str(n)
        folder.mkdir()
        found = looked_at(run_with(folder, hearts=40, emptied=emptied), embedder)
        assert (len(found.broken), found.n_gaps, len(broken_notes(found))) == (emptied, 0, told)
        if told:
            assert broken_notes(found)[0].startswith(
                "Heart is covered, but of 40 samples that touch it 9 have an output"
            )


def test_where_many_are_broken_all_that_touch_the_subgoal_are_looked_at(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr(broken, "CHECKED", 10)
    found = looked_at(run_with(tmp_path, hearts=40, emptied=20), embedder)
    assert (found.subgoals[0].outputs.checked, len(found.broken)) == (40, 20)


def test_the_broken_ones_are_shown_first_where_they_are_many_and_are_no_examples(tmp_path, embedder):
    run = run_with(tmp_path, hearts=40, emptied=9)
    looked_at(run, embedder)
    assert [(one.sample_id, one.fault) for one in explain(run, "heart", 10).samples][8:] == [
        ("heart-8", "empty"),
        ("other-40", None),
    ]
    assert [one.sample_id for one in judged(run, "heart", "lowest", 1)] == ["other-40"]
    material = read_material(run, "heart")
    assert [one.id for one in material.exemplars] == ["heart-9", "heart-10", "heart-11", "heart-12"]
    assert material.anchors.strong == material.samples["heart-9"]


def test_a_few_broken_ones_do_not_come_before_the_lowest(tmp_path, embedder):
    run = run_with(tmp_path, hearts=40, emptied=2)
    looked_at(run, embedder)
    assert [one.sample_id for one in to_read(run, "heart", 1)] == ["other-40"]
