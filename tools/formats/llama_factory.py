"""LLaMA-Factory's two formats, Alpaca and ShareGPT, with the `dataset_info.json` entry (its data/README.md)."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from goalcover.tools.formats.examples import Example
from goalcover.tools.formats.kinds import RowKind, labelled, learnt, pair, plain
from goalcover.tools.formats.messages import Message, UnfitError
from goalcover.tools.rendering import to_json

SPEAKERS = {"user": "human", "assistant": "gpt", "tool": "observation"}
OPENAI_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "function_call",
    "system_tag": "system",
}
"""All of them: LLaMA-Factory has no default for those that are left out."""
COLUMNS = {
    "instruction": "prompt",
    "input": "query",
    "output": "response",
    "conversations": "messages",
    "messages": "messages",
    "text": "prompt",
} | {name: name for name in ("system", "history", "tools", "chosen", "rejected", "kto_tag")}
"""Column -> what dataset_info.json calls it."""


def alpaca_row(example: Example, kind: RowKind) -> dict[str, Any]:
    """`{instruction, input, output}`, with system, history, rejected answer and label where there are some.

    Raises UnfitError when the example is of another kind or calls tools, or its turns do not alternate.
    """
    if kind == "text":
        return {"text": plain(example)}
    answers = _answers(example, kind)
    if example.tools or any("tool_calls" in one or one["role"] == "tool" for one in example.messages):
        raise UnfitError("Alpaca has no place for calls of tools")
    system, turns = _system(example.prompt)
    if [one["role"] for one in turns] != ["user", "assistant"] * (len(turns) // 2) + ["user"]:
        raise UnfitError("Alpaca wants question and answer in turn")
    texts = [_text(one) for one in turns]
    instruction, given = example.request or (texts[-1], "")
    row: dict[str, Any] = {"instruction": instruction, "input": given, **answers}
    if system:
        row["system"] = system
    if len(texts) > 1:
        row["history"] = [list(pair) for pair in zip(texts[:-1:2], texts[1::2], strict=True)]
    return row


def _answers(example: Example, kind: RowKind) -> dict[str, Any]:
    if kind == "preference":
        chosen, rejected = pair(example)
        return {"chosen": _text(chosen), "rejected": _text(rejected)}
    if kind == "unpaired-preference":
        answer, label = labelled(example)
        return {"output": _text(answer), "kto_tag": label}
    return {"output": _text(learnt(example))}


def sharegpt_row(example: Example, kind: RowKind) -> dict[str, Any]:
    """`{conversations, system, tools}`, with chosen and rejected answer or label where there are some.

    Raises UnfitError for plain text and other kinds, and when the sides do not alternate, which LLaMA-Factory skips.
    """
    said, beside = _said(example, kind)
    system, turns = _system(example.prompt)
    asked = [_turn(one) for one in turns]
    if any((one["from"] in ("human", "observation")) is (place % 2 == 1) for place, one in enumerate(asked)):
        raise UnfitError("LLaMA-Factory wants the sides to alternate")
    if len(asked) % 2 == 0:
        raise UnfitError("LLaMA-Factory wants a question before the answer")
    row: dict[str, Any] = {"conversations": [*asked, *said], **beside}
    if system:
        row["system"] = system
    if example.tools:
        row["tools"] = to_json([tool["function"] for tool in example.tools])
    return row


def _said(example: Example, kind: RowKind) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """(what ends the conversation, the columns beside it)."""
    if kind == "preference":
        chosen, rejected = pair(example)
        return [], {"chosen": _turn(chosen), "rejected": _turn(rejected)}
    if kind == "unpaired-preference":
        answer, label = labelled(example)
        return [_turn(answer)], {"kto_tag": label}
    return [_turn(learnt(example))], {}


def dataset_info(file_name: str, columns: Iterable[str]) -> dict[str, Any]:
    """What dataset_info.json says about a file with these columns."""
    given = list(columns)
    entry: dict[str, Any] = {"file_name": file_name}
    if {"messages", "tools"} <= set(given):
        entry["formatting"] = "openai"  # reads calls, which its "sharegpt" skips
    elif {"conversations", "messages"} & set(given):
        entry["formatting"] = "sharegpt"
    if "rejected" in given:
        entry["ranking"] = True
    entry["columns"] = {COLUMNS[name]: name for name in given if name in COLUMNS}
    if "messages" in given:
        entry["tags"] = OPENAI_TAGS
    return entry


def _system(prompt: Sequence[Message]) -> tuple[str, list[Message]]:
    """The system prompt (several become one), and the other messages."""
    said = [_text(one) for one in prompt if one["role"] in ("system", "developer")]
    return "\n\n".join(said), [one for one in prompt if one["role"] not in ("system", "developer")]


def _turn(message: Message) -> dict[str, str]:
    if message["role"] not in SPEAKERS:
        raise UnfitError("a message has a role that ShareGPT does not know")
    if "tool_calls" not in message:
        return {"from": SPEAKERS[message["role"]], "value": _text(message)}
    if message["content"] or len(message["tool_calls"]) > 1:
        raise UnfitError("ShareGPT has no place for text beside a call, or for several calls at once")
    function = message["tool_calls"][0]["function"]
    value = b'{"name":%b,"arguments":%b}' % (orjson.dumps(function["name"]), function["arguments"].encode())
    return {"from": "function_call", "value": value.decode()}


def _text(message: Message) -> str:
    parts = (message.get("reasoning_content"), message.get("content"))
    return "\n".join(str(part) for part in parts if part)
