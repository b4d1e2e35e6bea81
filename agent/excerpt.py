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

    Input and output share the room as they share the sample, but a short answer to a long text, or the reverse, stays
    whole where a third of the room holds it. Within each, the passages that hold the most telling words of the subgoals
    come first, subgoal by subgoal, so that none goes without.
    """
    wanted = [_words(f"{one.name} {one.description}") for one in subgoals]
    parts, kept, cut = {}, 0, 0
    for name, other in (("input", "output"), ("output", "input")):
        text = getattr(sample, name)
        pieces, share = passages(text), _share(len(text), len(getattr(sample, other)), room)
        chosen = _best(pieces, wanted, share - len(GAP)) if len(text) > share else range(len(pieces))
        parts[name] = _joined(text, [pieces[place] for place in chosen]) if len(text) > share else text
        kept, cut = kept + len(chosen), cut + len(pieces)
    note = f"(Judged on {kept} of {cut} passages: the sample is longer than the judge can read.)"
    return sample.model_copy(update=parts), note


def _share(size: int, other: int, room: int) -> int:
    """Characters of the room for a side of this size beside the other."""
    least = min(size, room // 3)
    return min(max(least, room * size // max(size + other, 1)), room - min(other, room // 3))


def _joined(text: str, pieces: Sequence[str]) -> str:
    """The pieces as they stand in the text; what is left out before, between and after them is marked."""
    joined, end = "", 0
    for piece in pieces:
        start = text.index(piece, end)
        joined += (GAP if text[end:start].strip() else text[end:start][: len(GAP)]) + piece
        end = start + len(piece)
    return joined + (GAP if text[end:].strip() else "")


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
