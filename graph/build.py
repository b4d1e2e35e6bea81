"""The conversation's state machine: the only file that knows which node follows which.

`listen`, `ask`, `mend`, `confirm`, `converse` and `review` wait for a person. An interrupted node starts again from its
first line, so no node both waits and works. The README's picture is drawn from this file (tests/graph/test_picture.py).
"""

from typing import Literal

from goalcover.graph.assess import assess
from goalcover.graph.attachments import attached
from goalcover.graph.clarify import ask, draft_questions, fold_answer
from goalcover.graph.confirm import confirm, present
from goalcover.graph.converse import answer, converse, known_of
from goalcover.graph.decompose import check, decompose, mend, question_of, repair, revise
from goalcover.graph.deliver import UPLOADS, select_rows, write_set
from goalcover.graph.deps import Deps
from goalcover.graph.edits import read_change
from goalcover.graph.intent import understand, wants_anew, wants_other, wants_start
from goalcover.graph.listen import listen, read
from goalcover.graph.prove import prove
from goalcover.graph.remedy import decide, review, synthesize
from goalcover.graph.replies import asks_to_change, new_goal, slot_to_change, takes_back
from goalcover.graph.speech import agrees
from goalcover.graph.state import State
from goalcover.graph.wishes import in_full, read_making, read_review
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

Builder = StateGraph[State, Deps, State, State]
Conversation = CompiledStateGraph[State, Deps, State, State]
ToJudge = Literal["present", "confirm", "assess", "converse"]
NextStep = Literal["listen", "draft_questions", "ask", "decompose", "check", "mend", ToJudge]

LOOKS = [
    *"sample similar explain lowest highest typical compare coverage needed search advice meaning change plan".split()
]
"""What can be asked about the run while proposals wait."""
READS = [*(one for one in LOOKS if one != "plan"), "suppose", "report", "thanks"]
"""What can be asked about the last run while a changed goal waits for its start."""
TALKING = ("answer", "prove", "synthesize", "decide", "select_rows", "write_set")
"""Nodes that work on a finished run, and leave it as it is when they are cut off."""


def build() -> Builder:
    """The graph, not yet compiled: whoever compiles it brings the checkpointer."""
    builder = StateGraph(State, context_schema=Deps)
    builder.add_node("listen", listen)
    builder.add_node("read", read)
    builder.add_node("onward", onward)
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
    builder.add_node("synthesize", synthesize)
    builder.add_node("review", review)
    builder.add_node("decide", decide)
    builder.add_node("select_rows", select_rows)
    builder.add_node("write_set", write_set)
    builder.add_edge(START, "listen")
    builder.add_edge("listen", "read")
    builder.add_edge("read", "onward")
    builder.add_conditional_edges("onward", next_step)
    builder.add_conditional_edges("draft_questions", after_drafting)
    builder.add_conditional_edges("ask", after_ask)
    builder.add_edge("fold_answer", "onward")
    builder.add_conditional_edges("decompose", after_decompose)
    builder.add_conditional_edges("check", after_check)
    builder.add_conditional_edges("mend", after_mend)
    builder.add_edge("repair", "onward")
    builder.add_edge("present", "confirm")
    builder.add_conditional_edges("confirm", after_confirm)
    builder.add_edge("revise", "onward")
    builder.add_conditional_edges("assess", after_assess)
    builder.add_conditional_edges("converse", after_converse)
    builder.add_conditional_edges("answer", after_answer)
    builder.add_edge("prove", "converse")
    builder.add_conditional_edges("synthesize", after_synthesize)
    builder.add_conditional_edges("review", after_review)
    builder.add_conditional_edges("decide", after_synthesize)
    builder.add_edge("select_rows", "converse")
    builder.add_conditional_edges("write_set", after_synthesize)
    return builder


async def onward(state: State) -> State:  # noqa: ARG001 every node is given it
    """Changes nothing: where all ways meet that lead to the next step."""
    return {}


def next_step(state: State) -> NextStep:
    """The next step, given what there is: the order of the paper's phase 1, entered wherever something is missing."""
    if state.get("stuck") or state.get("unmapped") is not None or state.get("specification") is None:
        return "listen"
    if state.get("questions"):
        return "ask"
    if state.get("goal") is None:
        return "draft_questions"
    if state.get("checks") is None:
        return "check"
    if state.get("repairs"):
        return "mend"
    return _to_judge(state)


def _to_judge(state: State) -> ToJudge:
    """A threshold alone asks for no new judgement: the run is diagnosed anew without another word."""
    goal, last = state.get("goal"), state.get("last")
    if state.get("run") is not None:
        return "converse"
    if goal and last and last.goal.subgoals == goal.subgoals:
        return "assess"
    told = state.get("presented")
    same = told is not None and (told.goal, told.data) == (goal, state.get("data"))
    return "confirm" if same else "present"


def after_drafting(state: State) -> Literal["listen", "ask", "decompose"]:
    """No question left: the specification covers the operational scope."""
    if state["stuck"]:
        return "listen"
    return "ask" if state["questions"] else "decompose"


