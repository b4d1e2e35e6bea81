"""Runs whose judgements are made by hand: for tests of what happens with a run, not of how it is judged."""

from collections.abc import Callable
from pathlib import Path

from goalcover.agent.models import Alignment, Gap, Goal, Sample, Subgoal
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, Run, RunInfo
from goalcover.tools.coverage import Tally
from goalcover.tools.load import open_dataset

ANYTHING = Goal(goal="Answer", subgoals=(Subgoal(id="any", name="Anything", description="Answers anything"),))

Level = Callable[[Sample, Subgoal], int | None]


def run_of(
    data: Path,
    path: Path,
    goal: Goal = ANYTHING,
    level: Level = lambda sample, subgoal: 4,
    mapping: str | None = None,
    gaps: tuple[Gap, ...] = (),
    *,
    limit: int | None = None,
    seed: int = 0,
    judge: str = "embedded/by hand/1",
) -> Run:
    """A finished run of the file, each sample judged by the function `level`, in the name of `judge`."""
    engine, model, version = judge.split("/")
    dataset = open_dataset(str(data), mapping=mapping, limit=limit, seed=seed)
    run, tally = Run.create(path), Tally(goal)
    run.start(goal)
    with run.sample_writer() as samples, run.score_writer() as scores:
        for sample in dataset:
            judged = [_alignment(sample, subgoal, level(sample, subgoal)) for subgoal in goal.subgoals]
            samples.write([sample])
            scores.write(judged)
            tally.add(judged)
    run.write_coverage(tally.report(len(dataset)))
    run.write_gaps(gaps)
    run.finish(
        RunInfo(
            created_at="2025-11-18T14:05:09+00:00",
            engine=EngineInfo(name=engine, model=model, version=version),
            dataset=DatasetInfo(
                path=str(data), fingerprint=dataset.fingerprint, rows=dataset.rows, shape=dataset.shape
            ),
            goal_sha256="0",
            counts=Counts(samples=len(dataset), pairs=tally.scored, scored=tally.scored, unscored=0, reused=0),
            wall_s=0.1,
        )
    )
    return Run.open(path)


def _alignment(sample: Sample, subgoal: Subgoal, level: int | None) -> Alignment:
    return Alignment(sample_id=sample.id, subgoal_id=subgoal.id, level=level, explanation="by hand", judge="by hand")
