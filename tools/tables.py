"""Tables as rows: CSV, TSV, XLSX, Parquet, Arrow.

A table that cannot be read as a whole (broken Parquet, a quote that never closes) raises InputError.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from goalcover.agent.errors import InputError
from goalcover.tools.rendering import without_controls
from goalcover.tools.rows import (
    BROKEN_QUOTES,
    NOT_UTF8,
    RAGGED,
    UNREADABLE_VALUE,
    Row,
    fault,
    make_row,
    open_bytes,
    reason_of,
)

ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
DELIMITERS = ",;\t|"
LONGEST_FIELD = 2**31 - 1
BATCH_ROWS = 1000

DAMAGED_WORKBOOK = (zipfile.BadZipFile, SyntaxError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
"""What openpyxl, zipfile and the XML parser raise over damaged files (NotImplementedError is a RuntimeError)."""


def read_csv(path: Path) -> Iterator[Row]:
    """Comma, semicolon, tab or bar, whichever the header has most of."""
    with open_bytes(path) as file:
        header = file.readline()
    yield from _read_delimited(path, max(DELIMITERS, key=lambda one: header.count(one.encode())))


def read_tsv(path: Path) -> Iterator[Row]:
    """Values separated by tabs."""
    yield from _read_delimited(path, "\t")


def _read_delimited(path: Path, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    with io.TextIOWrapper(open_bytes(path), "utf-8", "surrogateescape", newline="") as file:
        # strict, because otherwise a quote that is never closed silently swallows the rest of the file
        lines = csv.reader(file, delimiter=delimiter, strict=True)
        header: list[str] = []
        while True:
            where = f"{path}:{lines.line_num + 1}"
            try:
                fields = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error) or not header:
                    raise InputError(f"{where}: a quote is opened and not closed") from error
                yield fault(where, BROKEN_QUOTES)
                continue
            if header and fields:
                yield _delimited_row(where, header, fields)
            elif fields:
                header = _header(where, fields)


def _delimited_row(where: str, header: list[str], fields: list[str]) -> Row:
    if any(not field.isascii() and ESCAPED_BYTE.search(field) for field in fields):
        return fault(where, NOT_UTF8)
    if len(fields) < len(header) or any(fields[len(header) :]):
        return fault(where, RAGGED)
    return make_row(where, dict(zip(header, fields, strict=False)))


def _header(where: str, names: Iterable[object]) -> list[str]:
    """The column names: unnamed ones are called by their number, two of a name are refused."""
    header = [without_controls(str(name or "")).strip() or f"column {number}" for number, name in enumerate(names, 1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{where}: two columns are called {twice[:40]!r}")
    return header


def read_xlsx(path: Path) -> Iterator[Row]:
    """All sheets; the first row of a sheet that is not blank names its columns."""
    import openpyxl  # here, because it takes long to start

    with path.open("rb") as file:
        try:
            with warnings.catch_warnings():  # about styles, which nobody reads here
                warnings.simplefilter("ignore")
                workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # some writers note wrong ones
                yield from _sheet_rows(
                    f"{path} sheet {without_controls(sheet.title)}", sheet.iter_rows(values_only=True)
                )
        except DAMAGED_WORKBOOK as error:
            raise InputError(f"{path} is not a readable XLSX workbook: {reason_of(error)}") from error


def _sheet_rows(name: str, rows: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    header: list[str] = []
    for number, cells in enumerate(rows, 1):
        where = f"{name} row {number}"
        if all(cell is None for cell in cells):
            continue
        if not header:
            header = _header(where, cells)
        elif any(cell is not None for cell in cells[len(header) :]):
            yield fault(where, RAGGED)
        else:
            yield make_row(where, dict(zip_longest(header, cells[: len(header)])))


def read_parquet(path: Path) -> Iterator[Row]:
    """Streamed by batches of rows."""
    import pyarrow  # here, because it takes long to start
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield from table_rows(str(path), file.iter_batches(batch_size=BATCH_ROWS))
    except (pyarrow.ArrowException, ValueError) as error:
        raise InputError(f"{path} is not a readable Parquet file: {reason_of(error)}") from error


def read_arrow(path: Path) -> Iterator[Row]:
    """Arrow IPC, the file form or the stream form (which `datasets` saves)."""
    import pyarrow  # here, because it takes long to start

    try:
        with pyarrow.memory_map(str(path)) as file:
            yield from table_rows(str(path), _arrow_batches(file))
    except (pyarrow.ArrowException, ValueError) as error:
        raise InputError(f"{path} is not a readable Arrow file: {reason_of(error)}") from error


def _arrow_batches(file: Any) -> Iterator[Any]:
    import pyarrow  # here, because it takes long to start

    try:
        reader = pyarrow.ipc.open_file(file)
    except pyarrow.ArrowInvalid:
        file.seek(0)
        reader = pyarrow.ipc.open_stream(file)
        yield from reader
        return
    for index in range(reader.num_record_batches):
        yield reader.get_batch(index)


def table_rows(name: str, tables: Iterable[Any]) -> Iterator[Row]:
    """The rows of pyarrow tables or record batches, numbered through; `name` stands in front of the number."""
    number = 0
    for table in tables:
        for start in range(0, table.num_rows, BATCH_ROWS):
            for value in _values(table.slice(start, BATCH_ROWS)):
                number += 1
                where = f"{name} row {number}"
                yield fault(where, UNREADABLE_VALUE) if value is None else make_row(where, value)


def _values(table: Any) -> list[dict[str, object] | None]:
    """The rows as dicts; None for one with a value that Python cannot hold (bad UTF-8, a date beyond the year 9999)."""
    try:
        table.validate(full=True)  # damaged offsets would be read as addresses
        return cast(list[dict[str, object] | None], table.to_pylist())
    except (ValueError, OverflowError):
        if table.num_rows == 1:
            return [None]
        middle = table.num_rows // 2
        return _values(table.slice(0, middle)) + _values(table.slice(middle))
