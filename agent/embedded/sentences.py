"""Texts cut into sentences, as slices: what is taken from a source is found in it again, to the letter."""

import re

_END = re.compile(
    r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘`(\[]*[A-Z0-9$€£])|[.!?][\"'”’)\]]*(?=\s*\n)"
    r"|(?=\n[ \t]*\n)|(?=\n[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t])"
)
_SHORT = re.compile(
    r"\b(?:[A-Za-z]|vs|cf|al|etc|seq|approx|no|nos|sec|secs|fig|dr|mr|mrs|ms|st|prof|inc|jr|sr|ca|con|res|rept|stat|pub"
    r"|subsec|para|art|ed|vol|pp|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)
"""What a full stop follows without ending a sentence: an abbreviation, an initial."""

_NUMBER = re.compile(r"[\s`\"'“]*(?:sec(?:tion|\.)?\s+)?\d+[A-Z]?\Z", re.IGNORECASE)
"""The number of a list's item or of a section."""


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of every sentence, without the white space around it; hard line breaks end none.

    A list within a sentence, its items parted by semicolons, belongs to the sentence; bullets stand alone.
    """
    found, start = [], 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _is_short(text, start, match):
            continue
        found.append(_trimmed(text, start, match.end()))
        start = match.end()
    found.append(_trimmed(text, start, len(text)))
    return [(first, last) for first, last in found if last > first]


def one_line(text: str) -> str:
    """The text with single blanks for its white space: how texts are compared word for word."""
    return " ".join(text.split())


def _is_short(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a full stop belongs to an abbreviation; before a blank line it ends the sentence whatever it follows."""
    if re.match(r"[ \t]*\n[ \t]*\n", text[match.end() :][:80]):
        return False
    return (
        _NUMBER.match(text[start : match.start()]) is not None
        or _SHORT.search(text, max(start, match.start() - 8), match.start() + 1) is not None
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
