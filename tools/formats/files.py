"""Rows to files: JSON lines, JSON, CSV, TSV, Parquet, and a `DatasetDict` on disk."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from goalcover.agent.errors import InputError
from goalcover.memory.files import replacing, write_bytes, writing
from goalcover.tools.rendering import as_text, to_json

Rows = Sequence[Mapping[str, Any]]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection")."""
_KINDS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*)?\.?\d+(?:[eE][+-]?\d+)?%?")


def check_extension(path: Path) -> None:
    """InputError where no file of this kind is written: better told before the work than after it."""
    if path.suffix.lower() not in _KINDS:
        raise InputError(f"{path}: files of this kind are not written; use .jsonl, .json, .csv, .tsv or .parquet")


def write_rows(path: Path, rows: Rows) -> int:
    """Writes the file in the form that its extension names; how many cells were neutralised (CSV and TSV alone).

    Raises InputError for an extension that is not known, and when the file cannot be written.
    """
    check_extension(path)
    kind = path.suffix.lower()
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    if kind in (".jsonl", ".ndjson"):
        write_bytes(path, "".join(f"{to_json(row)}\n" for row in rows).encode("utf-8", "replace"))
    elif kind == ".json":
        lines = ",\n".join(to_json(row) for row in rows)
        write_bytes(path, f"[\n{lines}\n]\n".encode("utf-8", "replace"))
    elif kind in (".csv", ".tsv"):
        return _write_table(path, rows, "," if kind == ".csv" else "\t")
    else:
        _write_parquet(path, rows)
    return 0


def save_dataset_dict(folder: Path, splits: Mapping[str, Rows]) -> None:
    """Saves the splits as a `DatasetDict`, which `datasets.load_from_disk` reads. Raises InputError."""
    with writing(folder):
        to_dataset_dict(splits).save_to_disk(str(folder))


def to_dataset_dict(splits: Mapping[str, Rows]) -> Any:
    """The splits as a `datasets.DatasetDict` with the same columns in each."""
    import datasets  # here, because it takes seconds to start

    tables = {name: to_table(rows) for name, rows in splits.items()}
    return datasets.DatasetDict({name: datasets.Dataset(table) for name, table in tables.items()})


def to_table(rows: Rows) -> Any:
    """The rows as an Arrow table. A column whose values have no common type becomes JSON text."""
    import pyarrow as pa  # here, because it takes long to start

    columns = {name: [row.get(name) for row in rows] for name in column_names(rows)}
    table = pa.table({name: _array([_with_text_arguments(one) for one in each]) for name, each in columns.items()})
    calling = [name for name, values in columns.items() if any(map(_has_object_arguments, values))]
    return _with_json_arguments(table, calling) if calling else table


def _with_json_arguments(table: Any, names: Sequence[str]) -> Any:
    """Columns of messages, the text of their calls' arguments marked as JSON: `datasets` gives objects back."""
    import datasets  # here, because it takes seconds to start

    features = datasets.Features.from_arrow_schema(table.schema)
    for name in names:
        if isinstance(features[name], datasets.List):  # else the whole column became text
            features[name].feature["tool_calls"].feature["function"]["arguments"] = datasets.Json()
    return table.cast(features.arrow_schema)


def _array(values: list[Any]) -> Any:
    import pyarrow as pa  # here, because it takes long to start

    try:
        array = pa.array(values)
        if not _has_empty_struct(array.type) and not _merges_objects(values):
            return array
    except (pa.ArrowException, OverflowError):  # no common type, or a number beyond 64 bits
        pass
    return pa.array([None if one is None else _cell(one) for one in values], pa.string())


def column_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All columns of the rows, in the order of their first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def neutral(cell: str) -> str:
    """The cell with an apostrophe in front when a spreadsheet would execute it; a plain number stays as it is."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _NUMBER.fullmatch(cell.strip()) else cell


def _write_parquet(path: Path, rows: Rows) -> None:
    import pyarrow.parquet as pq  # here, because it takes long to start

    with replacing(path) as temporary, writing(path):
        pq.write_table(to_table(rows), temporary, compression="zstd")


def _write_table(path: Path, rows: Rows, delimiter: str) -> int:
    names = column_names(rows)
    if "rejected" in names and any(_is_dialogue(row.get(name)) for row in rows for name in names):
        raise InputError(f"{path}: a table cannot hold pairs of dialogues; write .jsonl or .parquet")
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    table.writerow(map(neutral, names))
    neutralised = 0
    for row in rows:
        cells = [_cell(row.get(name)) for name in names]
        safe = [neutral(cell) for cell in cells]
        neutralised += sum(one != other for one, other in zip(cells, safe, strict=True))
        table.writerow(safe)
    write_bytes(path, text.getvalue().encode("utf-8", "replace"))
    return neutralised


def _cell(value: object) -> str:
    return to_json(value) if isinstance(value, list | dict | bool) else as_text(value)


def _has_empty_struct(kind: Any) -> bool:
    """Parquet cannot hold an object without fields."""
    if kind.num_fields == 0:
        return str(kind).startswith("struct")
    return any(_has_empty_struct(kind.field(place).type) for place in range(kind.num_fields))


def _merges_objects(values: Iterable[object]) -> bool:
    """Whether Arrow would give objects the keys of other objects. Messages may: their readers take None for absent."""
    given = [value for value in values if value is not None]
    return not all(map(_is_dialogue, given)) and len({_keys(value) for value in given}) > 1


def _is_dialogue(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and ("role" in one or "from" in one) for one in value)


def _with_text_arguments(value: Any) -> Any:
    """Messages with the arguments of their calls as JSON text: as structs each call would get the others' arguments."""
    if not _is_dialogue(value):
        return value
    calls = [[_text_call(call) for call in one.get("tool_calls") or ()] for one in value]
    return [{**one, "tool_calls": made} if made else one for one, made in zip(value, calls, strict=True)]


def _has_object_arguments(value: Any) -> bool:
    return _is_dialogue(value) and value != _with_text_arguments(value)


def _text_call(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or isinstance(function.get("arguments"), str):
        return call
    return {**call, "function": {**function, "arguments": to_json(function.get("arguments", {}))}}


def _keys(value: object) -> str:
    """The shape of a value by its objects' keys."""
    if isinstance(value, list):
        return "|".join(sorted({_keys(one) for one in value}))
    if isinstance(value, dict):
        return to_json({key: _keys(one) for key, one in sorted(value.items())})
    return ""
