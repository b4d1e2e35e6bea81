"""Goal-aligned selection (paper, section 6.1): which rows to train on, and what leaving the others out costs.

A row's goal score is the weighted mean of its scores on what can be asked of it: every subgoal of scope `every`, and of
those of scope `some`, which divide the data among them, the one that it serves best. A perfect row scores 1, whichever
specialty it belongs to. Rows whose output is known to be broken (tools/broken.py) are never kept.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from goalcover.agent.errors import InputError
from goalcover.agent.models import SUPPORT_LEVEL, TOP_LEVEL, Frozen, Subgoal
from goalcover.agent.roles import EXEMPLAR_LEVEL
from goalcover.memory.runs import Run
from goalcover.tools.explain import find_subgoal
from goalcover.tools.levels import read_levels
from goalcover.tools.typeset import count

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SUPPORT = SUPPORT_LEVEL / TOP_LEVEL
KEPT_SUPPORT = 0.9
"""A suggested cut keeps at least this share of the samples that support each subgoal."""
MOST_POINTS = 50
LISTED = 10


class Cut(Frozen):
    """One point of the trade-off curve: what is kept from a goal score on, and how well it serves every subgoal."""

    min_score: float
    """0 to 1."""
    kept: int
    kept_share: float
    goal_score: float | None
    """Mean goal score of the rows kept; None when none is."""
    alignments: dict[str, float | None]
    """Mean score of the rows kept, by subgoal id."""
    support: dict[str, int]
    """Rows kept that support the subgoal (level 4 or 5), by its id."""


class Loss(Frozen):
    """What a selection costs one subgoal."""

    subgoal_id: str
    alignment_before: float | None
    alignment_after: float | None
    support_before: int
    support_after: int
    sample_ids: tuple[str, ...]
    """Some of the supporting samples that are left out, the best first."""


class Selection(Frozen):
    """Which rows are kept, and why."""

    sample_ids: tuple[str, ...]
    """Those kept, in the dataset's order."""
    n: int
    """Rows in all."""
    n_unscored: int
    """Rows left out because no judgement of them succeeded."""
    n_broken: int = 0
    """Rows left out because their output is known to be broken."""
    subgoal_ids: tuple[str, ...]
    """The subgoals that the goal score is made of."""
    cut: Cut
    suggested: Cut
    reason: str
    """Why the suggested cut is suggested."""
    curve: tuple[Cut, ...]
    """From keeping every sound row to keeping the best, by rising score."""
    lost: tuple[Loss, ...]
    """For every subgoal of the goal, those that lose most support first."""

    @property
    def left_out(self) -> str:
        """What is not even considered; "" when everything is."""
        if not self.n_broken:
            return ""
        whose = "its output is" if self.n_broken == 1 else "their outputs are"
        return f"{count(self.n_broken, 'row')} left out: {whose} empty, cut off or another input's"


@dataclass(frozen=True)
class Scores:
    """All scores of a run."""

    ids: tuple[str, ...]
    subgoals: tuple[Subgoal, ...]
    values: Floats
    """(samples, subgoals), 0 to 1; NaN where unscored."""
    sound: Flags
    """(samples,): whether nothing is known to be wrong with the output."""

    @property
    def supports(self) -> Flags:
        """(samples, subgoals): level 4 or 5, with a sound output."""
        return np.asarray((np.nan_to_num(self.values) >= SUPPORT - 1e-9) & self.sound[:, np.newaxis])


def read_scores(run: Run) -> Scores:
    """The run's scores as one matrix."""
    goal, broken = run.goal(), run.coverage().broken
    levels = read_levels(run, goal)
    sound = np.array([one not in broken for one in levels.sample_ids.tolist()], dtype=bool)
    return Scores(tuple(levels.sample_ids.tolist()), goal.subgoals, levels.scores, sound)


def goal_scores(scores: Scores, subgoal_ids: Collection[str] = ()) -> Floats:
    """(samples,): each sound row's goal score over the subgoals given (default: all); NaN where none was scored."""
    asked = [place for place, one in enumerate(scores.subgoals) if not subgoal_ids or one.id in subgoal_ids]
    some = [place for place in asked if scores.subgoals[place].scope == "some"]
    weights = np.array([subgoal.weight for subgoal in scores.subgoals])
    counted = np.zeros_like(scores.values)
    counted[:, [place for place in asked if place not in some]] = 1.0
    if some:
        best = np.nan_to_num(scores.values[:, some], nan=-1.0).argmax(axis=1)
        counted[np.arange(len(counted)), np.array(some)[best]] = 1.0
    counted *= weights * ~np.isnan(scores.values)
    total = counted.sum(axis=1)
    summed = (counted * np.nan_to_num(scores.values)).sum(axis=1)
    known = scores.sound & (total > 0)
    return np.asarray(np.divide(summed, total, out=np.full(len(total), np.nan), where=known).round(9))


