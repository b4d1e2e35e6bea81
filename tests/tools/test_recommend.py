"""How many samples would close a gap: checked against the gap rule itself."""

import pytest
from goalcover.agent.models import CoverageReport, Goal, Subgoal
from goalcover.tools.coverage import cover
from goalcover.tools.recommend import gaps_first, needed, rewriting_closes, shortfall, to_rewrite
from hypothesis import assume, given, settings
from hypothesis import strategies as st

HISTOGRAM = st.lists(st.integers(0, 200), min_size=6, max_size=6).filter(lambda counts: sum(counts) > 0)


def goal(scope: str = "some", share: float | None = 0.15, threshold: float | None = None) -> Goal:
    subgoal = Subgoal(id="a", name="A", description="a", scope=scope, share=share if scope == "some" else None)
    return Goal(goal="g", subgoals=(subgoal,), threshold=threshold)


def is_gap(goal: Goal, histogram: list[int]) -> bool:
    return bool(cover(goal, goal.subgoals[0], histogram, 0).gap)


@settings(deadline=None)
@given(HISTOGRAM, st.sampled_from([0.01, 0.15, 0.5, 0.9]))
def test_so_many_supporting_samples_close_the_gap_and_no_fewer(histogram, share):
    asked = goal(share=share)
    assume(is_gap(asked, histogram))
    more = needed(asked, cover(asked, asked.subgoals[0], histogram, 0))
    assert not is_gap(asked, [*histogram[:4], histogram[4] + more, histogram[5]])
    assert is_gap(asked, [*histogram[:4], histogram[4] + more - 1, histogram[5]])


@settings(deadline=None)
@given(HISTOGRAM, st.sampled_from([0.2, 0.5, 0.7]))
def test_so_many_samples_lift_the_mean_to_the_threshold(histogram, threshold):
    asked = goal(threshold=threshold)
    covered = cover(asked, asked.subgoals[0], histogram, 0)
    assume(covered.gap)
    more = needed(asked, covered)
    after = cover(asked, asked.subgoals[0], [*histogram[:4], histogram[4] + more, histogram[5]], 0)
    assert after.alignment == pytest.approx(max(threshold, after.alignment or 0))


def test_rewriting_so_many_low_samples_lifts_the_mean():
    asked = goal("every")
    covered = cover(asked, asked.subgoals[0], [80, 0, 0, 0, 20, 0], 0)
    assert to_rewrite(asked, covered) == 43
    assert not is_gap(asked, [37, 0, 0, 0, 63, 0])


def test_a_subgoal_of_scope_some_is_not_closed_by_rewriting():
    asked = goal()
    assert to_rewrite(asked, cover(asked, asked.subgoals[0], [80, 0, 0, 0, 2, 0], 0)) is None


def test_an_absent_capability_is_furthest_from_what_is_wanted():
    asked = goal()
    none, some = (
        cover(asked, asked.subgoals[0], histogram, 0) for histogram in ([90, 0, 0, 0, 0, 0], [80, 0, 0, 0, 10, 0])
    )
    assert shortfall(asked, none) == 1.0
    assert shortfall(asked, some) == pytest.approx(0.5)


def test_worst_is_what_lies_furthest_below_its_own_rule():
    kinds = (("format", "every", None), ("eyes", "some", 0.5), ("hearts", "some", 0.02))
    subgoals = [Subgoal(id=one, name=one, description="d", scope=scope, share=share) for one, scope, share in kinds]
    asked = Goal(goal="g", subgoals=tuple(subgoals))
    # Alignments 0.4, 0.48 and 0.2: the best of the gaps by its mean misses its share by most.
    counts = ([60, 0, 0, 0, 0, 40], [40, 0, 0, 60, 6, 14], [80, 0, 0, 0, 0, 20])
    rows = tuple(cover(asked, one, count, 0) for one, count in zip(subgoals, counts, strict=True))
    assert [one.gap for one in rows] == [True, True, False]
    report = CoverageReport(subgoals=rows, overall=None, n_samples=100, n_gaps=2)
    assert [one.id for one in gaps_first(asked, report)] == ["eyes", "format", "hearts"]


def test_samples_that_cannot_show_it_are_not_to_be_rewritten():
    asked = goal("every")
    covered = cover(asked, asked.subgoals[0], [80, 0, 0, 0, 20, 0], 0)
    assert to_rewrite(asked, covered, not_applicable=30) == 43
    assert to_rewrite(asked, covered, not_applicable=60) == 20
    assert rewriting_closes(asked, covered, not_applicable=30)
    assert not rewriting_closes(asked, covered, not_applicable=60)
    assert to_rewrite(asked, covered, not_applicable=80) is None
