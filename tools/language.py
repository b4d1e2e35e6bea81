"""Tells when goal or data are not English: the embedded engine reads English, its levels mean little elsewhere."""

import re

from goalcover.agent.models import Goal, Sample
from goalcover.agent.words import weight

KNOWN = 0.6
"""Share of a text's words that English uses often, from which it counts as English. Code passes: its names are English
words."""
_FEWEST = 6
_RARE = 3.5
_WORD = re.compile(r"[^\W\d_]{3,}")
_READ = 2_000


def is_english(text: str) -> bool:
    """Whether most words are English; true of a text with too few words to tell."""
    words = _WORD.findall(text[:_READ].lower())
    if len(words) < _FEWEST:
        return not any(ord(letter) > 0x24F for word in words for letter in word)
    return sum(weight(word) <= _RARE for word in words) >= KNOWN * len(words)


def foreign_notes(goal: Goal, preview: Sample) -> list[str]:
    """What a person should know before trusting the embedded engine's levels; nothing when all is English."""
    asked = " ".join(f"{one.name}. {one.description}" for one in goal.subgoals)
    found = [
        name
        for name, text in (("the goal's subgoals", asked), ("the data", f"{preview.input}\n{preview.output}"))
        if not is_english(text)
    ]
    if not found:
        return []
    return [
        f"{' and '.join(found)} {'does' if found == ['the data'] else 'do'} not look like English, the only language "
        "that the embedded engine was made for: its levels mean little here. Use the LLM engine, or translate."
    ]
