"""From measured removals to a table like the paper's Table 2, with a verdict in words for each row (section 5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from goalcover.agent.models import SubgoalId
from goalcover.agent.validation import (
    Published,
    Removal,
    RemovalEffect,
    SeedSummary,
    SubgoalEffect,
    Summary,
)
from goalcover.tools.studies.separation import (
    D_FORMULA,
    EXACT_UP_TO,
    Change,
    Numbers,
    cohens_d,
    interval,
    least_p,
    sign_flip_p,
)
from goalcover.tools.typeset import percent

SMALL_BASE = 0.05
"""Mean alignment below which relative changes are those of very few samples: no larger target is held against it."""
SURE = 0.95
"""Share of the bootstrap draws in which a target has to fall most."""
FEW_REMOVED = 10
FEW_LEFT = 0.1


@dataclass(frozen=True)
class Measured:
    """One removal as measured in all draws; the last axis of every change is the subgoals."""

    removal: Removal
    names: Mapping[SubgoalId, str]
    """The subgoals, in order."""
    seeds: tuple[int, ...]
    points: Change
    """(seeds, subgoals)"""
    draws: Change
    """(bootstrap draws, subgoals), all seeds together"""
    control: Change
    """(random removals, subgoals), all seeds together"""
    sizes: Numbers
    """(seeds,): samples before"""
    n_removed: Numbers
    """(seeds,)"""
    n_unscored: Numbers
    """(seeds,): samples before that are unscored for the target"""
    paper: Published | None = None

    @property
    def target(self) -> int:
        """The target's place among the subgoals."""
        return list(self.names).index(self.removal.target)

    @property
    def mean(self) -> Change:
        """(subgoals,): means over the seeds."""
        return Change(self.points.before.mean(axis=0), self.points.after.mean(axis=0))

    @property
    def change(self) -> float:
        """The target's relative change; NaN where it could not fall."""
        return float(self.mean.relative[self.target])

    @property
    def chance(self) -> tuple[float, float] | None:
        """The target's relative changes with as many samples removed at random; None where it could not move."""
        return interval(self.control.relative[:, self.target])

    @property
    def beats_chance(self) -> bool:
        """Whether the target falls further than that."""
        return self.chance is not None and self.change < self.chance[0]

    @property
    def others(self) -> list[tuple[str, float]]:
        """Names and relative changes of the non-targets that could move."""
        return self._changes(np.arange(len(self.names)) != self.target)

    @property
    def large(self) -> npt.NDArray[np.bool_]:
        """(subgoals,): the non-targets whose relative fall is of more than a few samples, or of no fewer than the
        target's."""
        before = self.mean.before
        enough = before >= np.minimum(SMALL_BASE, before[self.target])
        return np.asarray((np.arange(len(self.names)) != self.target) & enough)

    @property
    def rivals(self) -> list[tuple[str, float]]:
        """Names and relative changes of those that the target's fall is held against."""
        return self._changes(self.large)

    @property
    def falls_most(self) -> float:
        """Share of the bootstrap draws in which the target falls, and further than all that it is held against."""
        target, others = self.draws.relative[:, self.target], np.nan_to_num(self.draws.relative[:, self.large])
        return float(np.mean((target < 0) & (target[:, None] < others).all(axis=1)))

    @property
    def tells(self) -> bool:
        """Whether anything can be learnt: something was removed, something is left, and the target could fall."""
        return bool(self.n_removed.any()) and not np.isnan(self.change)

    def _changes(self, which: npt.NDArray[np.bool_]) -> list[tuple[str, float]]:
        pairs = zip(self.names.values(), self.mean.relative.tolist(), which.tolist(), strict=True)
        return [(name, change) for name, change, asked in pairs if asked and not np.isnan(change)]


def effect(one: Measured) -> RemovalEffect:
    """The removal's rows of the table."""
    separated, verdict = _verdict(one)
    return RemovalEffect(
        id=one.removal.id,
        target=one.removal.target,
        retention=float(1 - (one.n_removed / one.sizes).mean()),
        n_samples=float(one.sizes.mean()),
        n_removed=float(one.n_removed.mean()),
        subgoals=tuple(_row(one, place, subgoal) for place, subgoal in enumerate(one.names)),
        separated=separated,
        falls_most=one.falls_most if one.tells else None,
        verdict=verdict,
        paper_retention=one.paper.retention if one.paper else None,
    )


