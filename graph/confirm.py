"""Before anything is judged: what it will be, and what it will cost. The person starts, changes, or goes back."""

import asyncio
from contextlib import nullcontext

from goalcover.agent.models import Goal
from goalcover.agent.roles import RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.graph import suggestions
from goalcover.graph.assess import run_path
from goalcover.graph.deps import Deps
from goalcover.graph.events import Ready
from goalcover.graph.state import Data, Presented, State, Wait
from goalcover.memory.runs import Run
from goalcover.tools.budget import budget_for
from goalcover.tools.caveats import limits
from goalcover.tools.estimate import estimate
from goalcover.tools.load import open_dataset
from langgraph.runtime import Runtime
from langgraph.types import interrupt


async def present(state: State, runtime: Runtime[Deps]) -> State:
    """Says what will be judged."""
    goal, data, engine = state.get("goal"), state.get("data"), runtime.context.engine
    assert goal is not None  # the router lets nothing else through
    runtime.stream_writer(
        Ready(
            goal=goal,
            data=data,
            pairs=data.samples * len(goal.subgoals) if data else 0,
            seconds=_seconds(state, data, engine.name),
            estimate=await asyncio.to_thread(_estimate, runtime.context, goal, data) if data else "",
            engine=engine.name,
            model=engine.model,
            notes=await asyncio.to_thread(_limits, goal, data) if data and engine.name == "embedded" else (),
        )
    )
    return {"presented": Presented(goal=goal, data=data), "stuck": False}


async def confirm(state: State) -> State:
    """Waits for the word to start."""
    return {"heard": interrupt(Wait(suggestions=suggestions.to_confirm(state.get("data"), bool(state.get("past")))))}


_WORDS_PER_SECOND = 3_300
"""What the sentence encoder reads at the least, measured on 2 cores with bfloat16."""
_START_S = 8.0


def _estimate(deps: Deps, goal: Goal, data: Data) -> str:
    """What a model's work will take; the data is read again for it, as far as needed."""
    engine, run = deps.engine, Run(run_path(deps.runs, data))
    if not isinstance(engine.judge, RemoteJudge):
        return ""
    dataset = open_dataset(data.source, mapping=data.mapping or None)
    budget = budget_for((engine.judge,), Settings(), models=engine.models)
    with run.ledger() if run.ledger_path.is_file() else nullcontext() as ledger:
        return estimate(
            dataset, data.samples, goal.subgoals, [engine.judge], budget, engine.models, ledger=ledger
        ).words()


def _limits(goal: Goal, data: Data) -> tuple[str, ...]:
    return limits(goal, open_dataset(data.source, mapping=data.mapping or None).head)


def _seconds(state: State, data: Data | None, engine: str) -> float | None:
    profile = state.get("profile")
    if data is None or profile is None or engine != "embedded":
        return None
    return _START_S + data.samples * (profile.input_words + profile.output_words) / _WORDS_PER_SECOND
