"""Values of any kind as text that people and judges can read, and rows as JSON text."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson

READABLE_LEVELS = 4
"""Lists and dicts are told in words down to this level, and as JSON text below it."""

JSON_LEVELS = 250
"""A row that is nested deeper is refused, whatever the depth of the caller's own stack (orjson stops at 254)."""

TEXT_KEYS = ("text", "value", "content", "contexts")
"""Of a dict with one of these, the rest is bookkeeping (SQuAD's answer_start, PubMedQA's section labels)."""

_LONG_NUMBER = b"0" * 19
"""From so many digits on an integer may need more than 64 bits."""
_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def without_controls(text: str) -> str:
    """The text without control characters (a space instead) and lone surrogates (U+FFFD instead)."""
    return UNPRINTABLE.sub(lambda found: " " if found[0] < "\ud800" else "\ufffd", text)


def as_text(value: object) -> str:
    """Any cell as clean text: lists by lines, dicts as `key: value`, nothing for None and NaN."""
    return without_controls(value if isinstance(value, str) else _render(value, READABLE_LEVELS))


def _render(value: object, levels: int) -> str:
    if value is None or value != value:  # NaN is how tables write "nothing"
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return _bytes_text(value)
    if isinstance(value, dict | list | tuple):
        return _render_nested(value, levels)
    return str(value)


def _render_nested(value: dict[str, object] | list[object] | tuple[object, ...], levels: int) -> str:
    if not levels:
        return to_json(value)
    if not isinstance(value, dict):
        lines = (_render(one, levels - 1) for one in value)
        return "\n".join(line for line in lines if line)
    for key in TEXT_KEYS:
        if value.get(key):
            return _render(value[key], levels - 1)
    pairs = ((key, _render(one, levels - 1)) for key, one in value.items())
    return "\n".join(f"{key}: {text}" for key, text in pairs if text)


def _bytes_text(value: bytes) -> str:
    return f"<{len(value)} bytes>" if is_binary(value) else value.decode()


def is_binary(value: bytes) -> bool:
    """Whether these bytes are no text: of such a value only the length is told (rows would hold whole images)."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


def parse_json(data: bytes | str) -> Any:
    """What the JSON text holds. Raises ValueError (UnicodeDecodeError for the encoding) and RecursionError."""
    raw = data.encode() if isinstance(data, str) else data
    if _LONG_NUMBER not in raw.translate(_AS_ZEROS):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(raw)
    # orjson makes floats of integers beyond 64 bits, and refuses NaN (which means "nothing") and lone surrogates.
    return json.loads(raw.decode(), parse_constant=lambda _: None)


def to_json(value: object) -> str:
    """The value as JSON text; what JSON has no word for (dates, decimals, bytes) becomes a string.

    Raises RecursionError when it is nested deeper than `JSON_LEVELS`.
    """
    try:
        return orjson.dumps(value, default=_plain).decode()
    except orjson.JSONEncodeError:
        if _deeper_than(JSON_LEVELS, value):
            raise RecursionError("nested too deeply") from None
        return json.dumps(value, default=_plain)  # integers beyond 64 bits, lone surrogates


def _plain(value: object) -> str:
    return _bytes_text(value) if isinstance(value, bytes) else str(value)


def _deeper_than(levels: int, value: object) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [child for one in layer for child in _children(one)]
        if not layer:
            return False
    return True


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