def summarise(measured: Sequence[Measured]) -> Summary:
    """Targets against non-targets over all removals that tell something."""
    told = [one for one in measured if one.tells]
    effects = [effect(one) for one in told]
    n_draws = min((len(one.draws.before) for one in told), default=0)
    point = _Contrast.of([one.mean[None] for one in told], told)
    draws = _Contrast.of([one.draws[:n_draws] for one in told], told)
    seeds = tuple(dict.fromkeys(seed for one in measured for seed in one.seeds))
    same = all(one.seeds == seeds for one in measured)
    separated = f"{sum(one.separated is True for one in effects)} of {len(told)}"
    drop, drift = _first(point.drop), _first(point.drift)
    rows = [row for one in effects for row in one.subgoals]
    shift = _average(abs(row.delta_abs) for row in rows if not row.is_target and row.delta_abs is not None)
    return Summary(
        target_mean_drop=drop,
        target_mean_drop_ci=interval(draws.drop),
        nontarget_mean_abs_change=drift,
        nontarget_mean_abs_change_ci=interval(draws.drift),
        nontarget_mean_fall=_first(point.falls),
        target_mean_delta=_average(row.delta_abs for row in rows if row.is_target),
        nontarget_mean_abs_delta=shift,
        separated=separated,
        cohens_d=_first(point.d),
        cohens_d_ci=interval(draws.d),
        cohens_d_formula=D_FORMULA,
        paired_p=sign_flip_p((point.others - point.targets)[0].tolist()) if told else None,
        paired_test=_test_name(len(told)),
        seeds=seeds,
        by_seed=tuple(_by_seed(told, place, seed) for place, seed in enumerate(seeds)) if told and same else (),
        verdict=_summary_words(separated, len(measured) - len(told), drop, drift, _first(point.falls), shift),
    )


@dataclass(frozen=True)
class _Contrast:
    """Relative changes of targets and non-targets, (draws, removals) each, and what follows from them, (draws,)."""

    targets: Numbers
    others: Numbers
    """The mean of each removal's non-targets."""
    moves: Numbers
    """(draws, non-targets of all removals): each one's change; NaN for the unscored, which count nowhere."""

    @classmethod
    def of(cls, changes: Sequence[Change], measured: Sequence[Measured]) -> "_Contrast":
        if not measured:
            return cls(np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)))
        targets = [one.relative[:, each.target] for one, each in zip(changes, measured, strict=True)]
        others = [np.delete(one.moves, each.target, axis=1) for one, each in zip(changes, measured, strict=True)]
        # A removal whose non-targets are all unscored, or that has none, is held against no change.
        signed = [np.nan_to_num(_mean(one)) for one in others]
        return cls(np.stack(targets, axis=1), np.stack(signed, axis=1), np.concatenate(others, axis=1))

    @property
    def drift(self) -> Numbers:
        return _mean(abs(self.moves))

    @property
    def falls(self) -> Numbers:
        return _mean(np.maximum(-self.moves, 0.0))

    @property
    def drop(self) -> Numbers:
        return -self.targets.mean(axis=1) if self.targets.size else np.zeros(0)

    @property
    def d(self) -> Numbers:
        return cohens_d(self.targets, self.others) if self.targets.size else np.zeros(0)


def _by_seed(measured: Sequence[Measured], place: int, seed: int) -> SeedSummary:
    contrast = _Contrast.of([one.points[place : place + 1] for one in measured], measured)
    return SeedSummary(
        seed=seed,
        target_mean_drop=_first(contrast.drop),
        nontarget_mean_abs_change=_first(contrast.drift),
        cohens_d=_first(contrast.d),
    )


def _row(one: Measured, place: int, subgoal: SubgoalId) -> SubgoalEffect:
    before, after = _number(one.mean.before[place]), _number(one.mean.after[place])
    return SubgoalEffect(
        id=subgoal,
        before=before,
        after=after,
        delta_abs=after - before if before is not None and after is not None else None,
        delta_rel=_number(one.mean.relative[place]),
        ci=interval(one.draws.relative[:, place]) if one.n_removed.any() else None,
        is_target=place == one.target,
        control=interval(one.control.relative[:, place]) if one.n_removed.any() else None,
        paper=one.paper.subgoals.get(subgoal) if one.paper else None,
    )


