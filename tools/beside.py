"""What-if and side-by-side answers about one run, from its scores alone."""

from dataclasses import dataclass

from goalcover.agent.models import SUPPORT_LEVEL, CoverageReport, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.levels import rank_correlation, read_levels


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
    first, second = rows[a], rows[b]
    pairs = read_levels(run, run.goal()).paired(a, b)
    both = int((pairs >= SUPPORT_LEVEL).all(axis=1).sum())
    return Beside(a=first, b=second, correlation=rank_correlation(*pairs.T), both=both)
