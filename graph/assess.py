"""From files to gaps: wait for a dataset and a goal, read them, assess."""

import asyncio
import time
from pathlib import Path

from goalcover.agent.errors import GoalCoverError
from goalcover.agent.models import Goal, digest
from goalcover.graph import suggestions
from goalcover.graph.attachments import attached, take
from goalcover.graph.deps import Deps
from goalcover.graph.events import Diagnosed, Problem, Progress, Understood
from goalcover.graph.intent import limit_in, wants_other
from goalcover.graph.state import Data, State
from goalcover.memory.runs import Run, goal_sha256
from goalcover.tools.assess import OnProgress
from goalcover.tools.assess import assess as assess_dataset
from goalcover.tools.load import open_dataset
from langgraph.runtime import Runtime
from langgraph.types import StreamWriter, interrupt


async def attach(state: State) -> State:
    """Waits for files, or for the word to start."""
    return {"heard": interrupt(state.get("suggestions", ()))}


async def read(state: State, runtime: Runtime[Deps]) -> State:
    """Reads what was handed over and says what there is by now."""
    heard = state["heard"]
    taken = await asyncio.to_thread(take, attached(heard))
    kept = None if wants_other(heard.text) else state.get("data")
    data, goal = taken.data or kept, taken.goal or state.get("goal")
    for problem in taken.problems:
        runtime.stream_writer(Problem(text=problem))
    engine = runtime.context.engine
    if not taken.problems or taken.data or taken.goal:
        runtime.stream_writer(
            Understood(
                data=data,
                reading=taken.reading,
                goal=goal,
                goal_is_new=taken.goal is not None,
                engine=engine.name,
                model=engine.model,
            )
        )
    return {"data": data, "goal": goal, "run": None, "topic": None, "suggestions": suggestions.before(data, goal)}


async def assess(state: State, runtime: Runtime[Deps]) -> State:
    """Scores and finds the gaps. The same data and goal go on in the same run, where nothing is judged twice."""
    data, goal = state.get("data"), state.get("goal")
    assert data is not None  # the router lets nothing else through
    assert goal is not None
    limit = limit_in(state["heard"].text)
    try:
        dataset = await asyncio.to_thread(open_dataset, data.source, limit=limit)
        run = Run.create(_run_path(runtime.context.runs, data, goal))
        result = await assess_dataset(
            dataset, goal, run, runtime.context.engine, _meter(runtime.stream_writer, len(dataset))
        )
    except GoalCoverError as error:
        runtime.stream_writer(Problem(text=str(error)))
        return {"run": None, "suggestions": suggestions.before(data, goal)}
    runtime.stream_writer(Diagnosed(data=data, goal=goal, coverage=result.coverage, gaps=result.gaps, info=result.info))
    return {
        "run": str(run.path),
        "topic": result.gaps[0].subgoal_id if result.gaps else None,
        "suggestions": suggestions.after_assessment(goal, result.gaps, data, result.info.counts.samples),
    }


def _run_path(runs: Path, data: Data, goal: Goal) -> Path:
    return runs / digest(data.fingerprint, goal_sha256(goal))[:12]


def _meter(say: StreamWriter, total: int) -> OnProgress:
    started = time.monotonic()

    def tell(done: int, total: int) -> None:
        say(Progress(done=done, total=total, seconds=time.monotonic() - started))

    tell(0, total)
    return tell
