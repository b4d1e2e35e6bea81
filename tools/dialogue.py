"""Dialogues in the spellings that fine-tuning data has: OpenAI, ShareGPT, Anthropic, Gemini, alternating strings."""

import re
from collections.abc import Sequence
from itertools import cycle
from typing import NamedTuple

import orjson
from goalcover.tools.rendering import as_text, to_json

ROLES = {
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
    "ipython": "tool",
}
"""Every spelling of a role -> what it is called here."""

CALL_ROLES = ("function_call", "tool_call")
ROLE_KEYS = ("role", "from")
CONTENT_KEYS = ("content", "value", "parts", "text")
REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")

TRANSCRIPT = re.compile(r"(?:^|\n\n)(Human|Assistant):[ ]?")


class Turn(NamedTuple):
    """What one side says."""

    role: str
    text: str


def parse_turns(value: object) -> list[Turn] | None:
    """The turns of a dialogue: a list of messages, one message, or an object with `messages`; None when it is none."""
    if isinstance(value, dict):
        value = value.get("messages", [value])
    if not isinstance(value, list):
        return None
    turns: list[Turn] = []
    for message in value:
        found = _message_turns(message)
        if found is None:
            return None
        turns += found
    return turns


def parse_dialogue(value: object) -> list[Turn] | None:
    """As `parse_turns`, for a column that is sure to hold a dialogue: also JSON text (CSV) and alternating strings."""
    value = from_json(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return [Turn(role, as_text(text)) for role, text in zip(cycle(("user", "assistant")), value, strict=False)]
    return parse_turns(value)


def parse_transcript(text: str) -> list[Turn] | None:
    """The turns of "\\n\\nHuman: ...\\n\\nAssistant: ..." (Anthropic's HH-RLHF); None for other text."""
    opening, *pieces = TRANSCRIPT.split(text)
    if opening.strip() or "Assistant" not in pieces[::2]:
        return None
    return [Turn(ROLES[role.lower()], said) for role, said in zip(pieces[::2], pieces[1::2], strict=True)]


def split_dialogue(turns: Sequence[Turn]) -> tuple[str, str]:
    """(the dialogue before the last assistant turn, that turn); what follows it is nobody's training target."""
    asked = len(turns)
    for index, turn in enumerate(turns):
        if turn.role == "assistant":
            asked = index
    return transcript(turns[:asked]), turns[asked].text if asked < len(turns) else ""


def transcript(turns: Sequence[Turn]) -> str:
    """The turns as text, each with its role in front when there is more than one."""
    said = [turn for turn in turns if turn.text.strip()]
    if len(said) == 1:
        return said[0].text
    return "\n\n".join(f"{role}: {text}" for role, text in said)


def describe_tools(value: object) -> str:
    """The tools that a dialogue may call, one `name: description` a line."""
    tools = from_json(value)
    if not isinstance(tools, list):
        return as_text(tools)
    return "\n".join(_describe_tool(tool) for tool in tools)


def _describe_tool(tool: object) -> str:
    inner = tool.get("function") or tool if isinstance(tool, dict) else tool
    if not isinstance(inner, dict) or not inner.get("name"):
        return as_text(tool)
    return f"{as_text(inner['name'])}: {as_text(inner.get('description'))}"


def from_json(value: object) -> object:
    """What a JSON text holds; any other value as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _message_turns(message: object) -> list[Turn] | None:
    if not isinstance(message, dict):
        return None
    role = _first(message, ROLE_KEYS)
    if isinstance(role, str):
        return [_turn(role.strip().lower(), message)]
    # {"human": ..., "assistant": ...}: one object holds both sides
    if message and all(isinstance(key, str) and key.lower() in ROLES for key in message):
        return [Turn(ROLES[key.lower()], as_text(said)) for key, said in message.items()]
    return None


def _turn(role: str, message: dict[str, object]) -> Turn:
    content = _first(message, CONTENT_KEYS)
    said = _call(content) if role in CALL_ROLES else message_text(content)
    texts = [as_text(_first(message, REASONING_KEYS)), said, *_calls(message)]
    return Turn(ROLES.get(role, as_text(role)), "\n".join(text for text in texts if text))


def message_text(content: object) -> str:
    """The content of a message: a string, or a list of typed parts."""
    if isinstance(content, dict) and "parts" in content:
        content = content["parts"]
    if isinstance(content, list):
        return "\n".join(text for text in map(_part, content) if text)
    return as_text(content)


def _part(part: object) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    words = _first(part, ("text", "value", "content"))
    if words is not None:
        return as_text(words)
    call = part.get("functionCall") or part
    if isinstance(call, dict) and call.get("name"):
        return _call(call)
    return f"[{as_text(part.get('type')) or 'part'}]"  # an image or a sound


def _calls(message: dict[str, object]) -> list[str]:
    calls = from_json(message.get("tool_calls"))
    found = list(calls) if isinstance(calls, list) else []
    found.append(message.get("function_call"))
    return [_call(call) for call in found if call]


def _call(call: object) -> str:
    """`calls name(arguments)`; the text as it is when it is no call."""
    inner = from_json(call)
    if isinstance(inner, dict) and isinstance(inner.get("function"), dict):
        inner = inner["function"]
    if not isinstance(inner, dict) or not inner.get("name"):
        return as_text(call)
    arguments = _first(inner, ("arguments", "args", "input", "parameters"))
    shown = arguments if isinstance(arguments, str) else to_json(arguments or {})
    return as_text(f"calls {as_text(inner['name'])}({shown})")


def _first(message: dict[str, object], keys: Sequence[str]) -> object:
    return next((message[key] for key in keys if message.get(key) is not None), None)
