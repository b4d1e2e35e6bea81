"""The beginning: wait for a goal, a dataset or both, and read what was handed over (section 3.2, step 1)."""

import asyncio

from goalcover.agent.elicitation import Specification
from goalcover.graph import suggestions
from goalcover.graph.attachments import DEMO, Taken, attached, take
from goalcover.graph.deps import Deps
from goalcover.graph.events import Begun, Event, Helped, Noted, Problem, Understood, Unread, Welcomed
from goalcover.graph.intent import names_goal, wants_again, wants_anew, wants_help, wants_other, wants_start
from goalcover.graph.mapping import offer, read_mapping
from goalcover.graph.state import Heard, State, Wait
from goalcover.tools.sources import is_hub_id
from goalcover.tools.verify import specification_of
from langgraph.runtime import Runtime
from langgraph.types import interrupt

FORBIDDEN = (
    "Files of the machine that serves this chat cannot be opened from here: upload them, or name a dataset on "
    "Hugging Face."
)
OTHER = (
    "Upload the other dataset, type its path, or name one on Hugging Face: it takes the place of {}. Until then you "
    "can go on asking about the last result."
)
STUCK = (
    "The last step still waits. Say try again, hand over a goal file that takes its place, or start over: for anything "
    "else a model is not asked again."
)


async def listen(state: State) -> State:
    """Waits for a goal or for data."""
    if waiting := state.get("unmapped"):
        return {"heard": interrupt(Wait(suggestions=(*offer(waiting), suggestions.OTHER_DATA)))}
    return {"heard": interrupt(Wait(suggestions=suggestions.before(state.get("data"), state.get("stuck", False))))}


async def read(state: State, runtime: Runtime[Deps]) -> State:
    """Reads what was handed over, says what there is by now, and notes the goal that was named."""
    heard = state["heard"]
    if wants_anew(heard.text) and not heard.files:
        runtime.stream_writer(Welcomed(data=None))
        return afresh()
    if announced := _only_announced(state, heard):
        runtime.stream_writer(Noted(text=announced))
        return {}
    if state.get("stuck") and not _moves_on(state, heard):
        runtime.stream_writer(Helped(names=()) if wants_help(heard.text) else Noted(text=STUCK))
        return {}
    taken = await _take(state, heard, runtime.context)
    for problem in taken.problems:
        runtime.stream_writer(Problem(text=problem))
    if taken.reading or taken.goal:
        runtime.stream_writer(Understood(reading=taken.reading, goal=taken.goal))
    change = State(stuck=False) | _data(heard, taken) | _goal(state, heard, taken)
    if waiting := (state | change).get("unmapped"):
        runtime.stream_writer(Unread(waiting=waiting))
    begun = "specification" in change and taken.goal is None
    for event in _next_steps(state | change, heard, taken, begun=begun):
        runtime.stream_writer(event)
    return change


def _only_announced(state: State, heard: Heard) -> str:
    """What to say where other data are wished for and still to come: until then a result stays open to questions."""
    data = state.get("data")
    has_result = state.get("last") is not None and state.get("unmapped") is None
    return OTHER.format(data.name) if data and has_result and wants_other(heard.text) and not heard.files else ""


def _moves_on(state: State, heard: Heard) -> bool:
    """Whether a message asks for another try of what did not work, or hands over what it may do better with."""
    text = heard.text
    return wants_again(text) or wants_start(text) or wants_other(text) or _hands_over(state, heard) or bool(heard.files)


def afresh() -> State:
    """Nothing remembered, as at the beginning."""
    return {
        "data": None,
        "unmapped": None,
        "profile": None,
        "specification": None,
        "questions": (),
        "asked": 0,
        "past": (),
        "goal": None,
        "edited": False,
        "checks": None,
        "repairs": (),
        "undo": (),
        "rounds": 0,
        "overruled": (),
        "presented": None,
        "stuck": False,
        "run": None,
        "last": None,
        "topic": None,
        "shown": (),
        "turns": (),
        "batch": None,
        "reviews": (),
        "reviewed": (),
        "holdout": None,
        "order": None,
        "parcel": None,
        "suggestions": (),
    }


async def _take(state: State, heard: Heard, deps: Deps) -> Taken:
    if (waiting := state.get("unmapped")) and (mapping := read_mapping(heard.text, waiting)) and not heard.files:
        return await asyncio.to_thread(take, (waiting.file,), mapping)
    files = attached(heard)
    named = tuple(file for file in files if file not in heard.files)
    local = [file for file in named if file not in DEMO and not is_hub_id(file.path)]
    if local and not deps.opens_paths:
        return Taken(problems=(FORBIDDEN,))
    return await asyncio.to_thread(take, files)


def _data(heard: Heard, taken: Taken) -> State:
    if taken.reading is not None:
        # Questions that were drafted without the data are drafted again: its topics make better suggestions.
        data, profile = taken.reading.data, taken.reading.profile
        return {"data": data, "unmapped": None, "profile": profile, "run": None, "last": None, "questions": ()}
    if taken.unmapped is not None or wants_other(heard.text):
        return {"data": None, "unmapped": taken.unmapped, "profile": None, "run": None, "last": None}
    return {}


def _goal(state: State, heard: Heard, taken: Taken) -> State:
    if taken.goal is not None:
        goal = taken.goal
        mine: State = {
            "specification": specification_of(goal),
            "goal": goal,
            "edited": True,
            "checks": None,
            "questions": (),
        }
        return mine | {"past": (), "repairs": (), "undo": (), "rounds": 0, "overruled": (), "run": None, "topic": None}
    named = not _hands_over(state, heard) and names_goal(heard.text, bool(heard.files))
    if state.get("specification") is None and named:
        return {"specification": Specification(goal=" ".join(heard.text.split()))}
    return {}


def _next_steps(state: State, heard: Heard, taken: Taken, *, begun: bool) -> list[Event]:
    """What to say about how it goes on."""
    specification, data = state.get("specification"), state.get("data")
    if specification is None:
        told = taken.problems or state.get("unmapped")
        return [Helped(names=())] if wants_help(heard.text) else [] if told else [Welcomed(data=data)]
    return [Begun(specification=specification, data=data)] if begun else []


def _hands_over(state: State, heard: Heard) -> bool:
    """Whether the text itself names files, or the columns of one: then it is no goal."""
    waiting = state.get("unmapped")
    return bool(attached(Heard(text=heard.text))) or bool(waiting and read_mapping(heard.text, waiting))
