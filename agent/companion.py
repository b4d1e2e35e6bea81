"""The companion as a tool-calling language model plays it: talks about a run, and makes nothing up.

What it says is checked when it is said: figures and quotes that no tool, fact or person gave are asked away once, and
struck if they come back.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from goalcover.agent.errors import (
    ContextTooLongError,
    GoalCoverError,
    ModelAnswerError,
    ModelError,
    ModelRequestError,
)
from goalcover.agent.figures import SCALE, struck, unsupported
from goalcover.agent.model import ChatModel
from goalcover.agent.prompt import cut, defused, fence, load_prompt, new_nonce, nonce_for
from goalcover.agent.quotes import misquoted
from goalcover.agent.reply import ToolCall, ToolCalls, without_thoughts
from goalcover.agent.talk import Called, Corrected, Returned, Said, Spoken, Tool, Turn

ROUNDS = 6
"""Times that the model may call tools for one answer."""
TURNS = 20
"""Messages of the conversation that the model reads."""
RESULT = 12_000
"""Characters of a tool's result that the model reads."""
LEAST = 500
"""Of these, when it cannot read so many."""
_AGAIN = (
    "Your answer cannot be shown: no fact and no tool result holds what this list names.\n{}\nWrite the whole answer "
    "again without what you cannot support, or call a tool that gives it. Do not mention this correction."
)
_ASKED_AGAIN = "The first answer held something that the assessment does not: it was asked for again."
_REMOVED = "What the assessment does not hold was removed from this answer."


@dataclass
class _Answering:
    """One answer in the making."""

    turns: list[Turn]
    facts: str
    sources: list[str]
    """All that the answer may take its figures and quotes from."""
    room: int = RESULT
    """Characters of a result that the model reads."""
    told: list[tuple[str, Any]] = field(default_factory=list)
    """Results of tools, for a model that cannot call them, by the tools' names."""
    made: list[dict[str, Any]] = field(default_factory=list)
    """Messages after the person's question; the content of a tool's is its result as it is."""
    text: list[str] = field(default_factory=list)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the model reads now."""
        opening = _opening(self.turns, self.facts)
        for name, result in self.told:
            opening[-1]["content"] += f"\n\nResult of the tool {name}:\n{_fenced(result, self.room)}"
        fenced = ({"content": _fenced(one["content"], self.room)} if one["role"] == "tool" else {} for one in self.made)
        return [*opening, *(one | content for one, content in zip(self.made, fenced, strict=True))]

    def shorten(self) -> bool:
        """Leaves out half of the conversation, the older one, and of every long result; whether there is any."""
        if self.room < 2 * LEAST or (len(self.turns) == 1 and not self.told and not self.made):
            return False
        self.turns, self.room = self.turns[len(self.turns) // 2 :], self.room // 2
        return True


class LLMCompanion:
    """Answers with tools."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def answer(self, turns: Sequence[Turn], facts: str, tools: Sequence[Tool]) -> AsyncIterator[Spoken]:
        """See `roles.Companion`. Raises ModelError."""
        kept = list(turns)[-TURNS:]
        answering = _Answering(kept, facts, [SCALE, facts, *(turn.text for turn in kept)])
        async for spoken in self._speak(answering, tools):
            yield spoken
        said = "\n\n".join(answering.text)
        if not said:
            raise ModelAnswerError("the model said nothing, or nothing but its thoughts: ask again, or in other words")
        made_up = _made_up(said, answering.sources)
        if not made_up:
            return
        answering.made += [_turn("assistant", said), _turn("user", _AGAIN.format(fence(made_up, new_nonce())))]
        answering.text.clear()
        async for spoken in self._speak(answering, tools):
            if not isinstance(spoken, Said | Corrected):
                yield spoken
        again = "\n\n".join(answering.text)
        clean = _without(again, answering.sources)
        notice = _ASKED_AGAIN if clean == again else _REMOVED
        yield Corrected(clean or "I have no figure for that.", notice)

    async def _speak(self, answering: _Answering, tools: Sequence[Tool]) -> AsyncIterator[Spoken]:
        """Until an answer without tool calls; the last round has no tools left to call."""
        for left in reversed(range(ROUNDS + 1)):
            calls: tuple[ToolCall, ...] = ()
            answering.text.append("")
            async for piece in self._round(answering, tools if left and not answering.told else ()):
                if isinstance(piece, ToolCalls):
                    calls = piece.calls
                else:
                    yield piece
            if not calls:
                break
            answering.made.append(_calling(answering.text[-1], calls))
            for call in calls:
                async for event in _called(call, tools, answering):
                    yield event
        answering.text = [text for text in answering.text if text]

    async def _round(self, answering: _Answering, tools: Sequence[Tool]) -> AsyncIterator[Said | Corrected | ToolCalls]:
        raw = ""
        try:
            async for piece in self._model.stream(answering.messages, [_specification(tool) for tool in tools]):
                if isinstance(piece, ToolCalls):
                    yield piece
                    continue
                raw += piece
                for said in _shown(answering, raw):
                    yield said
        except (ModelRequestError, ContextTooLongError) as error:
            if raw:
                raise
            async for one in self._round(answering, await _otherwise(error, answering, tools)):
                yield one
        else:
            for said in _shown(answering, f"{raw}\n"):
                yield said


