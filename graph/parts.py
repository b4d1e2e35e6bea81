"""A message taken apart: what is understood is taken out, and what is left was not understood."""

import re
from collections.abc import Collection

_CUT = "¦"
_REACH = 120
"""Characters before a place in which its lead is looked for."""
_CLAUSE = re.compile(rf"[,;:!?()\n{_CUT}]|\.(?!\w)|\b(?:and|but|then|plus)\b", re.IGNORECASE)


class Parts:
    """What is left of a message."""

    def __init__(self, text: str) -> None:
        self.left = text

    def take(self, pattern: str, lead: str = "") -> re.Match[str] | None:
        """Takes out the first place that fits, whatever the case of its letters, and what fits `lead` right before it.

        A pattern that began with any number of words would take the square of a long message's time.
        """
        match = re.search(pattern, self.left, re.IGNORECASE)
        if match:
            before = re.compile(rf"(?:{lead})\Z", re.IGNORECASE)
            led = before.search(self.left, max(0, match.start() - _REACH), match.start())
            start = led.start() if led else match.start()
            self.left = f"{self.left[:start]} {_CUT} {self.left[match.end() :]}"
        return match

    def unread(self, known: Collection[str]) -> tuple[str, ...]:
        """What the clauses that are left say from their first unknown word to their last; `known` in lower case."""
        found = []
        for clause in _CLAUSE.split(self.left):
            words = clause.split()
            strange = [place for place, word in enumerate(words) if not _is_known(word, known)]
            if strange:
                found.append(" ".join(words[strange[0] : strange[-1] + 1]))
        return tuple(found)


def _is_known(word: str, known: Collection[str]) -> bool:
    """A path or a file is one word; "fine-tuned" is two."""
    parts = [word] if re.search(r"\w[/\\.]\w", word) else re.split(r"\W+", word)
    return all(part.lower() in known or part.isdigit() for part in parts if part)
