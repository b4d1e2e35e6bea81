"""What a row means: which of its columns are asked, which are answered.

A row is tried against `PATTERNS` from the top; the first that finds text in it decides. Columns are matched without
regard to case, blanks and dashes. A new shape is a new line of the table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from goalcover.agent.errors import InputError
from goalcover.tools.dialogue import (
    Turn,
    describe_tools,
    message_text,
    parse_dialogue,
    parse_transcript,
    parse_turns,
    split_dialogue,
    transcript,
)
from goalcover.tools.rendering import as_text

Columns = tuple[str, ...]
Slots = tuple[Columns, ...]
"""Each slot lists alternatives: the first that is filled in a row is read."""

UNKNOWN_SHAPE = "shape not understood"
NOTHING_IN_IT = "neither input nor output"

MAP_SYNTAX = "--map input=COL[+COL],output=COL[+COL]"


class Pattern(NamedTuple):
    """One line of the table. In `input` and `output`, `a|b` is a or else b, and a trailing `?` may be missing."""

    shape: str
    input: str
    output: str = ""
    """At least one of them must be there, unless empty."""
    also: str = ""
    """Must be there too, and is not read."""


PATTERNS = (
    Pattern(
        "preference",
        "prompt|question|query|instruction|conversations|conversation|messages? input|context?",
        "chosen|preferred_output",
        also="rejected|non_preferred_output",
    ),
    Pattern("messages", "messages|contents"),
    Pattern("sharegpt", "conversations|conversation"),
    Pattern("alpaca", "instruction input|context?", "output|response|completion|answer"),
    Pattern(
        "question-answer",
        "question context|contexts|passage? choices|options?",
        "long_answer|answer|answers|response|solution|output|completion final_decision?",
    ),
    Pattern("prompt-completion", "prompt", "completion|response|output|answer"),
    Pattern("prompt-completion", "query", "response|answer|output|completion"),
    Pattern("prompt-completion", "input|inputs", "output|response|target|targets|completion"),
    Pattern("prompt-completion", "source", "target"),
    Pattern("prompt-completion", "problem", "solution|answer"),
    Pattern("prompt-completion", "user|human", "assistant"),
    Pattern("prompt-completion", "title? article|document|text|dialogue|dialog|content", "summary|highlights|abstract"),
    Pattern("messages", "dialogue|dialog"),
    Pattern("text", "title? text|content"),
)

DIALOGUES = ("messages", "sharegpt")
SYSTEM = "system|system_prompt|system_instruction|systeminstruction?"
TOOLS = "tools|functions?"
HISTORY = "history?"
LABEL = "label|kto_tag?"
VERDICTS = {"true": True, "false": False}


@dataclass(frozen=True, eq=False)  # compared by identity: plans are counted once a row
class Plan:
    """A pattern (or a person's mapping) with the names that the columns have in this dataset."""

    shape: str
    input: Slots
    output: Slots
    system: Columns = ()
    tools: Columns = ()
    history: Columns = ()
    label: Columns = ()

    @property
    def columns(self) -> Columns:
        """The columns whose text is read, in the order of reading."""
        slots = (self.tools, self.system, self.history, *self.input, *self.output)
        return tuple(dict.fromkeys(column for slot in slots for column in slot))


class Reading(NamedTuple):
    """A row as understood."""

    plan: Plan
    shape: str
    input: str
    output: str
    undesirable: bool = False
    """KTO: the row is labelled as an answer that the model should not give."""


def parse_mapping(mapping: str) -> Plan:
    """The plan that `--map input=COL[+COL],output=COL[+COL]` asks for; the output may be left out.

    Raises InputError for anything else.
    """
    pieces = re.split(r"(?:^|,)\s*(input|output)\s*=", mapping)
    sides = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    slots = {side: tuple((name.strip(),) for name in text.split("+")) for side, text in sides.items()}
    complete = all(name for side in slots.values() for (name,) in side)
    if pieces[0].strip() or len(pieces) != 1 + 2 * len(sides) or "input" not in sides or not complete:
        raise InputError(f"cannot understand --map {mapping!r}: write it as {MAP_SYNTAX}")
    return Plan("mapped", slots["input"], slots.get("output", ()))


def understand(row: Mapping[str, object], mapping: Plan | None = None) -> Reading | str:
    """The row as input and output, by the mapping or else by the first pattern that fits; or the reason why not."""
    problem = UNKNOWN_SHAPE
    for plan in (mapping,) if mapping else _plans(tuple(row)):
        reading = _read(row, plan)
        if reading and (reading.input.strip() or reading.output.strip()):
            return reading
        if reading:
            problem = NOTHING_IN_IT
    return problem


@lru_cache(maxsize=1024)
def _plans(columns: Columns) -> tuple[Plan, ...]:
    """All patterns that these columns fit, best first."""
    names: dict[str, str] = {}
    for column in columns:
        names.setdefault(re.sub(r"[\s-]+", "_", column.strip().lower()), column)
    return tuple(plan for pattern in PATTERNS if (plan := _plan(pattern, names)))


def _plan(pattern: Pattern, names: Mapping[str, str]) -> Plan | None:
    wanted = [_slot(text, names) for text in pattern.input.split()]
    answers = tuple(slot for text in pattern.output.split() if (slot := _slot(text, names)))
    if None in wanted or (pattern.output and not answers) or (pattern.also and not _slot(pattern.also, names)):
        return None
    return Plan(
        pattern.shape,
        tuple(slot for slot in wanted if slot),
        answers,
        system=_slot(SYSTEM, names) or (),
        tools=_slot(TOOLS, names) or (),
        history=_slot(HISTORY, names) or (),
        label=(_slot(LABEL, names) or ()) if pattern.shape not in ("preference", "text") else (),
    )


def _slot(text: str, names: Mapping[str, str]) -> Columns | None:
    """The columns that are there; None when a slot that is not optional has none."""
    found = tuple(names[name] for name in text.rstrip("?").split("|") if name in names)
    return found if found or text.endswith("?") else None


def _read(row: Mapping[str, object], plan: Plan) -> Reading | None:
    if plan.shape in DIALOGUES:
        value = _value(row, plan.input[0])
        turns = [] if value is None else parse_dialogue(value)
        if turns is None:
            return None
    else:
        turns = _question_and_answer(row, plan)
    asked, answered = split_dialogue(_lead(row, plan) + turns)
    label = verdict(_value(row, plan.label))
    shape = plan.shape if label is None else "kto"
    return Reading(plan, shape, asked, answered, undesirable=label is False)


def _question_and_answer(row: Mapping[str, object], plan: Plan) -> list[Turn]:
    asked = _side(row, plan.input, "user")
    given = _side(row, plan.output, "assistant")
    if plan.shape == "preference" and not asked and len(given) == 1:
        given = parse_transcript(given[0].text) or given
    if any(turn.role == "user" for turn in given):  # the chosen dialogue repeats its prompt
        asked = []
    return asked + (given or [Turn("assistant", "")])


def _side(row: Mapping[str, object], slots: Slots, role: str) -> list[Turn]:
    values = [value for slot in slots if (value := _value(row, slot)) is not None]
    if len(values) == 1 and isinstance(values[0], list | dict):
        turns = parse_turns(values[0])
        if turns is not None:
            return turns
    text = "\n\n".join(text for text in map(_cell, values) if text.strip())
    return [Turn(role, text)] if text else []


def _cell(value: object) -> str:
    turns = parse_turns(value) if isinstance(value, list) else None
    return transcript(turns) if turns else as_text(value)


def _value(row: Mapping[str, object], slot: Columns) -> object:
    """The first alternative that holds something."""
    return next((row[column] for column in slot if row.get(column) not in (None, "", [])), None)


def _lead(row: Mapping[str, object], plan: Plan) -> list[Turn]:
    lead: list[Turn] = []
    if plan.tools:
        lead.append(Turn("tools", describe_tools(_value(row, plan.tools))))
    if plan.system:
        lead.append(Turn("system", message_text(_value(row, plan.system))))
    history = _value(row, plan.history)
    for pair in history if isinstance(history, list) else ():
        lead += parse_dialogue(pair) or []
    return lead


def verdict(label: object) -> bool | None:
    """KTO's label, also as tables spell it (`TRUE`); None for one that is something else, such as a class number."""
    if isinstance(label, bool):
        return label
    return VERDICTS.get(label.strip().lower()) if isinstance(label, str) else None
