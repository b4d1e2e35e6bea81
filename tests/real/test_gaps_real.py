"""The paper's findings (section 5.4) on slices of its data: content that was taken out is named as missing."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from goalcover.agent.embedder import Embedder
from goalcover.agent.engine import Engine, build_engine
from goalcover.agent.models import Gap, Goal, Sample, Subgoal
from goalcover.agent.settings import Settings
from goalcover.memory.runs import Run
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps
from goalcover.tools.load import open_dataset

HEART = re.compile(r"cardi|heart|coronary|myocard|atrial|ventric|aort|angina|hypertens", re.IGNORECASE)
HEALTH = re.compile(r"health|medic|hospital|patient|disease|drug", re.IGNORECASE)
MEDICAL = Goal(
    goal="Answer clinical questions",
    subgoals=(
        Subgoal(
            id="cardiology",
            name="Cardiology expertise",
            description="Answers questions about heart disease, its diagnosis and its treatment",
            share=0.2,
        ),
    ),
)
LEGAL = Goal(
    goal="Summarize bills",
    subgoals=(
        Subgoal(
            id="health",
            name="Healthcare legislation",
            description="Summarizes bills about health care, insurance, hospitals and patients",
            share=0.2,
        ),
    ),
)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    built = build_engine("embedded", Settings(cache_dir=tmp_path_factory.mktemp("cache")))
    assert isinstance(built.embedder, Embedder)
    yield built
    built.embedder._cache.close()


def gap(path: Path, engine: Engine, goal: Goal, samples: list[Sample]) -> Gap:
    run, tally = Run.create(path / "run"), Tally(goal)
    alignments = asyncio.run(engine.judge.judge(samples, goal.subgoals))
    with run.sample_writer() as sample_writer, run.score_writer() as score_writer:
        sample_writer.write(samples)
        score_writer.write(alignments)
    tally.add(alignments)
    found = find_gaps(
        run,
        goal,
        tally.report(len(samples)),
        analyst=engine.analyst,
        advisor=engine.advisor,
        embedder=engine.embedder,
    )
    (one,) = asyncio.run(found)
    return one


def without(path: Path, pattern: re.Pattern[str], n: int) -> list[Sample]:
    rows = (one for one in open_dataset(str(path)) if not pattern.search(one.input + one.output))
    return [sample for sample, _ in zip(rows, range(n), strict=False)]


def test_without_cardiology_rows_heart_disease_is_named_as_missing(shared_data, tmp_path, engine):
    found = gap(tmp_path, engine, MEDICAL, without(shared_data / "pubmedqa.jsonl", HEART, 40))
    assert found.capabilities
    assert all("heart disease" in one.title for one in found.capabilities[:1])
    assert "heart disease" in found.recommendations[0].detail
    assert_sound(found)


def test_without_health_bills_health_care_is_named_as_missing(shared_data, tmp_path, engine):
    found = gap(tmp_path, engine, LEGAL, without(shared_data / "us_bills.jsonl.gz", HEALTH, 5))
    text = " ".join(f"{one.title} {one.summary}" for one in found.capabilities)
    assert "health care" in text or "hospitals" in text
    assert_sound(found)


def assert_sound(found: Gap) -> None:
    ids = [one for capability in found.capabilities for one in capability.sample_ids]
    assert len(ids) == len(set(ids))
    assert sum(capability.share for capability in found.capabilities) <= 1.0 + 1e-9
    assert all(capability.n == len(capability.sample_ids) for capability in found.capabilities)
    assert all(len(quote) <= 240 for capability in found.capabilities for quote in capability.quotes)
    assert 2 <= len(found.recommendations) <= 4
