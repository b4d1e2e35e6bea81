"""The conversation's state machine: the only file that knows which node follows which.

* waits for a person. An interrupted node starts again from its first line, so no node both waits and works.
`make graph` draws the picture in the README from this file.
"""

from typing import Any, Literal

from goalcover.graph.assess import assess
from goalcover.graph.attachments import attached
from goalcover.graph.clarify import ask, draft_questions, fold_answer
from goalcover.graph.confirm import confirm, present
from goalcover.graph.converse import answer, converse
from goalcover.graph.decompose import check, decompose, mend, repair, revise
from goalcover.graph.deps import Deps
from goalcover.graph.edits import read_change
from goalcover.graph.intent import understand, wants_anew, wants_other, wants_start
from goalcover.graph.listen import listen, read
from goalcover.graph.prove import prove
from goalcover.graph.replies import slot_to_change
from goalcover.graph.state import State
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

Builder = StateGraph[State, Deps, State, State]
Conversation = CompiledStateGraph[State, Deps, State, State]
Onward = Literal["listen", "draft_questions", "ask", "decompose", "check", "mend", "present", "converse"]


def build() -> Builder:
    """The graph, not yet compiled: whoever compiles it brings the checkpointer."""
    builder = StateGraph(State, context_schema=Deps)
    builder.add_node("listen", listen)
    builder.add_node("read", read)
    builder.add_node("draft_questions", draft_questions)
    builder.add_node("ask", ask)
    builder.add_node("fold_answer", fold_answer)
    builder.add_node("decompose", decompose)
    builder.add_node("check", check)
    builder.add_node("mend", mend)
    builder.add_node("repair", repair)
    builder.add_node("present", present)
    builder.add_node("confirm", confirm)
    builder.add_node("revise", revise)
    builder.add_node("assess", assess)
    builder.add_node("converse", converse)
    builder.add_node("answer", answer)
    builder.add_node("prove", prove)
    builder.add_edge(START, "listen")
    builder.add_edge("listen", "read")
    builder.add_conditional_edges("read", onward)
    builder.add_conditional_edges("draft_questions", after_drafting)
    builder.add_conditional_edges("ask", after_ask)
    builder.add_conditional_edges("fold_answer", onward)
    builder.add_conditional_edges("decompose", onward)
    builder.add_conditional_edges("check", onward)
    builder.add_conditional_edges("mend", after_mend)
    builder.add_conditional_edges("repair", onward)
    builder.add_edge("present", "confirm")
    builder.add_conditional_edges("confirm", after_confirm)
    builder.add_conditional_edges("revise", onward)
    builder.add_conditional_edges("assess", after_assess)
    builder.add_conditional_edges("converse", after_converse)
    builder.add_edge("answer", "converse")
    builder.add_edge("prove", "converse")
    return builder


def onward(state: State) -> Onward:
    """The next step, given what there is: the order of the paper's phase 1, entered wherever something is missing."""
    if state.get("stuck") or state.get("specification") is None:
        return "listen"
    if state.get("questions"):
        return "ask"
    if state.get("goal") is None:
        return "draft_questions"
    if state.get("checks") is None:
        return "check"
    if state.get("repairs"):
        return "mend"
    return "present" if state.get("run") is None else "converse"


def after_drafting(state: State) -> Literal["listen", "ask", "decompose"]:
    """No question left: the specification covers the operational scope."""
    if state["stuck"]:
        return "listen"
    return "ask" if state["questions"] else "decompose"


def after_ask(state: State) -> Literal["read", "fold_answer"]:
    """An answer, unless something was handed over."""
    return "read" if _hands_over(state) else "fold_answer"


def after_mend(state: State) -> Literal["read", "repair"]:
    """A word on the failed check, unless something was handed over."""
    return "read" if _hands_over(state) else "repair"


def after_confirm(state: State) -> Literal["read", "assess", "revise"]:
    """Start, or change something first."""
    if _hands_over(state):
        return "read"
    return "assess" if state.get("data") is not None and wants_start(state["heard"].text) else "revise"


def after_assess(state: State) -> Literal["converse", "present"]:
    """Without a result, back to where it can be started again."""
    return "present" if state.get("run") is None else "converse"


def after_converse(state: State) -> Literal["answer", "read", "assess", "revise", "prove"]:
    """A question, other data, more of the same, or a change of the goal."""
    goal, text = state.get("goal"), state["heard"].text
    assert goal is not None
    if _hands_over(state):
        return "read"
    if read_change(text, goal) is not None or slot_to_change(text) is not None:
        return "revise"
    match understand(text, goal).kind:
        case "assess":
            return "assess"
        case "trust":
            return "prove"
    return "answer"


def _hands_over(state: State) -> bool:
    heard = state["heard"]
    return bool(attached(heard)) or wants_other(heard.text) or wants_anew(heard.text)


async def stop(graph: Conversation, config: RunnableConfig) -> None:
    """Puts a conversation whose work was cut off back to where it waits for the word to start."""
    state: dict[str, Any] = (await graph.aget_state(config)).values
    node = "present" if state.get("goal") is not None and state.get("checks") is not None else "read"
    await graph.aupdate_state(config, {"run": None, "stuck": node == "read"}, as_node=node)


builder = build()
