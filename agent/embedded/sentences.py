"""Texts cut into sentences, as slices: what is taken from a source is found in it again, to the letter."""

import re

_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9])|[.!?;:][\"'”’)\]]*(?=\s*\n)|(?=\n[ \t]*\n)")
_SHORT = re.compile(
    r"(?:\b(?:[A-Za-z]|vs|cf|al|etc|approx|no|nos|sec|fig|dr|mr|mrs|ms|st|prof|inc|jr|sr|ca|e\.g|i\.e|u\.s)|\b\d+)\.$",
    re.IGNORECASE,
)
"""What a full stop follows without ending a sentence: an abbreviation, an initial, the number of a list's item."""


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of every sentence, without the white space around it; hard line breaks end none."""
    found, start = [], 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _SHORT.search(text, max(start, match.start() - 8), match.start() + 1):
            continue
        found.append(_trimmed(text, start, match.end()))
        start = match.end()
    found.append(_trimmed(text, start, len(text)))
    return [(first, last) for first, last in found if last > first]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
