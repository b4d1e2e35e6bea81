"""A run's levels as one table, and how two columns of such a table go together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from goalcover.agent.models import TOP_LEVEL, Goal
from goalcover.agent.roles import NEAR_LEVEL
from goalcover.memory.runs import Run
from goalcover.tools.lows import evenly

LISTED = 10
_UNSCORED = -1
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Levels:
    """Every sample's level for every subgoal."""

    sample_ids: npt.NDArray[np.object_]
    """(samples,)"""
    subgoal_ids: tuple[str, ...]
    table: npt.NDArray[np.int8]
    """(samples, subgoals); -1 for unscored."""

    @cached_property
    def scores(self) -> Numbers:
        """(samples, subgoals), 0 to 1; NaN for unscored."""
        return np.where(self.table == _UNSCORED, np.nan, self.table / TOP_LEVEL)

    def of(self, subgoal_id: str) -> npt.NDArray[np.int8]:
        """(samples,): one subgoal's levels."""
        return np.asarray(self.table[:, self.subgoal_ids.index(subgoal_id)])

    def paired(self, a: str, b: str) -> npt.NDArray[np.int8]:
        """(samples, 2): the levels of the samples that are scored for both subgoals."""
        both = np.column_stack([self.of(a), self.of(b)])
        return np.asarray(both[(both != _UNSCORED).all(axis=1)])

    def touching(self, subgoal_id: str, most: int) -> list[str]:
        """Ids of samples that touch the subgoal, evenly chosen where there are more."""
        places = np.flatnonzero(self.of(subgoal_id) >= NEAR_LEVEL)
        return [str(self.sample_ids[places[place]]) for place in evenly(len(places), most)]

    def first(self, subgoal_id: str, level: int, most: int = LISTED) -> list[str]:
        """Ids of the first samples at a level."""
        return [str(one) for one in self.sample_ids[np.flatnonzero(self.of(subgoal_id) == level)[:most]]]

    @cached_property
    def unserved(self) -> float:
        """Share of samples that touch no subgoal at all."""
        return float((self.table.max(axis=1) < NEAR_LEVEL).mean()) if len(self.table) else 0.0


def read_levels(run: Run, goal: Goal) -> Levels:
    """The levels of a run's scores, in the order of samples.parquet and of the goal."""
    scores = run.scores(["sample_id", "level"])
    n = len(goal.subgoals)
    table = scores["level"].fill_null(_UNSCORED).to_numpy().astype(np.int8).reshape(-1, n)
    return Levels(scores["sample_id"].to_numpy()[::n], tuple(one.id for one in goal.subgoals), table)


def rank_correlation(a: npt.ArrayLike, b: npt.ArrayLike) -> float | None:
    """Spearman's rho of two columns, without the places where one is NaN; None where one of them never varies."""
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    known = np.isfinite(one) & np.isfinite(other)
    if len(np.unique(one[known])) < 2 or len(np.unique(other[known])) < 2:
        return None
    from scipy.stats import spearmanr  # half a second to import, and most commands need none of it

    return float(spearmanr(one[known], other[known]).statistic)
