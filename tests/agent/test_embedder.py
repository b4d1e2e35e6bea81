"""Reading texts: the same to the last bit, once only, and not without the model's packages."""

import importlib.util
import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from goalcover.agent.embedder import Embedder, Encoder, is_available, precision
from goalcover.agent.errors import MissingPartError
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache

TEXTS = [
    "bees",
    "The hive is light after three weeks of rain.",
    "Feed the bees thick sugar syrup in the evening, and stop when nectar comes in. " * 3,
    "",
    "蜜蜂在花上采蜜。",
    "🐝" * 40,
    "Let the jib back until the bow is through the wind, and only then sheet it in. " * 12,
]
ODD = ["😀", "\0bees\0", "x" * 50_000, "?!…;;", "bees \ud83d", "\u200b\u200d", "e\u0301" * 300, "שלום", "\t\n"]

READ_AGAIN = """
import json, sys
from pathlib import Path
from goalcover.agent.embedder import Embedder
from goalcover.agent.vectors import VectorCache
vectors = Embedder(VectorCache(Path(sys.argv[1]))).vectors(json.load(sys.stdin))
heavy = [name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules]
print(json.dumps([vectors.tobytes().hex(), heavy]))
"""


@pytest.fixture(scope="module")
def encoder():
    return Encoder()


def test_a_reading_has_the_promised_shape(embedder):
    reading = embedder.read(["The bees of this hive make honey, and the honey feeds the bees."])[0]
    assert reading.vector.shape == (384,)
    assert np.linalg.norm(reading.vector) == pytest.approx(1, abs=1e-3)
    assert reading.words == ("bees", "hive", "honey", "feeds")
    assert reading.word_vectors.shape == (4, 128)
    assert np.linalg.norm(reading.word_vectors / 127, axis=1) == pytest.approx(1, abs=0.05)


def test_likeness_of_vectors_is_likeness_of_meaning(embedder):
    hive, bees, ship = embedder.vectors(["The beehive is full of honey.", "Bees at work", "A ship leaves the harbour."])
    assert hive @ bees > 0.4 > hive @ ship


def test_no_texts_have_no_vectors(embedder):
    assert embedder.read([]) == []
    assert embedder.vectors([]).shape == (0, 384)


def test_white_space_is_not_significant(embedder):
    one, other = embedder.vectors(["sugar  syrup\n", " sugar\tsyrup"])
    assert one.tobytes() == other.tobytes()


def test_a_text_is_encoded_to_the_same_bits_alone_and_in_any_batch(encoder):
    alone = [next(iter(encoder.encode([text]))) for text in TEXTS]
    for batch in (TEXTS, [*reversed(TEXTS)], [*TEXTS, *[f"{text} and more" for text in TEXTS]]):
        together = {index: (vector, words, vectors) for index, vector, words, vectors in encoder.encode(batch)}
        assert len(together) == len(batch)
        for text, (_, vector, words, vectors) in zip(TEXTS, alone, strict=True):
            found = together[batch.index(text)]
            assert found[0].tobytes() == vector.tobytes()
            assert (found[1], found[2].tobytes()) == (words, vectors.tobytes())


def test_what_is_cached_already_changes_no_bit(tmp_path, embedder):
    with VectorCache(tmp_path / "v.sqlite") as cache:
        Embedder(cache).read(TEXTS[2:5])
        assert bits(Embedder(cache).read(TEXTS)) == bits(embedder.read(TEXTS))
        assert bits(Embedder(cache).read([*reversed(TEXTS)])) == bits(embedder.read(TEXTS))[::-1]


def test_a_second_process_reads_from_the_cache_without_loading_torch(embedder, vector_cache):
    vectors = embedder.vectors(TEXTS)
    command = [sys.executable, "-W", "error", "-c", READ_AGAIN, str(vector_cache.path)]
    done = subprocess.run(command, input=json.dumps(TEXTS), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [vectors.tobytes().hex(), []]


def test_threads_that_read_new_texts_at_once_get_what_one_gets(tmp_path, embedder):
    batches = [["bees " * (number * part % 40 + 1) for part in range(1, 4)] for number in range(1, 9)]
    with VectorCache(tmp_path / "v.sqlite") as cache, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(Embedder(cache).read, batches))
    assert [bits(one) for one in found] == [bits(embedder.read(batch)) for batch in batches]


def test_an_interrupted_reading_keeps_what_it_had_read(tmp_path, monkeypatch):
    texts = [f"Hive number {number} is light" for number in range(70)]
    with VectorCache(tmp_path / "v.sqlite") as cache:
        with monkeypatch.context() as patched:
            patched.setattr(Encoder, "_forward", stopping_after(1, Encoder._forward))
            with pytest.raises(KeyboardInterrupt):
                Embedder(cache).read(texts)
        kept = count(cache)
        Embedder(cache).read(texts)
        assert (kept, count(cache)) == (32, 70)


def test_odd_texts_are_read_like_any_other(embedder):
    for reading in embedder.read(ODD):
        assert np.isfinite(reading.vector).all()
        assert reading.word_vectors.shape == (len(reading.words), 128)


def test_without_the_local_packages_a_new_text_is_refused_with_the_way_to_install_them(tmp_path, monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "torch" else find_spec(name, *more)
    )
    assert not is_available()
    with VectorCache(tmp_path / "v.sqlite") as cache, pytest.raises(MissingPartError, match=r"goalcover\[local\]"):
        Embedder(cache).read(["new"])


def test_without_the_local_packages_known_texts_are_still_read(embedder, vector_cache, monkeypatch):
    known = embedder.vectors(["sugar syrup"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None)
    assert (Embedder(vector_cache).vectors(["sugar syrup"]) == known).all()


def test_the_model_runs_in_a_format_that_it_names():
    assert precision() in {"bfloat16", "float32"}


def test_the_cache_folder_is_set_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GOALCOVER_CACHE_DIR", str(tmp_path))
    assert Settings().cache_dir == tmp_path
    monkeypatch.delenv("GOALCOVER_CACHE_DIR")
    assert Settings().cache_dir.name == "goalcover"


def bits(readings):
    return [(one.vector.tobytes(), one.words, one.word_vectors.tobytes()) for one in readings]


def count(cache):
    with closing(sqlite3.connect(cache.path)) as file:
        return file.execute("SELECT count(*) FROM readings").fetchone()[0]


def stopping_after(batches, encode_batch):
    left = iter(range(batches))

    def encode(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return encode_batch(*arguments)

    return encode
