"""The statistics of controlled corruption (paper, section 5.2): how far targets fall, and how far the others move.

Levels come in as a matrix (samples, subgoals) with NaN for the unscored. Nothing here knows what a removal is.

What to keep in mind when reading them: removals on one dataset share samples and subgoals, so they are no independent
experiments, and the paired test over six removals cannot give a p below 2 / 2^6 = 0.031 however clear the result is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

D_FORMULA = (
    "d = (mean change of non-targets - mean change of targets) / sqrt((s_targets^2 + s_nontargets^2) / 2), one pair of"
    " relative changes a removal: the target's, and the mean of its non-targets' (signed); s with n - 1. The paper's"
    " Table 2 gives 1.58 by it"
)
EXACT_UP_TO = 12
"""Removals up to which every assignment of signs is tried: 2^12 of them."""
_CELLS = 20_000_000
"""Draws x samples held at once."""


@dataclass(frozen=True)
class Change:
    """Means before and after one removal, point (subgoals,) and draws (draws, subgoals)."""

    before: Numbers
    after: Numbers

    @property
    def relative(self) -> Numbers:
        """after / before - 1; NaN where there was nothing before, or is nothing after."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.before > 0, self.after / self.before - 1, np.nan)

    @property
    def moves(self) -> Numbers:
        """The same, and 0 where all that is scored shows nothing before: it cannot move."""
        return np.where(self.before == 0, 0.0, self.relative)

    def __getitem__(self, draws: slice | None) -> Self:
        """Some of the draws; `None` makes a point one draw."""
        return type(self)(self.before[draws], self.after[draws])

    @classmethod
    def joined(cls, changes: Iterable[Self]) -> Self:
        """The draws of all, one after the other."""
        held = list(changes)
        return cls(np.concatenate([one.before for one in held]), np.concatenate([one.after for one in held]))


def means(levels: Numbers, weights: Numbers) -> Numbers:
    """Weighted means of the scored, (draws, subgoals), NaN where none is; `weights` has shape (draws, samples)."""
    scored = ~np.isnan(levels)
    total = weights @ scored
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, weights @ np.nan_to_num(levels) / total, np.nan)


def resamples(size: int, n: int, random: np.random.Generator) -> Numbers:
    """Bootstrap weights (n, size): how often each sample stands in each of n draws with replacement."""
    # Counting drawn places is ten times faster than asking for a multinomial over thousands of samples.
    places = random.integers(0, size, (n, size)) + np.arange(n)[:, None] * size
    return np.bincount(places.ravel(), minlength=n * size).reshape(n, size).astype(float)


def removal_change(levels: Numbers, removed: Mask, weights: Numbers) -> Change:
    """What taking the samples in `removed` (samples,) away does to the means, under each row of weights (paired)."""
    return Change(means(levels, weights), means(levels, weights * ~removed))


def bootstrap_change(levels: Numbers, removed: Mask, n: int, random: np.random.Generator) -> Change:
    """The removal's change in n draws with replacement of as many samples."""
    return Change.joined(
        removal_change(levels, removed, resamples(len(levels), block, random)) for block in _blocks(n, len(levels))
    )


def random_removal(levels: Numbers, n_removed: int, n: int, random: np.random.Generator) -> Change:
    """The control: as many samples taken away at random, n times."""
    return Change.joined(_at_random(levels, n_removed, block, random) for block in _blocks(n, len(levels)))


def _at_random(levels: Numbers, n_removed: int, n: int, random: np.random.Generator) -> Change:
    kept = np.ones((n, len(levels)))
    drawn = random.random((n, len(levels)), dtype=np.float32).argpartition(min(n_removed, len(levels) - 1), axis=1)
    np.put_along_axis(kept, drawn[:, :n_removed], 0.0, axis=1)
    before = means(levels, np.ones((1, len(levels))))
    return Change(np.repeat(before, n, axis=0), means(levels, kept))


def _blocks(n: int, size: int) -> Iterator[int]:
    """Sizes of the parts in which n draws of `size` samples fit into memory."""
    most = max(1, _CELLS // max(size, 1))
    return (min(most, n - start) for start in range(0, n, most))


def interval(values: Numbers) -> tuple[float, float] | None:
    """Where 95% of the values lie; None when none is a number."""
    known = values[~np.isnan(values)]
    if not known.size:
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def cohens_d(targets: Numbers, others: Numbers) -> Numbers:
    """`D_FORMULA` along the last axis, (removals,) or (draws, removals) -> () or (draws,); NaN without spread."""
    if targets.shape[-1] < 2:
        return np.full(targets.shape[:-1], np.nan)
    spread = np.sqrt((targets.var(axis=-1, ddof=1) + others.var(axis=-1, ddof=1)) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, (others.mean(axis=-1) - targets.mean(axis=-1)) / spread, np.nan)


def sign_flip_p(differences: Sequence[float]) -> float | None:
    """Two-sided p of the paired permutation test: how often chance signs give a mean at least as far from 0.

    p = #{signs s: |sum(s_i x_i)| >= |sum(x_i)|} / #{signs}. Of n <= `EXACT_UP_TO` pairs all 2^n signs are tried; of
    more, the observed signs and 2^12 - 1 seeded draws. None for fewer than two pairs.
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 2:
        return None
    if len(values) <= EXACT_UP_TO:
        signs = np.array(list(product((1, -1), repeat=len(values))))
    else:
        drawn = np.random.default_rng(0).choice((1, -1), size=(2**EXACT_UP_TO - 1, len(values)))
        signs = np.vstack([np.ones(len(values)), drawn])
    # A hair of slack: sums of the same numbers in another order differ in the last bit.
    return float(np.mean(abs(signs @ values) >= abs(values.sum()) * (1 - 1e-9)))


def least_p(n: int) -> float:
    """The least p that `sign_flip_p` can give for n pairs: 2 / 2^n exactly (all signs as observed, or all opposite),
    1 / 2^12 from draws (the observed signs alone)."""
    return 2.0 ** (1 - n) if n <= EXACT_UP_TO else 2.0**-EXACT_UP_TO
