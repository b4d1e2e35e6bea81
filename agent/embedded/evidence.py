"""Evidence that a sample gives for a subgoal: three similarities and the room they had, none with a verdict yet.

Every one of them depends on this sample and this subgoal alone, so a score never changes because other rows or other
subgoals came or went. How they were chosen, and what each is worth, stands in tests/probes/README.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.statement import heads, statement
from goalcover.agent.embedded.subjects import topic_names
from goalcover.agent.embedder import WORD_DIMENSIONS, Embedder, Floats, Reading
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import stem, weight

SAID = 0.62
"""Cosine from which a word in its context counts as saying another: "cardiac" says "heart", "renal" does not."""
_HALF = 0.5
# A long sample's evidence is that of its best passages, not of its average; and of more of them the longer it is, since
# among forty passages one will come close to anything.
_STANDING_OUT = (3, 4)
"""At least three passages, or the best quarter."""
_SAYING = (1, 12)
"""At least one passage, or the best twelfth."""
_WHOLE = 150
"""Characters from which a passage counts in full: "True" says little about what a question is about."""
_READABLE = 4
"""Telling words from which a passage is worth a person's reading; where none has so many, the wordiest is."""


class Evidence(NamedTuple):
    """In the order of the calibration's weights."""

    words: float
    """Does it say it? How closely the best passage says the better-said half of the statement's telling words."""
    contrast: float
    """Is it about it? How far the statement stands out, in the best passages, among some 350 topics of all kinds."""
    opening: float
    """Does it ask for it? The input's first passage, where the question stands, and the subgoal's name."""
    room: float
    """How much room was there to say it by chance? Log of the telling words in the wordiest passage: of fifty words one
    comes closer to anything than of five. It counts against the sample."""


class Comparison(NamedTuple):
    """What a sample gives for a subgoal."""

    evidence: Evidence
    words: tuple[tuple[float, str], ...]
    """For each of the subgoal's telling words: how well the sample says it (cosine), and the sample's word that does.
    A word that the sample holds itself is said, in whatever sense: nobody believes that it is not there."""
    closest: int
    """Which passage comes closest to the statement, of those that say something."""


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
    stems: tuple[str, ...]
    word_vectors: Floats
    """(words, 128), unit length times 127, whole numbers: their products are exact, however many are asked at once."""
    word_weights: Floats
    """(words,), summing to 1"""
    heads: frozenset[str]
    """Stems of the words that name it."""


@dataclass(frozen=True)
class Text:
    """A sample, read: its passages in order, the output's after the input's."""

    passages: tuple[str, ...]
    vectors: Floats
    """(passages, 384)"""
    sizes: Floats
    """(passages,): characters, at most `_WHOLE`."""
    room: float
    """See `Evidence`."""
    words: tuple[str, ...]
    """The telling words of all passages, one after the other."""
    stems: frozenset[str]
    word_vectors: Floats
    """(words, 128), as those of a query"""
    starts: npt.NDArray[np.intp]
    """Where the words of each passage that has any begin."""
    counts: npt.NDArray[np.intp]
    """(passages,): how many telling words each has."""


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

    def compare(self, text: Text, queries: Sequence[Query]) -> list[Comparison]:
        """What one sample gives for each subgoal; nothing, if it holds no text."""
        if not text.passages:
            return [Comparison(Evidence(0.0, 0.0, 0.0, 0.0), ((0.0, ""),) * len(query.words), 0) for query in queries]
        topics = text.vectors @ self.topics.T
        mean, spread = topics.mean(axis=1), np.maximum(topics.std(axis=1), 1e-6)
        likeness = _likeness(text, queries)
        said = _said(text, queries, likeness)
        return [
            _comparison(text, query, mean, spread, *of_query)
            for query, *of_query in zip(queries, likeness, said, strict=True)
        ]

    @property
    def topics(self) -> Floats:
        """Shape (topics, 384): the topics that a subgoal is contrasted with."""
        if self._topics is None:
            self._topics = self._embedder.vectors(topic_names())
        return self._topics


