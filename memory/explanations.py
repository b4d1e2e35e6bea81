"""Explanations of low scores with their vectors, in Chroma: what the gap analysis groups and searches (Eq. 7 and 8).

All of it can be made again from the scores, so nothing here is worth a failed run: a store that is lost, damaged or of
other scores is empty when it is opened, and `is_filled` tells the caller to fill it.

It is filled in one go when the gaps are known, and not while scoring goes on: only then is it known which explanations
count, and Chroma keeps all other Python threads waiting while it writes (they get 1% of their usual work done).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from goalcover.agent.models import Alignment
from goalcover.memory.chroma import Folder, Place, Server
from goalcover.memory.files import locked
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

BATCH = 5_000
BUSY_SECONDS = 5.0


@dataclass(frozen=True)
class Lot:
    """Explanations to be held."""

    alignments: Sequence[Alignment]
    vectors: Vectors
    """(alignments, d)"""
    copies: Sequence[int]
    """How many samples each stands for: those that repeat it are not held."""


@dataclass(frozen=True)
class Similar:
    """An explanation that was found."""

    alignment: Alignment
    copies: int
    cosine: float
    vector: Vectors
    """(d,)"""

    def is_like(self, other: "Similar", cosine: float) -> bool:
        """Whether the cosine of the two is that high."""
        length = np.linalg.norm(self.vector) * np.linalg.norm(other.vector)
        return float(self.vector @ other.vector) >= cosine * float(length)


class Explanations:
    """The store of a run, as a context manager; made when there is none.

    One at a time per run, here and in other processes, because Chroma's own files are not safe to share: open it for
    the work at hand and close it. Raises RunBusyError when it is still open elsewhere after 5 seconds, and InputError
    when a Chroma server is asked for and cannot be used.
    """

    def __init__(self, path: Path, of: str, url: str | None = None) -> None:
        """In the directory `path`, or for it on the server at `url`. `of` names the scores that it is to be of."""
        self._of = of
        self._lock = locked(path.with_name(f".{path.name}.lock"), BUSY_SECONDS)
        try:
            self._place: Place = Server(url, path) if url else Folder(path)
            if not self.is_filled:
                self._empty()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_filled(self) -> bool:
        """Whether it holds what it was last filled with, all of it, and that was of these scores."""
        return (self._place.collection.metadata or {}).get("of") == self._of

    def count(self) -> int:
        """Number of explanations held."""
        with self._place.told():
            return self._place.collection.count()

    def fill(self, lots: Iterable[Lot]) -> None:
        """Holds these explanations and no others. A pair of sample and subgoal may come once."""
        self._empty()
        for lot in lots:
            self._add(lot)
        with self._place.told():
            self._place.collection.modify(metadata={"of": self._of})

    def vectors(self, subgoal_id: str, levels: Sequence[int]) -> Vectors:
        """(n, d): those of a subgoal's explanations at these levels, in the order in which they came."""
        where: Any = {"$and": [{"subgoal_id": subgoal_id}, {"level": {"$in": list(levels)}}]}
        with self._place.told():
            found = self._place.collection.get(where=where, include=["embeddings"])
        return np.asarray(found["embeddings"], np.float32)

    def similar(self, vector: Vectors, k: int, subgoal_id: str, *, others: bool = False) -> list[Similar]:
        """The up to k nearest explanations to a vector (d,), of one subgoal or of all others, best first.

        Approximate, as Chroma's search is: what has to come out the same each time asks for `vectors`.
        """
        if not self.count():
            return []
        where: Any = {"subgoal_id": {"$ne": subgoal_id}} if others else {"subgoal_id": subgoal_id}
        with self._place.told():
            found = self._place.collection.query(
                query_embeddings=np.asarray(vector, np.float32)[np.newaxis],
                n_results=k,
                where=where,
                include=["metadatas", "distances", "embeddings"],
            )
        metadatas, distances, embeddings = found["metadatas"], found["distances"], found["embeddings"]
        assert metadatas is not None
        assert distances is not None
        assert embeddings is not None  # all three are asked for by `include`
        nearest = zip(metadatas[0], distances[0], embeddings[0], strict=True)
        return [_similar(metadata, 1.0 - distance, one) for metadata, distance, one in nearest]

    def remove(self) -> None:
        """Leaves nothing of the store, and closes it."""
        try:
            self._place.remove()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Closes the store; more than once does no harm."""
        if not self._lock.is_locked:
            return
        try:
            self._place.close()
        finally:
            self._lock.release()

    def _empty(self) -> None:
        if self.is_filled or self.count():
            self._place.renew()

    def _add(self, lot: Lot) -> None:
        if not len(lot.alignments) == len(lot.vectors) == len(lot.copies):
            raise ValueError(f"{len(lot.alignments)} alignments, {len(lot.vectors)} vectors, {len(lot.copies)} counts")
        with self._place.told():
            size = min(BATCH, self._place.batch_size)
            for start in range(0, len(lot.alignments), size):
                rows = range(start, min(start + size, len(lot.alignments)))
                self._place.collection.add(
                    ids=[_key(lot.alignments[row]) for row in rows],
                    embeddings=np.asarray(lot.vectors[rows.start : rows.stop], np.float32),
                    metadatas=[_metadata(lot.alignments[row], lot.copies[row]) for row in rows],
                )


def _key(alignment: Alignment) -> str:
    # Sample ids hold any character, subgoal ids none of this kind: the last separator is always ours.
    return f"{alignment.sample_id}\x1f{alignment.subgoal_id}"


def _metadata(alignment: Alignment, copies: int) -> dict[str, Any]:
    # The explanation is no Chroma document: those are indexed by their words, which takes longer than all else, and
    # nobody asks by words.
    known = {name: value for name, value in alignment if value is not None}
    return known if copies == 1 else {**known, "copies": copies}


def _similar(metadata: Any, cosine: float, vector: Any) -> Similar:
    known = dict(metadata)
    copies = known.pop("copies", 1)
    return Similar(Alignment(**{"level": None, **known}), copies, cosine, np.asarray(vector, np.float32))
