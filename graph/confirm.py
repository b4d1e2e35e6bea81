"""Before anything is judged: what it will be, and what it will cost. The person starts, changes, or goes back."""

import asyncio

from goalcover.agent.engine import Engine
from goalcover.agent.models import Goal
from goalcover.agent.roles import RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Ready
from goalcover.graph.state import Data, State, Wait
from goalcover.tools.budget import budget_for, estimate
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
            estimate=await asyncio.to_thread(_estimate, engine, goal, data) if data else "",
            engine=engine.name,
            model=engine.model,
        )
    )
    return {"stuck": False}


async def confirm(state: State) -> State:
    """Waits for the word to start."""
    return {"heard": interrupt(Wait(suggestions=suggestions.to_confirm(state.get("data"), bool(state.get("past")))))}


_WORDS_PER_SECOND = 3_300
"""What the sentence encoder reads at the least, measured on 2 cores with bfloat16."""
_START_S = 8.0


def _estimate(engine: Engine, goal: Goal, data: Data) -> str:
    """What a model's work will take; the data is read again for it, as far as needed."""
    judge = engine.judge
    if not isinstance(judge, RemoteJudge):
        return ""
    budget = budget_for((judge,), Settings(), models=engine.models)
    expected = estimate(
        open_dataset(data.source, mapping=data.mapping or None),
        data.samples,
        goal.subgoals,
        [judge],
        budget,
        engine.models,
    )
    cost = "price not known" if expected.cost is None else f"about {expected.cost:.2f} USD"
    used = expected.usage
    return (
        f"about {used.calls:,} calls, {used.prompt_tokens:,} prompt and {used.completion_tokens:,} completion tokens, "
        f"{cost}"
    )


def _seconds(state: State, data: Data | None, engine: str) -> float | None:
    profile = state.get("profile")
    if data is None or profile is None or engine != "embedded":
        return None
    return _START_S + data.samples * (profile.input_words + profile.output_words) / _WORDS_PER_SECOND
