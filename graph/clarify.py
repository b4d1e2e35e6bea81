"""Clarifying questions until the goal covers its operational scope (section 3.2, steps 2 and 3, Eq. 4)."""

from goalcover.agent.elicitation import Question, Specification
from goalcover.agent.models import SLOTS, Clarification, Slot
from goalcover.graph.deps import Deps
from goalcover.graph.events import Helped, Meant, Problem
from goalcover.graph.failures import told
from goalcover.graph.intent import wants_help
from goalcover.graph.replies import SLOT_WORDS, Reply, read_reply
from goalcover.graph.state import State, Step, Wait
from goalcover.graph.suggestions import while_asking
from langgraph.runtime import Runtime
from langgraph.types import interrupt

AT_ONCE = 3
"""Questions of one round, at the most."""
WHICH_PART = (
    "Which answer shall I ask for again? Say “change my answer about …” with "
    f"{', '.join(slot.replace('_', ' ') for slot in SLOTS[:-1])} or {SLOTS[-1].replace('_', ' ')}."
)
NO_FILE = "No file that can be read came with that: upload it again, or type its path or its name on Hugging Face."


@told
async def draft_questions(state: State, runtime: Runtime[Deps]) -> State:
    """The next round of questions, given the goal and all answers so far; none when the scope is covered."""
    specification = _known(state)
    drafted = await runtime.context.engine.clarifier.ask(specification, state.get("profile"))
    questions = tuple(one for one in drafted if one.slot in specification.open_slots)[:AT_ONCE]
    return {"questions": questions, "asked": len(questions)}


async def ask(state: State) -> State:
    """Waits for the answer to the first question of the round."""
    questions = state["questions"]
    waiting = Wait(
        question=questions[0],
        number=state["asked"] - len(questions) + 1,
        of=state["asked"],
        suggestions=while_asking(first=not state.get("past")),
    )
    return {"heard": interrupt(waiting)}


async def fold_answer(state: State, runtime: Runtime[Deps]) -> State:
    """Refines the specification by one answer, or goes where the person steers."""
    text, question = state["heard"].text, state["questions"][0]
    if wants_help(text):
        runtime.stream_writer(Helped(names=()))
        return {}
    reply = read_reply(text, question)
    match reply.turn:
        case "back":
            if not state.get("past"):
                runtime.stream_writer(Problem(text="This is the first question: there is nothing before it."))
            return step_back(state)
        case "change":
            return reopen(state, reply.slot)
        case "unclear":
            runtime.stream_writer(Problem(text=WHICH_PART))
            return {}
        case "meaning":
            runtime.stream_writer(Meant(question=question))
            return {}
        case "nothing":
            runtime.stream_writer(Problem(text=NO_FILE))
            return {}
        case "again":  # the model may answer by now; who has a decomposition of their own is only asked once more
            return {} if state.get("goal") else {"questions": ()}
        case "enough":
            known = _known(state)
            return _on(state, known.without(known.open_slots), questions=())
    return _on(state, _refined(_known(state), question, reply), questions=state["questions"][1:])


def step_back(state: State) -> State:
    """To the question before, as if it had not been answered; the decomposition made since then is given up."""
    past = state.get("past", ())
    if not past:
        return {}
    last = past[-1]
    return _ask_again(state, last.before, (last.question, *state.get("questions", ())), past[:-1])


def reopen(state: State, slot: Slot | None) -> State:
    """Asks about a part of the scope again; all other answers stay."""
    known = _known(state)
    open_again = known.model_copy(
        update={
            "answers": tuple(one for one in known.answers if one.slot != slot),
            "skipped": tuple(one for one in known.skipped if one != slot),
        }
    )
    asked = [step.question for step in state.get("past", ()) if step.question.slot == slot]
    again = asked[-1] if asked else _plain_question(slot)
    rest = tuple(one for one in state.get("questions", ()) if one.slot != slot)
    return _ask_again(state, open_again, (again, *rest), state.get("past", ()))


def _ask_again(
    state: State, specification: Specification, questions: tuple[Question, ...], past: tuple[Step, ...]
) -> State:
    change: State = {"specification": specification, "questions": questions, "asked": len(questions), "past": past}
    if not state.get("edited"):
        return change | {"goal": None, "checks": None, "repairs": (), "rounds": 0}
    return change | {"checks": None, "repairs": ()}


def _refined(known: Specification, question: Question, reply: Reply) -> Specification:
    if reply.turn == "skip":
        return known.without([question.slot] if question.slot else [])
    return known.answered(Clarification(question=question.text, answer=reply.answer, slot=question.slot))


def _on(state: State, specification: Specification, questions: tuple[Question, ...]) -> State:
    step = Step(question=state["questions"][0], before=_known(state))
    return {"specification": specification, "questions": questions, "past": (*state.get("past", ()), step)}


def _plain_question(slot: Slot | None) -> Question:
    """For a part of the scope that was settled without a question, as by a goal file."""
    assert slot is not None
    return Question(text=f"What should I know about {SLOT_WORDS[slot].split()[0]}?", slot=slot)


def _known(state: State) -> Specification:
    specification = state.get("specification")
    assert specification is not None  # the router lets nothing else through
    return specification
