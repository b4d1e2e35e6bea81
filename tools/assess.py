"""One assessment from start to end: load, score, cover, diagnose, recommend, report; everything lands in the run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from goalcover.agent.engine import Engine
from goalcover.agent.models import CoverageReport, Gap, Goal
from goalcover.memory.ledger import Ledger
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, Run, RunInfo, goal_sha256
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps
from goalcover.tools.load import Dataset
from goalcover.tools.report import write_report
from goalcover.tools.score import score

OnProgress = Callable[[int, int], None]
"""Called with the number of samples done and the number of all, after every batch."""


@dataclass(frozen=True)
class Assessment:
    """What an assessment found."""

    info: RunInfo
    coverage: CoverageReport
    gaps: tuple[Gap, ...]


async def assess(dataset: Dataset, goal: Goal, run: Run, engine: Engine, on_progress: OnProgress) -> Assessment:
    """Assesses a dataset against a goal. Stopped at any moment, the same call goes on where it was.

    Raises InputError (the data cannot be read, the run directory cannot be written) and RunBusyError.
    """
    started = time.monotonic()
    with run.lock(), run.ledger() as ledger:
        run.start(goal)
        tally, reused = await _score(dataset, goal, run, engine, ledger, on_progress)
        coverage = tally.report(len(dataset))
        run.write_coverage(coverage)
        gaps = await find_gaps(
            run, goal, coverage, analyst=engine.analyst, advisor=engine.advisor, embedder=engine.embedder
        )
        run.write_gaps(gaps)
        info = _info(dataset, goal, engine, tally, reused, time.monotonic() - started)
        write_report(run, goal, coverage, gaps, info)
        run.finish(info)
    return Assessment(info, coverage, gaps)


async def _score(
    dataset: Dataset, goal: Goal, run: Run, engine: Engine, ledger: Ledger, on_progress: OnProgress
) -> tuple[Tally, int]:
    tally, reused, done = Tally(goal), 0, 0
    with run.sample_writer() as samples, run.score_writer() as scores:
        async for batch in score(dataset, goal.subgoals, engine.judge, ledger):
            samples.write(batch.samples)
            scores.write(batch.alignments)
            tally.add(batch.alignments)
            reused += batch.reused
            done += len(batch.samples)
            on_progress(done, len(dataset))
    return tally, reused


def _info(dataset: Dataset, goal: Goal, engine: Engine, tally: Tally, reused: int, wall_s: float) -> RunInfo:
    return RunInfo(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        engine=EngineInfo(name=engine.name, model=engine.model, version=engine.version),
        dataset=DatasetInfo(
            path=dataset.source,
            fingerprint=dataset.fingerprint,
            rows=dataset.rows,
            shape=dataset.shape,
            skipped=dataset.n_skipped,
        ),
        goal_sha256=goal_sha256(goal),
        counts=Counts(
            samples=len(dataset),
            pairs=tally.scored + tally.unscored,
            scored=tally.scored,
            unscored=tally.unscored,
            reused=reused,
        ),
        wall_s=round(wall_s, 3),
    )
