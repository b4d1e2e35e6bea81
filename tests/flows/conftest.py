from pathlib import Path

import pytest
from goalcover.agent.engine import Engine, build_engine
from goalcover.agent.settings import Settings
from goalcover.graph.deps import Deps
from talking import demo_files


@pytest.fixture(scope="session")
def engine(cache_dir: Path) -> Engine:
    """The embedded engine, with this session's vectors."""
    return build_engine("embedded", Settings(cache_dir=cache_dir))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """60 rows of the demo, and its goal file."""
    return demo_files(tmp_path_factory.mktemp("data"), 60)


@pytest.fixture
def deps(engine: Engine, tmp_path: Path) -> Deps:
    """For one conversation."""
    return Deps(engine, tmp_path / "runs")
