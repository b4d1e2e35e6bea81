"""Dialogues in any of their spellings -> messages in OpenAI's form, in which all trainers' formats are written.

`tools.dialogue` tells a dialogue as text, for judges; here its parts stay apart: calls, their ids, weights.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import orjson
from goalcover.tools.dialogue import (
    CALL_ROLES,
    CONTENT_KEYS,
    REASONING_KEYS,
    ROLES,
    from_json,
    message_text,
    parse_transcript,
)
from goalcover.tools.rendering import as_text, to_json

Message = dict[str, Any]

TEXT_PARTS = ("text", "input_text", "output_text", None)
WEIGHTS = ("weight", "loss_weight")


class UnfitError(ValueError):
    """A row that a format cannot hold; the text says why, without quoting the row."""


def to_messages(value: object) -> list[Message] | None:
    """The messages of a dialogue: a list, one message, or an object with `messages`; None when it is none.

    Raises UnfitError.
    """
    if isinstance(value, dict):
        value = value.get("messages", [value])
    if not isinstance(value, list) or not value:
        return None
    messages: list[Message] = []
    for one in value:
        found = list(_messages(one)) if isinstance(one, dict) else []
        if not found:
            return None
        messages += found
    return _with_call_ids(messages)


def to_dialogue(value: object) -> list[Message] | None:
    """As `to_messages`, for a column that is sure to hold a dialogue: also JSON text (CSV) and alternating strings."""
    value = from_json(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return [
            {"role": role, "content": text} for role, text in zip(cycle(("user", "assistant")), value, strict=False)
        ]
    return to_messages(value)


def from_transcript(text: str) -> list[Message] | None:
    """The messages of Anthropic's HH-RLHF transcripts; None for other text."""
    turns = parse_transcript(text)
    return [{"role": turn.role, "content": turn.text} for turn in turns] if turns else None


def to_tools(value: object) -> list[dict[str, Any]]:
    """Tool definitions as OpenAI has them: `{type: function, function: {name, description, parameters}}`."""
    value = from_json(value)
    listed = value if isinstance(value, list) else []
    return [one if one.get("function") else {"type": "function", "function": one} for one in listed if _is_named(one)]


def cut_after_answer(messages: Sequence[Message]) -> tuple[list[Message], Message | None]:
    """(what comes before the last assistant message, that message); what follows it is nobody's training target."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place]["role"] == "assistant":
            return list(messages[:place]), messages[place]
    return list(messages), None


def _is_named(tool: object) -> bool:
    inner = tool.get("function", tool) if isinstance(tool, dict) else None
    return isinstance(inner, dict) and bool(inner.get("name"))


def _messages(one: dict[str, Any]) -> Iterator[Message]:
    name = next((one[key] for key in ("role", "from") if isinstance(one.get(key), str)), None)
    if name is not None:
        yield _message(name.strip().lower(), one)
    elif one and all(isinstance(key, str) and key.lower() in ROLES for key in one):
        yield from ({"role": ROLES[key.lower()], "content": as_text(said)} for key, said in one.items())


def _message(name: str, one: dict[str, Any]) -> Message:
    role = ROLES.get(name, name)
    content = next((one[key] for key in CONTENT_KEYS if one.get(key) is not None), None)
    calls = _calls(one, content if name in CALL_ROLES else None)
    text = None if calls and name in CALL_ROLES else _text(content)
    message: Message = {"role": role, "content": text or (None if calls else "")}
    if calls:
        message["tool_calls"] = calls
    reasoning = next((as_text(one[key]) for key in REASONING_KEYS if one.get(key)), "")
    if reasoning:
        message["reasoning_content"] = reasoning
    for key in ("name", "tool_call_id"):
        if isinstance(one.get(key), str):
            message[key] = one[key]
    weight = next((one[key] for key in WEIGHTS if isinstance(one.get(key), int | float)), None)
    if role == "assistant" and weight is not None:
        message["weight"] = int(weight) if weight in (0, 1) else weight
    return message


def _text(content: object) -> str:
    parts = content.get("parts") if isinstance(content, dict) else content
    if isinstance(parts, list) and any(isinstance(one, dict) and one.get("type") not in TEXT_PARTS for one in parts):
        raise UnfitError("it holds an image or a sound")
    return message_text(content)


def _calls(one: dict[str, Any], content: object) -> list[dict[str, Any]]:
    listed = from_json(one.get("tool_calls"))
    found = list(listed) if isinstance(listed, list) else []
    said = from_json(content)
    found += [*(said if isinstance(said, list) else [said]), one.get("function_call")]
    return [call for each in found if (call := _call(each))]


def _call(value: object) -> dict[str, Any] | None:
    given = from_json(value)
    inner = given.get("function", given) if isinstance(given, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    arguments: object = next((inner[key] for key in ("arguments", "args", "input", "parameters") if key in inner), {})
    text = arguments if isinstance(arguments, str) else to_json(arguments or {})
    call = {"type": "function", "function": {"name": inner["name"], "arguments": _json_text(text)}}
    return {"id": given["id"], **call} if isinstance(given, dict) and isinstance(given.get("id"), str) else call


def _json_text(arguments: str) -> str:
    """The arguments of a call; none where nothing is written. Every format has them as JSON: UnfitError else."""
    text = arguments if arguments.strip() else "{}"
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnfitError("a call's arguments are no JSON text") from error
    return text


def _with_call_ids(messages: list[Message]) -> list[Message]:
    """ShareGPT has no ids: a call gets one, and the results that follow answer the calls in their order."""
    number, waiting = 0, list[str]()
    for message in messages:
        for call in message.get("tool_calls", ()):
            number += 1
            call.setdefault("id", f"call_{number}")
            waiting.append(call["id"])
        if message["role"] == "tool":
            if "tool_call_id" not in message and waiting:
                message["tool_call_id"] = waiting[0]
            waiting = [one for one in waiting if one != message.get("tool_call_id")]
    return messages
