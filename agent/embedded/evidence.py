"""Evidence that a sample gives for a subgoal: three similarities, each with a meaning, none with a verdict yet.

Every one of them depends on this sample and this subgoal alone, so a score never changes because other rows or other
subgoals came or went. How they were chosen, and what each is worth, stands in tests/probes/README.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.statement import statement
from goalcover.agent.embedder import WORD_DIMENSIONS, Embedder, Floats, Reading
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import weight

_HALF = 0.5
_BEST = 3
"""A long sample's evidence is that of its best passages, not of its average."""


class Evidence(NamedTuple):
    """The three similarities, in the order of the calibration's weights."""

    words: float
    """Does it say it? How closely one passage says the better-said half of the statement's telling words."""
    contrast: float
    """Is it about it? How far the statement stands out, in the best passages, among 350 topics of all kinds."""
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
    """For each of the subgoal's words: how well the sample says it (cosine), and the sample's word that does."""
    if not text.words or not query.words:
        return [(0.0, "")] * len(query.words)
    similarity = query.word_vectors @ text.word_vectors.T
    best = similarity.argmax(axis=1)
    return [(float(similarity[row, column]), text.words[column]) for row, column in enumerate(best)]


def _evidence(text: Text, query: Query, mean: Floats, spread: Floats) -> Evidence:
    said = query.word_vectors @ text.word_vectors.T
    standing_out = (text.vectors @ query.statement - mean) / spread
    return Evidence(
        words=max((_better_half(one.max(axis=1), query.word_weights) for one in _by_passage(said, text)), default=0.0),
        contrast=float(np.sort(standing_out)[-_BEST:].mean()),
        opening=float(text.vectors[0] @ query.name),
    )


def _by_passage(said: Floats, text: Text) -> list[Floats]:
    return [part for part in np.split(said, np.cumsum(text.word_counts)[:-1], axis=1) if part.size]


def _better_half(said: Floats, weights: Floats) -> float:
    """Mean of the highest similarities that make up half of the weight: "bills, charges, estimates, credits or VAT"
    is said by a sample that speaks of two of the five."""
    order = np.argsort(-said)
    before = np.cumsum(weights[order]) - weights[order]
    counted = np.clip(_HALF - before, 0.0, weights[order])
    return float(counted @ said[order] / max(float(counted.sum()), 1e-9))


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
