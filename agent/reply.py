"""What a chat model replied, and the JSON object that it holds, however it is wrapped.

Every field of a reply may be missing or null: servers differ, and what is missing is an answer that does not hold,
never a crash.
"""

import html
import json
import re
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

import json_repair
from goalcover.agent.errors import ModelAnswerError, ModelBusyError, ModelRefusedError
from goalcover.agent.usage import BYTES_A_TOKEN, Usage
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_FIRST = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```\w*\s*\n|\n\s*```\s*\Z")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)


def _or_zero(value: Any) -> Any:
    return 0 if value is None else value


def _or_empty(value: Any) -> Any:
    """A content may be null, or a list of parts."""
    if isinstance(value, list):
        return "".join(part.get("text") or "" for part in value if isinstance(part, dict))
    return "" if value is None else value


Count = Annotated[int, BeforeValidator(_or_zero)]
Content = Annotated[str, BeforeValidator(_or_empty)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Function(_Part):
    name: Content = ""
    arguments: Content = ""


class _ToolCall(_Part):
    function: _Function = _Function()


class _Said(_Part):
    content: Content = ""
    refusal: str | None = None
    tool_calls: tuple[_ToolCall, ...] | None = None


class _Choice(_Part):
    message: _Said = _Said()
    finish_reason: str | None = None


class _Details(_Part):
    cached_tokens: Count = 0


class _Tokens(_Part):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _Details | None = None


class Reply(_Part):
    """A chat completion."""

    choices: tuple[_Choice, ...]
    usage: _Tokens | None = None
    model: str | None = None

    @classmethod
    def read(cls, body: bytes) -> "Reply":
        """The reply in a response's body. ModelBusyError when it is none: a broken proxy, a body cut off."""
        try:
            reply = cls.model_validate_json(body)
        except ValidationError as error:
            raise ModelBusyError("the server's response is no chat completion", billed=True) from error
        if not reply.choices:
            raise ModelBusyError("the server's response holds no choice", billed=True)
        return reply

    @property
    def text(self) -> str:
        """What was said: the arguments of the last tool call, else the content. May be empty."""
        said = self.choices[0].message
        return said.tool_calls[-1].function.arguments if said.tool_calls else said.content

    @property
    def finish_reason(self) -> str | None:
        """`stop`, `length`, `tool_calls`, `content_filter`, or whatever the server says."""
        return self.choices[0].finish_reason

    def counted(self, sent: int = 0) -> Usage:
        """The tokens of this one call, whose request was so many bytes: where the server tells none, an estimate."""
        used = self.usage
        if used is None or not used.prompt_tokens:
            return Usage(
                calls=1,
                prompt_tokens=round(sent / BYTES_A_TOKEN),
                completion_tokens=ceil(len(self.text.encode("utf-8", "replace")) / BYTES_A_TOKEN),
                untold=1,
            )
        cached = used.prompt_tokens_details.cached_tokens if used.prompt_tokens_details else 0
        return Usage(
            calls=1,
            prompt_tokens=used.prompt_tokens,
            cached_tokens=cached,
            completion_tokens=used.completion_tokens,
        )

    def answer(self) -> str:
        """The JSON object that the reply holds, as JSON.

        Raises ModelRefusedError (refused, or filtered) and ModelAnswerError (cut off, empty, no object in it).
        """
        said = self.choices[0].message
        if said.refusal:
            raise ModelRefusedError("the model refused to answer")
        if self.finish_reason == "content_filter":
            raise ModelRefusedError("the provider's content filter stopped the answer")
        if self.finish_reason == "length":
            raise ModelAnswerError("the reply was cut off before its end: answer more briefly")
        return last_object(self.text)


def last_object(text: str) -> str:
    """The last complete JSON object of a text, as JSON: thoughts, fences and talk around it are dropped.

    A model that corrects itself gives the better answer last. Small faults (commas, quotes) are mended, but never an
    object without an end. Raises ModelAnswerError when there is none.
    """
    if _is_object(text):
        return text
    text = _THOUGHT_FIRST.sub("", text)
    found = _objects(text)
    tags = (tag.start() for tag in _TAG.finditer(text))
    # A tag in an object's string is what the object says; any other tells that some of the objects were thoughts.
    if any(not any(start < tag < end for start, end, _ in found) for tag in tags):
        found = _objects(without_thoughts(text))
    if not found:
        raise ModelAnswerError("the reply holds no complete JSON object")
    return found[-1][2]


def bare_list(text: str) -> str:
    """The text as JSON where it is one list of objects, fenced or not; empty where it is anything else."""
    kept = _FENCE.sub("", without_thoughts(text)).strip()
    try:
        found = json.loads(kept) if kept.startswith("[") else None
    except (ValueError, RecursionError):
        return ""
    return kept if found and all(isinstance(one, dict) for one in found) else ""


def without_thoughts(text: str) -> str:
    """The text without what a reasoning model thought aloud, also when the opening tag was part of its template."""
    kept = _THOUGHT.sub("", text)
    return _THOUGHT_END.split(kept)[-1].strip()


def _objects(text: str) -> list[tuple[int, int, str]]:
    """The outermost complete objects of a text, in order: where each begins and ends, and what it is as JSON."""
    decoder, ends, found, place = json.JSONDecoder(strict=False), _closings(text), [], text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = ends.get(place, place + 1)
            value = json_repair.loads(text[place:end]) if place in ends else None
        if value and isinstance(value, dict):
            found.append((place, end, json.dumps(value)))
        place = text.find("{", end)
    return found


def _closings(text: str) -> dict[int, int]:
    """Where each brace that opens is closed, braces in strings not counted."""
    opened: list[int] = []
    closed = {}
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            opened.append(token.start())
        elif token[0] == "}" and opened:
            closed[opened.pop()] = token.end()
    return closed


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True)
class ToolCall:
    """One function that a model wants called."""

    id: str
    name: str
    arguments: str
    """JSON as the model wrote it: to be checked before it is used."""


