"""The columns of rows of unknown shape: an example of each, and which of them are likely asked and answered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from goalcover.tools.rendering import as_text, without_controls
from goalcover.tools.shapes import PATTERNS
from goalcover.tools.typeset import cut

MOST_READ = 500
MOST_COLUMNS = 1000
LEAST_WORDS = 2.0
"""Words of a cell on average, from which a column holds text rather than ids, numbers or one-word categories."""
LEAST_VARIED = 0.2
"""Share of a text column's cells that differ; below it they are categories."""
_EXAMPLE = 80
_TOKEN = re.compile(r"[^\W\d_]{3,}")


class Column(NamedTuple):
    """A column as a person may know it again."""

    name: str
    example: str


@dataclass
class _Seen:
    """What was seen of one column."""

    example: str = ""
    filled: int = 0
    words: int = 0
    asking: int = 0
    """Cells with a question mark."""
    different: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        self.example = self.example or cut(" ".join(without_controls(text).split()), _EXAMPLE)
        self.filled += 1
        self.words += len(re.findall(r"[^\W\d_]{2,}", text))
        self.asking += "?" in text
        self.different.add(text)

    def is_text(self, rows: int) -> bool:
        varied = len(self.different) >= max(1, LEAST_VARIED * self.filled)
        return self.filled * 2 >= rows and self.words >= LEAST_WORDS * self.filled and varied


class Columns:
    """Follows the columns through the first rows."""

    def __init__(self) -> None:
        self._rows = 0
        self._seen: dict[str, _Seen] = {}

    def add(self, row: Mapping[str, object]) -> None:
        """One more row; after the first 500, only the names that are new."""
        if len(self._seen) < MOST_COLUMNS:
            self._seen.update({name: _Seen() for name in row if name not in self._seen})
        if self._rows < MOST_READ:
            self._rows += 1
            for name in row.keys() & self._seen.keys():
                if text := as_text(row[name]).strip():
                    self._seen[name].add(text)

    @property
    def names(self) -> tuple[str, ...]:
        """As they came."""
        return tuple(self._seen)

    @property
    def all(self) -> tuple[Column, ...]:
        """Each with its first text."""
        return tuple(Column(name, seen.example) for name, seen in self._seen.items())

    @property
    def likely(self) -> str:
        """`input=COL,output=COL`, as a mapping is written; the input alone, or nothing, where no column holds text."""
        texts = [name for name, seen in self._seen.items() if seen.is_text(self._rows)]
        longest = sorted(texts, key=lambda name: -self._length(name))
        answered = next((name for name in longest if _called(name, OUTPUTS)), None)
        others = [name for name in longest if name != answered]
        asked = next((name for name in others if _called(name, INPUTS)), None)
        if answered is None or asked is None:
            # Of two texts, the one that asks; where neither does, the one that stands first.
            left = [name for name in longest if name not in {answered, asked}][: 2 - bool(answered) - bool(asked)]
            left.sort(key=lambda name: (-self._asking(name), texts.index(name)))
            asked = asked or (left.pop(0) if left else None)
            answered = answered or (left.pop(0) if left else None)
        if asked is None:
            asked, answered = answered, None
        return ",".join(f"{side}={name}" for side, name in (("input", asked), ("output", answered)) if name)

    def _length(self, name: str) -> float:
        return self._seen[name].words / self._seen[name].filled

    def _asking(self, name: str) -> float:
        return round(self._seen[name].asking / self._seen[name].filled, 1)


def _names_in(slots: Sequence[str]) -> frozenset[str]:
    return frozenset(name for slot in slots for name in re.split(r"[\s|?]+", slot) if name)


INPUTS = _names_in([one.input for one in PATTERNS]) - {"text", "content", "title", "context"}
OUTPUTS = _names_in([one.output for one in PATTERNS])


def _called(column: str, known: frozenset[str]) -> bool:
    """Whether a word of a column's name is, or shortens, one that the known shapes use: `agt_resp_v2`."""
    return any(name.startswith(word) for word in _TOKEN.findall(column.lower()) for name in known)
