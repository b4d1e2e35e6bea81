"""Coverage: an interval that keeps its promise on rare capabilities, and every branch of the contract's gap rule."""

from functools import cache

import numpy as np
import pytest
from goalcover.agent.models import Alignment, Goal, Subgoal
from goalcover.tools.coverage import Tally, cover, interval, share_wanted, support_wanted
from hypothesis import given, settings
from hypothesis import strategies as st

LEVELS = st.lists(st.integers(0, 5), max_size=60)
SCORES = np.arange(6) / 5


def subgoal(name: str = "a", **fields) -> Subgoal:
    return Subgoal(id=name, name=name, description=f"Does {name}", **fields)


def goal(*subgoals: Subgoal, **fields) -> Goal:
    return Goal(goal="G", subgoals=subgoals or (subgoal(),), **fields)


def histogram(*levels: int) -> list[int]:
    return np.bincount(levels, minlength=6).tolist()


def covered(counts, *, unscored: int = 0, of: Goal | None = None):
    of = of or goal()
    return cover(of, of.subgoals[0], counts, unscored)


# --- the interval


@pytest.mark.parametrize("n", [30, 100])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_keeps_its_promise_where_3_percent_of_the_rows_show_the_capability(n, confidence):
    chances = np.array([0.97, 0, 0, 0, 0.015, 0.015])
    true_mean = chances @ SCORES
    bounds = cache(lambda counts: interval(counts, confidence))
    drawn = np.random.default_rng(7).multinomial(n, chances, size=1000)
    hits = [low <= true_mean <= high for low, high in (bounds(tuple(counts)) for counts in drawn.tolist())]
    assert np.mean(hits) >= confidence - 0.015


def test_the_interval_keeps_its_promise_where_all_levels_are_common():
    chances = np.array([0.3, 0.2, 0.1, 0.1, 0.2, 0.1])
    drawn = np.random.default_rng(7).multinomial(40, chances, size=400)
    hits = [low <= chances @ SCORES <= high for low, high in map(interval, drawn.tolist())]
    assert np.mean(hits) >= 0.935


@pytest.mark.parametrize("n", [1, 5, 20, 30, 100, 1000])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_without_one_supporting_sample_the_upper_limit_is_the_exact_one(n, confidence):
    low, high = interval([n, 0, 0, 0, 0, 0], confidence)
    assert low == 0
    assert high == pytest.approx(1 - ((1 - confidence) / 2) ** (1 / n), rel=0.05)


def test_without_one_failing_sample_the_lower_limit_mirrors_it():
    low, high = interval([0, 0, 0, 0, 0, 30])
    assert high == 1
    assert 1 - low == pytest.approx(interval([30, 0, 0, 0, 0, 0])[1], rel=0.05)


@given(LEVELS.filter(bool))
@settings(deadline=None, max_examples=60)
def test_the_interval_holds_the_mean_and_is_never_a_point(levels):
    low, high = interval(histogram(*levels))
    assert 0 <= low <= np.mean(levels) / 5 <= high <= 1
    assert high - low > 0.01


