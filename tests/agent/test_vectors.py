"""The cache of readings: what was put is there, whoever asks and whatever happened to the writer."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.vectors import VectorCache
from hypothesis import given
from hypothesis import strategies as st

WRITER = """
import sys, time
from pathlib import Path
from goalcover.agent.vectors import VectorCache
cache = VectorCache(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    cache.put([(b"%d" % number, b"value %d" % number)])
    print(number, flush=True)
"""


@given(st.dictionaries(st.binary(max_size=20), st.binary(max_size=50), max_size=8), st.binary(max_size=20))
def test_what_was_put_is_got_and_nothing_else(tmp_path_factory, items, other):
    with VectorCache(tmp_path_factory.mktemp("cache") / "v.sqlite") as cache:
        cache.put(items.items())
        assert cache.get([*items, other]) == items


def test_what_is_there_stays_as_it_is(tmp_path):
    with VectorCache(tmp_path / "v.sqlite") as cache:
        cache.put([(b"k", b"first")])
        cache.put([(b"k", b"second")])
        assert cache.get([b"k"]) == {b"k": b"first"}


def test_any_number_of_keys_is_asked_for_at_once(tmp_path):
    keys = [b"%d" % number for number in range(50_000)]
    with VectorCache(tmp_path / "v.sqlite") as cache:
        cache.put((key, key) for key in keys)
        assert len(cache.get(keys)) == 50_000


def test_threads_share_a_cache(tmp_path):
    with VectorCache(tmp_path / "v.sqlite") as cache, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cache.put([(b"%d" % (number % 50), b"x")]), range(200)))
        found = list(pool.map(lambda number: cache.get([b"%d" % number]), range(50)))
    assert all(len(one) == 1 for one in found)


def test_what_was_put_survives_a_kill(tmp_path):
    writer = start_writer(tmp_path / "v.sqlite", 100_000)
    lines = [writer.stdout.readline() for _ in range(30)]
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    with VectorCache(tmp_path / "v.sqlite") as cache:
        found = cache.get([line.strip() for line in lines])
        cache.put([(b"new", b"one")])
    assert found == {b"%d" % number: b"value %d" % number for number in range(30)}


def test_several_processes_make_and_fill_one_file_at_once(tmp_path):
    writers = [start_writer(tmp_path / "v.sqlite", 100) for _ in range(4)]
    errors = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, errors
    with VectorCache(tmp_path / "v.sqlite") as cache:
        assert len(cache.get([b"%d" % number for number in range(100)])) == 100


@pytest.mark.parametrize("place", ["damaged", "folder", "below-a-file"])
def test_a_file_that_cannot_be_used_is_told_with_a_way_out(tmp_path, place):
    path = tmp_path / "v.sqlite"
    if place == "damaged":
        path.write_bytes(b"this is no database, and long enough to show it" * 100)
    elif place == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"")
        path = path / "v.sqlite"
    with pytest.raises(InputError, match=r"v\.sqlite cannot be used .* GOALCOVER_CACHE_DIR"):
        VectorCache(path)


def test_a_file_that_breaks_while_in_use_is_told_too(tmp_path):
    path = tmp_path / "v.sqlite"
    with VectorCache(path) as cache:
        other = sqlite3.connect(path)
        other.execute("DROP TABLE readings")
        other.close()
        with pytest.raises(InputError, match="cannot be used"):
            cache.put([(b"k", b"v")])
        with pytest.raises(InputError, match="cannot be used"):
            cache.get([b"k"])


def start_writer(path, n):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
