"""What would close a gap, in figures and samples; the advisor puts it into words (paper, step 8, Eq. 9)."""

from math import ceil

from goalcover.agent.models import SUPPORT_LEVEL, TOP_LEVEL, CoverageReport, Goal, SubgoalCoverage
from goalcover.tools.coverage import EVERY_THRESHOLD, LEAST_SUPPORT, support_wanted

_STRONG = SUPPORT_LEVEL / TOP_LEVEL


def mean_wanted(goal: Goal, coverage: SubgoalCoverage) -> float | None:
    """The mean alignment that the gap rule asks for; None when the rule looks at support instead."""
    if goal.threshold is not None:
        return goal.threshold
    return EVERY_THRESHOLD if coverage.scope == "every" else None


def samples_wanted(coverage: SubgoalCoverage) -> int:
    """Samples at level 4 or 5 that the gap rule asks for, where it looks at support."""
    return support_wanted(coverage.share_wanted or 0.0, coverage.n_scored)


def shortfall(goal: Goal, coverage: SubgoalCoverage) -> float:
    """How far a subgoal lies below what its rule wants: 0 (there) to 1 (nothing there), comparable across rules."""
    wanted = mean_wanted(goal, coverage)
    have = coverage.alignment or 0.0
    if wanted is None:
        wanted = samples_wanted(coverage)
        have = coverage.sound_support
    return max(0.0, 1 - have / wanted)


def gaps_first(goal: Goal, coverage: CoverageReport) -> list[SubgoalCoverage]:
    """Worst first: gaps, those without a verdict, then the rest, each the furthest below what its rule wants first."""
    order = {True: 0, None: 1, False: 2}
    return sorted(coverage.subgoals, key=lambda one: (order[one.gap], -shortfall(goal, one), one.alignment or 0.0))


def needed(goal: Goal, coverage: SubgoalCoverage) -> int:
    """New samples that would close the gap, each at level 4, counting that they enlarge the dataset.

    With n scored samples, S of them supporting with a sound output, mean alignment a:
    support rule, share w: the least k with S + k >= 20 and S + k >= w (n + k), so k = max(20 - S, (w n - S) / (1 - w));
    mean rule, threshold t: the least k with n a + 0.8 k >= t (n + k), so k = n (t - a) / (0.8 - t), new samples
    counting as perfect (1.0) where t >= 0.8. Where no number of new samples suffices (w or t is 1), n.
    """
    n, threshold = coverage.n_scored, mean_wanted(goal, coverage)
    if threshold is None:
        share = coverage.share_wanted or 0.0
        by_share = (share * n - coverage.sound_support) / (1 - share) if share < 1 else float(n)
        return _whole(max(LEAST_SUPPORT - coverage.sound_support, by_share))
    new = _STRONG if threshold < _STRONG else 1.0
    missing = n * (threshold - (coverage.alignment or 0.0))
    return _whole(missing / (new - threshold)) if threshold < 1 else n


def to_rewrite(goal: Goal, coverage: SubgoalCoverage, not_applicable: int = 0) -> int | None:
    """For scope `every`: low-scoring samples to lift to level 4, so that the mean a reaches the threshold t.

    Each gains 0.8 less the mean m of the low-scoring ones: n (t - a) / (0.8 - m), at most all that can be rewritten:
    `not_applicable` samples at level 0 cannot. None for `some`, and where there is nothing to rewrite.
    """
    found = _rewriting(goal, coverage, not_applicable)
    return min(found) if found else None


def rewriting_closes(goal: Goal, coverage: SubgoalCoverage, not_applicable: int = 0) -> bool:
    """Whether rewriting so many closes the gap; False where there is nothing to rewrite."""
    found = _rewriting(goal, coverage, not_applicable)
    return found is not None and found[0] <= found[1]


def _rewriting(goal: Goal, coverage: SubgoalCoverage, not_applicable: int) -> tuple[int, int] | None:
    """Samples that would have to be rewritten, and those that can be."""
    threshold = mean_wanted(goal, coverage)
    if coverage.scope != "every" or threshold is None:
        return None
    scores = ((level / TOP_LEVEL, count) for level, count in enumerate(coverage.histogram))
    low = [(score, count - (score == 0) * not_applicable) for score, count in scores if score <= goal.low_score]
    n_low = sum(count for _, count in low)
    if n_low <= 0:
        return None
    mean = sum(score * count for score, count in low) / n_low
    gain = max(_STRONG - mean, 1 / TOP_LEVEL)
    return _whole(coverage.n_scored * (threshold - (coverage.alignment or 0.0)) / gain), n_low


def _whole(number: float) -> int:
    """Rounded up; the subtraction keeps 12.000000001 at 12."""
    return max(0, ceil(number - 1e-6))
