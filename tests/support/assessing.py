"""Assessments small enough to check by hand: real parts all through, but for a judge that counts words."""

import asyncio
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.embedded.discriminator import EmbeddedDiscriminator
from goalcover.agent.embedded.generator import EmbeddedGenerator
from goalcover.agent.embedder import Embedder
from goalcover.agent.engine import Engine
from goalcover.agent.models import Goal, Subgoal
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache
from goalcover.memory.runs import Run
from goalcover.tools.assess import Assessment, OnProgress, assess
from goalcover.tools.load import open_dataset
from word_judge import WordJudge

HEART, DRUG, BONE = (
    Subgoal(id=name, name=name, description=f"Answers questions about the {name}") for name in ("heart", "drug", "bone")
)
GOAL = Goal(goal="Answer medical questions", subgoals=(HEART, DRUG))


def write_rows(path: Path, texts: Sequence[str]) -> Path:
    """A JSONL file with one question and answer for every text."""
    rows = [{"id": f"q{n}", "question": text, "answer": "yes"} for n, text in enumerate(texts, 1)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@cache
def embedder() -> Embedder:
    """One for the whole session: loading the model takes seconds."""
    return Embedder(VectorCache(Settings().cache_dir / "vectors.sqlite"))


def engine(judge: WordJudge) -> Engine:
    """The embedded engine with another judge."""
    return Engine(
        name="test",
        model="words",
        version="1",
        embedder=embedder(),
        clarifier=EmbeddedClarifier(embedder()),
        decomposer=EmbeddedDecomposer(embedder()),
        judge=judge,
        analyst=EmbeddedAnalyst(embedder()),
        advisor=EmbeddedAdvisor(),
        generator=EmbeddedGenerator(embedder()),
        discriminator=EmbeddedDiscriminator(judge),
    )


def assess_rows(
    data: Path,
    out: Path,
    goal: Goal = GOAL,
    judge: WordJudge | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Assessment:
    """Assesses a file into the run directory `out`."""
    parts = engine(judge or WordJudge())
    return asyncio.run(assess(open_dataset(str(data)), goal, Run.create(out), parts, on_progress))
