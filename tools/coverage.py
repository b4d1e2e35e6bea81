"""From judgements to a dataset's coverage: A(D, s) with an honest interval, and the gap rule (paper, section 3.3)."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from goalcover.agent.models import (
    SUPPORT_LEVEL,
    TOP_LEVEL,
    Alignment,
    CoverageReport,
    Goal,
    Outputs,
    Subgoal,
    SubgoalCoverage,
)
from goalcover.tools.typeset import percent

EVERY_THRESHOLD = 0.5
"""An `every` subgoal is a gap when its mean alignment is below it (contract)."""
LEAST_SUPPORT = 20
"""A `some` subgoal wants at least this many supporting samples (contract)."""
MOST_UNSCORED = 0.1
"""With a larger share of failed judgements a subgoal gets no verdict."""
CONFIDENCE = 0.95
NOT_CHECKED = Outputs()
_DRAWS = 20_000

_SCORES = np.arange(TOP_LEVEL + 1) / TOP_LEVEL


class Tally:
    """Counts levels as judgements stream in; a million samples take no more memory than one."""

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self._levels = {subgoal.id: [0] * (TOP_LEVEL + 1) for subgoal in goal.subgoals}
        self._unscored = {subgoal.id: 0 for subgoal in goal.subgoals}

    def add(self, alignments: Iterable[Alignment]) -> None:
        """Counts judgements of the goal's subgoals."""
        for alignment in alignments:
            if alignment.level is None:
                self._unscored[alignment.subgoal_id] += 1
            else:
                self._levels[alignment.subgoal_id][alignment.level] += 1

    @property
    def scored(self) -> int:
        """Number of judgements with a level."""
        return sum(map(sum, self._levels.values()))

    @property
    def unscored(self) -> int:
        """Number of judgements that failed."""
        return sum(self._unscored.values())

    def mean(self, subgoal_id: str) -> float | None:
        """Mean score so far."""
        return _mean(self._levels[subgoal_id])

    def report(self, n_samples: int) -> CoverageReport:
        """The coverage of all subgoals."""
        rows = tuple(
            cover(self._goal, subgoal, self._levels[subgoal.id], self._unscored[subgoal.id])
            for subgoal in self._goal.subgoals
        )
        return CoverageReport(
            subgoals=rows,
            overall=_weighted(self._goal.subgoals, rows),
            n_samples=n_samples,
            n_gaps=sum(row.gap is True for row in rows),
        )


def cover(
    goal: Goal, subgoal: Subgoal, histogram: Sequence[int], n_unscored: int, outputs: Outputs = NOT_CHECKED
) -> SubgoalCoverage:
    """Coverage of one subgoal from its six-bin histogram of levels, and what is known of its outputs.

    Alignment and support are the judge's levels; where the rule counts support, broken outputs do not count.
    """
    n = sum(histogram)
    support = sum(histogram[SUPPORT_LEVEL:])
    low, high = interval(histogram)
    wanted = share_wanted(goal, subgoal)
    gap, rule = _judge_gap(goal, histogram, n_unscored, wanted, outputs.supporting)
    return SubgoalCoverage(
        id=subgoal.id,
        name=subgoal.name,
        scope=subgoal.scope,
        alignment=_mean(histogram),
        ci_low=low,
        ci_high=high,
        support=support,
        support_share=support / n if n else None,
        share_wanted=wanted,
        n_scored=n,
        n_unscored=n_unscored,
        histogram=(histogram[0], histogram[1], histogram[2], histogram[3], histogram[4], histogram[5]),
        gap=gap,
        rule=rule,
        outputs=outputs,
    )


def share_wanted(goal: Goal, subgoal: Subgoal) -> float | None:
    """The share of samples that should support a `some` subgoal: its own, else half of its part of the weights."""
    if subgoal.scope == "every":
        return None
    if subgoal.share is not None:
        return subgoal.share
    return subgoal.weight / sum(other.weight for other in goal.subgoals if other.scope == "some") / 2


