"""A sample as a training example: the messages before the answer, the answer, and what the row says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from goalcover.agent.models import Sample
from goalcover.tools.formats.messages import (
    Message,
    cut_after_answer,
    from_transcript,
    to_dialogue,
    to_messages,
    to_tools,
)
from goalcover.tools.rendering import as_text, parse_json
from goalcover.tools.shapes import DIALOGUES, Plan, Reading, understand, verdict

CHOSEN = ("chosen", "preferred_output")
REJECTED = ("rejected", "non_preferred_output")


@dataclass(frozen=True)
class Example:
    """One training example."""

    prompt: tuple[Message, ...]
    """Before the answer, the system message first."""
    answer: Message | None
    """The assistant's message that is learnt; None for plain text."""
    rejected: Message | None = None
    """Of a preference pair: the answer that is not preferred."""
    label: bool | None = None
    """KTO: whether the answer is one that the model should give."""
    tools: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    """Plain text, where the row has no answer."""
    request: tuple[str, str] | None = None
    """Alpaca's instruction and input, where the row has both: the last message of the prompt holds them as one."""

    @property
    def messages(self) -> list[Message]:
        """Prompt and answer."""
        return [*self.prompt, *([self.answer] if self.answer else [])]

    @property
    def is_single(self) -> bool:
        """One question and its answer, in words alone."""
        roles = [message["role"] for message in self.prompt if message["role"] != "system"]
        return roles == ["user"] and not self.tools and not any("tool_calls" in one for one in self.messages)


def to_example(sample: Sample, *, as_judged: bool = False) -> Example:
    """The sample's row as an example; `as_judged` takes its input and output as they are (a dataset mapped by hand).

    Raises UnfitError when the row holds images or sounds, or calls that are no JSON.
    """
    row = parse_json(sample.original)
    reading = "mapped" if as_judged else understand(row)
    if isinstance(reading, str):
        return _plain(sample.input, sample.output)
    example = _example(row, reading)
    label = verdict(_first(row, reading.plan.label))
    request = _request(row, reading.plan, example)
    return _with_lead(replace(example, label=label, request=request), row, reading.plan)


def _example(row: Mapping[str, Any], reading: Reading) -> Example:
    plan, (asked, answered) = reading.plan, _bare_texts(row, reading)
    if plan.shape in DIALOGUES:
        return _of_messages(to_dialogue(_first(row, plan.input[0])) or [])
    prompt = _turns(_first(row, plan.input[0]), asked, "user") if len(plan.input) == 1 else _user(asked)
    if plan.shape == "preference":
        return _pair(prompt, _answer(_cell(row, CHOSEN)), _answer(_cell(row, REJECTED)))
    if not plan.output:
        return _plain(asked, "")
    given = _first(row, plan.output[0]) if len(plan.output) == 1 else None
    said = _turns(given, answered, "assistant")
    return _of_messages(prompt + said) if prompt and said else _plain(asked, answered)


def _plain(asked: str, answered: str) -> Example:
    if not (asked.strip() and answered.strip()):
        return Example((), None, text=asked if asked.strip() else answered)
    return Example(tuple(_user(asked)), {"role": "assistant", "content": answered})


def _of_messages(messages: list[Message]) -> Example:
    prompt, answer = cut_after_answer(messages)
    if answer is None:
        return Example((), None, text="\n\n".join(str(one["content"]) for one in prompt))
    return Example(tuple(prompt), answer)


def _bare_texts(row: Mapping[str, Any], reading: Reading) -> tuple[str, str]:
    """Question and answer without the system prompt, the tools and the history, which stay apart."""
    lead = {*reading.plan.system, *reading.plan.tools, *reading.plan.history}
    if not lead:
        return reading.input, reading.output
    bare = understand({name: value for name, value in row.items() if name not in lead})
    return (reading.input, reading.output) if isinstance(bare, str) else (bare.input, bare.output)


def _pair(asked: list[Message], chosen: list[Message], rejected: list[Message]) -> Example:
    """Either answer may repeat the prompt (TRL's implicit prompts, HH-RLHF)."""
    said, answer = cut_after_answer(chosen)
    _, worse = cut_after_answer(rejected)
    return Example(tuple(said if any(one["role"] == "user" for one in said) else asked + said), answer, rejected=worse)


def _request(row: Mapping[str, Any], plan: Plan, example: Example) -> tuple[str, str] | None:
    """The texts of Alpaca's two columns (its pairs have them, too); None where one is empty."""
    if len(plan.input) != 2 or not example.prompt or plan.input[0][0].strip().lower() != "instruction":
        return None
    instruction, given = (as_text(_first(row, slot)) for slot in plan.input)
    return (instruction, given) if f"{instruction}\n\n{given}" == example.prompt[-1]["content"] else None


def _turns(value: object, text: str, role: str) -> list[Message]:
    """The messages that a cell holds, or the text as one message."""
    found = to_messages(value) if isinstance(value, list | dict) else None
    return found or ([{"role": role, "content": text}] if text.strip() else [])


def _user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}] if text.strip() else []


def _answer(value: object) -> list[Message]:
    """A preferred or rejected answer: text, a message, a dialogue, or a transcript of one."""
    text = as_text(value) if isinstance(value, str) else ""
    return from_transcript(text) or _turns(value, text, "assistant")


def _with_lead(example: Example, row: Mapping[str, Any], plan: Plan) -> Example:
    lead: list[Message] = []
    system = _first(row, plan.system)
    if isinstance(system, str) and system.strip():
        lead.append({"role": "system", "content": system})
    for pair in _first(row, plan.history) or ():
        lead += to_dialogue(pair) or []
    tools = to_tools(_first(row, plan.tools))
    if example.answer is None:
        return replace(example, tools=tools)
    return replace(example, prompt=(*lead, *example.prompt), tools=tools)


def _first(row: Mapping[str, Any], columns: tuple[str, ...]) -> Any:
    return next((row[name] for name in columns if row.get(name) not in (None, "", [])), None)


def _cell(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in row if name.strip().lower() in names), None)