def _opening(turns: Sequence[Turn], facts: str) -> list[dict[str, Any]]:
    """Facts stand in the first message of the person: some servers want the roles to alternate.

    They are fenced alike in every answer, so that a provider's cache holds the conversation so far.
    """
    system, user = load_prompt("companion").messages(facts=fence(facts, nonce_for(facts)))
    said = [_turn(turn.role, turn.text) for turn in turns]
    if said and said[0]["role"] == "user":
        said[0]["content"] = f"{user.content}\n\n{said[0]['content']}"
    else:
        said.insert(0, _turn("user", user.content))
    return [_turn("system", system.content), *said]


def _shown(answering: _Answering, raw: str) -> Iterator[Said | Corrected]:
    """What can be shown of the text so far: no thoughts, and nothing that may become the beginning of one."""
    visible, before = without_thoughts(re.sub(r"<[/\w]*\Z", "", raw)), answering.text[-1]
    answering.text[-1] = visible
    if visible.startswith(before):
        if visible != before:
            yield Said(visible[len(before) :])
    else:  # a template had opened the thought: what looked like an answer was none
        yield Corrected(visible, "")


async def _called(call: ToolCall, tools: Sequence[Tool], answering: _Answering) -> AsyncIterator[Called | Returned]:
    arguments = _arguments(call)
    yield Called(call.name, arguments or {})
    result = await _result(call.name, arguments, tools)
    yield Returned(call.name, result)
    answering.sources += _texts(result)
    answering.made.append({"role": "tool", "tool_call_id": call.id, "content": result})


async def _result(name: str, arguments: Mapping[str, Any] | None, tools: Sequence[Tool]) -> Any:
    tool = next((one for one in tools if one.name == name), None)
    if tool is None:
        return {"error": f"there is no tool of that name; there are {', '.join(one.name for one in tools)}"}
    if arguments is None:
        return {"error": "the arguments are no JSON object"}
    try:
        return await tool.call(arguments)
    except GoalCoverError as error:
        return {"error": str(error)}


async def _otherwise(error: ModelError, answering: _Answering, tools: Sequence[Tool]) -> Sequence[Tool]:
    """The tools to ask again with, in a way that the server may take. Raises the error when there is no other."""
    if isinstance(error, ContextTooLongError):
        if not answering.shorten():
            raise error
        return tools
    if not tools:
        raise error
    await _ask_all(answering, tools)
    return ()


async def _ask_all(answering: _Answering, tools: Sequence[Tool]) -> None:
    """For a server without tools: what every tool says that needs no arguments, beside the question."""
    for tool in tools:
        if not tool.parameters.get("required"):
            result = await _result(tool.name, {}, tools)
            answering.sources += _texts(result)
            answering.told.append((tool.name, result))


def _fenced(result: Any, most: int) -> str:
    """A result as the model reads it; of a very long one, the beginning as text."""
    text = json.dumps(result, ensure_ascii=False)
    return fence(result if len(text) <= most else cut(text, most), nonce_for(text))


def _made_up(text: str, sources: Sequence[str]) -> list[str]:
    figures = [f"the figure {one.text}" for one in unsupported(_without_sentences(text), sources)]
    return list(dict.fromkeys([*figures, *(f'the quote "{one}"' for one in misquoted(text, sources))]))


def _without(text: str, sources: Sequence[str]) -> str:
    for quote in misquoted(text, sources):
        text = text.replace(quote, "[quote removed]")
    return struck(text, unsupported(_without_sentences(text), sources))


@cache
def _sentences() -> re.Pattern[str]:
    """What a person can type, as the prompt lists it, with anything in the places in capitals."""
    listed = re.findall(r"\*\*([^*]+)\*\*", load_prompt("companion").text)
    parts = (re.split(r"\b[A-Z]{4,}\b", " ".join(one.split())) for one in listed)
    return re.compile("|".join(".+".join(map(re.escape, one)) for one in parts))


def _without_sentences(text: str) -> str:
    """The text, of the same length, without the sentences to type: a wished number claims nothing."""
    return re.sub(
        r"\*\*([^*\n]+)\*\*",
        lambda bold: "*" * len(bold[0]) if _sentences().fullmatch(bold[1]) else bold[0],
        text,
    )


def _arguments(call: ToolCall) -> Mapping[str, Any] | None:
    try:
        found = json.loads(call.arguments or "{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _calling(text: str, calls: Sequence[ToolCall]) -> dict[str, Any]:
    # What is no JSON object was refused, and servers refuse a history that holds it.
    made = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(_repeated(_arguments(call) or {}))},
        }
        for call in calls
    ]
    return {**_turn("assistant", text), "tool_calls": made}


def _repeated(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Text and numbers are all that a tool takes. The client reads them anew: an escape in the JSON would be lost."""
    return {
        defused(name): value if isinstance(value, int | float) else defused(str(value))
        for name, value in arguments.items()
    }


def _specification(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _texts(result: Any) -> list[str]:
    """The numbers and the strings of a result, each as it would be said, and how many there are of what it lists."""
    if isinstance(result, Mapping):
        return [text for value in result.values() for text in _texts(value)]
    if isinstance(result, list | tuple):
        return [str(len(result)), *(text for value in result for text in _texts(value))]
    return [] if result is None else [str(result)]


def _turn(role: str, text: str) -> dict[str, Any]:
    """What the model said may quote a sample."""
    return {"role": role, "content": defused(text) if role == "assistant" else text}
