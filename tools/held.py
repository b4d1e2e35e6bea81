"""Which low-scoring explanations of a run's gaps are in its Chroma store: those that are grouped and searched."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from goalcover.agent.models import TOP_LEVEL
from goalcover.agent.roles import NEAR_LEVEL
from goalcover.memory.explanations import Explanations, Lot
from goalcover.tools.lows import Low, evenly

MOST_HELD = 500
"""Of a gap's near misses, and as many of its other low-scoring samples: 1,000 take Chroma 0.2 s. Dense groups are found
among these; the others join the group they are nearest to."""
NEAR = range(NEAR_LEVEL, TOP_LEVEL + 1)
FAR = range(NEAR_LEVEL)


def hold(store: Explanations, lows: Iterable[Low]) -> None:
    """Fills a run's store with its gaps' explanations: one of each wording, evenly chosen where there are many."""
    store.fill(lot for low in lows for lot in _lots(low))


def at_levels(low: Low, levels: range) -> list[int]:
    """The places of a gap's low-scoring samples at these levels."""
    return [place for place, one in enumerate(low.alignments) if one.level in levels]


def different(low: Low, places: Sequence[int]) -> list[int]:
    """The first place of each wording."""
    return list({low.wordings[place]: place for place in reversed(places)}.values())[::-1]


def _lots(low: Low) -> Iterator[Lot]:
    for levels in (NEAR, FAR):
        places = at_levels(low, levels)
        copies = Counter(low.wordings[place] for place in places)
        first = different(low, places)
        kept = [first[place] for place in evenly(len(first), MOST_HELD)]
        repeated = [copies[low.wordings[place]] for place in kept]
        yield Lot([low.alignments[place] for place in kept], low.vectors[kept], repeated)
