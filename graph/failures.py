"""What becomes of a node whose work cannot be done, such as a model that does not answer."""

from collections.abc import Coroutine
from functools import wraps
from typing import Any, Protocol

from goalcover.agent.errors import GoalCoverError, InputError
from goalcover.graph.deps import Deps
from goalcover.graph.events import Problem
from goalcover.graph.state import State
from goalcover.graph.suggestions import AGAIN, repeat
from langgraph.runtime import Runtime


class Node(Protocol):
    """A node that works."""

    def __call__(self, state: State, runtime: Runtime[Deps]) -> Coroutine[Any, Any, State]: ...


def told(node: Node) -> Node:
    """The node, but an error that is for the person is told, and the conversation waits for the word to try again."""

    @wraps(node)
    async def telling(state: State, runtime: Runtime[Deps]) -> State:
        try:
            return await node(state, runtime) | State(stuck=False)
        except GoalCoverError as error:
            runtime.stream_writer(Problem(text=str(error)))
            return State(stuck=True) | after(error, state)

    return telling


def after(error: GoalCoverError, state: State) -> State:
    """What goes with an error in the talk about a run: the same request again, unless it is the request's fault."""
    return State() if isinstance(error, InputError) else once_more(state)


def once_more(state: State) -> State:
    """The buttons of before, and first of all the one that repeats what was said."""
    others = (one for one in state.get("suggestions", ()) if one.label != AGAIN.label)
    return {"suggestions": (repeat(state["heard"].text), *others)}
