"""A row as it comes out of a source, readable or not, and what all readers share."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from goalcover.agent.errors import InputError
from goalcover.tools.rendering import to_json, without_controls

BROKEN_JSON = "broken JSON"
NOT_OBJECT = "not a JSON object"
NOT_UTF8 = "invalid UTF-8"
TOO_DEEP = "nested too deeply"
RAGGED = "more or fewer fields than the header"
BROKEN_QUOTES = "broken quotes"
UNREADABLE_VALUE = "a value cannot be read"

BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Row(NamedTuple):
    """One row of a source, readable or not."""

    where: str
    """`file:line`, or `file row n` where there are no lines."""
    value: Mapping[str, Any]
    original: str
    """The row as JSON text; empty for a fault."""
    fault: str = ""
    """Why the row cannot be read."""


def reason_of(error: BaseException) -> str:
    """The first line of a foreign error's text, fit to stand in a message."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return without_controls(text.strip().partition("\n")[0])[:300] or type(error).__name__


def make_row(where: str, value: object) -> Row:
    """The value as a row; a fault when it is no object, or nested beyond reason."""
    if not isinstance(value, dict):
        return fault(where, NOT_OBJECT)
    try:
        return Row(where, value, to_json(value))
    except RecursionError:
        return fault(where, TOO_DEEP)


def fault(where: str, reason: str) -> Row:
    """A row that cannot be read."""
    return Row(where, {}, "", reason)


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, decompressed, after a byte order mark if there is one."""
    is_packed = path.suffix.lower() == ".gz"
    file = cast(BinaryIO, gzip.open(path) if is_packed else path.open("rb"))  # noqa: SIM115 (the caller closes it)
    start = file.read(len(BOM))
    if start[:2] in UTF16_BOMS:
        file.close()
        raise InputError(f"{path} is written in UTF-16: save it as UTF-8")
    if start != BOM:
        file.seek(0)
    return file
