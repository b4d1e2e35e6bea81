"""The run's two tables as Parquet: rows stream in and out in batches, so that a million of them never sit in memory."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, Sample
from goalcover.memory.files import replacing, writing

Row = TypeVar("Row")

GROUP_ROWS = 65_536
GROUP_BYTES = 16 * 2**20
"""A row group is written at either size: large enough to read fast, small enough to hold in memory."""
READ_ROWS = 1_024

# pandas turns integers with nulls into floats unless it is told that the column is its nullable Int8.
PANDAS = {
    "index_columns": [],
    "column_indexes": [],
    "columns": [
        {"name": "level", "field_name": "level", "pandas_type": "int8", "numpy_type": "Int8", "metadata": None},
    ],
}
SCORES = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("subgoal_id", pa.string(), nullable=False),
        pa.field("level", pa.int8()),
        pa.field("score", pa.float64()),
        pa.field("explanation", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("judge", pa.string(), nullable=False),
    ],
    metadata={"pandas": json.dumps(PANDAS)},
)
SAMPLES = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("input", pa.string(), nullable=False),
        pa.field("output", pa.string(), nullable=False),
        pa.field("original", pa.string(), nullable=False),
    ]
)


def score_row(alignment: Alignment) -> dict[str, Any]:
    """One row of scores.parquet."""
    status = "unscored" if alignment.level is None else "scored"
    return {**dict(alignment), "score": alignment.score, "status": status}


def sample_row(sample: Sample) -> dict[str, Any]:
    """One row of samples.parquet."""
    return {**dict(sample), "sample_id": sample.id}


class TableWriter(Generic[Row]):
    """Appends rows to a Parquet file, a row group at a time."""

    def __init__(self, path: Path, schema: pa.Schema, to_row: Callable[[Row], dict[str, Any]]) -> None:
        self._schema = schema
        self._to_row = to_row
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._held_bytes = 0
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        """Adds rows in the order given."""
        batch = pa.RecordBatch.from_pylist([self._to_row(row) for row in rows], schema=self._schema)
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self._held_bytes += batch.nbytes
        if self._held_rows >= GROUP_ROWS or self._held_bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Writes what is held, and the file's footer."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, schema=self._schema))
            self._held.clear()
            self._held_rows = self._held_bytes = 0


@contextmanager
def table_writer(path: Path, schema: pa.Schema, to_row: Callable[[Row], dict[str, Any]]) -> Iterator[TableWriter[Row]]:
    """A writer of `path`; the file appears, whole, when the block ends without an error."""
    with replacing(path) as temporary:
        with writing(path):
            writer = TableWriter(temporary, schema, to_row)
        try:
            yield writer
        finally:
            with writing(path):
                writer.close()


def read_samples(path: Path, ids: Collection[str] | None = None) -> Iterator[Sample]:
    """The samples, or those of the ids given, in the file's order."""
    with _reading(path, SAMPLES) as file:
        for group in range(file.num_row_groups):
            for batch in _sample_batches(file, group, ids):
                for row in batch.to_pylist():
                    yield Sample(id=row.pop("sample_id"), **row)


def read_sample_ids(path: Path) -> list[str]:
    """The samples' ids alone, in the file's order."""
    with _reading(path, SAMPLES) as file:
        ids: list[str] = file.read(columns=["sample_id"])["sample_id"].to_pylist()
        return ids


def _sample_batches(file: pq.ParquetFile, group: int, ids: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    if ids is None:
        yield from file.iter_batches(READ_ROWS, row_groups=[group])
        return
    # The ids alone are read first: the texts of a row group without a match stay unread.
    wanted = pc.is_in(file.read_row_group(group, columns=["sample_id"])["sample_id"], pa.array(list(ids), pa.string()))
    if pc.any(wanted).as_py():
        yield from file.read_row_group(group).filter(wanted).to_batches(READ_ROWS)


def read_alignments(path: Path, subgoal_id: str, at_most: float | None = None) -> Iterator[Alignment]:
    """A subgoal's alignments in the samples' order; with `at_most`, only those scored no higher (0 to 1)."""
    wanted = pc.field("subgoal_id") == subgoal_id
    # Null for the unscored, which is filtered out.
    return _alignments(path, wanted if at_most is None else wanted & (pc.field("score") <= at_most))


def read_judgements(path: Path, sample_id: str) -> Iterator[Alignment]:
    """A sample's alignments in the subgoals' order."""
    return _alignments(path, pc.field("sample_id") == sample_id)


def _alignments(path: Path, wanted: pc.Expression) -> Iterator[Alignment]:
    columns = list(Alignment.model_fields)
    with _reading(path, SCORES) as file:
        for batch in file.iter_batches(READ_ROWS * 8, columns=[*columns, "score"]):
            for row in batch.filter(wanted).select(columns).to_pylist():
                yield Alignment(**row)


def read_scores(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The scores, or some of their columns, as one table."""
    with _reading(path, SCORES) as file:
        return file.read(columns=None if columns is None else list(columns))


@contextmanager
def _reading(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetFile]:
    """The open file; InputError when it is not the table that it should be."""
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(schema):
                raise InputError(f"{path} does not have the columns of a GoalCover run: {_again(path)}")
            yield file
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: {_again(path)}") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is damaged: {_again(path)}") from error


def _again(path: Path) -> str:
    return (
        f"make it again with `goalcover assess DATA --goal GOAL --out {path.parent}` "
        "(what the ledger holds is not judged again)."
    )
