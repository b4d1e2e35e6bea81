"""Is a text new? Near-duplicates among many texts, with the span that they share.

Near-duplicates are pairs of texts whose sets of three-word shingles overlap by at least `NEAR` (Jaccard; Broder,
"On the resemblance and containment of documents", 1997), counted exactly with scikit-learn's hashed n-grams. Which
pairs are counted is told by the shingles that few rows hold; for a text that is nearly all boilerplate, by the rarest
that it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from goalcover.agent.models import digest

Floats = npt.NDArray[np.float32]

SHINGLE = 3
"""Words."""
NEAR = 0.7
_FEATURES = 2**22
_COMMON = 0.01
"""A shingle that more of the rows hold is boilerplate: it leads to no pair, and counts once a pair is found."""
_COMMON_LEAST = 50
_LIKELY = 0.3
"""Overlap of the rare shingles from which all shingles are counted."""
_BOILERPLATE = 0.6
"""Share of common shingles from which the rare ones are too few to lead to every pair that is near."""
_LOOKED_AT = 1_000
"""Rows that such a text is compared with."""
_CHUNK_CELLS = 20_000_000
"""Bounds the memory of one step: candidates x rows that share a shingle."""
_SPAN_WORDS = 400


@dataclass(frozen=True)
class Duplicate:
    """A candidate that is nearly a known text."""

    place: int
    """Of the candidate."""
    known: int
    """Place of the known text."""
    similarity: float
    """0 to 1."""
    span: str
    """The longest run of words that both hold, as the candidate has it."""


class Known:
    """Texts that candidates are compared with. Memory: about 24 bytes a word."""

    def __init__(self, texts: Sequence[str]) -> None:
        # Imported here: scikit-learn takes a second, and only synthesis needs this.
        from sklearn.feature_extraction.text import HashingVectorizer

        self._texts = texts
        self._hash = HashingVectorizer(
            ngram_range=(SHINGLE, SHINGLE),
            n_features=_FEATURES,
            binary=True,
            norm=None,
            alternate_sign=False,
            dtype=np.float32,
            token_pattern=r"\w+",  # noqa: S106 (no password)
        )
        self.shingles: Any = self._hash.transform(texts) if texts else None
        """(texts, features), sparse, 0 or 1."""
        self._exact = {_plain(text): place for place, text in reversed(list(enumerate(texts)))}

    def duplicates(self, candidates: Sequence[str], near: float = NEAR) -> list[Duplicate]:
        """Those candidates that come close to a known text, each with the closest."""
        if self.shingles is None or not candidates:
            return []
        closest = self._closest(self._hash.transform(candidates))
        found = []
        for place, text in enumerate(candidates):
            same = self._exact.get(_plain(text))
            known, similarity = (same, 1.0) if same is not None else closest[place]
            if known is not None and similarity >= near:
                found.append(Duplicate(place, known, similarity, common_span(text, self._texts[known])))
        return found

    def _closest(self, shingles: Any) -> list[tuple[int | None, float]]:
        """For each candidate the known text that shares the largest part of its rare shingles, and their similarity."""
        counts, rare, known, weights = self._index
        best: list[tuple[int | None, float]] = [(None, 0.0)] * shingles.shape[0]
        for nearly_all in np.flatnonzero(shingles @ (1 - rare) >= _BOILERPLATE * _sizes(shingles)):
            best[nearly_all] = self._alike(shingles[nearly_all], known, counts)
        for start, stop in _chunks(shingles, counts * rare):
            part = shingles[start:stop].multiply(rare[np.newaxis, :]).tocsr()
            part.eliminate_zeros()
            shared = (part @ known).tocsr()
            for row, place in _largest(shared, _sizes(part), weights):
                found = place, _jaccard(shingles[start + row], self.shingles[place])
                best[start + row] = max(best[start + row], found, key=lambda one: one[1])
        return best

    @cached_property
    def _index(self) -> tuple[Floats, Floats, Any, Floats]:
        """By shingle how many texts hold it, whether it is rare, and which do; by text how many rare ones it holds."""
        counts = np.asarray(self.shingles.sum(axis=0)).ravel()
        rare = (counts <= max(_COMMON_LEAST, _COMMON * len(self._texts))).astype(np.float32)
        return counts, rare, self.shingles.T.tocsr(), self.shingles @ rare

    def _alike(self, one: Any, known: Any, counts: Floats) -> tuple[int | None, float]:
        """The text most similar to one of boilerplate, among the first that hold its rarest shingles.

        A text that comes near holds one of the rarest `1 - NEAR` of its shingles, for it may lack no more.
        """
        order = one.indices[np.argsort(counts[one.indices], kind="stable")]
        leading = order[: int((1 - NEAR) * len(order)) + 1]
        ends = zip(known.indptr[leading], known.indptr[leading + 1], strict=True)
        rows = [known.indices[start:end][:_LOOKED_AT] for start, end in ends]
        places = np.unique(np.concatenate(rows)[:_LOOKED_AT])
        if not len(places):
            return None, 0.0
        held = self.shingles[places]
        shared = (held @ one.T).toarray().ravel()
        similarity = shared / (_sizes(held) + one.nnz - shared)
        nearest = int(similarity.argmax())
        return int(places[nearest]), float(similarity[nearest])


def _largest(shared: Any, sizes: Floats, known_sizes: Floats) -> list[tuple[int, int]]:
    """(row, column) of the most similar known text, for the rows in which one comes near."""
    rows = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    similarity = shared.data / (sizes[rows] + known_sizes[shared.indices] - shared.data)
    near = np.flatnonzero(similarity >= _LIKELY)
    order = near[np.lexsort((-similarity[near], rows[near]))]
    _, first = np.unique(rows[order], return_index=True)
    return [(int(rows[one]), int(shared.indices[one])) for one in order[first]]


def _jaccard(one: Any, other: Any) -> float:
    both = float(one.multiply(other).sum())
    return both / max(float(one.sum()) + float(other.sum()) - both, 1.0)


def common_span(text: str, other: str) -> str:
    """The longest run of words that both texts hold, as the first has it; of long texts the first 400 words count."""
    words, others = text.split()[:_SPAN_WORDS], other.split()[:_SPAN_WORDS]
    matcher = SequenceMatcher(None, [_plain(word) for word in words], [_plain(word) for word in others], autojunk=False)
    match = matcher.find_longest_match()
    return " ".join(words[match.a : match.a + match.size])


def repeated(texts: Sequence[str]) -> dict[int, int]:
    """Texts that nearly repeat an earlier one: place -> place of the earlier one."""
    found: dict[int, int] = {}
    if len(texts) < 2:
        return found
    shingles = Known(texts).shingles
    sizes = _sizes(shingles)
    both = (shingles @ shingles.T).tocsr()
    first = {_plain(text): place for place, text in reversed(list(enumerate(texts)))}
    for row, text in enumerate(texts):
        earlier = both.indices[both.indptr[row] : both.indptr[row + 1]]
        overlap = both.data[both.indptr[row] : both.indptr[row + 1]]
        close = earlier[overlap / (sizes[row] + sizes[earlier] - overlap) >= NEAR]
        close = [int(place) for place in close if place < row and place not in found]
        if first[_plain(text)] < row:
            close.append(first[_plain(text)])
        if close:
            found[row] = min(close)
    return found


def _chunks(shingles: Any, counts: Floats) -> list[tuple[int, int]]:
    """Cuts the candidates where the pairs that they lead to would fill the memory."""
    pairs = np.cumsum(shingles @ counts)
    cuts, start = [], 0
    while start < len(pairs):
        before = pairs[start - 1] if start else 0.0
        stop = max(start + 1, int(np.searchsorted(pairs, before + _CHUNK_CELLS)))
        cuts.append((start, stop))
        start = stop
    return cuts


def _sizes(shingles: Any) -> Floats:
    sizes: Floats = np.maximum(np.asarray(shingles.sum(axis=1)).ravel(), 1)
    return sizes


def _plain(text: str) -> str:
    return digest(" ".join(text.casefold().split()))
