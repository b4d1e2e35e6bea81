"""One assessment from start to end: load, score, cover, diagnose, recommend, report; everything lands in the run."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from goalcover.agent.engine import Engine
from goalcover.agent.models import CoverageReport, Gap, Goal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.agent.tracing import run as traced
from goalcover.memory.chroma import reach
from goalcover.memory.goals import goal_sha256
from goalcover.memory.ledger import Ledger
from goalcover.memory.proofs import drop, put_aside, put_back
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, Run, RunInfo, UsageInfo
from goalcover.tools.agreement import Panel
from goalcover.tools.broken import broken_notes, with_broken
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.caveats import caveats
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps
from goalcover.tools.load import Dataset
from goalcover.tools.report import write_report
from goalcover.tools.score import Scored, score, score_together
from goalcover.tools.spending import on_account

OnProgress = Callable[[int, int], None]
"""Called with the number of samples done and the number of all, after every batch."""


@dataclass(frozen=True)
class Assessment:
    """What an assessment found."""

    info: RunInfo
    coverage: CoverageReport
    gaps: tuple[Gap, ...]
    outdated: tuple[str, ...]
    """What was found out about the run before, a study or a self-test, and rests on other judgements."""

    @property
    def without_model(self) -> str:
        """Why the embedded roles named a gap, or advised on it, in a model's place; empty where they did not."""
        notes = [one.note for gap in self.gaps for one in gap.capabilities]
        notes += [one.note for gap in self.gaps for one in gap.recommendations]
        return next(filter(None, notes), "")


async def assess(
    dataset: Dataset,
    goal: Goal,
    run: Run,
    engine: Engine,
    on_progress: OnProgress,
    *,
    judges: Sequence[Judge] = (),
    budget: Budget | None = None,
    tally: Tally | None = None,
) -> Assessment:
    """Assesses a dataset against a goal. Stopped at any moment, the same call goes on where it was.

    `judges` take the place of the engine's own; of several, the median counts. `budget` is counted up, and may have a
    cap: reached while judging, it stops; reached later, or where the model is not to be had any more, the embedded
    roles name and advise. `tally` counts levels as they come, for whoever watches. Raises InputError (the data cannot
    be read, the run directory cannot be written, a Chroma server is asked for and not there), RunBusyError,
    StoppedError (the cap is reached, the server is gone) and ModelError.
    """
    started = time.monotonic()
    chosen = tuple(judges) or (engine.judge,)
    settings = Settings()
    if settings.chroma_url:  # before anything is judged
        await asyncio.to_thread(reach, settings.chroma_url)
    budget = budget or budget_for(chosen, settings, models=engine.models)
    with run.lock(), run.ledger() as ledger, traced("assess", _asked(dataset, goal, run)) as told:
        await asyncio.to_thread(put_aside, run)
        run.start(goal)
        panel = Panel([judge.id for judge in chosen])
        batches = _batches(dataset, goal, chosen, ledger, budget, panel)
        tally, reused = await _score(dataset, tally or Tally(goal), run, batches, on_progress)
        coverage = tally.report(len(dataset))
        if len(chosen) > 1:
            coverage = coverage.model_copy(update={"agreement": panel.agreement()})
        embedded = not any(isinstance(judge, RemoteJudge) for judge in chosen)
        notes = await asyncio.to_thread(caveats, run, goal, engine.embedder, embedded=embedded)
        coverage = await asyncio.to_thread(with_broken, run, goal, coverage, engine.embedder)
        coverage = coverage.model_copy(update={"notes": (*notes, *broken_notes(coverage))})
        run.write_coverage(coverage)
        with on_account(run, engine, budget):
            gaps = await find_gaps(
                run, goal, coverage, analyst=engine.analyst, advisor=engine.advisor, embedder=engine.embedder
            )
        run.write_gaps(gaps)
        info = _info(dataset, goal, EngineInfo.of(chosen), tally, reused, time.monotonic() - started)
        info = info.model_copy(update={"usage": UsageInfo.of(ledger.paid(), budget.unscored)})
        outdated = await asyncio.to_thread(put_back, run, info)
        await asyncio.to_thread(write_report, run, goal, coverage, gaps, info)
        run.finish(info)
        drop(run)
        told.update(coverage=coverage.model_dump(mode="json"), used=budget.used.model_dump())
    return Assessment(info, coverage, gaps, outdated)


def _batches(
    dataset: Dataset, goal: Goal, judges: Sequence[Judge], ledger: Ledger, budget: Budget, panel: Panel
) -> AsyncGenerator[Scored]:
    if len(judges) == 1:
        return score(dataset, goal.subgoals, judges[0], ledger, budget)
    return score_together(dataset, goal.subgoals, judges, ledger, budget, panel)


async def _score(
    dataset: Dataset, tally: Tally, run: Run, batches: AsyncGenerator[Scored], on_progress: OnProgress
) -> tuple[Tally, int]:
    reused = done = 0
    with run.sample_writer() as samples, run.score_writer() as scores:
        async with aclosing(batches):
            async for batch in batches:
                samples.write(batch.samples)
                scores.write(batch.alignments)
                tally.add(batch.alignments)
                reused += batch.reused
                done += len(batch.samples)
                on_progress(done, len(dataset))
    return tally, reused


def _asked(dataset: Dataset, goal: Goal, run: Run) -> dict[str, Any]:
    """What a trace says at its beginning."""
    return {
        "goal": goal.text,
        "subgoals": [one.id for one in goal.subgoals],
        "dataset": dataset.source,
        "samples": len(dataset),
        "run": str(run.path),
    }


def _info(dataset: Dataset, goal: Goal, engine: EngineInfo, tally: Tally, reused: int, wall_s: float) -> RunInfo:
    return RunInfo(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        engine=engine,
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