def select(run: Run, min_score: float | None = None, subgoals: Sequence[str] = (), quota: int = 0) -> Selection:
    """The rows to keep: those with a goal score of at least `min_score` (default: the suggested cut).

    `subgoals` (ids or names) limits the goal score to these. With a quota, the best `quota` rows of each of them (level
    3 and above) are kept whatever their goal score, so that a rare capability is not filtered away.
    Raises InputError for an unknown subgoal, and when nothing was scored.
    """
    scores = read_scores(run)
    goal = run.goal()
    chosen = tuple(dict.fromkeys(find_subgoal(goal, one).id for one in subgoals or [one.id for one in goal.subgoals]))
    values = goal_scores(scores, chosen)
    if np.isnan(values).all():
        raise InputError(f"nothing in {run.path} was scored: there is no score to filter by. Run `goalcover assess`.")
    curve = trade_off(scores, values)
    suggested, reason = suggest(curve, scores, chosen)
    least = suggested.min_score if min_score is None else min_score
    kept = np.asarray(np.nan_to_num(values, nan=-1.0) >= least - 1e-9)
    kept |= _quotas(scores, values, chosen, quota)
    return Selection(
        sample_ids=tuple(scores.ids[place] for place in np.flatnonzero(kept)),
        n=len(scores.ids),
        n_unscored=int((np.isnan(values) & scores.sound).sum()),
        n_broken=int((~scores.sound).sum()),
        subgoal_ids=chosen,
        cut=_cut(scores, values, kept, least),
        suggested=suggested,
        reason=reason,
        curve=curve,
        lost=tuple(_losses(scores, values, kept)),
    )


def trade_off(scores: Scores, values: Floats) -> tuple[Cut, ...]:
    """The curve: at each goal score that occurs (at most 50, evenly spread), the rows kept against every alignment."""
    steps = np.unique(values[~np.isnan(values)])
    if len(steps) > MOST_POINTS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_POINTS).round().astype(int)]
    known = np.nan_to_num(values, nan=-1.0)
    return tuple(_cut(scores, values, known >= step, float(step)) for step in steps)


def suggest(curve: Sequence[Cut], scores: Scores, subgoal_ids: Collection[str]) -> tuple[Cut, str]:
    """The highest cut at which each subgoal keeps nine tenths of its supporting samples, and why it is that one."""
    names = {one.id: one.name for one in scores.subgoals if one.id in subgoal_ids}
    whole = dict(zip([one.id for one in scores.subgoals], scores.supports.sum(axis=0).tolist(), strict=True))

    def worst(cut: Cut) -> tuple[float, str]:
        shares = [(cut.support[one] / whole[one], one) for one in names if whole[one]]
        return min(shares, default=(1.0, ""))

    place = max((place for place, cut in enumerate(curve) if worst(cut)[0] >= KEPT_SUPPORT), default=0)
    chosen, first = curve[place], curve[0]
    reason = (
        f"From a goal score of {chosen.min_score:.2f} on, {chosen.kept:,} rows are kept ({chosen.kept_share:.0%}), "
        f"with at least {worst(chosen)[0]:.0%} of the samples that support each subgoal; the mean goal score goes from "
        f"{first.goal_score or 0:.2f} to {chosen.goal_score or 0:.2f}."
    )
    if place + 1 < len(curve):
        kept, name = worst(curve[place + 1])
        reason += (
            f" One step higher ({curve[place + 1].min_score:.2f}) would leave {kept:.0%} of those for {names[name]}."
        )
    return chosen, reason


def _quotas(scores: Scores, values: Floats, subgoal_ids: Collection[str], quota: int) -> Flags:
    """(samples,): the best rows of each subgoal, by its own score and then by the goal score."""
    kept = np.zeros(len(values), dtype=bool)
    for place, subgoal in enumerate(scores.subgoals):
        if subgoal.id in subgoal_ids and quota:
            own = np.where(scores.sound, np.nan_to_num(scores.values[:, place], nan=-1.0), -1.0)
            order = np.lexsort((-np.nan_to_num(values), -own))[:quota]
            kept[order[own[order] >= EXEMPLAR_LEVEL / TOP_LEVEL - 1e-9]] = True
    return kept


def _cut(scores: Scores, values: Floats, kept: Flags, min_score: float) -> Cut:
    ids = [subgoal.id for subgoal in scores.subgoals]
    means = [_mean(column) for column in scores.values[kept].T]
    return Cut(
        min_score=min_score,
        kept=int(kept.sum()),
        kept_share=float(kept.mean()),
        goal_score=_mean(values[kept]),
        alignments=dict(zip(ids, means, strict=True)),
        support=dict(zip(ids, scores.supports[kept].sum(axis=0).tolist(), strict=True)),
    )


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _losses(scores: Scores, values: Floats, kept: Flags) -> Iterator[Loss]:
    supports = scores.supports
    dropped = (supports & ~kept[:, np.newaxis]).sum(axis=0)
    for place in np.argsort(-dropped, kind="stable"):
        lost = np.flatnonzero(supports[:, place] & ~kept)
        lost = lost[np.lexsort((-np.nan_to_num(values[lost]), -scores.values[lost, place]))]
        yield Loss(
            subgoal_id=scores.subgoals[place].id,
            alignment_before=_mean(scores.values[:, place]),
            alignment_after=_mean(scores.values[kept, place]),
            support_before=int(supports[:, place].sum()),
            support_after=int(supports[kept, place].sum()),
            sample_ids=tuple(scores.ids[one] for one in lost[:LISTED]),
        )
