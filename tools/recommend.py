"""What would close a gap, in figures and samples; the advisor puts it into words (paper, step 8, Eq. 9)."""

from collections.abc import Iterable, Sequence
from itertools import islice
from math import ceil

from goalcover.agent.models import (
    SUPPORT_LEVEL,
    TOP_LEVEL,
    Alignment,
    Capability,
    Goal,
    Recommendation,
    SubgoalCoverage,
)
from goalcover.agent.roles import EXEMPLAR_LEVEL, NEAR_LEVEL, Advisor, Standing
from goalcover.memory.runs import Run
from goalcover.tools.coverage import EVERY_THRESHOLD, LEAST_SUPPORT, support_wanted

LISTED = 10
_STRONG = SUPPORT_LEVEL / TOP_LEVEL


async def recommend(
    run: Run, goal: Goal, coverage: SubgoalCoverage, capabilities: Sequence[Capability], advisor: Advisor
) -> tuple[Recommendation, ...]:
    """Recommendations for one gap, from the run's scores and the capabilities found missing."""
    standing = stand(goal, coverage, run.alignments(coverage.id))
    return await advisor.recommend(goal.subgoal(coverage.id), standing, capabilities)


def stand(goal: Goal, coverage: SubgoalCoverage, alignments: Iterable[Alignment]) -> Standing:
    """Where a gap's subgoal stands, given all its alignments."""
    by_level: dict[int, list[str]] = {level: [] for level in range(TOP_LEVEL + 1)}
    for alignment in alignments:
        if alignment.level is not None and len(by_level[alignment.level]) < LISTED:
            by_level[alignment.level].append(alignment.sample_id)
    best = (one for level in range(TOP_LEVEL, EXEMPLAR_LEVEL - 1, -1) for one in by_level[level])
    return Standing(
        coverage=coverage,
        needed=needed(goal, coverage),
        to_rewrite=to_rewrite(goal, coverage),
        exemplars=tuple(islice(best, LISTED)),
        near_misses=tuple(by_level[NEAR_LEVEL]),
        off_topic=tuple(by_level[0]),
    )


def mean_wanted(goal: Goal, coverage: SubgoalCoverage) -> float | None:
    """The mean alignment that the gap rule asks for; None when the rule looks at support instead."""
    if goal.threshold is not None:
        return goal.threshold
    return EVERY_THRESHOLD if coverage.scope == "every" else None


def shortfall(goal: Goal, coverage: SubgoalCoverage) -> float:
    """How far a subgoal lies below what its rule wants: 0 (there) to 1 (nothing there), comparable across rules."""
    wanted = mean_wanted(goal, coverage)
    have = coverage.alignment or 0.0
    if wanted is None:
        wanted = support_wanted(coverage.share_wanted or 0.0, coverage.n_scored)
        have = coverage.support
    return max(0.0, 1 - have / wanted)


def needed(goal: Goal, coverage: SubgoalCoverage) -> int:
    """New samples that would close the gap, each at level 4, counting that they enlarge the dataset.

    With n scored samples, S of them supporting, mean alignment a:
    support rule, share w: the least k with S + k >= 20 and S + k >= w (n + k), so k = max(20 - S, (w n - S) / (1 - w));
    mean rule, threshold t: the least k with n a + 0.8 k >= t (n + k), so k = n (t - a) / (0.8 - t), new samples
    counting as perfect (1.0) where t >= 0.8. Where no number of new samples suffices (w or t is 1), n.
    """
    n, threshold = coverage.n_scored, mean_wanted(goal, coverage)
    if threshold is None:
        share = coverage.share_wanted or 0.0
        by_share = (share * n - coverage.support) / (1 - share) if share < 1 else float(n)
        return _whole(max(LEAST_SUPPORT - coverage.support, by_share))
    new = _STRONG if threshold < _STRONG else 1.0
    missing = n * (threshold - (coverage.alignment or 0.0))
    return _whole(missing / (new - threshold)) if threshold < 1 else n


def to_rewrite(goal: Goal, coverage: SubgoalCoverage) -> int | None:
    """For scope `every`: low-scoring samples to lift to level 4, so that the mean a reaches the threshold t.

    Each gains 0.8 less the mean m of the low-scoring ones: n (t - a) / (0.8 - m), at most all of them. None for `some`.
    """
    threshold = mean_wanted(goal, coverage)
    if coverage.scope != "every" or threshold is None:
        return None
    scores = ((level / TOP_LEVEL, count) for level, count in enumerate(coverage.histogram))
    low = [(score, count) for score, count in scores if score <= goal.low_score]
    n_low = sum(count for _, count in low)
    if n_low == 0:
        return None
    mean = sum(score * count for score, count in low) / n_low
    gain = max(_STRONG - mean, 1 / TOP_LEVEL)
    return min(n_low, _whole(coverage.n_scored * (threshold - (coverage.alignment or 0.0)) / gain))


def _whole(number: float) -> int:
    """Rounded up; the subtraction keeps 12.000000001 at 12."""
    return max(0, ceil(number - 1e-6))
