"""The removals file (contract; Definition 4), and which samples a removal takes."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Goal, Sample
from goalcover.agent.validation import Removal, Where
from pydantic import Field, ValidationError

Mask = npt.NDArray[np.bool_]


class _File(Frozen):
    removals: tuple[Removal, ...] = Field(min_length=1)


def load_removals(path: Path, goal: Goal) -> tuple[Removal, ...]:
    """Reads a removals file, YAML or JSON; InputError names the file, the removal and what is wrong with it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"Cannot read the removals file {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is not YAML in UTF-8: {' '.join(str(error).split())[:200]}") from error
    return parse_removals(content, goal, str(path))


def parse_removals(content: object, goal: Goal, name: str) -> tuple[Removal, ...]:
    """The removals of a parsed file; InputError as for `load_removals`."""
    try:
        removals = _File.model_validate(content).removals
    except ValidationError as error:
        raise InputError(f"{name}: {_problem(error, content)}") from error
    known, ids = [one.id for one in goal.subgoals], [one.id for one in removals]
    for one in removals:
        if one.target not in known:
            raise InputError(f"{name}, removal {one.id}: no subgoal '{one.target}'; there are {', '.join(known)}.")
        if ids.count(one.id) > 1:
            raise InputError(f"{name}: two removals are called {one.id}: give each an id of its own.")
    return removals


def masks(removals: Sequence[Removal], samples: Sequence[Sample]) -> Mask:
    """Shape (removals, samples): what each removal takes. InputError when a labelled column is in no sample."""
    rows = [_row(sample) for sample in samples] if any(one.where for one in removals) else []
    return np.array([_mask(one, samples, rows) for one in removals], dtype=bool).reshape(len(removals), len(samples))


def _mask(removal: Removal, samples: Sequence[Sample], rows: Sequence[dict[str, Any]]) -> list[bool]:
    if removal.where is None:
        return [removal.matches(sample) for sample in samples]
    if not any(removal.where.column in row for row in rows):
        columns = sorted({column for row in rows for column in row})
        raise InputError(
            f"removal {removal.id}: no row has a column '{removal.where.column}'; there are {', '.join(columns[:20])}."
        )
    return [_labelled(removal.where, row) for row in rows]


def _labelled(where: Where, row: dict[str, Any]) -> bool:
    value = row.get(where.column)
    # A CSV says "1" where the removals file says 1; a column may hold several labels.
    values: Collection[Any] = value if isinstance(value, list) else (value,)
    return any(one is not None and str(one).casefold() == str(where.equals).casefold() for one in values)


def _row(sample: Sample) -> dict[str, Any]:
    row = json.loads(sample.original)
    return row if isinstance(row, dict) else {}


def _problem(error: ValidationError, content: object) -> str:
    """The first thing that is wrong, where a person looks for it."""
    first = error.errors(include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    if place[:1] == ["removals"] and len(place) > 1 and isinstance(content, dict):
        place[:2] = [f"removal {int(place[1]) + 1}"]
    words = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"].lower()
    if first["type"] == "extra_forbidden":
        words = "is not a known key; known are id, target, terms, pattern, where, fields"
    return f"{', '.join(place) or 'the file'}: {words}."
