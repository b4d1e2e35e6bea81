"""From the refined goal to subgoals that hold: decompose, check, decide on what failed (step 4, Eq. 1 to 3 and 5)."""

import re
from collections.abc import Collection

from goalcover.agent.elicitation import Atomicity, Disjointness, Edit, Question, Specification, Uncovered
from goalcover.agent.models import SLOT_NAMES, Goal, Subgoal, digest
from goalcover.graph import edits
from goalcover.graph.clarify import WHICH_PART, amend, reopen, set_goal, step_back
from goalcover.graph.deps import Deps
from goalcover.graph.events import Defined, Event, Helped, Meant, Noted, Planned, Problem, Revised
from goalcover.graph.failures import told
from goalcover.graph.intent import understand, wants_again, wants_help, wants_plan, wants_start
from goalcover.graph.names import spelt_out, telling
from goalcover.graph.replies import (
    Reply,
    addition,
    asks_to_change,
    chosen,
    lets_all_pass,
    new_goal,
    slot_to_change,
    takes_back,
    wants_meaning,
)
from goalcover.graph.speech import agrees, approves, asks
from goalcover.graph.state import Before, Repair, State, Wait
from goalcover.graph.suggestions import UNDO, while_mending
from goalcover.tools.typeset import cut
from langgraph.runtime import Runtime
from langgraph.types import interrupt

ROUNDS = 3
"""After so many rounds that the person decided the conversation goes on; what still fails, the goal file says."""
AT_ONCE = 3
_QUOTED = 160
"""Characters of an answer that a subgoal comes from."""
KEEP = "Keep it as it is"
SETS_ASIDE = (
    "That takes back “{}”, and what was judged since then is set aside; what was kept or written stays. Say “undo the "
    "last change” for it."
)
NOT_UNDERSTOOD = (
    "I did not understand that. Say, for example, “drop …”, “add …: what it does”, “rename … to …”, “split … into … "
    "and …”, “merge … and …”, “weigh … 2”, “every sample should show …”, or “change my answer about audience”."
)
NO_RESULT = (
    "There is no result yet to answer that from: Start judges the data, and then it can be asked about. Until then the "
    "subgoals can be changed; “help” says how."
)
NO_DATA = (
    "There is no result yet to answer that from: hand over the dataset, which is judged then, and can be asked about."
)
NOT_YET = "The goal was changed since the last result, and has to be judged first: say Start, or go back."
ASKS = "{0} asks for this: “{1}”. “reword {0}: …” asks for something else."
WORKS = ("trust", "synthesize", "filter", "export")
"""What is done with a result of the goal as it stands."""


@told
async def decompose(state: State, runtime: Runtime[Deps]) -> State:
    """The subgoals of the refined goal (Eq. 5)."""
    specification = state.get("specification")
    assert specification is not None  # the router lets nothing else through
    draft = await runtime.context.engine.decomposer.decompose(specification, state.get("profile"))
    if draft.note:
        runtime.stream_writer(Noted(text=draft.note))
    goal = Goal(text=specification.goal, context=specification.answers, subgoals=draft.subgoals)
    return {"goal": goal, "checks": None, "repairs": (), "undo": (), "rounds": 0, "overruled": (), "edited": False}


@told
async def check(state: State, runtime: Runtime[Deps]) -> State:
    """Whether the subgoals are atomic, disjoint and complete; what fails is put to the person, three at a time."""
    goal, specification = state.get("goal"), state.get("specification")
    assert goal is not None  # the router lets nothing else through
    assert specification is not None
    checks = await runtime.context.engine.decomposer.check(specification, goal.subgoals)
    failed = [_repair(one, goal) for one in checks.failures]
    gone = _given_up(state, goal)
    new = [
        one
        for one in failed
        if one.key not in state.get("overruled", ()) and one.kept not in goal.overruled and not _brings_back(one, gone)
    ]
    if state.get("rounds", 0) >= ROUNDS:
        new = []
    passed = [one for one in failed if one not in new]
    goal = goal.model_copy(
        update={
            "text": specification.goal,
            "context": specification.answers,
            "overruled": tuple(dict.fromkeys(one.kept for one in passed)),
        }
    )
    repairs = tuple(new[:AT_ONCE])
    runtime.stream_writer(Planned(goal=goal, checks=checks, open=len(repairs)))
    return {
        "goal": goal,
        "checks": checks,
        "repairs": repairs,
        "overruled": tuple(one.key for one in passed),
    }