@pytest.mark.parametrize("shape", [(97, 0, 0, 0, 2, 1), (10, 20, 30, 20, 10, 10), (0, 0, 0, 0, 0, 100)])
def test_more_samples_make_the_interval_narrower(shape):
    widths = [high - low for low, high in (interval([n * count for count in shape]) for n in (1, 4, 16, 256))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 8


def test_a_report_made_again_shows_the_same_interval():
    assert interval([40, 3, 1, 0, 2, 1]) == interval([40, 3, 1, 0, 2, 1])


def test_more_confidence_makes_the_interval_wider():
    (low, high), (lower, higher) = interval([30, 5, 5, 5, 5, 5], 0.8), interval([30, 5, 5, 5, 5, 5], 0.99)
    assert lower < low < high < higher


# --- the gap rule


@pytest.mark.parametrize(("threshold", "gap"), [(0.2, False), (0.21, True), (0.1, False)])
def test_a_threshold_rules_every_subgoal_by_its_mean(threshold, gap):
    found = covered(histogram(1, 1, 1), of=goal(threshold=threshold))
    assert found.gap is gap
    assert f"threshold is {threshold}" in found.rule


def test_a_threshold_rules_an_every_subgoal_too():
    assert covered(histogram(*[2] * 30), of=goal(subgoal(scope="every"), threshold=0.3)).gap is False


@pytest.mark.parametrize("level", range(1, 6))
@pytest.mark.parametrize("n", [1, 3, 6, 7, 12, 14, 999])
def test_a_mean_that_equals_the_threshold_is_no_gap(level, n):
    assert covered(histogram(*[level] * n), of=goal(threshold=level / 5)).gap is False


@pytest.mark.parametrize(("levels", "gap"), [([2, 3], False), ([2, 2, 3], True), ([5, 0], False), ([0], True)])
def test_an_every_subgoal_is_a_gap_below_a_mean_of_one_half(levels, gap):
    found = covered(histogram(*levels), of=goal(subgoal(scope="every")))
    assert (found.gap, found.share_wanted) == (gap, None)
    assert "every sample" in found.rule


@pytest.mark.parametrize(("support", "gap"), [(149, True), (150, False)])
def test_a_share_of_its_own_decides_a_some_subgoal(support, gap):
    found = covered([1000 - support, 0, 0, 0, 0, support], of=goal(subgoal(share=0.15)))
    assert (found.gap, found.share_wanted, found.support) == (gap, 0.15, support)
    assert found.rule == f"{support} samples support it; 150 are wanted (15.0% of 1,000)."


@pytest.mark.parametrize(("support", "gap"), [(19, True), (20, False)])
def test_at_least_20_samples_have_to_support_a_some_subgoal(support, gap):
    found = covered([100 - support, 0, 0, 0, support, 0], of=goal(subgoal(share=0.05)))
    assert found.gap is gap
    assert "at least 20" in found.rule


def test_level_3_is_good_and_no_support():
    assert covered([0, 0, 0, 500, 0, 0], of=goal(subgoal(share=0.1))).support == 0


def test_the_default_share_is_half_of_a_subgoals_part_of_the_weights():
    light, heavy, own, every = (
        subgoal("a"),
        subgoal("b", weight=3.0),
        subgoal("c", share=0.4),
        subgoal("d", scope="every"),
    )
    of = goal(light, heavy, own, every)
    assert [share_wanted(of, one) for one in of.subgoals] == [0.1, 0.3, 0.4, None]


def test_six_even_specialties_of_a_perfect_dataset_are_no_gaps():
    of = goal(*(subgoal(name) for name in "abcdef"))
    assert all(cover(of, one, [500, 0, 0, 0, 0, 100], 0).gap is False for one in of.subgoals)


@pytest.mark.parametrize(
    ("share", "n", "wanted"),
    [
        (0.15, 1000, 150),
        (0.55, 100, 55),
        (0.07, 1100, 77),
        (1 / 12, 1200, 100),
        (0.151, 1000, 151),
        (0.1501, 1000, 151),
    ],
)
def test_a_share_of_samples_is_counted_as_a_person_counts(share, n, wanted):
    assert support_wanted(share, n) == wanted


@given(st.integers(1, 100), st.integers(1, 10_000))
def test_no_whole_percentage_of_any_number_is_counted_one_too_high(percent, n):
    assert support_wanted(percent / 100, n) == max(20, -(-percent * n // 100))


@pytest.mark.parametrize(
    ("scored", "unscored", "verdict"), [(90, 10, True), (89, 11, None), (0, 5, None), (27, 3, True)]
)
def test_more_than_a_tenth_unscored_gives_no_verdict(scored, unscored, verdict):
    found = covered([scored, 0, 0, 0, 0, 0], unscored=unscored)
    assert found.gap is verdict
    assert found.rule.startswith("No verdict") is (verdict is None)
    assert (found.n_scored, found.n_unscored) == (scored, unscored)


def test_no_threshold_overrules_a_missing_verdict():
    assert covered([50, 0, 0, 0, 0, 0], unscored=50, of=goal(threshold=0.5)).gap is None


def test_nothing_scored_has_no_figures():
    found = covered([0] * 6, unscored=4)
    assert (found.alignment, found.ci_low, found.ci_high, found.support_share) == (None, None, None, None)


# --- the tally


def tallied(of: Goal, levels: dict[str, list[int | None]]) -> Tally:
    tally = Tally(of)
    for name, judged in levels.items():
        tally.add(
            Alignment(sample_id=str(n), subgoal_id=name, level=level, explanation="e", judge="j")
            for n, level in enumerate(judged)
        )
    return tally


@given(st.lists(st.none() | st.integers(0, 5), max_size=60))
@settings(deadline=None)
def test_histogram_support_and_mean_belong_together(levels):
    tally = tallied(goal(), {"a": levels})
    (found,) = tally.report(len(levels)).subgoals
    scored = [level for level in levels if level is not None]
    assert list(found.histogram) == [scored.count(level) for level in range(6)]
    assert (found.n_scored, found.n_unscored) == (len(scored), len(levels) - len(scored))
    assert (tally.scored, tally.unscored) == (found.n_scored, found.n_unscored)
    assert found.support == sum(level >= 4 for level in scored)
    assert tally.mean("a") == found.alignment
    if scored:
        assert found.alignment == pytest.approx(np.mean(scored) / 5)
        assert found.support_share == found.support / len(scored)


def test_the_overall_mean_is_weighted_and_leaves_out_what_was_not_scored():
    of = goal(subgoal("a"), subgoal("b", weight=3.0), subgoal("c", weight=100.0))
    report = tallied(of, {"a": [5, 5], "b": [0, 0], "c": [None, None]}).report(2)
    assert report.overall == 0.25
    assert [one.gap for one in report.subgoals] == [True, True, None]
    assert (report.n_samples, report.n_gaps) == (2, 2)


def test_nothing_scored_at_all_has_no_overall_mean():
    assert tallied(goal(), {"a": [None]}).report(1).overall is None
