"""What a server's HTTP error means, in words that say what to do next."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goalcover.agent.errors import (
    ContextTooLongError,
    ModelAnswerError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    ModelRequestError,
    ModelUnknownError,
)

_WORDS = 300
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_CROWDED = frozenset({429, 503, 529})
_TOO_LARGE = 413
_TOO_LONG = (
    "context_length", "context length", "context window", "context size", "prompt is too long", "input is too long",
    "maximum model length", "maximum number of tokens", "too many tokens", "max_new_tokens", "range of input length",
)  # fmt: skip
# Told as an error of the server (500, llama.cpp and what is built on it) or of the request (400, Groq), and neither.
_UNREADABLE = ("output that does not match", "failed to parse input at pos", "json_validate_failed", "tool_use_failed")
_FILTERED = (
    "content_filter", "content management policy", "content_policy", "invalid_prompt", "prohibited_content",
    "data_inspection_failed", "content exists risk", "input was flagged",
)  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """An HTTP error from a model's server."""

    status: int
    code: str
    """The error's code and type, whatever of them the server sent."""
    words: str
    """The server's message, without keys."""
    headers: Mapping[str, str]


def told(refusal: Refusal, server: str, model: str, key_name: str, *, has_key: bool) -> ModelError:
    """The error to raise. Only ModelBusyError is worth another try."""
    said = _cut(refusal.words)
    about = f"{refusal.code} {said}".lower()
    if any(sign in about for sign in _UNREADABLE):  # what it wrote is not repeated: a sample might speak there
        return ModelAnswerError("the answer was not in the form that was asked for: the server could not read it")
    if refusal.status not in _BUSY:
        if refusal.status == _TOO_LARGE or any(sign in about for sign in _TOO_LONG):
            return ContextTooLongError(f"the question is longer than {model} can read: {said}")
        if any(sign in about for sign in _FILTERED):
            return ModelRefusedError(f"the content filter of {server} stopped the question")
    return _by_status(refusal, server, model, key_name, has_key=has_key)


def _by_status(refusal: Refusal, server: str, model: str, key_name: str, *, has_key: bool) -> ModelError:
    said = _cut(refusal.words)
    match refusal.status:
        case 401:
            return ModelError(f"{server} {'does not accept the key' if has_key else 'wants a key'}: check {key_name}")
        case 403:
            return ModelError(f"{server} does not let this key use {model}: {said}")
        case 404 | 405 if key_name.startswith("AZURE"):
            return ModelUnknownError(
                f"{server} has no deployment {model}: check its name, and that AZURE_OPENAI_ENDPOINT is the address "
                "alone, https://NAME.openai.azure.com"
            )
        case 404 | 405:
            return ModelUnknownError(
                f"{server} does not know the model {model} (or its address lacks a /v1): "
                "`goalcover doctor` lists what it offers"
            )
        case 402:
            return ModelError(f"{server} wants to be paid first: {said}")
        case 429 if "insufficient_quota" in refusal.code:
            return ModelError(f"{server} reports that the account has no credit left")
        case status if status in _BUSY:
            text = f"{server} is busy or broken (HTTP {status})"
            return ModelBusyError(text, _retry_after(refusal.headers), crowded=status in _CROWDED)
    return ModelRequestError(f"{server} does not take the request (HTTP {refusal.status}): {said}")


def error_in(body: bytes) -> Any:
    """What an error's body says, in the form that openai's client gives it."""
    try:
        content = json.loads(body)
    except ValueError:
        return {"message": body.decode("utf-8", "replace")}
    return content.get("error", content) if isinstance(content, dict) else content


def _cut(words: str) -> str:
    text = " ".join(words.split())
    return text if len(text) <= _WORDS else f"{text[:_WORDS]}..."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from either of the two headers; dates are not understood and count as nothing."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        else:
            seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
