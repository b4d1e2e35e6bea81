"""Do the samples that score high have anything in common? A word of two senses gathers two kinds: code and the United
States Code, deliveries of parcels and of children."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.subjects import Subjects
from goalcover.agent.models import Sample
from goalcover.tools.lows import evenly
from goalcover.tools.studies.separation import Mask
from goalcover.tools.typeset import percent

NOTHING_IN_COMMON = 1 / 3
"""Cosine between the means of two kinds below which they are strangers. Measured on 100 subgoals of nine datasets and
mixtures of them: 0.06 to 0.32 where a word is taken in two senses, 0.35 and above where it is taken in one (with two
exceptions that stay unseen, at 0.35)."""
SMALLER = 0.1
"""Share of the smaller kind from which it is a kind, and not a few strays."""
_READ = 200
"""Samples read of those that score high, and of all for comparison."""


@dataclass(frozen=True)
class Kinds:
    """Two kinds of samples that have nothing in common."""

    shares: tuple[float, float]
    names: tuple[str, str]
    """Topics, or "" where none fits."""

    def __str__(self) -> str:
        told = [f"{percent(share)} {name}" for share, name in zip(self.shares, self.names, strict=True) if name]
        return f" ({', '.join(told)})" if told else ""


def strangers(samples: Sequence[Sample], high: Mask, subjects: Subjects) -> Kinds | None:
    """The two kinds that the samples in `high` (samples,) fall into, where these have nothing in common.

    Two means over the vectors of what the samples begin with; both hold at least `SMALLER` of them, and the cosine of
    their means, <m1, m2> / (|m1| |m2|), is below `NOTHING_IN_COMMON`.
    """
    from sklearn.cluster import KMeans  # takes a second to import

    places = np.flatnonzero(high)
    vectors = subjects.openings([samples[places[place]] for place in evenly(len(places), _READ)])
    if len(np.unique(vectors, axis=0)) < 2:
        return None
    found = KMeans(n_clusters=2, n_init=5, random_state=0).fit(vectors)
    one, other = found.cluster_centers_
    shares = np.bincount(found.labels_, minlength=2) / len(vectors)
    lengths = max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9)
    if shares.min() < SMALLER or float(one @ other) / lengths >= NOTHING_IN_COMMON:
        return None
    groups = [vectors[found.labels_ == kind] for kind in (0, 1)]
    others = subjects.openings([samples[place] for place in evenly(len(samples), _READ)])
    first, second = (topics[0].name if topics else "" for topics in subjects.named(groups, others))
    return Kinds((float(shares[0]), float(shares[1])), (first, second))
