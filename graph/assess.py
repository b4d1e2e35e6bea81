"""Score, find the gaps, recommend, and look whether the subgoals are disjoint on the data, too."""

import asyncio
import time
from pathlib import Path

from goalcover.agent.errors import GoalCoverError, InputError
from goalcover.agent.models import Goal, digest
from goalcover.agent.settings import Settings
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Diagnosed, Overlap, Overlapping, Problem, Progress
from goalcover.graph.intent import limit_in, wants_start
from goalcover.graph.state import Data, LastRun, State
from goalcover.memory.runs import Run
from goalcover.tools.assess import OnProgress
from goalcover.tools.assess import assess as assess_dataset
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.coverage import Tally
from goalcover.tools.load import Dataset, open_dataset
from goalcover.tools.typeset import count
from goalcover.tools.verify import moving_together
from langgraph.runtime import Runtime
from langgraph.types import StreamWriter


async def assess(state: State, runtime: Runtime[Deps]) -> State:
    """Scores and finds the gaps. The same data goes on in the same run, where nothing is judged twice."""
    data, goal = state.get("data"), state.get("goal")
    assert data is not None  # the router lets nothing else through
    assert goal is not None
    limit = _limit(state, data)
    try:
        dataset = await asyncio.to_thread(_opened, data, limit)
        run = Run.create(run_path(runtime.context.runs, data))
        engine = runtime.context.engine
        budget = budget_for((engine.judge,), Settings(), models=engine.models)
        tally = Tally(goal)
        meter = _meter(runtime.stream_writer, goal, len(dataset), budget, tally)
        result = await assess_dataset(dataset, goal, run, engine, meter, budget=budget, tally=tally)
        together = await asyncio.to_thread(moving_together, run)
    except GoalCoverError as error:
        runtime.stream_writer(Problem(text=str(error)))
        return {"run": None}
    runtime.stream_writer(Diagnosed(data=data, goal=goal, coverage=result.coverage, gaps=result.gaps, info=result.info))
    pairs = tuple(Overlap(a=_name(goal, one.a), b=_name(goal, one.b), correlation=one.similarity) for one in together)
    if pairs:
        runtime.stream_writer(Overlapping(pairs=pairs))
    samples = result.info.counts.samples
    return {
        "run": str(run.path),
        "last": LastRun(run=str(run.path), goal=goal, samples=samples),
        "turns": (),
        "batch": None,
        "topic": result.gaps[0].subgoal_id if result.gaps else None,
        "shown": (),
        "suggestions": suggestions.after_assessment(goal, result.gaps, data, samples, pairs),
    }


def run_path(runs: Path, data: Data) -> Path:
    """One run for a dataset, whatever becomes of the goal: its ledger knows what is judged already."""
    return runs / digest(data.fingerprint, *([data.mapping] if data.mapping else []))[:12]


def _opened(data: Data, limit: int | None) -> Dataset:
    """The data as they were handed over; InputError where they have changed since: the run is of what was seen."""
    dataset = open_dataset(data.source, mapping=data.mapping or None, limit=limit)
    if dataset.fingerprint != data.fingerprint:
        raise InputError(
            f"{data.name} holds other rows now than when it was handed over ({count(data.rows, 'row')} then, "
            f"{dataset.rows:,} now): hand it over again, and Start judges what it holds now."
        )
    return dataset


def _limit(state: State, data: Data) -> int | None:
    """As the person says; a changed threshold starts by itself, and looks at the samples that were judged before."""
    text, last = state["heard"].text, state.get("last")
    if wants_start(text) or last is None or last.samples == data.samples:
        return limit_in(text)
    return last.samples


def _name(goal: Goal, subgoal_id: str) -> str:
    return goal.subgoal(subgoal_id).name


def _meter(say: StreamWriter, goal: Goal, total: int, budget: Budget, tally: Tally) -> OnProgress:
    started = time.monotonic()

    def tell(done: int, total: int) -> None:
        means = tuple((one.name, mean) for one in goal.subgoals if (mean := tally.mean(one.id)) is not None)
        seconds = time.monotonic() - started
        say(Progress(done=done, total=total, seconds=seconds, used=budget.words(), means=means))

    tell(0, total)
    return tell
