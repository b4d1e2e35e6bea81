"""Clarifying questions until the goal covers its operational scope (section 3.2, steps 2 and 3, Eq. 4)."""

from goalcover.agent.elicitation import Question, Specification
from goalcover.agent.models import SLOT_NAMES, SLOTS, Clarification, Slot
from goalcover.graph.deps import Deps
from goalcover.graph.events import Begun, Event, Helped, Meant, Noted, Problem
from goalcover.graph.failures import told
from goalcover.graph.intent import wants_help, wants_plan
from goalcover.graph.replies import SLOT_WORDS, Reply, Turn, less, read_reply
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
NO_ANSWER = (
    "That is a question, so it is not taken for an answer. What your data holds can be asked once it is judged; what "
    "people will ask the model is said as “questions about …”."
)
BEYOND = "There are {} answers to choose from: say the number of one or several, or answer in your own words."
TAKEN_BACK = "You have no answer about {} any more: it is asked for again."
NOT_SAID = "Nothing was noted: your answer about {1} does not name “{0}”. “Change my answer about …” asks for it again."
IN_GOAL = "Your goal itself says “{}”: “my goal is …” takes its place, or drop the subgoal once it stands."
NOT_YET = (
    "Nothing was noted: subgoals are renamed, merged and split once they stand. Until then, “add … to the topics” and "
    "“remove … from the topics” change an answer, and “change my answer about …” asks for it again."
)
NOT_MINE = "Nothing was noted: answer in your own words, or say “go back”, or “change my answer about …”."
WRONG = (
    "Nothing was noted. Your last answer was “{}”: “go back” asks for it again, and “change my answer about …” for "
    "another one."
)
GOAL = Question(text="What should the model be able to do?", why="Your answers stay; “skip” leaves the goal as it is.")


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
    if wants_plan(text):
        runtime.stream_writer(Noted(text=_so_far(_known(state))))
        return {}
    reply = read_reply(text, question, _known(state))
    for event in _told(reply.turn, state):
        runtime.stream_writer(event)
    if reply.turn not in {"answer", "skip"}:
        return _led(state, reply, runtime)
    if question == GOAL and reply.turn == "answer":
        return set_goal(state, reply.answer, runtime)
    return _on(state, _refined(_known(state), question, reply), questions=state["questions"][1:])


def _so_far(known: Specification) -> str:
    """The goal, and what was answered by now."""
    told = [f"Your goal: {known.goal}", *(f"{SLOT_NAMES[one.slot]}: {one.answer}" for one in known.answers if one.slot)]
    return f"{'. '.join(one.rstrip('.') for one in told)}. The subgoals are made when the questions are answered."


def _led(state: State, reply: Reply, runtime: Runtime[Deps]) -> State:
    """Where a reply leads that is no answer."""
    match reply.turn:
        case "back":
            return step_back(state)
        case "change":
            return reopen(state, reply.slot)
        case "add":
            return amend(state, reply, runtime)
        case "remove":
            return take_out(state, reply, runtime)
        case "goal":
            return set_goal(state, reply.answer, runtime)
        case "again":  # the model may answer by now; who has a decomposition of their own is only asked once more
            return {} if state.get("goal") else {"questions": ()}
        case "enough":
            known = _known(state)
            return _on(state, known.without(known.open_slots), questions=())
    return {}


def _told(turn: Turn, state: State) -> tuple[Event, ...]:
    """What is said to a reply that is no answer."""
    question, past = state["questions"][0], state.get("past", ())
    match turn:
        case "back" if not past:
            return (Problem(text="This is the first question: there is nothing before it."),)
        case "edit":
            return (Noted(text=NOT_YET),)
        case "unclear":
            return (Problem(text=WHICH_PART),)
        case "meaning":
            return (Meant(question=question),)
        case "asks":
            return Noted(text=NO_ANSWER), Meant(question=question)
        case "beyond":
            return (Problem(text=BEYOND.format(len(question.suggestions))),)
        case "nothing":
            return (Problem(text=NO_FILE),)
        case "wrong":
            return (Noted(text=last_answer(state)),)
    return ()


