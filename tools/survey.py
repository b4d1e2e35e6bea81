"""The first pass over a dataset: counts, checks and the choice of ids. Holds no rows, only what was seen of them."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from goalcover.agent.errors import InputError
from goalcover.tools.columns import Column, Columns
from goalcover.tools.rendering import as_text, is_binary, without_controls
from goalcover.tools.rows import Row
from goalcover.tools.shapes import DIALOGUES, MAP_SYNTAX, UNKNOWN_SHAPE, Plan, Reading
from goalcover.tools.typeset import listed

ID_NAMES = ("id", "sample_id", "uid", "uuid")
UNREADABLE_SHARE = 0.1
"""Above it the dataset is refused: the reader of a report could no longer trust it."""

_AS_TEXT = (date, time, timedelta, Decimal)
"""What JSON has no word for, and a text says as well."""
_PLAIN = frozenset({str, int, float, bool, type(None)})
_BITS = frozenset({"0", "1", "0.0", "1.0"})
"""Labels that may be KTO's verdicts, or two classes: nobody can tell."""

LISTED_SKIPS = 100
LISTED_COLUMNS = 20


class UnknownShapeError(InputError):
    """No row has a known shape: somebody has to say which columns are which."""

    def __init__(self, text: str, columns: tuple[Column, ...], likely: str) -> None:
        super().__init__(text)
        self.columns = columns
        self.likely = likely
        """The mapping that suggests itself, as `--map` takes it; empty when none does."""


class Skip(NamedTuple):
    """A row that cannot be read."""

    row: int
    """Counted from 1 over the whole source."""
    where: str
    reason: str


class Survey:
    """What one pass finds out; `add` every row, then `check`, then read the rest."""

    def __init__(self, mapping: Plan | None) -> None:
        self.rows = 0
        self.n_skipped = 0
        self.skip_reasons: Counter[str] = Counter()
        self.skipped: list[Skip] = []
        self._mapping = mapping
        self._unseen = set(mapping.columns) if mapping else set()
        self._empty = set(self._unseen)
        self._columns = Columns()
        self._shapes: Counter[str] = Counter()
        self._plans: dict[Plan, None] = {}
        self._labels: dict[str, None] = {}
        self._classes: dict[str, set[str]] = {}
        self._as_text: dict[str, None] = {}
        self._lost: dict[str, None] = {}
        self._filled: Counter[str] = Counter()
        self._undesirable = 0
        self._ids: Ids | None = None
        self._sha = hashlib.sha256()

    def add(self, number: int, row: Row, reading: Reading | str) -> None:
        """Count one row with what was understood of it, or with the reason why nothing was."""
        self.rows = number
        content = (row.original or row.fault).encode()
        self._sha.update(len(content).to_bytes(8, "big") + content)
        self._see_columns(row.value)
        if isinstance(reading, str):
            self._skip(Skip(number, row.where, reading))
        else:
            self._count(row.value, reading)

    def _see_columns(self, value: Mapping[str, object]) -> None:
        self._columns.add(value)
        self._unseen.difference_update(value)
        for column, cell in value.items():
            if type(cell) not in _PLAIN:
                self._see_kind(column, cell)
        if self._empty:
            self._empty = {column for column in self._empty if not as_text(value.get(column)).strip()}

    def _see_kind(self, column: str, cell: object) -> None:
        """What JSON has no word for; an image is an object that holds its bytes."""
        for one in cell.values() if isinstance(cell, dict) else (cell,):
            if isinstance(one, _AS_TEXT):
                self._as_text[column] = None
            elif isinstance(one, bytes) and is_binary(one):
                self._lost[column] = None

    def _skip(self, skip: Skip) -> None:
        self.n_skipped += 1
        self.skip_reasons[skip.reason] += 1
        if len(self.skipped) < LISTED_SKIPS:
            self.skipped.append(skip)

    def _count(self, value: Mapping[str, object], reading: Reading) -> None:
        self._shapes[reading.shape] += 1
        self._plans[reading.plan] = None
        self._filled["input"] += bool(reading.input.strip())
        self._filled["output"] += bool(reading.output.strip())
        self._undesirable += reading.undesirable
        if reading.shape == "kto":
            self._labels.update(dict.fromkeys(reading.plan.label))
        else:
            for column in reading.plan.label:
                classes = self._classes.setdefault(column, set())
                if classes <= _BITS:
                    classes.add(as_text(value.get(column)))
        if self._ids is None:
            self._ids = Ids(value)
        self._ids.add(value)

    @property
    def shape(self) -> str:
        """The one shape, or all of them with their counts, most frequent first."""
        if len(self._shapes) == 1:
            return next(iter(self._shapes))
        return ", ".join(f"{shape} ({count})" for shape, count in self._shapes.most_common())

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that were read."""
        return tuple(dict.fromkeys([*(column for plan in self._plans for column in plan.columns), *self._labels]))

    @property
    def fingerprint(self) -> str:
        """sha256 over the rows' content, 32 hex characters."""
        return self._sha.hexdigest()[:32]

    @property
    def id_column(self) -> str | None:
        """The column whose values name the samples; None: rows are numbered."""
        return self._ids.column if self._ids else None

    @property
    def notes(self) -> list[str]:
        """What a person should know about the rows."""
        notes = [self._ids.note] if self._ids and self._ids.note else []
        if self._undesirable:
            notes.append(f"{self._undesirable} of {self._shapes['kto']} KTO rows are labelled undesirable")
        notes.extend(self._column_notes())
        if not self._filled["output"]:
            notes.append("no row has an output: only the inputs are judged")
        if self.n_skipped:
            reasons = ", ".join(f"{reason}: {count}" for reason, count in self.skip_reasons.most_common())
            notes.append(f"{self.n_skipped} of {self.rows} rows skipped ({reasons})")
        return notes

    def _column_notes(self) -> Iterator[str]:
        for column, classes in self._classes.items():
            if classes <= _BITS:
                told = "is not read as good and bad answers (KTO): write true and false if it is that"
                yield f"column {_shown(column)!r} holds 0 and 1 and {told}"
        if self._as_text:
            yield f"dates and decimals are written as text by exports: {_listed(self._as_text)}"
        if self._lost:
            yield f"binary data are left out of exports, which have their length alone: {_listed(self._lost)}"

    def check(self, data: str) -> None:
        """Raises InputError when the dataset cannot be used: it says where and why."""
        if not self.rows:
            raise InputError(f"{data} has no rows")
        self._check_mapping(data)
        self._check_skips(data)
        self._check_sides(data)

    def _check_mapping(self, data: str) -> None:
        if not self._columns.names:
            return  # not one row could be read, which is said with its place
        for column in sorted(self._unseen):
            near = difflib.get_close_matches(column, self._columns.names, n=1)
            hint = f" (did you mean {_shown(near[0])!r}?)" if near else ""
            raise InputError(f"{data} has no column {column!r}{hint}. It has {self._column_list()}")
        for column in sorted(self._empty):
            raise InputError(f"{data}: column {column!r}, which --map names, is empty in every row")

    def _check_skips(self, data: str) -> None:
        if self.n_skipped <= UNREADABLE_SHARE * self.rows:
            return
        first = self.skipped[0]
        if self.skip_reasons[UNKNOWN_SHAPE] == self.rows:
            text = f"{data}: no known shape in its columns {self._column_list()}. {self._map_hint()}"
            raise UnknownShapeError(text, self._columns.all, self._columns.likely)
        hint = f" {self._map_hint()}" if first.reason == UNKNOWN_SHAPE else ""
        raise InputError(f"{first.where}: {first.reason} ({self.n_skipped} of {self.rows} rows are unreadable).{hint}")

    def _map_hint(self) -> str:
        likely = self._columns.likely
        example = f", here probably --map {' '.join(without_controls(likely).split())}" if likely else ""
        return f"Say which is which with {MAP_SYNTAX}{example}"

    def _check_sides(self, data: str) -> None:
        """An empty side is a mistake, except where rows have no such side."""
        if not self._filled["input"]:
            raise InputError(f"{data}: the input is empty in every row ({self._side_columns('input')})")
        answering = any(plan.output and plan.shape not in DIALOGUES for plan in self._plans)
        if answering and not self._filled["output"]:
            raise InputError(f"{data}: the output is empty in every row ({self._side_columns('output')})")

    def _side_columns(self, side: str) -> str:
        slots = [slot for plan in self._plans for slot in (plan.input if side == "input" else plan.output)]
        return "columns: " + ", ".join(dict.fromkeys(_shown(column) for slot in slots for column in slot))

    def _column_list(self) -> str:
        return _listed(self._columns.names)


