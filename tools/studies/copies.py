"""Samples that repeat each other, as edited copies or as questions on one context, are no independent evidence: what is
learnt on one is not tested on the other, and chance takes them together."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, combinations

import numpy as np
import numpy.typing as npt
from goalcover.agent.models import Sample
from goalcover.tools.leakage import RUN
from goalcover.tools.studies.separation import Change, Mask, Numbers, means

Groups = npt.NDArray[np.intp]
"""(samples,): a number for each, equal for samples that repeat each other."""

_LONGEST = 3
"""Sentences of a sample, its longest, that it is known by, two at a time: an edit may have changed one of them, and one
alone may be a stock phrase."""
_OWN = 1 / 3
"""Share of a short sample's words that a sentence has to hold to be known by, where it has less than `RUN` of them."""
_FORM = 0.1
_LEAST_FORM = 10
"""Share of the samples, and their number, beyond which a sentence is of the data's form, such as an instruction."""
_CHARS = 4_000
_DRAWS = 500
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")
_WORD = re.compile(r"[^\W\d_]{2,}")


def copies(samples: Sequence[Sample]) -> Groups:
    """Samples that share two of their longest sentences, or one that is most of them, directly or through others.

    Case and figures aside.
    """
    from scipy.sparse import coo_array  # takes a while to import
    from scipy.sparse.csgraph import connected_components

    known = [_known_by(one) for one in samples]
    held = Counter(chain.from_iterable(known))
    most = max(_LEAST_FORM, _FORM * len(samples))
    shared = {name: place for place, name in enumerate(held) if 1 < held[name] <= most}
    links = [(row, len(samples) + shared[name]) for row, names in enumerate(known) for name in names if name in shared]
    rows, columns = np.array(links, dtype=int).reshape(-1, 2).T
    n = len(samples) + len(held)
    _, labels = connected_components(coo_array((np.ones(len(links)), (rows, columns)), shape=(n, n)), directed=False)
    return np.unique(labels[: len(samples)], return_inverse=True)[1]


def halve(groups: Groups) -> Mask:
    """One of two halves, (samples,): every other sample, but those that repeat each other whole to the smaller half."""
    sizes, places = np.bincount(groups), np.arange(len(groups))
    alone = sizes[groups] == 1
    sides = np.zeros(len(sizes), dtype=int)
    sides[groups[alone]] = places[alone] % 2
    held = np.bincount(places[alone] % 2, minlength=2)
    for group in dict.fromkeys(groups[~alone].tolist()):
        sides[group] = held[1] < held[0]
        held[sides[group]] += sizes[group]
    return np.asarray(sides[groups] == 0)


def removed_by_chance(scores: Numbers, groups: Groups, n_removed: int) -> Change:
    """The control of a removal of `n_removed` samples: as many taken away at random, group by group."""
    random, sizes = np.random.default_rng(0), np.bincount(groups)
    before = means(scores, np.ones((1, len(scores))))
    after = [means(scores, _kept(sizes, n_removed, random)[np.newaxis, groups]) for _ in range(_DRAWS)]
    return Change(np.repeat(before, _DRAWS, axis=0), np.concatenate(after))


def _kept(sizes: Groups, n_removed: int, random: np.random.Generator) -> Numbers:
    """(groups,): 1 for those that stay, 0 for those that go."""
    order, kept = random.permutation(len(sizes)), np.ones(len(sizes))
    # One goes when more than half of it is still wanted: neither too few nor too many on average.
    kept[order[np.cumsum(sizes[order]) - sizes[order] / 2 < n_removed]] = 0.0
    return kept


def _known_by(sample: Sample) -> set[str]:
    parts = [part for text in (sample.input, sample.output) for part in _SENTENCE.split(text[:_CHARS])]
    words = [found for part in parts if (found := _WORD.findall(part.lower()))]
    least = min(RUN, _OWN * sum(map(len, words)))
    longest = sorted((one for one in words if len(one) >= least), key=len)[-_LONGEST:]
    sentences = sorted({" ".join(one) for one in longest})
    most = {one for one in sentences if 2 * len(one) > sum(map(len, sentences))}
    return most | {"\n".join(two) for two in combinations(sentences, 2)}
