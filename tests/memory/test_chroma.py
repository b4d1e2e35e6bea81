"""Where explanations are kept: files that are not trusted when they changed, and a server that may not be there."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import chroma_server
import numpy as np
import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment
from goalcover.agent.settings import Settings
from goalcover.memory import chroma
from goalcover.memory.explanations import Explanations, Lot

N = 300
USER = """
import sys, time
from pathlib import Path
import numpy as np
from goalcover.agent.models import Alignment
from goalcover.memory.explanations import Explanations, Lot
row = Alignment(sample_id="s", subgoal_id="a", level=1, explanation="why", judge="j")
def lots():
    yield Lot([row], np.ones((1, 16), np.float32), [1])
    if sys.argv[2] == "hang":
        print("added", flush=True)
        time.sleep(60)
with Explanations(Path(sys.argv[1]), "one") as store:
    store.fill(lots())
print(*{"onnxruntime", "torch", "sentence_transformers"} & set(sys.modules))
"""


def lot(n: int = N) -> Lot:
    rows = [Alignment(sample_id=f"r{row}", subgoal_id="a", level=1, explanation="why", judge="j") for row in range(n)]
    return Lot(rows, np.random.default_rng(0).normal(size=(n, 16)).astype(np.float32), [1] * n)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chroma"


@pytest.fixture
def filled(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed store, small and yet with its index in files."""
    monkeypatch.setitem(chroma.HNSW, "sync_threshold", 100)
    with Explanations(path, "one") as store:
        store.fill([lot()])
        store.similar(lot(1).vectors[0], 1, "a")
    return path


# --- files


def test_reading_leaves_the_store_as_it_was(filled: Path) -> None:
    for _ in range(2):
        with Explanations(filled, "one") as store:
            assert store.is_filled
            assert len(store.similar(lot(1).vectors[0], 3, "a")) == 3


@pytest.mark.parametrize(
    "pattern",
    ["chroma.sqlite3", "*/data_level0.bin", "*/header.bin", "*/length.bin", "*/index_metadata.pickle", "seal"],
)
@pytest.mark.parametrize("damage", ["cut", "garbage", "gone"])
def test_a_damaged_store_is_emptied_instead_of_trusted(filled: Path, pattern: str, damage: str) -> None:
    (file,) = filled.glob(pattern)
    whole = file.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "garbage": b"\xa5" * len(whole)}
    file.unlink() if damage == "gone" else file.write_bytes(damaged[damage])
    with Explanations(filled, "one") as store:
        assert (store.is_filled, store.count()) == (False, 0)
        store.fill([lot(1)])
        assert len(store.similar(lot(1).vectors[0], 1, "a")) == 1


def test_a_store_that_is_lost_or_a_file_is_made_again(filled: Path) -> None:
    shutil.rmtree(filled)
    with Explanations(filled, "one") as store:
        assert store.count() == 0
    shutil.rmtree(filled)
    filled.write_text("no directory")
    with Explanations(filled, "one") as store:
        assert store.count() == 0


def test_a_store_whose_process_was_killed_while_filling_is_emptied(filled: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", USER, filled, "hang"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    with Explanations(filled, "one") as store:
        assert (store.is_filled, store.count()) == (False, 0)


def test_a_store_in_files_calls_nobody(path: Path, socket_disabled: None) -> None:
    with Explanations(path, "one") as store:
        store.fill([lot(1)])
        assert store.similar(lot(1).vectors[0], 1, "a")


def test_the_store_loads_no_model(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", USER, path, "end"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_vectors_of_another_length_are_told(filled: Path) -> None:
    wrong = Lot(lot(1).alignments, np.ones((1, 3), np.float32), [1])
    with Explanations(filled, "one") as store, pytest.raises(InputError, match=r"chroma cannot be used .* delete that"):
        store.fill([lot(1), wrong])


# --- a server


class Other(BaseHTTPRequestHandler):
    """A server of something else."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<html>not here</html>")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def other() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_is_not_there_is_told_without_its_login(path: Path) -> None:
    with pytest.raises(
        InputError, match=r"server at 127.0.0.1:9 .*GOALCOVER_CHROMA_URL.* no judgement is lost"
    ) as told:
        Explanations(path, "one", "http://me:secret@127.0.0.1:9/")
    assert "secret" not in str(told.value)


def test_a_server_of_something_else_is_told(path: Path, other: str) -> None:
    with pytest.raises(InputError, match="GOALCOVER_CHROMA_URL"):
        Explanations(path, "one", other)


def test_a_server_that_goes_away_is_told(path: Path) -> None:
    server = chroma_server.running(path / "server")
    store = Explanations(path / "run", "one", server.__enter__())
    server.__exit__(None, None, None)
    with store, pytest.raises(InputError, match="GOALCOVER_CHROMA_URL"):
        store.fill([lot(1)])


def test_nothing_is_written_beside_the_run_when_there_is_a_server(path: Path, chroma_server: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with Explanations(path, "one", chroma_server) as store:
        store.fill([lot(1)])
    assert not path.exists()


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "http:// host"])
def test_what_is_no_url_is_told_by_the_settings_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", url)
    with pytest.raises(InputError, match="GOALCOVER_CHROMA_URL"):
        Settings()
