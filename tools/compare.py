"""What-if and side-by-side answers about one run, from its scores alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from goalcover.agent.models import SUPPORT_LEVEL, CoverageReport, SubgoalCoverage
from goalcover.memory.runs import Run

Pairs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """Two subgoals over the same samples."""

    a: SubgoalCoverage
    b: SubgoalCoverage
    correlation: float | None
    """Spearman's over the samples that were scored for both; None when one of them never varies."""
    both: int
    """Samples that support both."""


def at_threshold(coverage: CoverageReport, threshold: float) -> tuple[str, ...]:
    """Ids of the subgoals whose mean alignment lies below a threshold: the gaps by the paper's rule (section 3.4)."""
    return tuple(one.id for one in coverage.subgoals if one.alignment is not None and one.alignment < threshold)


def side_by_side(run: Run, a: str, b: str) -> Beside:
    """Two subgoals of a run; KeyError when it has no such subgoal."""
    rows = {one.id: one for one in run.coverage().subgoals}
    pairs = paired(levels_of(run, a), levels_of(run, b))
    both = int(((pairs >= SUPPORT_LEVEL).sum(axis=1) == 2).sum())
    return Beside(a=rows[a], b=rows[b], correlation=rank_correlation(pairs), both=both)


def levels_of(run: Run, subgoal_id: str) -> dict[str, int]:
    """Sample id -> level, of the samples that are scored for a subgoal."""
    return {one.sample_id: one.level for one in run.alignments(subgoal_id) if one.level is not None}


def paired(a: Mapping[str, int], b: Mapping[str, int]) -> Pairs:
    """Shape (samples, 2): the levels of the samples that are scored for both."""
    return np.array([(level, b[key]) for key, level in a.items() if key in b], dtype=np.int64).reshape(-1, 2)


def rank_correlation(pairs: Pairs) -> float | None:
    """Spearman's rho of two columns of levels; None when one of them never varies."""
    if len(pairs) < 2 or np.ptp(pairs[:, 0]) == 0 or np.ptp(pairs[:, 1]) == 0:
        return None
    from scipy.stats import spearmanr  # half a second to import, and most commands need none of it

    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
