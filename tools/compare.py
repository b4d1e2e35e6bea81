"""What-if and side-by-side answers about one run, from its scores alone."""

from dataclasses import dataclass

import numpy as np
from goalcover.agent.models import SUPPORT_LEVEL, CoverageReport, SubgoalCoverage
from goalcover.memory.runs import Run


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
    levels_a = {one.sample_id: one.level for one in run.alignments(a) if one.level is not None}
    levels_b = {one.sample_id: one.level for one in run.alignments(b) if one.level is not None}
    pairs = np.array([(level, levels_b[key]) for key, level in levels_a.items() if key in levels_b]).reshape(-1, 2)
    both = int(((pairs >= SUPPORT_LEVEL).sum(axis=1) == 2).sum())
    return Beside(a=rows[a], b=rows[b], correlation=_spearman(pairs), both=both)


def _spearman(pairs: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> float | None:
    if len(pairs) < 2 or any(len(np.unique(column)) < 2 for column in pairs.T):
        return None
    from scipy.stats import spearmanr  # a third of a second to import

    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
