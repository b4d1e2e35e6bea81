"""A dataset in any of its forms -> Samples (paper, section 3.1: D = {x_1 ... x_n}).

find_source -> rows -> understand -> Sample: one pass counts and validates (`open_dataset`), every iteration is another.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from goalcover.agent.errors import InputError
from goalcover.agent.models import Sample
from goalcover.tools.rows import Row
from goalcover.tools.shapes import Plan, Reading, parse_mapping, understand
from goalcover.tools.sources import Source, find_source
from goalcover.tools.survey import Skip, Survey, id_text

HEAD = 160
"""Rows that are kept from the first reading: what most of them are like is told before the rest is read again."""


@dataclass(frozen=True)
class Dataset:
    """A dataset that was read once; iterating reads it again and yields its Samples in source order."""

    source: str
    """As given: a path or a Hugging Face id."""
    shape: str
    """What the rows look like, e.g. `alpaca`, or `alpaca (200), messages (60)`."""
    columns: tuple[str, ...]
    """The columns that are read; the others only stand in `Sample.original`."""
    rows: int
    """Rows in the source, before any limit, skipped ones included."""
    fingerprint: str
    """sha256 over the rows' content, 32 hex characters; the same rows in another container have the same one."""
    n_skipped: int
    skip_reasons: Mapping[str, int]
    """Why rows were skipped -> how many."""
    skipped: tuple[Skip, ...]
    """The first of them."""
    notes: tuple[str, ...]
    """What a person should know about how the data was read."""
    head: tuple[Sample, ...] = field(repr=False)
    """The first readable rows, as understood: at least one, at most `HEAD`."""
    _origin: Source = field(repr=False)
    _mapping: Plan | None = field(repr=False)
    _id_column: str | None = field(repr=False)
    _chosen: frozenset[int] | None = field(repr=False)
    """With a limit: which of the readable rows, counted from 0."""

    @property
    def preview(self) -> Sample:
        """The first readable row, as understood."""
        return self.head[0]

    def __len__(self) -> int:
        """The number of samples that iterating yields."""
        return self.rows - self.n_skipped if self._chosen is None else len(self._chosen)

    def __iter__(self) -> Iterator[Sample]:
        """Raises InputError when the source is no longer what was opened."""
        rows = readable = 0
        for rows, row in enumerate(self._origin.rows(), 1):
            reading = _reading(row, self._mapping)
            if isinstance(reading, str):
                continue
            if self._chosen is None or readable in self._chosen:
                yield _sample(rows, row, reading, self._id_column)
            readable += 1
        if (rows, readable) != (self.rows, self.rows - self.n_skipped):
            raise InputError(f"{self.source} was changed while it was being read: start again")


def open_dataset(
    data: str, *, mapping: str | None = None, split: str | None = None, limit: int | None = None, seed: int = 0
) -> Dataset:
    """Read a dataset once: its shape, ids, fingerprint and unreadable rows.

    `data` is a path or a Hugging Face id (contract, DATA); `mapping` is `input=COL[+COL],output=COL[+COL]`; `limit`
    picks that many readable rows at random with `seed`. Raises InputError when the data cannot be used, or more than a
    tenth of its rows cannot be read.
    """
    if limit is not None and limit < 1:
        raise InputError(f"--limit must be at least 1, not {limit}")
    plan = parse_mapping(mapping) if mapping is not None else None
    origin = find_source(data, split)
    survey = Survey(plan)
    first: list[tuple[int, Row, Reading]] = []
    for number, row in enumerate(origin.rows(), 1):
        reading = _reading(row, plan)
        survey.add(number, row, reading)
        if len(first) < HEAD and isinstance(reading, Reading):
            first.append((number, row, reading))
    survey.check(data)  # refuses a dataset with no readable row
    id_column = survey.id_column
    return Dataset(
        source=data,
        shape=survey.shape,
        columns=survey.columns,
        rows=survey.rows,
        fingerprint=survey.fingerprint,
        n_skipped=survey.n_skipped,
        skip_reasons=dict(survey.skip_reasons),
        skipped=tuple(survey.skipped),
        notes=(*origin.notes, *survey.notes),
        head=tuple(_sample(*one, id_column) for one in first),
        _origin=origin,
        _mapping=plan,
        _id_column=id_column,
        _chosen=_choose(survey.rows - survey.n_skipped, limit, seed),
    )


def _reading(row: Row, plan: Plan | None) -> Reading | str:
    return row.fault or understand(row.value, plan)


def _sample(number: int, row: Row, reading: Reading, id_column: str | None) -> Sample:
    sample_id = id_text(row.value[id_column]) if id_column is not None else f"row-{number}"
    return Sample(id=sample_id, row=number, input=reading.input, output=reading.output, original=row.original)


def _choose(n: int, limit: int | None, seed: int) -> frozenset[int] | None:
    if limit is None or limit >= n:
        return None
    return frozenset(random.Random(seed).sample(range(n), limit))  # noqa: S311 (a reproducible choice, not a secret)
