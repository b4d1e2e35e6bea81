"""Strategic sampling (paper, section 4.3): every removal has something to remove, and the rest stays diverse."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from goalcover.tools.load import Dataset
from goalcover.tools.studies.removals import Mask

DEFAULT_SIZE = 5_000
"""Samples of a draw, as many as the paper took of its larger datasets; of a smaller dataset all.

Smaller draws of a large dataset hold a larger share of what is to be removed. Targets then fall further, and the others
rise more: a subgoal that the removed samples have nothing to do with gains as much as the draw shrinks.
"""


def draw(matches: Mask, size: int, seed: int) -> list[int]:
    """Places (0 to n - 1) of one draw from n samples: half at random, half shared out to the removals, shuffled.

    `matches` has shape (removals, n). What a removal cannot fill from its own samples is filled at random.
    """
    n = matches.shape[1]
    size = min(size, n)
    chance = random.Random(seed)  # noqa: S311 (a reproducible draw, not a secret)
    chosen = dict.fromkeys(chance.sample(range(n), size - size // 2))
    for left, row in zip(range(len(matches), 0, -1), matches, strict=True):
        wanted = (size - len(chosen)) // left
        chosen |= dict.fromkeys(_pick(chance, np.flatnonzero(row).tolist(), chosen, wanted))
    chosen |= dict.fromkeys(_pick(chance, range(n), chosen, size - len(chosen)))
    places = list(chosen)
    chance.shuffle(places)
    return places


def _pick(chance: random.Random, places: Sequence[int], taken: Mapping[int, None], n: int) -> list[int]:
    free = [place for place in places if place not in taken]
    return chance.sample(free, min(n, len(free)))


def only(dataset: Dataset, places: Collection[int]) -> Dataset:
    """The dataset with the samples at these places alone, counted from 0."""
    return replace(dataset, _chosen=frozenset(places))
