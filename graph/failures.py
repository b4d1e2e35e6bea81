"""What becomes of a node whose work cannot be done, such as a model that does not answer."""

from collections.abc import Coroutine
from functools import wraps
from typing import Any, Protocol

from goalcover.agent.errors import GoalCoverError
from goalcover.graph.deps import Deps
from goalcover.graph.events import Problem
from goalcover.graph.state import State
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
            return {"stuck": True}

    return telling
