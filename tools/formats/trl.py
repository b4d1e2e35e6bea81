"""TRL's dataset types (huggingface.co/docs/trl, "Dataset formats and types"), conversational where there is a dialogue.

One file has one type: the trainers read the columns of the first row. Tools travel as JSON text, which TRL's trainers
parse: as structs, Arrow would give every tool the parameters of all others.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from goalcover.tools.formats.examples import Example
from goalcover.tools.formats.kinds import RowKind, labelled, learnt, pair, plain
from goalcover.tools.formats.messages import Message
from goalcover.tools.rendering import parse_json, to_json

_KEYS = ("role", "content", "tool_calls", "tool_call_id", "name", "reasoning_content")


def trl_row(example: Example, kind: RowKind) -> dict[str, Any]:
    """The example as a row of that type. Raises UnfitError when it is not of it."""
    if kind == "text":
        return {"text": plain(example)}
    if kind == "preference":
        chosen, rejected = pair(example)
        return {**_prompt(example), "chosen": [_message(chosen)], "rejected": [_message(rejected)]}
    if kind == "unpaired-preference":
        answer, label = labelled(example)
        return {**_prompt(example), "completion": [_message(answer)], "label": label}
    answer = learnt(example)
    if kind == "prompt-completion":
        return {**_prompt(example), "completion": [_message(answer)]}
    return {"messages": list(_messages(example.messages)), **_tools(example)}


def _prompt(example: Example) -> dict[str, Any]:
    return {"prompt": list(_messages(example.prompt)), **_tools(example)}


def _tools(example: Example) -> dict[str, str]:
    return {"tools": to_json(example.tools)} if example.tools else {}


def _messages(messages: Sequence[Message]) -> Iterator[Message]:
    """Results of tools with their name and in the order of the calls: most chat templates show no ids."""
    names: dict[str, str] = {}
    for is_result, group in groupby(messages, key=lambda one: one["role"] == "tool"):
        if is_result:
            yield from map(_message, _results(list(group), names))
            continue
        for one in group:
            for call in one.get("tool_calls", ()):
                names.pop(call["id"], None)  # called again: it is the last now
                names[call["id"]] = call["function"]["name"]
            yield _message(one)


def _results(results: Sequence[Message], names: Mapping[str, str]) -> list[Message]:
    called = [(one, one.get("tool_call_id", "")) for one in results]
    place = {call_id: number for number, call_id in enumerate(names)}
    called.sort(key=lambda each: place.get(each[1], len(place)))
    return [{"name": names[call_id], **one} if call_id in names else one for one, call_id in called]


def _message(message: Message) -> Message:
    """Chat templates take a call's arguments as an object, not as text."""
    kept = {key: message[key] for key in _KEYS if key in message}
    if "tool_calls" in kept:
        kept["tool_calls"] = [_call(call) for call in kept["tool_calls"]]
        kept["content"] = kept["content"] or ""
    return kept


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {**call, "function": {"name": function["name"], "arguments": parse_json(function["arguments"].encode())}}
