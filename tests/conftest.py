"""Shared fixtures and options.

Golden files live in tests/golden. After an intended change of output run `pytest --update-golden`, read the difference
and commit it with the change.
"""

import os
import pickle
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import chroma_server as chroma_servers
import commands
import pytest
from filelock import FileLock
from goalcover.agent.embedder import Embedder
from goalcover.agent.vectors import VectorCache

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tests reach this machine and nothing else (pytest-socket reads these options)."""
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session; processes that run tests side by side have it in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def cache_dir(shared_dir: Path) -> Iterator[Path]:
    """Where this session's text vectors are kept, its subprocesses' too: never the person's own cache."""
    path = shared_dir / "cache"
    path.mkdir(exist_ok=True)
    before = os.environ.get("GOALCOVER_CACHE_DIR")
    os.environ["GOALCOVER_CACHE_DIR"] = str(path)
    yield path
    if before is None:
        del os.environ["GOALCOVER_CACHE_DIR"]
    else:
        os.environ["GOALCOVER_CACHE_DIR"] = before


@pytest.fixture(scope="session", autouse=True)
def no_model() -> None:
    """Whatever model or server this machine's person has configured, the tests choose theirs."""
    chosen = re.compile(r"(AZURE_)?OPENAI_|GOALCOVER_(\w*MODEL|CHROMA_URL)$|LANG(SMITH|CHAIN)_|OTEL_")
    for name in [one for one in os.environ if chosen.match(one)]:
        del os.environ[name]


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Chroma server."""
    with chroma_servers.running(tmp_path_factory.mktemp("chroma server")) as url:
        yield url


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name; with --update-golden, writes it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert text == path.read_bytes().decode(), f"{name} changed: read the difference, then `pytest --update-golden`"

    return compare


@dataclass(frozen=True)
class Assessed:
    """A run that `goalcover assess` made, and what the command said."""

    path: Path
    said: CompletedProcess[str]


@pytest.fixture(scope="session")
def demo(shared_dir: Path) -> Assessed:
    """The whole demo dataset, assessed once; not to be changed."""
    return assessed_once(shared_dir / "demo")


@pytest.fixture(scope="session")
def small_demo(shared_dir: Path, demo: Assessed) -> Assessed:
    """60 rows of the demo dataset, from the vectors that `demo` left in the cache; not to be changed."""
    return assessed_once(shared_dir / "small demo", "--limit", "60")


def assessed_once(folder: Path, *options: str) -> Assessed:
    """The run in this folder: the first process that asks for it makes it, the other waits."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            folder.mkdir()
            asked = (commands.DEMO_DATA, "--goal", commands.DEMO_GOAL, "--out", folder / "run", *options)
            (folder / "said.pickle").write_bytes(pickle.dumps(commands.goalcover("assess", *asked)))
        said = pickle.loads((folder / "said.pickle").read_bytes())
    assert said.returncode == 0, said.stderr
    return Assessed(folder / "run", said)


@pytest.fixture(scope="session")
def vector_cache(cache_dir: Path) -> Iterator[VectorCache]:
    """One cache for all tests of a session, and for the commands they run: no text is read twice."""
    with VectorCache(cache_dir / "vectors.sqlite") as cache:
        yield cache


@pytest.fixture(scope="session")
def embedder(vector_cache: VectorCache) -> Embedder:
    """The real embedder, which loads its model when the first test needs it."""
    return Embedder(vector_cache)