def last_answer(state: State) -> str:
    """How an answer that was taken wrongly is given again."""
    past = state.get("past", ())
    said = _known(state).answer_to(past[-1].question.slot) if past and past[-1].question.slot else None
    return WRONG.format(said) if said else NOT_MINE


def amend(state: State, reply: Reply, runtime: Runtime[Deps]) -> State:
    """Adds to an answer; the way back asks for that answer again."""
    assert reply.slot is not None  # `add` names the part of the scope
    answer = "; ".join(filter(None, (_known(state).answer_to(reply.slot), reply.answer)))
    return _answered_anew(state, reply.slot, answer, runtime)


def take_out(state: State, reply: Reply, runtime: Runtime[Deps]) -> State:
    """Takes something out of an answer; told where it does not stand there."""
    slot = reply.slot
    if slot is None:
        runtime.stream_writer(Noted(text=IN_GOAL.format(reply.answer)))
        return {}
    before = _known(state).answer_to(slot) or ""
    answer = less(before, reply.answer)
    if answer == before:
        runtime.stream_writer(Noted(text=NOT_SAID.format(reply.answer, SLOT_NAMES[slot])))
        return {}
    if not answer:
        runtime.stream_writer(Noted(text=TAKEN_BACK.format(SLOT_NAMES[slot])))
        return reopen(state, slot)
    return _answered_anew(state, slot, answer, runtime)


def _answered_anew(state: State, slot: Slot, answer: str, runtime: Runtime[Deps]) -> State:
    known, question = _known(state), _asked_before(state, slot)
    runtime.stream_writer(Noted(text=f"Your answer about {SLOT_NAMES[slot]} is now: {answer}"))
    refined = known.answered(Clarification(question=question.text, answer=answer, slot=slot))
    past = (*state.get("past", ()), Step(question=question, before=known))
    return _ask_again(state, refined, _without(question, state), past)


def set_goal(state: State, words: str, runtime: Runtime[Deps]) -> State:
    """Another goal with the same answers; asks for it when no words for it were said."""
    known, past = _known(state), state.get("past", ())
    if not words:
        return _ask_again(state, known, (GOAL, *_without(GOAL, state)), past)
    refined = known.model_copy(update={"goal": words})
    runtime.stream_writer(Begun(specification=refined, data=state.get("data")))
    return _ask_again(state, refined, (), (*past, Step(question=GOAL, before=known)))


def step_back(state: State) -> State:
    """To the question before, as if it had not been answered; the decomposition made since then is given up."""
    past = state.get("past", ())
    if not past:
        return {}
    last = past[-1]
    return _ask_again(state, last.before, (last.question, *_without(last.question, state)), past[:-1])


def reopen(state: State, slot: Slot | None) -> State:
    """Asks about a part of the scope again; all other answers stay."""
    known = _known(state)
    open_again = known.model_copy(
        update={
            "answers": tuple(one for one in known.answers if one.slot != slot),
            "skipped": tuple(one for one in known.skipped if one != slot),
        }
    )
    again = _asked_before(state, slot)
    return _ask_again(state, open_again, (again, *_without(again, state)), state.get("past", ()))


def _asked_before(state: State, slot: Slot | None) -> Question:
    asked = [step.question for step in state.get("past", ()) if step.question.slot == slot]
    return asked[-1] if asked else _plain_question(slot)


def _without(question: Question, state: State) -> tuple[Question, ...]:
    """The questions of this round about other parts of the scope."""
    return tuple(one for one in state.get("questions", ()) if one.slot != question.slot)


def _ask_again(
    state: State, specification: Specification, questions: tuple[Question, ...], past: tuple[Step, ...]
) -> State:
    change: State = {"specification": specification, "questions": questions, "asked": len(questions), "past": past}
    if not state.get("edited"):
        return change | {"goal": None, "checks": None, "repairs": (), "rounds": 0, "run": None}
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
