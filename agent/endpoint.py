"""Vectors from an OpenAI-compatible embeddings endpoint, for machines without the extra `local`."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from goalcover.agent.embedder import DIMENSIONS, Floats
from goalcover.agent.model import ChatModel

BATCH = 64
_CHARACTERS = 8_000
_SEED = 0


class EndpointEncoder:
    """Encodes as `embedder.Encoder` does, but knows whole texts only: it gives no words and no word vectors."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats, tuple[str, ...], Floats]]:
        """Yields (index, vector (384,) of length 1, no words, (0, 384)) for every text. Raises ModelError."""
        for start in range(0, len(texts), BATCH):
            batch = [text[:_CHARACTERS] or " " for text in texts[start : start + BATCH]]
            # A thread of its own: the caller's may have an event loop that is running already.
            with ThreadPoolExecutor(1) as pool:
                vectors = pool.submit(asyncio.run, self._model.embed(batch)).result()
            for place, vector in enumerate(_of_our_length(np.array(vectors, np.float32)), start=start):
                yield place, vector, (), np.zeros((0, DIMENSIONS), np.float32)


def _of_our_length(vectors: Floats) -> Floats:
    """Shape (n, 384), unit length; longer vectors are projected at random, which keeps their angles nearly."""
    width = vectors.shape[1]
    if width > DIMENSIONS:
        vectors = vectors @ _axes(width)
    elif width < DIMENSIONS:
        vectors = np.pad(vectors, ((0, 0), (0, DIMENSIONS - width)))
    made: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return made


@lru_cache
def _axes(width: int) -> Floats:
    """(width, 384); the same on every machine."""
    return np.random.default_rng(_SEED).normal(size=(width, DIMENSIONS)).astype(np.float32)
