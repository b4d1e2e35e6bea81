"""Explanations of low scores with their vectors, in Chroma: what the gap analysis clusters and searches (Eq. 7 and 8).

The store can always be built again from the scores. So nothing here is worth a failed run: a store that is damaged, or
was not closed (its process was killed), is emptied on opening, and `count` tells the caller to fill it again.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment
from goalcover.memory.files import locked, write_bytes, writing
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Vectors = NDArray[np.float32]

BATCH = 5_000
# Large batches that are seldom synced take 14 % off the time to add 5,000 (4.3 to 3.7 s on 2 cores). The wider search
# costs 0.3 ms and finds 85 % instead of 72 % of the ten nearest in the hardest case, 8,000 random vectors.
HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "batch_size": BATCH,
    "sync_threshold": 4 * BATCH,
    "ef_search": 200,
}
BUSY_SECONDS = 5.0


class Explanations:
    """The store in a directory, as a context manager; made when there is none.

    One at a time per directory, here and in other processes, because Chroma's own files are not safe to share: open it
    for the work at hand and close it. Raises RunBusyError when it is still open elsewhere after 5 seconds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seal = path / "seal"
        self._lock = locked(path.with_name(f".{path.name}.lock"), BUSY_SECONDS)
        try:
            self._client, self._collection = self._opened()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def count(self) -> int:
        """Number of explanations held."""
        with self._told():
            return self._collection.count()

    def add(self, alignments: Sequence[Alignment], vectors: Vectors) -> None:
        """Holds the explanations of scored alignments with their vectors (n, d); replaces those of the same pairs."""
        if len(alignments) != len(vectors):
            raise ValueError(f"{len(alignments)} alignments with {len(vectors)} vectors")
        # Chroma refuses an id twice in one batch; the last one counts, as it would in two batches.
        latest = list({_key(alignment): index for index, alignment in enumerate(alignments)}.items())
        with self._told():
            self._seal.unlink(missing_ok=True)
            size = min(BATCH, self._client.get_max_batch_size())
            for start in range(0, len(latest), size):
                ids, rows = zip(*latest[start : start + size], strict=True)
                self._collection.upsert(
                    ids=list(ids),
                    embeddings=np.asarray(vectors, np.float32)[list(rows)],
                    documents=[alignments[row].explanation for row in rows],
                    metadatas=[_metadata(alignments[row]) for row in rows],
                )

    def similar(self, vector: Vectors, k: int, subgoal_id: str | None = None) -> list[tuple[Alignment, float]]:
        """The k nearest explanations to a vector (d,), of one subgoal or of all, with their cosine, best first."""
        held = self.count()
        if held == 0:
            return []
        with self._told():
            found = self._collection.query(
                query_embeddings=np.asarray(vector, np.float32)[np.newaxis],
                n_results=min(k, held),
                where=None if subgoal_id is None else {"subgoal_id": subgoal_id},
                include=["documents", "metadatas", "distances"],
            )
        documents, metadatas, distances = found["documents"], found["metadatas"], found["distances"]
        assert documents is not None
        assert metadatas is not None
        assert distances is not None  # all three are asked for by `include`
        nearest = zip(documents[0], metadatas[0], distances[0], strict=True)
        return [(_alignment(document, metadata), 1.0 - distance) for document, metadata, distance in nearest]

    def vectors(self, subgoal_id: str) -> tuple[list[str], Vectors]:
        """The sample ids (n) and vectors (n, d) of a subgoal's explanations, in the order in which they were added."""
        with self._told():
            found = self._collection.get(where={"subgoal_id": subgoal_id}, include=["embeddings", "metadatas"])
        metadatas = found["metadatas"] or []
        return [str(one["sample_id"]) for one in metadatas], np.asarray(found["embeddings"], np.float32)

    def drop(self) -> None:
        """Empties the store."""
        self._client.close()
        self._remove()
        self._client, self._collection = self._connected()

    def close(self) -> None:
        """Closes the store and seals it; more than once does no harm."""
        if not self._lock.is_locked:
            return
        try:
            self._client.close()
            write_bytes(self._seal, _fingerprint(self._path))
        finally:
            self._lock.release()

    def _opened(self) -> "tuple[Client, Collection]":
        # Chroma's index crashes the process, or finds too little, when its files are not what it wrote.
        if not self._is_sealed():
            self._remove()
        try:
            return self._connected()
        except InputError:
            self._remove()
            return self._connected()

    def _connected(self) -> "tuple[Client, Collection]":
        # chromadb takes half a second to import.
        from chromadb.api.client import Client
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings

        # What the environment could turn is set: an in-process store that calls nobody.
        settings = Settings(
            chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
            is_persistent=True,
            persist_directory=str(self._path),
            anonymized_telemetry=False,
            chroma_otel_collection_endpoint="",
            chroma_otel_granularity=None,
        )
        try:
            with self._told():
                client = Client(settings=settings)
                return client, client.get_or_create_collection(
                    "explanations", configuration={"hnsw": HNSW}, embedding_function=None
                )
        except InputError:
            # Chroma keeps a half-started system for the path, and would hand it out on the next attempt.
            SharedSystemClient.clear_system_cache()
            raise

    def _is_sealed(self) -> bool:
        return self._seal.is_file() and self._seal.read_bytes() == _fingerprint(self._path)

    def _remove(self) -> None:
        with writing(self._path):
            if self._path.is_dir():
                shutil.rmtree(self._path)
            else:
                self._path.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns Chroma's errors into words."""
        from chromadb.errors import ChromaError

        try:
            yield
        except ChromaError as error:
            raise InputError(
                f"The store of explanations {self._path} cannot be used ({error.name()}): delete that directory and "
                "run this again; it is made anew from the scores."
            ) from error


def _key(alignment: Alignment) -> str:
    # Sample ids hold any character, subgoal ids none of this kind: the last separator is always ours.
    return f"{alignment.sample_id}\x1f{alignment.subgoal_id}"


def _metadata(alignment: Alignment) -> dict[str, Any]:
    return alignment.model_dump(exclude={"explanation"}, exclude_none=True)


def _alignment(document: str, metadata: Any) -> Alignment:
    return Alignment(explanation=document, **{"level": None, **metadata})


def _fingerprint(path: Path) -> bytes:
    """Names the content of all files of the store but the seal."""
    sha = hashlib.blake2b()
    for file in sorted(one for one in path.rglob("*") if one.is_file() and one.name != "seal"):
        with file.open("rb") as stream:
            sha.update(f"{file.relative_to(path)} {hashlib.file_digest(stream, 'blake2b').hexdigest()}\n".encode())
    return sha.hexdigest().encode()
