"""Texts cut into passages of a few sentences: long samples are read piece by piece, and quoted piece by piece."""

import re

SIZE = 300
"""Characters a passage holds at the most, roughly: two or three sentences. Tried 150 to 1,200; 300 judged best."""
MOST = 400
"""Passages read of one text; of a longer text as many, evenly spaced."""

_SENTENCE = re.compile(r"\S.*?(?:[.!?;:](?=\s)|\n|\Z)", re.DOTALL)


def passages(text: str) -> list[str]:
    """Verbatim slices of the text, in order, none blank. Sentences stay whole up to `SIZE` characters."""
    cuts: list[tuple[int, int]] = []
    for start, end in _sentences(text):
        if not text[start:end].strip():
            continue
        if cuts and end - cuts[-1][0] <= SIZE:
            cuts[-1] = (cuts[-1][0], end)
        else:
            cuts.append((start, end))
    if len(cuts) > MOST:
        cuts = [cuts[index * len(cuts) // MOST] for index in range(MOST)]
    return [text[start:end].strip() for start, end in cuts]


def _sentences(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while end - start > SIZE:
            cut = _break(text, start)
            found.append((start, cut))
            start = cut
        found.append((start, end))
    return found


def _break(text: str, start: int) -> int:
    """Where to cut a sentence that is too long: after its last blank within `SIZE`, or in the middle of a word."""
    blank = max(text.rfind(" ", start, start + SIZE), text.rfind("\n", start, start + SIZE))
    return blank + 1 if blank > start else start + SIZE