def wanted_in_words(goal: Goal, subgoal: Subgoal) -> str:
    """What the rule in force wants of a subgoal."""
    weight = f", weight {subgoal.weight:g}" if subgoal.weight != 1 else ""
    if goal.threshold is not None:
        return f"a mean alignment of {goal.threshold:g}{weight}"
    share = share_wanted(goal, subgoal)
    asked = "every sample" if share is None else f"{percent(share)} of the samples, at least {LEAST_SUPPORT}"
    return f"{asked}{weight}"


def support_wanted(share: float, n: int) -> int:
    """How many of n samples have to support a `some` subgoal."""
    # Rounded first: 0.55 x 100 is 55.00000000000001 in floating point, and 56 would be wrong.
    return max(LEAST_SUPPORT, math.ceil(round(share * n, 9)))


def interval(histogram: Sequence[int], confidence: float = CONFIDENCE) -> tuple[float | None, float | None]:
    """Interval of the mean score of the population that the n samples were drawn from; (None, None) for n = 0.

    Textbook intervals fail on rare capabilities: with 30 samples of which none supports a subgoal they say 0 +- 0.
    This is the bound of Gaffke ("Three test statistics for a nonparametric one-sided hypothesis on the mean of a
    nonnegative variable", 2005; sharpened in Learned-Miller and Thomas, "A new confidence interval for the mean of a
    bounded random variable", 2019) on both sides: each side resamples the spacings of the data (a Dirichlet
    distribution) with one more observation at that side's extreme. With no positive sample among n it gives the exact
    upper limit 1 - (alpha/2)^(1/n). Drawn with a fixed seed, so a report does not change when it is made again.
    """
    counts = np.asarray(histogram, dtype=float)
    if not counts.sum():
        return None, None
    random = np.random.default_rng(0)
    tail = (1 - confidence) / 2
    ends = []
    for extreme, quantile in ((0, tail), (TOP_LEVEL, 1 - tail)):
        extended = counts.copy()
        extended[extreme] += 1
        spacings = random.standard_gamma(extended, size=(_DRAWS, len(extended)))
        ends.append(float(np.quantile(spacings @ _SCORES / spacings.sum(axis=1), quantile)))
    mean = _mean(histogram) or 0.0
    return min(ends[0], mean), max(ends[1], mean)


def _judge_gap(
    goal: Goal, histogram: Sequence[int], n_unscored: int, wanted: float | None, n_broken: int
) -> tuple[bool | None, str]:
    n = sum(histogram)
    if not n or n_unscored / (n + n_unscored) > MOST_UNSCORED:
        return (
            None,
            f"No verdict: {n_unscored:,} of {n + n_unscored:,} judgements failed (more than {MOST_UNSCORED:.0%}).",
        )
    mean = _mean(histogram) or 0.0
    if goal.threshold is not None:
        return mean < goal.threshold, f"Mean alignment {mean:.3f}; the goal's threshold is {goal.threshold:g}."
    if wanted is None:
        return (
            mean < EVERY_THRESHOLD,
            f"Mean alignment {mean:.3f}; every sample should show it: at least {EVERY_THRESHOLD:g}.",
        )
    support, needed = sum(histogram[SUPPORT_LEVEL:]), support_wanted(wanted, n)
    asked = (
        f"{wanted:.1%} of {n:,}" if needed > LEAST_SUPPORT else f"{wanted:.1%} of {n:,}, and at least {LEAST_SUPPORT}"
    )
    found = f"{support:,} {'sample supports' if support == 1 else 'samples support'} it"
    if n_broken:
        found += f", less {n_broken:,} whose output is broken"
    return support - n_broken < needed, f"{found}; {needed:,} are wanted ({asked})."


def _mean(histogram: Sequence[int]) -> float | None:
    n = sum(histogram)
    # One division: two would put the mean of three samples at 0.2 a hair below a threshold of 0.2.
    return sum(level * count for level, count in enumerate(histogram)) / (TOP_LEVEL * n) if n else None


def _weighted(subgoals: Sequence[Subgoal], rows: Sequence[SubgoalCoverage]) -> float | None:
    pairs = [(row.alignment, one.weight) for one, row in zip(subgoals, rows, strict=True) if row.alignment is not None]
    return sum(mean * weight for mean, weight in pairs) / sum(weight for _, weight in pairs) if pairs else None
