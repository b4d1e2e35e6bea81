"""TRL's dataset types (huggingface.co/docs/trl, "Dataset formats and types"), conversational where there is a dialogue.

One file has one type: the trainers read the columns of the first row. Tools travel as JSON text, which TRL's trainers
parse: as structs, Arrow would give every tool the parameters of all others.
"""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import orjson
from goalcover.tools.formats.examples import Example
from goalcover.tools.formats.messages import Message, UnfitError
from goalcover.tools.formats.openai import learnt

TrlType = Literal["messages", "prompt-completion", "preference", "unpaired-preference", "text"]
TRL_TYPES: tuple[TrlType, ...] = get_args(TrlType)
_KEYS = ("role", "content", "tool_calls", "name", "reasoning_content")


def trl_type(examples: Sequence[Example]) -> TrlType:
    """The type that holds these examples best."""
    if any(one.rejected is not None for one in examples):
        return "preference"
    if any(one.label is not None for one in examples):
        return "unpaired-preference"
    if all(one.answer is None for one in examples):
        return "text"
    return "prompt-completion" if all(one.is_single or one.answer is None for one in examples) else "messages"


def trl_row(example: Example, kind: TrlType) -> dict[str, Any]:
    """The example as a row of that type. Raises UnfitError when it is not of it."""
    if kind == "text":
        if example.answer is not None:
            raise UnfitError("it has a question and an answer, and the others are plain text")
        return {"text": example.text}
    if kind == "preference":
        if example.rejected is None or example.answer is None:
            raise UnfitError("it has no rejected answer, and the others have")
        return {**_prompt(example), "chosen": [_message(example.answer)], "rejected": [_message(example.rejected)]}
    if kind == "unpaired-preference":
        if example.label is None or example.answer is None:
            raise UnfitError("its answer has no label, and the others have")
        return {**_prompt(example), "completion": [_message(example.answer)], "label": example.label}
    answer = learnt(example)
    if kind == "prompt-completion":
        return {**_prompt(example), "completion": [_message(answer)]}
    return {"messages": [_message(one) for one in example.messages], **_tools(example)}


def _prompt(example: Example) -> dict[str, Any]:
    return {"prompt": [_message(one) for one in example.prompt], **_tools(example)}


def _tools(example: Example) -> dict[str, str]:
    return {"tools": orjson.dumps(example.tools).decode()} if example.tools else {}


def _message(message: Message) -> Message:
    """Chat templates take a call's arguments as an object, not as text."""
    kept = {key: message[key] for key in _KEYS if key in message}
    if "tool_calls" in kept:
        kept["tool_calls"] = [_call(call) for call in kept["tool_calls"]]
        kept["content"] = kept["content"] or ""
    return kept


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    try:
        arguments = orjson.loads(function["arguments"])
    except orjson.JSONDecodeError:
        arguments = function["arguments"]
    return {"type": "function", "function": {"name": function["name"], "arguments": arguments}}
