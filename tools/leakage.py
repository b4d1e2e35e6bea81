"""Passages of an evaluation set that a text gives away, however little of the text they are.

Runs of words as in Brown et al., "Language Models are Few-Shot Learners" (2020), appendix C.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

RUN = 13
"""Words in a row that a text may not share with the evaluation set."""
_FRAME_ROWS, _FRAME_LEAST, _FRAME_SHARE = 2_000, 10, 0.01
"""Rows of the dataset that are looked at, and how many of them hold a run that belongs to the dataset's form."""
_WORD = re.compile(r"\w+")
_FACTOR = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Passage:
    """What a text shares with the evaluation set."""

    held: int
    """Place of the evaluation set's text."""
    span: str
    """As the text has it."""


class Passages:
    """The runs of words of an evaluation set. Memory: 12 bytes a word."""

    def __init__(self, texts: Sequence[str], frame: Sequence[str] = ()) -> None:
        """`frame` are texts of the dataset: what many of them hold (an instruction, a template) gives nothing away."""
        runs = [np.unique(_runs(text)) for text in texts]
        hashes = np.concatenate(runs) if runs else np.empty(0, np.uint64)
        places = np.repeat(np.arange(len(runs), dtype=np.int32), [len(one) for one in runs])
        order = np.argsort(hashes, kind="stable")
        self._hashes: Hashes = hashes[order]
        self._places = places[order]
        tells = ~np.isin(self._hashes, self._form(frame))
        self._hashes, self._places = self._hashes[tells], self._places[tells]

    def longest(self, text: str) -> Passage | None:
        """The longest passage that the text shares with one of the evaluation set; None when there is none."""
        runs = _runs(text)
        hits = np.flatnonzero(self._holds(runs))
        if not len(hits):
            return None
        stretches = np.split(hits, np.flatnonzero(np.diff(hits) > 1) + 1)
        first, last = max(((int(one[0]), int(one[-1])) for one in stretches), key=lambda one: one[1] - one[0])
        words = list(_WORD.finditer(text))
        start, end = words[first].start(), words[last + RUN - 1].end()
        found = np.searchsorted(self._hashes, runs[first])
        return Passage(held=int(self._places[found]), span=text[start:end])

    def _holds(self, runs: Hashes) -> npt.NDArray[np.bool_]:
        """By bisection: `np.isin` would sort the evaluation set again for every text."""
        if not len(self._hashes):
            return np.zeros(len(runs), np.bool_)
        places = np.minimum(np.searchsorted(self._hashes, runs), len(self._hashes) - 1)
        held: npt.NDArray[np.bool_] = self._hashes[places] == runs
        return held

    def _form(self, texts: Sequence[str]) -> Hashes:
        """Runs that many of the texts hold."""
        looked_at = texts[:: max(1, -(-len(texts) // _FRAME_ROWS))]
        counts: Counter[int] = Counter()
        for text in looked_at:
            runs = np.unique(_runs(text))
            counts.update(runs[self._holds(runs)].tolist())
        most = min(max(_FRAME_LEAST, _FRAME_SHARE * len(looked_at)), len(looked_at) / 2)
        return np.array([one for one, n in counts.items() if n > most], np.uint64)


def _runs(text: str) -> Hashes:
    """A hash for each run of words, in their order; punctuation and case aside."""
    words = np.fromiter((hash(word.casefold()) for word in _WORD.findall(text)), np.int64).astype(np.uint64)
    n = len(words) - RUN + 1
    if n < 1:
        return np.empty(0, np.uint64)
    total = np.zeros(n, np.uint64)
    for place in range(RUN):
        total = total * np.uint64(_FACTOR) + words[place : place + n]
    return total