@dataclass(frozen=True)
class ToolCalls:
    """What a model wants called before it goes on."""

    calls: tuple[ToolCall, ...]


class Offered(_Part):
    """A model that a server lists."""

    id: str
    max_model_len: int | None = None
    max_context_length: int | None = None
    context_length: int | None = None
    meta: dict[str, Any] | None = None

    @property
    def context(self) -> int | None:
        """Tokens that it can read, where the server tells (vLLM, LM Studio, OpenRouter, llama.cpp)."""
        trained = (self.meta or {}).get("n_ctx") or (self.meta or {}).get("n_ctx_train")
        return self.max_model_len or self.max_context_length or self.context_length or trained


class _Listing(_Part):
    data: tuple[Offered, ...]


def read_listing(body: bytes) -> tuple[Offered, ...]:
    """The models in the body of a response to GET /models. ModelBusyError when it is none."""
    try:
        return _Listing.model_validate_json(body).data
    except ValidationError as error:
        raise ModelBusyError("the server's response is no list of models") from error


def is_json(body: bytes) -> bool:
    """Whether a response is JSON, whole or cut off, and no web page or other text; an empty one may have been."""
    begun = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return not begun or begun in b'{["' or body.strip() in {b"null", b"true", b"false"}


def without_markup(text: str) -> str:
    """The words of a web page, on one line; any other text as it is."""
    return " ".join(html.unescape(_MARKUP.sub(" ", text)).split())


class _Vector(_Part):
    index: int
    embedding: list[float]


class _Vectors(_Part):
    data: tuple[_Vector, ...]


def read_vectors(body: bytes, n: int) -> list[list[float]]:
    """The n vectors in an embeddings response, in the order of the texts. ModelBusyError when it does not hold them."""
    try:
        vectors = {one.index: one.embedding for one in _Vectors.model_validate_json(body).data}
    except ValidationError as error:
        raise ModelBusyError("the server's response holds no embeddings") from error
    if sorted(vectors) != list(range(n)):
        raise ModelBusyError(f"the server's response holds other embeddings than the {n} asked for")
    return [vectors[place] for place in range(n)]