def _given_up(state: State, goal: Goal) -> set[str]:
    """Names of the subgoals that the person dropped, merged or split: what asked for them is not asked back."""
    left = {one.id for one in goal.subgoals}
    return {one.name for step in state.get("undo", ()) for one in step.goal.subgoals if one.id not in left}


def _brings_back(failed: Repair, gone: Collection[str]) -> bool:
    return failed.edit is not None and not failed.edit.out and any(one.name in gone for one in failed.edit.put)


async def mend(state: State) -> State:
    """Waits for the word on a failed check."""
    repairs = state["repairs"]
    waiting = Wait(question=question_of(repairs[0]), of=len(repairs), suggestions=while_mending(len(repairs)))
    return {"heard": interrupt(waiting)}


async def repair(state: State, runtime: Runtime[Deps]) -> State:
    """Repairs what failed, lets it pass, or changes the subgoals as the person says."""
    text, first = state["heard"].text, state["repairs"][0]
    goal = state.get("goal")
    assert goal is not None
    offered = question_of(first).suggestions
    if text not in offered and (elsewhere := steered(state, runtime)):
        return elsewhere
    if wants_again(text):  # a model may answer by now
        return _anew(state)
    said, rest = chosen(text, offered), state["repairs"][1:]
    does = first.edit.label.split()[:1] if first.edit else ()
    agreed = agrees(text, *does)
    if not agreed and lets_all_pass(text):
        checks = state.get("checks")
        failed = [_repair(one, goal) for one in checks.failures] if checks else list(state["repairs"])
        return _passed(goal, state, failed, rest=())
    if agreed or approves(text) or (first.edit and said == first.edit.label):
        return _changed(state, goal, first.edit) if first.edit else _passed(goal, state, [first], rest)
    if said == KEEP:
        return _passed(goal, state, [first], rest)
    if edits.read_change(text, goal) is None:
        if wants_start(text):
            return _passed(goal, state, list(state["repairs"]), rest=())
        if agreed is False:
            return _passed(goal, state, [first], rest)
    return revised(state, runtime, goal)


async def revise(state: State, runtime: Runtime[Deps]) -> State:
    """Changes the goal as the person says, before or after an assessment."""
    goal = state.get("goal")
    assert goal is not None
    if elsewhere := steered(state, runtime):
        return elsewhere
    return revised(state, runtime, goal)


def steered(state: State, runtime: Runtime[Deps]) -> State | None:
    """Where a message leads that is no answer but steers: help, the subgoals, back, another answer, another goal.

    None for other messages.
    """
    text, goal, checks = state["heard"].text, state.get("goal"), state.get("checks")
    stay: State = {"repairs": state.get("repairs", ())}
    if wants_help(text):
        runtime.stream_writer(Helped(names=()))
        return stay
    if (said := new_goal(text)) is not None:
        return set_goal(state, said, runtime)
    if (added := addition(text)) and added[0] != "domain":  # to the topics: a subgoal, which is an edit
        return amend(state, Reply("add", answer=added[1], slot=added[0]), runtime)
    if goal and edits.read_change(text, goal) is not None:
        return None
    if wants_plan(text) and goal and checks:
        runtime.stream_writer(Planned(goal=goal, checks=checks, open=len(state.get("repairs", ()))))
        return stay
    if slot := slot_to_change(text):
        return reopen(state, slot)
    if asks_to_change(text):
        runtime.stream_writer(Problem(text=WHICH_PART))
        return stay
    if takes_back(text):
        return _back(state, runtime)
    if goal and (event := _explained(state, goal)):
        runtime.stream_writer(event)
        return stay
    return None


