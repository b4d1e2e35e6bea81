"""Evidence that a sample gives for a subgoal: three similarities, each with a meaning, none with a verdict yet.

Every one of them depends on this sample and this subgoal alone, so a score never changes because other rows or other
subgoals came or went. How they were chosen, and what each is worth, stands in tests/probes/README.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.statement import statement
from goalcover.agent.embedder import WORD_DIMENSIONS, Embedder, Floats, Reading
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import stem, weight

_HALF = 0.5
# A long sample's evidence is that of its best passages, not of its average; and of more of them the longer it is, since
# among forty passages one will come close to anything.
_STANDING_OUT = (3, 4)
"""At least three passages, or the best quarter."""
_SAYING = (1, 12)
"""At least one passage, or the best twelfth."""


class Evidence(NamedTuple):
    """The three similarities, in the order of the calibration's weights."""

    words: float
    """Does it say it? How closely the best passage says the better-said half of the statement's telling words."""
    contrast: float
    """Is it about it? How far the statement stands out, in the best passages, among some 350 topics of all kinds."""
    opening: float
    """Does it ask for it? The input's first passage, where the question stands, and the subgoal's name."""


@dataclass(frozen=True)
class Query:
    """A subgoal, read."""

    subgoal: Subgoal
    statement: Floats
    """(384,)"""
    name: Floats
    """(384,)"""
    words: tuple[str, ...]
    """The statement's telling words."""
    word_vectors: Floats
    """(words, 128)"""
    word_weights: Floats
    """(words,), summing to 1"""


@dataclass(frozen=True)
class Text:
    """A sample, read: its passages in order, the output's after the input's."""

    passages: tuple[str, ...]
    vectors: Floats
    """(passages, 384)"""
    words: tuple[str, ...]
    """The telling words of all passages, one after the other."""
    word_vectors: Floats
    """(words, 128)"""
    word_counts: tuple[int, ...]
    """How many of the words are each passage's."""

    @cached_property
    def by_letter(self) -> dict[str, set[str]]:
        """The words by their first letter, which a stem keeps: stemming is slow, and few words need it then."""
        words: dict[str, set[str]] = {}
        for word in self.words:
            words.setdefault(word[0], set()).add(word)
        return words


class Reader:
    """Reads samples and subgoals, and compares them."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._topics: Floats | None = None

    def queries(self, subgoals: Sequence[Subgoal]) -> list[Query]:
        """The subgoals, read."""
        statements = self._embedder.read([statement(subgoal) for subgoal in subgoals])
        names = self._embedder.vectors([subgoal.name for subgoal in subgoals])
        return [_query(*one) for one in zip(subgoals, statements, names, strict=True)]

    def texts(self, samples: Sequence[Sample]) -> list[Text]:
        """The samples, read."""
        cut = [[*passages(sample.input), *passages(sample.output)] for sample in samples]
        readings = iter(self._embedder.read([passage for parts in cut for passage in parts]))
        return [_text(parts, [next(readings) for _ in parts]) for parts in cut]

    def compare(self, text: Text, queries: Sequence[Query]) -> list[Evidence]:
        """The evidence of one sample for each subgoal; all zero for a sample without text."""
        if not text.passages:
            return [Evidence(0.0, 0.0, 0.0) for _ in queries]
        topics = text.vectors @ self.topics.T
        mean, spread = topics.mean(axis=1), np.maximum(topics.std(axis=1), 1e-6)
        return [_evidence(text, query, mean, spread) for query in queries]

    @property
    def topics(self) -> Floats:
        """Shape (topics, 384): the topics that a subgoal is contrasted with."""
        if self._topics is None:
            listed = Path(__file__).with_name("topics.txt").read_text("utf-8").split("\n")
            self._topics = self._embedder.vectors([topic for topic in listed if topic])
        return self._topics


def word_matches(text: Text, query: Query) -> list[tuple[float, str]]:
    """For each of the subgoal's words: how well the sample says it (cosine), and the sample's word that does.

    A word that the sample holds itself is said, in whatever sense: nobody believes that it is not there.
    """
    if not text.words or not query.words:
        return [(0.0, "")] * len(query.words)
    similarity = query.word_vectors @ text.word_vectors.T
    best = similarity.argmax(axis=1)
    return [
        (1.0, word) if _holds(text, word) else (float(similarity[row, column]), text.words[column])
        for row, (word, column) in enumerate(zip(query.words, best, strict=True))
    ]


def _holds(text: Text, word: str) -> bool:
    return any(stem(word) == stem(one) for one in text.by_letter.get(word[0], ()))


def _evidence(text: Text, query: Query, mean: Floats, spread: Floats) -> Evidence:
    standing_out = (text.vectors @ query.statement - mean) / spread
    return Evidence(
        words=_best(_said(text, query), *_SAYING),
        contrast=_best(standing_out, *_STANDING_OUT),
        opening=float(text.vectors[0] @ query.name),
    )


def _best(values: Floats, least: int, part: int) -> float:
    return float(np.sort(values)[-max(least, len(values) // part) :].mean())


def _said(text: Text, query: Query) -> Floats:
    """Shape (passages,): how closely each says the better-said half of the statement's words, by weight. Of "bills,
    charges, estimates, credits and VAT" a good passage speaks of two or three."""
    said = np.zeros(len(text.passages), dtype=np.float32)
    counts = np.array(text.word_counts)
    speaking = counts > 0
    if not query.words or not speaking.any():
        return said
    starts = (np.cumsum(counts) - counts)[speaking]
    by_passage = np.maximum.reduceat(query.word_vectors @ text.word_vectors.T, starts, axis=1)
    order = np.argsort(-by_passage, axis=0)
    weights = query.word_weights[order]
    counted = np.clip(_HALF - (np.cumsum(weights, axis=0) - weights), 0.0, weights)
    closest = np.take_along_axis(by_passage, order, axis=0)
    said[speaking] = (counted * closest).sum(axis=0) / np.maximum(counted.sum(axis=0), 1e-9)
    return said


def _query(subgoal: Subgoal, whole: Reading, name: Floats) -> Query:
    weights = np.array([weight(word) for word in whole.words], dtype=np.float32)
    return Query(
        subgoal=subgoal,
        statement=whole.vector,
        name=name,
        words=whole.words,
        word_vectors=_floats(whole.word_vectors),
        word_weights=weights / max(float(weights.sum()), 1e-9),
    )


def _text(parts: list[str], readings: list[Reading]) -> Text:
    empty = np.zeros((0, WORD_DIMENSIONS), dtype=np.int8)
    return Text(
        passages=tuple(parts),
        vectors=np.array([reading.vector for reading in readings], dtype=np.float32),
        words=tuple(word for reading in readings for word in reading.words),
        word_vectors=_floats(np.concatenate([empty, *(reading.word_vectors for reading in readings)])),
        word_counts=tuple(len(reading.words) for reading in readings),
    )


def _floats(vectors: npt.NDArray[np.int8]) -> Floats:
    return (vectors / np.float32(127)).astype(np.float32)
