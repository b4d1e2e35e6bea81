"""A sample that is longer than the judge can read, cut to the passages that say most about the subgoals."""

import re
from collections.abc import Sequence

from goalcover.agent.embedded.passages import passages
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import stem, weight

GAP = "\n[...]\n"
_WORD = re.compile(r"\w+")


def excerpt(sample: Sample, subgoals: Sequence[Subgoal], room: int) -> tuple[Sample, str]:
    """The sample's best passages, in their order, within so many characters; and what was done, in words.

    Input and output share the room as they share the sample. Within each, the passages that hold the most telling words
    of the subgoals come first, subgoal by subgoal, so that none goes without.
    """
    whole = len(sample.input) + len(sample.output)
    wanted = [_words(f"{one.name} {one.description}") for one in subgoals]
    parts, kept, cut = {}, 0, 0
    for name in ("input", "output"):
        pieces = passages(getattr(sample, name))
        chosen = _best(pieces, wanted, room * len(getattr(sample, name)) // max(whole, 1))
        parts[name] = GAP.join(pieces[place] for place in chosen)
        kept, cut = kept + len(chosen), cut + len(pieces)
    note = f"(Judged on {kept} of {cut} passages: the sample is longer than the judge can read.)"
    return sample.model_copy(update=parts), note


def _best(pieces: Sequence[str], wanted: Sequence[frozenset[str]], room: int) -> list[int]:
    """Places of the passages that are kept, ascending."""
    held = [_words(piece) for piece in pieces]
    rankings = [sorted(range(len(pieces)), key=lambda place: (-_told(held[place] & words), place)) for words in wanted]
    chosen: set[int] = set()
    for turn in zip(*rankings, strict=True):
        for place in turn:
            size = len(pieces[place]) + len(GAP)
            if place not in chosen and size <= room:
                chosen.add(place)
                room -= size
    return sorted(chosen)


def _words(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text.lower()) if weight(word) > 0)


def _told(words: frozenset[str]) -> float:
    return sum(weight(word) or 1.0 for word in words)