def after_ask(state: State) -> Literal["read", "fold_answer"]:
    """An answer, unless something was handed over."""
    return "read" if _hands_over(state) else "fold_answer"


def after_decompose(state: State) -> Literal["listen", "check"]:
    """Every decomposition is checked."""
    return "listen" if state["stuck"] else "check"


def after_check(state: State) -> Literal["listen", "mend", ToJudge]:
    """What failed is put to the person; when all holds, or was let pass, it goes on."""
    if state["stuck"]:
        return "listen"
    if state["repairs"]:
        return "mend"
    return _to_judge(state)


def after_mend(state: State) -> Literal["read", "answer", "repair"]:
    """A word on the failed check, unless something was handed over or is asked about the last run."""
    if _hands_over(state):
        return "read"
    offered = state["heard"].text in question_of(state["repairs"][0]).suggestions
    return "answer" if not offered and _asks(state) else "repair"


def after_confirm(state: State) -> Literal["read", "assess", "answer", "revise"]:
    """Start, change something first, or ask about the last run."""
    if _hands_over(state):
        return "read"
    if state.get("data") is not None and wants_start(state["heard"].text):
        return "assess"
    return "answer" if _asks(state) else "revise"


def _asks(state: State) -> bool:
    """Whether a message asks about the last run, and changes nothing."""
    goal, last, text = state.get("goal"), state.get("last"), state["heard"].text
    if goal is None or last is None or read_change(text, goal) or _steers(text):
        return False
    return understand(text, known_of(goal, last), state.get("topic")).kind in READS


def after_assess(state: State) -> Literal["converse", "present"]:
    """Without a result, back to where it can be started again."""
    return "present" if state.get("run") is None else "converse"


def after_converse(
    state: State,
) -> Literal["answer", "read", "assess", "revise", "prove", "synthesize", "select_rows", "write_set"]:
    """A question, other data, more of the same, or a change of the goal."""
    goal, text = state.get("goal"), state["heard"].text
    assert goal is not None
    if _holds_out(state):
        return "synthesize"
    if _hands_over(state):
        return "read"
    if read_change(text, goal) is not None or _steers(text):
        return "revise"
    ask = understand(text, goal, state.get("topic"))
    match ask.kind:
        case "assess" if read_review(text) is None:  # "looks good" about a result starts nothing
            return "assess"
        case "trust":
            return "prove"
        case "filter":
            return "select_rows"
        case "export":
            return "write_set"
        case "synthesize":
            return "synthesize"
    return "answer"


def after_answer(state: State) -> Literal["review", "converse", "mend", "confirm"]:
    """Back to what was waited for."""
    if state.get("run") is not None:
        return after_synthesize(state)
    return "mend" if state.get("repairs") else "confirm"


def after_synthesize(state: State) -> Literal["review", "converse"]:
    """Proposals, or an upload, wait for a word; without any there is nothing to decide."""
    return "review" if state.get("batch") is not None or state.get("parcel") is not None else "converse"


def after_review(state: State) -> Literal["synthesize", "answer", "decide", "write_set"]:
    """Other samples, a look at something of the run meanwhile, or a word on what waits."""
    goal, heard, batch = state.get("goal"), state["heard"], state.get("batch")
    assert goal is not None
    kind = understand(in_full(heard.text), goal, state.get("topic")).kind
    looks = kind in LOOKS
    if state.get("parcel") is not None:
        return "answer" if looks and agrees(heard.text, *UPLOADS) is None else "write_set"
    wish = read_review(heard.text, len(batch.proposals) if batch else 0, with_file=bool(heard.files))
    if wish is None and looks:
        return "answer"
    makes = kind == "synthesize" if wish is None else wish.verb in {"again", "more"}
    return "synthesize" if makes else "decide"


def _steers(text: str) -> bool:
    """Whether a message asks for a step back, or for an answer or the goal to be given anew."""
    again = slot_to_change(text) is not None or asks_to_change(text) or new_goal(text) is not None
    return again or takes_back(text)


def _holds_out(state: State) -> bool:
    """Whether an evaluation set is handed over, or a word said about it."""
    goal, heard = state.get("goal"), state["heard"]
    assert goal is not None
    making = read_making(heard.text, with_file=bool(heard.files))
    asked = understand(heard.text, goal).kind
    return making.holdout is not None and (bool(heard.files) or asked in {"synthesize", "unsure"})


def _hands_over(state: State) -> bool:
    heard = state["heard"]
    return bool(attached(heard)) or wants_other(heard.text) or wants_anew(heard.text)


async def stop(graph: Conversation, config: RunnableConfig) -> None:
    """Puts a conversation whose work was cut off back to where it waits for a person."""
    snapshot = await graph.aget_state(config)
    state, node = snapshot.values, snapshot.next[0]
    if node in TALKING:
        await graph.aupdate_state(config, {}, as_node=node)
        return
    known = state.get("goal") is not None and state.get("checks") is not None
    await graph.aupdate_state(config, {"run": None, "stuck": not known}, as_node="present" if known else "read")


builder = build()
