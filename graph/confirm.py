"""Before anything is judged: what it will be, and what it will cost. The person starts, changes, or goes back."""

from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Ready
from goalcover.graph.state import Data, State, Wait
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
            seconds=_seconds(state, data),
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


def _seconds(state: State, data: Data | None) -> float | None:
    profile = state.get("profile")
    if data is None or profile is None:
        return None
    return _START_S + data.samples * (profile.input_words + profile.output_words) / _WORDS_PER_SECOND