def _comparison(text: Text, query: Query, mean: Floats, spread: Floats, likeness: Floats, said: Floats) -> Comparison:
    closeness = text.vectors @ query.statement
    evidence = Evidence(
        words=_best(said, *_SAYING),
        contrast=_best((closeness - mean) / spread, *_STANDING_OUT, text.sizes),
        opening=float(text.vectors[0] @ query.name),
        room=text.room,
    )
    return Comparison(evidence, _word_matches(text, query, likeness), _closest(text, closeness))


def _closest(text: Text, closeness: Floats) -> int:
    readable = text.counts >= min(_READABLE, text.counts.max())
    return int(np.where(readable, closeness, -np.inf).argmax())


def _best(values: Floats, least: int, part: int, sizes: Floats | None = None) -> float:
    best = np.argsort(values, kind="stable")[-max(least, len(values) // part) :]
    return float(np.average(values[best], weights=None if sizes is None else sizes[best]))


def _word_matches(text: Text, query: Query, likeness: Floats) -> tuple[tuple[float, str], ...]:
    if not text.words:
        return ((0.0, ""),) * len(query.words)
    best = likeness.argmax(axis=1).tolist()
    return tuple(
        (1.0, word) if root in text.stems else (float(likeness[row, best[row]]), text.words[best[row]])
        for row, (word, root) in enumerate(zip(query.words, query.stems, strict=True))
    )


def _likeness(text: Text, queries: Sequence[Query]) -> Floats:
    """Cosines (queries, most words of a query, words of the text); 0 where a query has fewer words."""
    most = max((len(query.words) for query in queries), default=0)
    asked = np.zeros((len(queries), most, WORD_DIMENSIONS), dtype=np.float32)
    for place, query in enumerate(queries):
        asked[place, : len(query.words)] = query.word_vectors
    products = asked.reshape(-1, WORD_DIMENSIONS) @ text.word_vectors.T
    return np.asarray(products.reshape(len(queries), most, len(text.words)) / np.float32(127**2))


def _said(text: Text, queries: Sequence[Query], likeness: Floats) -> Floats:
    """Shape (queries, passages): how closely each says the better-said half of the statement's words, by weight. Of
    "bills, charges, estimates, credits and VAT" a good passage speaks of two or three."""
    said = np.zeros((len(queries), len(text.passages)), dtype=np.float32)
    if not likeness.size:
        return said
    weight_of = np.zeros((*likeness.shape[:2], 1), dtype=np.float32)
    for place, query in enumerate(queries):
        weight_of[place, : len(query.words), 0] = query.word_weights
    by_passage = np.maximum.reduceat(likeness, text.starts, axis=2)
    # A stable order, or words said alike would be counted in an order that hangs on the other queries.
    order = np.argsort(-by_passage, axis=1, kind="stable")
    weights = np.take_along_axis(weight_of, order, axis=1)
    counted = np.clip(_HALF - (np.cumsum(weights, axis=1) - weights), 0.0, weights)
    closest = np.take_along_axis(by_passage, order, axis=1)
    said[:, text.counts > 0] = (counted * closest).sum(axis=1) / np.maximum(counted.sum(axis=1), 1e-9)
    return said


def _query(subgoal: Subgoal, whole: Reading, name: Floats) -> Query:
    weights = np.array([weight(word) for word in whole.words], dtype=np.float32)
    return Query(
        subgoal=subgoal,
        statement=whole.vector,
        name=name,
        words=whole.words,
        stems=tuple(map(stem, whole.words)),
        word_vectors=whole.word_vectors.astype(np.float32),
        word_weights=weights / max(float(weights.sum()), 1e-9),
        heads=heads(subgoal),
    )


def _text(parts: list[str], readings: list[Reading]) -> Text:
    empty = np.zeros((0, WORD_DIMENSIONS), dtype=np.int8)
    words = tuple(word for reading in readings for word in reading.words)
    counts = np.array([len(reading.words) for reading in readings], dtype=np.intp)
    return Text(
        passages=tuple(parts),
        vectors=np.array([reading.vector for reading in readings], dtype=np.float32),
        sizes=np.minimum([len(part) for part in parts], _WHOLE).astype(np.float32),
        room=float(np.log1p(counts.max(initial=0))),
        words=words,
        stems=frozenset(map(stem, words)),
        word_vectors=np.concatenate([empty, *(reading.word_vectors for reading in readings)]).astype(np.float32),
        starts=(np.cumsum(counts) - counts)[counts > 0],
        counts=counts,
    )
