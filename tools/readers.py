"""Files as rows: one generator per kind of file. Bad rows come out as faults, never as nothing."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from goalcover.agent.errors import InputError
from goalcover.tools.rendering import parse_json, without_controls
from goalcover.tools.rows import BROKEN_JSON, NOT_UTF8, TOO_DEEP, Row, fault, make_row, open_bytes, reason_of
from goalcover.tools.shapes import Reading, understand
from goalcover.tools.tables import read_arrow, read_csv, read_parquet, read_tsv, read_xlsx

ONE_ROW = ("messages", "conversations", "conversation", "contents")
"""In a JSON object, an array of one of these names is a dialogue, and no array of rows."""

Reader = Callable[[Path], Iterator[Row]]


def read_file(path: Path) -> Iterator[Row]:
    """The rows of one file, streamed where the format allows it. Raises InputError when the file is unusable."""
    try:
        yield from reader_of(path)(path)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {reason_of(error)}") from error


def reader_of(path: Path) -> Reader:
    """The reader for the file's extension; InputError when there is none."""
    kind = file_kind(path)
    if kind is None:
        raise InputError(f"{path}: files of this kind cannot be read; known are {', '.join(READERS)} (text also .gz)")
    return READERS[kind]


def file_kind(path: Path) -> str | None:
    """The extension that decides how the file is read, e.g. `.csv` for `data.CSV.gz`; None for an unknown one."""
    name = path.name.lower()
    kind = Path(name.removesuffix(".gz")).suffix
    known = TEXT_KINDS if name.endswith(".gz") else READERS
    return kind if kind in known else None


def read_jsonl(path: Path) -> Iterator[Row]:
    """One object a line; blank lines are no rows."""
    with open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if text:
                yield _json_line(f"{path}:{number}", text)


def _json_line(where: str, text: bytes) -> Row:
    try:
        return make_row(where, parse_json(text))
    except UnicodeDecodeError:
        return fault(where, NOT_UTF8)
    except ValueError:
        return fault(where, BROKEN_JSON)
    except RecursionError:
        return fault(where, TOO_DEEP)


def read_json(path: Path) -> Iterator[Row]:
    """An array of objects, an object that holds one, or (often so named) one object a line."""
    with open_bytes(path) as file:
        data = file.read()
    try:
        content = parse_json(data)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}:{_line(data, error.start)}: {NOT_UTF8}") from error
    except RecursionError as error:
        raise InputError(f"{path}: {TOO_DEEP}") from error
    except ValueError as error:
        if _starts_with_object_line(data):
            yield from read_jsonl(path)
            return
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path}{line}: {BROKEN_JSON}") from error
    for number, value in enumerate(_json_rows(path, content), 1):
        yield make_row(f"{path} item {number}", value)


def _json_rows(path: Path, content: object) -> Iterable[object]:
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        raise InputError(f"{path} holds neither an array nor an object")
    if not any(content.values()):
        return []
    arrays = [name for name, value in content.items() if name not in ONE_ROW and _is_table(value)]
    if _is_row(content, arrays):
        return [content]
    if len(arrays) > 1:
        names = ", ".join(without_controls(name)[:40] for name in arrays[:10])
        raise InputError(f"{path} holds several arrays of rows ({names}): keep one a file")
    if arrays:
        return cast(list[object], content[arrays[0]])
    if len(content) > 1 and all(isinstance(value, dict) for value in content.values()):
        return [{"id": name, **value} for name, value in content.items()]  # PubMedQA's own files: rows by their id
    return [content]


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _is_row(content: dict[str, Any], arrays: Sequence[str]) -> bool:
    """Whether the object is itself a row, of which the arrays are a part. Plain text may be a description of rows."""
    reading = understand(content)
    if isinstance(reading, str) or reading.shape != "text":
        return isinstance(reading, Reading)
    if {*arrays} & {*reading.plan.columns}:
        return False
    within = [understand(content[name][0]) for name in arrays]
    return all(isinstance(one, str) or one.shape == "text" for one in within)


def _starts_with_object_line(data: bytes) -> bool:
    line = data.lstrip().partition(b"\n")[0]
    return line.startswith(b"{") and not _json_line("", line).fault


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


TEXT_KINDS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
}
READERS: dict[str, Reader] = {**TEXT_KINDS, ".parquet": read_parquet, ".arrow": read_arrow, ".xlsx": read_xlsx}