class Ids:
    """Which column names the samples: those that could are followed until one repeats or is missing."""

    def __init__(self, first: Mapping[str, object]) -> None:
        by_name = {column.strip().lower(): column for column in first}
        ending = [column for name, column in by_name.items() if name.endswith("_id")]
        named = [by_name[name] for name in ID_NAMES if name in by_name]
        self._candidates = tuple(dict.fromkeys(named + (ending if len(ending) == 1 else [])))
        self._seen: dict[str, set[str]] = {column: set() for column in self._candidates}
        self._why: dict[str, str] = {}

    def add(self, row: Mapping[str, object]) -> None:
        """Follow the candidates through one more row."""
        for column, seen in list(self._seen.items()):
            value = id_text(row.get(column))
            if not value or value in seen:
                self._why[column] = "not unique" if value else "missing in some rows"
                del self._seen[column]
            seen.add(value)

    @property
    def column(self) -> str | None:
        """The first candidate that names every row and none twice."""
        return next(iter(self._seen), None)

    @property
    def note(self) -> str:
        """Why there is no such column although one looked like it."""
        if self._seen or not self._candidates:
            return ""
        first = self._candidates[0]
        return f"ids in column {_shown(first)!r} are {self._why[first]}: rows are numbered instead"


def id_text(value: object) -> str:
    """A cell as a sample's id; empty when it cannot be one."""
    return "" if isinstance(value, list | dict) else as_text(value).strip()


def _listed(names: Iterable[str]) -> str:
    return listed([_shown(one) for one in names], LISTED_COLUMNS)


def _shown(name: str) -> str:
    """A column's name, fit for a one-line message."""
    return " ".join(without_controls(name).split())[:40]