def _back(state: State, runtime: Runtime[Deps]) -> State:
    if undo := state.get("undo"):
        if not _costs_a_result(state, undo[-1]):
            return undone(state, runtime)
        runtime.stream_writer(Noted(text=SETS_ASIDE.format(undo[-1].label)))
        return {"suggestions": (UNDO, *(one for one in state.get("suggestions", ()) if one != UNDO))}
    if not state.get("past") or (state.get("run") is not None and not state.get("repairs")):
        runtime.stream_writer(Problem(text="There is no change to take back: say what to change instead."))
        return {"repairs": state.get("repairs", ())}
    return step_back(state)


def _costs_a_result(state: State, change: Before) -> bool:
    """Whether a mere "undo" would set a result aside: what was said since then may be meant, which it does not undo."""
    goal = state.get("goal")
    names_it = re.search(r"\b(?:change|edit)\b", state["heard"].text, re.IGNORECASE)
    return state.get("run") is not None and goal is not None and goal.subgoals != change.goal.subgoals and not names_it


def _explained(state: State, goal: Goal) -> Event | None:
    """What is answered to a question where no result can answer it; None for what is no question."""
    text, repairs = state["heard"].text, state.get("repairs", ())
    ask = understand(text, goal)
    if ask.kind == "meaning":
        return Defined(term=ask.term)
    if not asks(text) and not wants_meaning(text):
        return None
    if one := spelt_out(text, goal.subgoals):
        return Noted(text=_origin(one, state.get("specification")))
    if repairs:
        return Meant(question=question_of(repairs[0]))
    if state.get("last") is not None:
        return None
    return Noted(text=NO_RESULT if state.get("data") else NO_DATA)


def _origin(subgoal: Subgoal, specification: Specification | None) -> str:
    """Whose words a subgoal covers."""
    said = {"your goal": specification.goal} if specification else {}
    for answer in specification.answers if specification else ():
        said |= {f"your answer about {SLOT_NAMES[answer.slot] if answer.slot else 'it'}": answer.answer}
    words = set(telling(subgoal.name))
    where = max(said, key=lambda one: len(words & set(telling(said[one]))), default="")
    if where and words & set(telling(said[where])):
        why = f"{subgoal.name} covers what {where} says: “{cut(said[where], _QUOTED)}”."
    else:
        why = f"{subgoal.name} is not in your words: it is usual for such a goal, or your data is about it."
    return f"{why} “drop {subgoal.name}” takes it away, “reword {subgoal.name}: …” says what it asks for."


def revised(state: State, runtime: Runtime[Deps], goal: Goal) -> State:
    """The goal with the change that a message asks for; told when it asks for none."""
    text = state["heard"].text
    change = edits.read_change(text, goal)
    if change is None:
        works = state.get("last") is not None and understand(text, goal).kind in WORKS
        runtime.stream_writer(Problem(text=NOT_YET if works else NOT_UNDERSTOOD))
        return {}
    if change.problem:
        runtime.stream_writer(Problem(text=change.problem))
        return {}
    new = edits.apply(change, goal)
    label = "; ".join(one.label for one in change.edits) or _threshold_label(new)
    runtime.stream_writer(Revised(label=label))
    if renamed := _renamed(goal, new):
        runtime.stream_writer(Noted(text=" ".join(ASKS.format(one.name, one.description) for one in renamed)))
    before = (*state.get("undo", ()), Before(label=label, goal=goal))
    merged = [digest("atomic", one.put[0].digest) for one in change.edits if len(one.out) > len(one.put) == 1]
    settled: State = {"undo": before, "overruled": (*state.get("overruled", ()), *merged)}
    return became(state, new) | settled  # whoever merges two subgoals is not asked to split them