def _verdict(one: Measured) -> tuple[bool | None, str]:
    name = one.names[one.removal.target]
    if not one.n_removed.any():
        return None, "No sample drawn matches, so nothing was removed: nothing to learn from this removal."
    if not one.tells:
        return None, f"{name} cannot fall, because {_unmoved(one)}: nothing to learn from this removal."
    separated, words = _compared(one, name)
    return separated, " ".join([words, *_cautions(one)])


def _unmoved(one: Measured) -> str:
    before = one.mean.before[one.target]
    if before > 0:
        return "no judged sample is left"
    if np.isnan(before):
        return f"{_unscored(one)} are unscored"
    return "no sample shows it before" + (f" ({_unscored(one)} are unscored)" if one.n_unscored.any() else "")


def _unscored(one: Measured) -> str:
    return f"{one.n_unscored.max():,.0f} of {one.sizes.max():,.0f}"


def _compared(one: Measured, name: str) -> tuple[bool, str]:
    fall, control = one.change, one.chance
    if fall >= 0 or control is None:
        return False, f"{name} does not fall ({signed(fall)}): the judge does not see what was removed."
    chance = f"(as many removed at random move it by {signed(control[0])} to {signed(control[1])})"
    if fall >= control[0]:
        return False, f"{name} falls by {percent(-fall)}, no further than by chance {chance}."
    other, change = min(one.rivals, key=lambda pair: pair[1], default=("", 0.0))
    if change <= fall:
        return False, (
            f"{name} falls by {percent(-fall)}, but {other} by {percent(-change)}: what was removed supports both, or "
            "the judge takes one for the other."
        )
    if one.falls_most < SURE:
        return False, (
            f"{name} cannot be told apart from {other}: it falls by {percent(-fall)}, {other} by {percent(-change)}, "
            f"and it falls most in {percent(one.falls_most)} of the draws only (of samples drawn anew)."
        )
    return True, f"{name} falls most, by {percent(-fall)}{_next(one)} {chance}."


def _next(one: Measured) -> str:
    """Who falls furthest of all others; a rise is arithmetic of the mean."""
    other, change = min(one.others, key=lambda pair: pair[1], default=("", 0.0))
    if change >= 0:
        return "; no other falls" if one.others else ""
    if change > one.change:
        return f"; next is {other}, by {percent(-change)}"
    return f"; {other}, which hardly a sample shows, falls by {percent(-change)}"


def _cautions(one: Measured) -> list[str]:
    before, removed = float(one.mean.before[one.target]), float(one.n_removed.mean())
    left = 1 - float((one.n_removed / one.sizes).mean())
    said = []
    if before < SMALL_BASE:
        said.append(f"Its mean was only {before:.3f} before: a relative change of so little is that of few samples.")
    if one.n_unscored.any():
        said.append(f"{_unscored(one)} samples are unscored for it and left out.")
    if removed < FEW_REMOVED:
        said.append(f"Only {removed:.0f} samples were removed.")
    if left < FEW_LEFT:
        said.append(f"Only {percent(left)} of the samples are left.")
    return said


def _summary_words(
    separated: str, silent: int, drop: float | None, drift: float | None, falls: float | None, shift: float | None
) -> str:
    if drop is None:
        return "No removal took anything away that could be missed: nothing was learnt."
    words = f"In {separated} removals the target falls most, and further than by chance."
    words += f" Targets {'fall' if drop >= 0 else 'rise'} by {percent(abs(drop))} on average"
    if drift is not None and falls is not None:
        scale = f" ({shift:.3f} on the scale of 0 to 1)" if shift is not None else ""
        words += f"; the others move by {percent(drift)}{scale}, or by {percent(falls)} where falls alone are counted"
    words += "."
    return words + (f" {silent} more told nothing." if silent else "")


def _test_name(n: int) -> str:
    if n < 2:
        return "none: a paired test needs two removals"
    exact = n <= EXACT_UP_TO
    return (
        f"{'exact ' if exact else ''}sign-flip permutation test, two-sided, over {n} removals (non-targets' mean change"
        f" less the target's); the least p it can give is {least_p(n):.3g}"
    )


def signed(change: float) -> str:
    """A relative change with its sign: `-31.9%`."""
    return f"{100 * change:+.1f}%"


def _average(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _mean(values: Numbers) -> Numbers:
    """(n, m) -> (n,): the mean of each row's numbers; NaN where it has none."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(values, axis=1) / known.sum(axis=1))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _first(values: Numbers) -> float | None:
    return _number(values[0]) if values.size else None
