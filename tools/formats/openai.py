"""OpenAI's fine-tuning files: chat rows (supervised) and preference rows (DPO), held to the published rules.

Rules: developers.openai.com, "Supervised fine-tuning" and "Direct preference optimization".
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from goalcover.tools.formats.examples import Example
from goalcover.tools.formats.kinds import RowKind, learnt, pair
from goalcover.tools.formats.messages import Message, UnfitError

LEAST_ROWS = 10
"""OpenAI refuses a file with fewer examples."""
ROLES = ("system", "developer", "user", "assistant", "tool")
KEYS = {"role", "content", "name", "tool_calls", "tool_call_id", "weight", "refusal"}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
ROW_KEYS = {"messages", "tools", "parallel_tool_calls"}
WEIGHTS = (0, 1)
"""Loss weights that an answer may have."""


def openai_row(example: Example, kind: RowKind) -> dict[str, Any]:
    """The example as one line of a fine-tuning file. Raises UnfitError when it breaks a rule or is of another kind."""
    prompt: dict[str, Any] = {"messages": [_message(one) for one in example.prompt]}
    if example.tools:
        prompt["tools"] = example.tools
    if kind == "preference":
        chosen, rejected = pair(example)
        row = {"input": prompt, "preferred_output": [_message(chosen)], "non_preferred_output": [_message(rejected)]}
    else:
        answer = learnt(example, keeps_weights=True)
        row = {**prompt, "messages": [*prompt["messages"], _message(answer)]}
    problem = next(problems(row), None)
    if problem is not None:
        raise UnfitError(problem)
    return row


def problems(row: dict[str, Any]) -> Iterator[str]:
    """What OpenAI would refuse about a row; nothing when it is valid."""
    if "preferred_output" not in row:
        yield from (f"the key '{key}' is not known" for key in row.keys() - ROW_KEYS)
        yield from _dialogue_problems(row.get("messages"))
        if not row.get("messages") or row["messages"][-1].get("role") != "assistant":
            yield "its last message is not the assistant's"
        yield from _tool_problems(row.get("tools", ()))
        return
    yield from _dialogue_problems(row.get("input", {}).get("messages"))
    yield from _tool_problems(row["input"].get("tools", ()))
    for side in ("preferred_output", "non_preferred_output"):
        said = row.get(side)
        if not isinstance(said, list) or [one.get("role") for one in said] != ["assistant"]:
            yield f"{side} is not one message of the assistant"
        else:
            yield from _message_problems(said[0])


def _dialogue_problems(messages: Any) -> Iterator[str]:
    if not isinstance(messages, list) or not messages:
        yield "it has no messages"
        return
    called: list[str] = []
    for message in messages:
        yield from _message_problems(message)
        called += [call.get("id") for call in message.get("tool_calls", ())]
        if message.get("role") == "tool" and message.get("tool_call_id") not in called:
            yield "a tool's result answers no call"
    if not any(message.get("role") == "user" for message in messages):
        yield "no message is the user's"


def _message_problems(message: Message) -> Iterator[str]:
    role, content, calls = message.get("role"), message.get("content"), message.get("tool_calls")
    yield from (f"the key '{key}' of a message is not known" for key in message.keys() - KEYS)
    if role not in ROLES:
        yield "a message has a role that is not known"
    if not (isinstance(content, str) and content.strip()) and not (calls and content is None):
        yield "a message has no text"
    if "weight" in message and (role != "assistant" or message["weight"] not in WEIGHTS):
        yield "a weight is neither 0 nor 1, or not the assistant's"
    if calls and role != "assistant":
        yield "a call is not the assistant's"
    for call in calls or ():
        function = call.get("function", {})
        if not call.get("id") or call.get("type") != "function" or not NAME.fullmatch(str(function.get("name"))):
            yield "a call has no id, or a name that OpenAI does not take"
        if not _is_json(function.get("arguments")):
            yield "a call's arguments are no JSON text"


def _tool_problems(tools: Sequence[dict[str, Any]]) -> Iterator[str]:
    for tool in tools:
        if tool.get("type") != "function" or not NAME.fullmatch(str(tool.get("function", {}).get("name"))):
            yield "a tool has a name that OpenAI does not take"


def _is_json(text: object) -> bool:
    try:
        return isinstance(text, str) and orjson.loads(text) is not None
    except orjson.JSONDecodeError:
        return False


def _message(message: Message) -> Message:
    """Without what OpenAI has no place for; reasoning stands before the answer, as it was read."""
    kept = {key: value for key, value in message.items() if key in KEYS}
    if kept.get("weight") not in WEIGHTS:
        kept.pop("weight", None)
    if kept.get("name") and not NAME.fullmatch(kept["name"]):
        del kept["name"]
    if reasoning := message.get("reasoning_content"):
        kept["content"] = f"{reasoning}\n{kept['content']}" if kept["content"] else reasoning
    return kept
