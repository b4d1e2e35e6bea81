"""The elicitation without a conversation: goal text and answers -> Specification -> Decomposition and Checks (3.2)."""

from collections.abc import Sequence
from pathlib import Path

from goalcover.agent.elicitation import MOST_SUBGOALS, Checks, DataProfile, Edit, Question, Specification
from goalcover.agent.errors import InputError, ModelError
from goalcover.agent.language import is_english, refuse_unread
from goalcover.agent.models import SLOTS, Clarification, Frozen, Goal, Slot, Subgoal
from goalcover.agent.roles import Clarifier, Decomposer
from goalcover.memory.files import write_bytes
from goalcover.memory.goals import dump_goal
from goalcover.memory.yaml_files import read_yaml
from goalcover.tools.slots import slot_of

ROUNDS = 3
"""Rounds of automatic repairs; a conversation asks as often."""
FORM = "a list of entries such as `- {slot: audience, answer: nurses}` or `- {question: Who reads it?, answer: nurses}`"
SKIP = {"skip", "skipped", "-"}


class Repaired(Frozen):
    """A repair that was made without asking."""

    reason: str
    label: str


class Plan(Frozen):
    """A decomposition with all that a person needs to improve on it."""

    goal: Goal
    checks: Checks
    repaired: tuple[Repaired, ...]
    questions: tuple[Question, ...]
    """About the parts of the scope that are still open."""
    note: str = ""
    """What a language model should have done and did not, and why; else empty."""


async def plan(
    specification: Specification, profile: DataProfile | None, clarifier: Clarifier, decomposer: Decomposer
) -> Plan:
    """Decomposes, checks, and repairs what fails in up to three rounds. InputError when the goal says nothing."""
    check_goal(specification.goal)
    draft = await decomposer.decompose(specification, profile)
    subgoals = draft.subgoals
    repaired: list[Repaired] = []
    checks = await decomposer.check(specification, subgoals)
    for _ in range(ROUNDS):
        subgoals, made = _mend(checks, subgoals)
        if not made:
            break
        repaired += made
        checks = await decomposer.check(specification, subgoals)
    planned = Plan(
        goal=Goal(text=specification.goal, context=specification.answers, subgoals=subgoals),
        checks=checks,
        note=draft.note,
        repaired=tuple(repaired),
        questions=(),
    )
    try:
        return planned.model_copy(update={"questions": await open_questions(specification, profile, clarifier)})
    except ModelError as error:  # what was paid for until here is not lost
        unasked = f"What is still open could not be asked: {str(error).rstrip('.')}."
        return planned.model_copy(update={"note": f"{planned.note} {unasked}".strip()})


async def open_questions(
    specification: Specification, profile: DataProfile | None, clarifier: Clarifier
) -> tuple[Question, ...]:
    """All that is still to be asked, as if every question were skipped."""
    asked: list[Question] = []
    while new := await clarifier.ask(specification, profile):
        asked += new
        specification = specification.without(question.slot for question in new if question.slot is not None)
    return tuple(asked)


def check_goal(text: str) -> None:
    """InputError when no word of a goal in English is one that GoalCover has ever read.

    Whether a goal in another language can be read depends on who plays the roles.
    """
    if is_english(text):
        refuse_unread(text)


def read_answers(path: Path, goal: str) -> Specification:
    """The goal with the answers of a YAML file; InputError names the entry that cannot be used."""
    specification = Specification(goal=goal)
    for number, entry in enumerate(_entries(path), 1):
        where = f"{path}, entry {number}"
        slot, question = _asked(entry, where)
        answer = _answer(entry.get("answer"), where)
        if answer.lower() in SKIP:
            specification = specification.without([slot])
        else:
            specification = specification.answered(Clarification(question=question, answer=answer, slot=slot))
    return specification


def write_goal(goal: Goal, path: Path) -> Path | None:
    """Writes the goal file. What stood there before and differs is kept beside it; returns its new place.

    A goal file is edited by hand, and planning again must not cost those edits.
    """
    before = path.read_bytes() if path.is_file() else None
    if before is None:
        dump_goal(goal, path)
        return None
    kept = next(one for one in _backups(path) if not one.exists())
    write_bytes(kept, before)
    dump_goal(goal, path)
    if before != path.read_bytes():
        return kept
    kept.unlink()
    return None


def _mend(checks: Checks, subgoals: Sequence[Subgoal]) -> tuple[tuple[Subgoal, ...], list[Repaired]]:
    """One round: every offered repair that nobody disputes and whose subgoals are still there."""
    mended, made = tuple(subgoals), list[Repaired]()
    for failure in checks.failures:
        if failure.repair is not None and not failure.disputed and _fits(failure.repair, mended):
            mended = failure.repair.apply(mended)
            made.append(Repaired(reason=failure.reason, label=failure.repair.label))
    return mended, made


def _fits(edit: Edit, subgoals: Sequence[Subgoal]) -> bool:
    """Whether an edit can still be made: what it takes away is there, no id comes twice, the list stays short."""
    ids = {one.id for one in subgoals}
    left = ids - set(edit.out)
    grows = len(edit.put) > len(edit.out)
    fits = not (grows and len(left) + len(edit.put) > MOST_SUBGOALS)
    return set(edit.out) <= ids and not left & {one.id for one in edit.put} and bool(left or edit.put) and fits


def _entries(path: Path) -> list[dict[str, object]]:
    content = read_yaml(path, "answers file", f"it holds {FORM}")
    if not isinstance(content, list):
        raise InputError(f"{path} must hold {FORM}.")
    for number, entry in enumerate(content, 1):
        if not isinstance(entry, dict) or not set(entry) <= {"slot", "question", "answer"}:
            raise InputError(f"{path}, entry {number} must have `slot` or `question`, and `answer`.")
    return content


def _asked(entry: dict[str, object], where: str) -> tuple[Slot, str]:
    """(slot, question)"""
    slot, question = entry.get("slot"), entry.get("question")
    known = ", ".join(SLOTS)
    if slot is not None:
        found = next((one for one in SLOTS if one == slot), None)
        if found is None:
            raise InputError(f"{where}: {slot!r} is no part of the scope; there are {known}.")
        return found, str(question or found.replace("_", " "))
    if not isinstance(question, str) or not question.strip():
        raise InputError(f"{where} has neither `slot` nor `question`; slots are {known}.")
    about = slot_of(question)
    if about is None:
        raise InputError(f"{where}: cannot tell what {question!r} is about; add `slot:` with one of {known}.")
    return about, question


def _answer(value: object, where: str) -> str:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str | int | float) and str(one).strip() for one in values):
        raise InputError(f"{where}: `answer` must be text, or a list of texts (`skip` leaves it open).")
    return "; ".join(str(one).strip() for one in values)


def _backups(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}.bak{n or ''}") for n in range(1000)]
