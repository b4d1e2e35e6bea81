"""The conversation's state machine: the only file that knows which node follows which.

    START -> attach* -> read -> attach
                     -> assess -> converse*      (or attach, when the assessment could not be made)
                                  converse* -> answer -> converse
                                            -> read   (other data)
                                            -> assess (more of it)

* waits for a person. An interrupted node starts again from its first line, so no node both waits and works.
"""

from typing import Any, Literal

from goalcover.graph.assess import assess, attach, read
from goalcover.graph.attachments import attached
from goalcover.graph.converse import answer, converse
from goalcover.graph.deps import Deps
from goalcover.graph.intent import understand, wants_start
from goalcover.graph.state import State
from goalcover.graph.suggestions import before
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

Builder = StateGraph[State, Deps, State, State]
Conversation = CompiledStateGraph[State, Deps, State, State]


def build() -> Builder:
    """The graph, not yet compiled: whoever compiles it brings the checkpointer."""
    builder = StateGraph(State, context_schema=Deps)
    builder.add_node("attach", attach)
    builder.add_node("read", read)
    builder.add_node("assess", assess)
    builder.add_node("converse", converse)
    builder.add_node("answer", answer)
    builder.add_edge(START, "attach")
    builder.add_conditional_edges("attach", after_attach)
    builder.add_edge("read", "attach")
    builder.add_conditional_edges("assess", after_assess)
    builder.add_conditional_edges("converse", after_converse)
    builder.add_edge("answer", "converse")
    return builder


def after_attach(state: State) -> Literal["read", "assess"]:
    """Start when there is what it takes, else see what was handed over."""
    ready = state.get("data") is not None and state.get("goal") is not None
    return "assess" if ready and not state["heard"].files and wants_start(state["heard"].text) else "read"


def after_assess(state: State) -> Literal["converse", "attach"]:
    """Without a result, back to the files."""
    return "attach" if state.get("run") is None else "converse"


def after_converse(state: State) -> Literal["answer", "read", "assess"]:
    """A question, other data, or more of the same."""
    goal, heard = state.get("goal"), state["heard"]
    assert goal is not None
    kind = understand(heard.text, goal).kind
    if attached(heard) or kind == "restart":
        return "read"
    return "assess" if kind == "assess" else "answer"


async def stop(graph: Conversation, config: RunnableConfig) -> None:
    """Puts a conversation whose work was cut off back to where it waits for the word to start."""
    state: dict[str, Any] = (await graph.aget_state(config)).values
    suggestions = before(state.get("data"), state.get("goal"))
    await graph.aupdate_state(config, {"run": None, "suggestions": suggestions}, as_node="read")


builder = build()
