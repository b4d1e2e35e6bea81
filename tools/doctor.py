"""What works on this machine, each part tried for real."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from goalcover.agent.embedder import DIMENSIONS, MODEL, Embedder, precision
from goalcover.agent.errors import GoalCoverError
from goalcover.agent.models import Alignment
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache
from goalcover.memory.explanations import Explanations


@dataclass(frozen=True)
class Finding:
    """One part, whether it works, and what was seen."""

    part: str
    ok: bool
    detail: str


def examine() -> list[Finding]:
    """Engine, embedder, vector cache and store of explanations."""
    return [
        Finding("goalcover", ok=True, detail=version("goalcover")),
        Finding("engine", ok=True, detail="embedded (no model is asked; an LLM engine is not in this version)"),
        _try("embedder", _embedder),
        _try("vector cache", _cache),
        _try("store of explanations", _store),
    ]


def _try(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, ok=True, detail=look())
    except GoalCoverError as error:
        return Finding(part, ok=False, detail=str(error))


def _embedder() -> str:
    with tempfile.TemporaryDirectory() as folder, VectorCache(Path(folder) / "vectors.sqlite") as cache:
        embedder = Embedder(cache)
        started = time.monotonic()
        embedder.vectors(["Does it start?"])
        loaded = time.monotonic() - started
        texts = [
            f"Passage {n}: the patient was given a beta blocker, and blood pressure fell within a week."
            for n in range(64)
        ]
        started = time.monotonic()
        embedder.vectors(texts)
        rate = len(texts) / (time.monotonic() - started)
    return f"{MODEL}, {precision()}, loaded in {loaded:.1f} s, {rate:.0f} short passages a second"


def _cache() -> str:
    path = Settings().cache_dir / "vectors.sqlite"
    with VectorCache(path):
        return f"{path}, {path.stat().st_size / 1e6:.1f} MB"


def _store() -> str:
    with tempfile.TemporaryDirectory() as folder, Explanations(Path(folder) / "chroma") as store:
        vector = np.eye(1, DIMENSIONS, dtype=np.float32)
        store.add([Alignment(sample_id="a", subgoal_id="b", level=0, explanation="c", judge="d")], vector)
        found = store.similar(vector[0], 1)
    return f"chromadb {version('chromadb')}, wrote and found {len(found)} explanation"