def _renamed(old: Goal, new: Goal) -> list[Subgoal]:
    """The subgoals that go by another name now."""
    names = {one.id: one.name for one in old.subgoals}
    return [one for one in new.subgoals if names.get(one.id, one.name) != one.name]


def undone(state: State, runtime: Runtime[Deps]) -> State:
    """Without the last change; where the goal is then what was judged, its run is there again."""
    *rest, last = state["undo"]
    runtime.stream_writer(Revised(label=f"Took back: {last.label}"))
    return became(state, last.goal) | {"undo": tuple(rest)}


def became(state: State, new: Goal) -> State:
    """The goal as a person has changed it. A threshold touches no check."""
    old, last = state.get("goal"), state.get("last")
    judged = last is not None and (last.goal.subgoals, last.goal.threshold) == (new.subgoals, new.threshold)
    change: State = {"goal": new, "edited": True, "run": last.run if last and judged else None}
    if old is not None and old.subgoals == new.subgoals:
        return change
    return change | {"checks": None, "repairs": (), "rounds": 0}


def question_of(repair: Repair) -> Question:
    """A failed check as a question, with the offered repair first."""
    offered = (repair.edit.label,) if repair.edit else ()
    return Question(text=repair.reason, suggestions=(*offered, KEEP))


def _changed(state: State, goal: Goal, edit: Edit) -> State:
    """After an offered repair: what else had failed is asked while it still stands, else everything is checked anew."""
    before = (*state.get("undo", ()), Before(label=edit.label, goal=goal))
    subgoals = edit.apply(goal.subgoals)
    goal = goal.model_copy(update={"subgoals": subgoals})
    ids = {one.id for one in subgoals}
    rest = tuple(one for one in state["repairs"][1:] if one.edit is None or set(one.edit.out) <= ids)
    change: State = {"goal": goal, "edited": True, "repairs": rest, "undo": before}
    return change if rest else change | _decided(state)


def _passed(goal: Goal, state: State, repairs: list[Repair], rest: tuple[Repair, ...]) -> State:
    """With these let pass. When the round is decided all is checked again: there may be more than it held."""
    keys = tuple(one.key for one in repairs)
    notes = tuple(dict.fromkeys((*goal.overruled, *(one.kept for one in repairs))))
    change: State = {
        "goal": goal.model_copy(update={"overruled": notes}),
        "overruled": (*state.get("overruled", ()), *keys),
        "repairs": rest,
    }
    return change if rest else change | _decided(state)


def _anew(state: State) -> State:
    """Checked once more, and before that taken apart once more where the person has decided nothing yet."""
    mine = state.get("edited") or state.get("overruled")
    return {"checks": None} if mine else {"goal": None, "checks": None, "repairs": ()}


def _decided(state: State) -> State:
    """After the last word on a round: all is checked again."""
    return {"checks": None, "rounds": state.get("rounds", 0) + 1}


def _repair(failed: Atomicity | Disjointness | Uncovered, goal: Goal) -> Repair:
    key: tuple[str, ...]
    match failed:
        case Atomicity():
            one = goal.subgoal(failed.id)
            key, kept = ("atomic", one.digest), f"{one.name} was kept as one subgoal. {failed.reason}"
        case Disjointness():
            a, b = goal.subgoal(failed.a), goal.subgoal(failed.b)
            key, kept = ("disjoint", a.digest, b.digest), f"{a.name} and {b.name} were kept apart. {failed.reason}"
        case Uncovered():
            key, kept = ("complete", failed.clause), f"“{failed.clause}” was left without a subgoal. {failed.reason}"
    return Repair(key=digest(*key), reason=failed.reason, edit=failed.repair, kept=kept)


def _threshold_label(goal: Goal) -> str:
    return (
        f"Threshold {goal.threshold:g} for all subgoals" if goal.threshold else "No threshold: each subgoal's own rule"
    )
