"""The removals file (contract; Definition 4), and which samples a removal takes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Goal, Sample
from goalcover.agent.validation import Removal, Where
from goalcover.memory.yaml_files import read_yaml
from pydantic import Field, ValidationError

FORM = "`removals:`, a list of entries such as `- {id: hearts, target: cardiology, terms: [heart, cardiac]}`"
Mask = npt.NDArray[np.bool_]


class _File(Frozen):
    removals: tuple[Removal, ...] = Field(min_length=1)


def load_removals(path: Path, goal: Goal) -> tuple[Removal, ...]:
    """Reads a removals file, YAML or JSON; InputError names the file, the removal and what is wrong with it."""
    return parse_removals(read_yaml(path, "removals file", f"it holds {FORM}"), goal, str(path))


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
    """Shape (removals, samples): what each removal takes. InputError when a pattern takes too long."""
    rows = [_row(sample) for sample in samples] if any(one.where for one in removals) else []
    return np.array([_mask(one, samples, rows) for one in removals], dtype=bool).reshape(len(removals), len(samples))


def masks_of_all(removals: Sequence[Removal], samples: Sequence[Sample]) -> Mask:
    """The masks on a whole dataset; InputError also when a labelled column, or the label, is in none of it."""
    found = masks(removals, samples)
    for removal, mask in zip(removals, found, strict=True):
        if removal.where and not mask.any():
            raise InputError(f"removal {removal.id}: {_absent(removal.where, [_row(sample) for sample in samples])}.")
    return found


def _mask(removal: Removal, samples: Sequence[Sample], rows: Sequence[dict[str, Any]]) -> list[bool]:
    if removal.where is None:
        return [_matches(removal, sample) for sample in samples]
    return [_labelled(removal.where, row) for row in rows]


def _absent(where: Where, rows: Sequence[dict[str, Any]]) -> str:
    if not any(where.column in row for row in rows):
        columns = sorted({column for row in rows for column in row})
        return f"no row has a column '{where.column}'; there are {', '.join(columns[:20])}"
    held = dict.fromkeys(str(one).strip() for row in rows for one in _labels(where, row))
    return f"no row has '{where.equals}' in column '{where.column}'; it holds {', '.join(list(held)[:20]) or 'nothing'}"


def _matches(removal: Removal, sample: Sample) -> bool:
    try:
        return removal.matches(sample)
    except TimeoutError as error:
        raise InputError(
            f"removal {removal.id}: the pattern takes too long on sample {sample.id}: make it simpler, without one "
            "repetition inside another."
        ) from error


def _labelled(where: Where, row: dict[str, Any]) -> bool:
    return _label(where.equals) in map(_label, _labels(where, row))


def _labels(where: Where, row: dict[str, Any]) -> list[Any]:
    """A column may hold several labels."""
    value = row.get(where.column)
    return [one for one in (value if isinstance(value, list) else (value,)) if one is not None]


def _label(value: object) -> str | float:
    """A label as a person reads it: a table with blanks holds 1.0, and a CSV "1", where the removals file says 1."""
    try:
        return float(str(value))
    except ValueError:
        return str(value).strip().casefold()


def _row(sample: Sample) -> dict[str, Any]:
    row = json.loads(sample.original)
    return row if isinstance(row, dict) else {}


_WORDS = {
    "missing": "is missing",
    "tuple_type": "has to be a list",
    "string_type": "has to be text: put it in quotes",
    "model_type": "has to be a mapping, `key: value`",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "extra_forbidden": "is not a known key; known are id, target, terms, pattern, where, fields",
}


def _problem(error: ValidationError, content: object) -> str:
    """The first thing that is wrong, where a person looks for it."""
    first = error.errors(include_url=False)[0]
    place = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
    if place[:1] == ["removals"] and len(place) > 1 and isinstance(content, dict):
        one = content["removals"][int(place[1]) - 1]
        place[:2] = [f"removal {one.get('id', place[1]) if isinstance(one, dict) else place[1]}"]
    words = first["msg"].lower().replace("input should be", "has to be")
    words = str(first["ctx"]["error"]) if first["type"] == "value_error" else _WORDS.get(first["type"], words)
    return f"{', '.join(place) or 'the file'}: {words}."
