"""Synthetic samples of a run: RUN/synthetic/<number>-<subgoal>.jsonl, one file a request, in the dataset's own format.

Every row carries `_goalcover` (contract): what it was made for, how it was judged, what it was made from. Beside each
file, `<number>-<subgoal>.decisions.json` keeps all that was judged, the rejected candidates with their reasons too.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Sample
from goalcover.memory.files import write_bytes, writing
from pydantic import TypeAdapter, ValidationError

MARK = "_goalcover"
"""The column that tells a synthetic row from the dataset's own."""
LLM = "llm/"
"""How the id of a generator that is a language model begins."""
_DECIDED = ".decisions.json"


class Origin(Frozen):
    """The `_goalcover` of a row: where a synthetic sample comes from."""

    subgoal_id: str
    verdict: Literal["accepted", "edited"]
    """`edited`: a person changed it in review."""
    score: float | None
    """0 to 1, of the judge that judges the dataset."""
    rationale: str
    parents: tuple[str, ...]
    """Ids of the samples that it was made from."""
    engine: str
    sample_id: str
    judge: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The parents whose text it holds; those that a language model was shown were models of form alone."""
        return () if self.engine.startswith(LLM) else self.parents


class Decision(Frozen):
    """What became of one candidate."""

    decision: Literal["accepted", "edited", "rejected"]
    reasons: tuple[str, ...]
    input: str
    output: str
    parents: tuple[str, ...]
    level: int | None = None
    candidate_id: str = ""
    """Of a proposal that a person decided about; empty where the checks turned a candidate down, and in older files."""


class SyntheticSample(Frozen):
    """An accepted sample with its origin; `sample.original` is the row without `_goalcover`."""

    sample: Sample
    origin: Origin


DECISIONS: TypeAdapter[tuple[Decision, ...]] = TypeAdapter(tuple[Decision, ...])


def row_bytes(one: SyntheticSample) -> bytes:
    """One line of a synthetic file: the row in the dataset's own format, and `_goalcover`."""
    row = orjson.loads(one.sample.original)
    # As the judge read them: a dataset that was mapped by hand cannot be read from its columns alone.
    texts = {"input": one.sample.input, "output": one.sample.output}
    return orjson.dumps({**row, MARK: {**one.origin.model_dump(mode="json"), **texts}}) + b"\n"


def rejected_before(folder: Path, subgoal_id: str) -> tuple[Decision, ...]:
    """Candidates for the subgoal that earlier requests rejected: what the next round learns from."""
    # By the whole name: one id may end like another.
    paths = (one for one in folder.glob(f"*{_DECIDED}") if one.name.partition("-")[2] == f"{subgoal_id}{_DECIDED}")
    return tuple(decision for path in sorted(paths) for decision in _decisions(path) if decision.decision == "rejected")


def keep(folder: Path, subgoal_id: str, samples: Sequence[SyntheticSample], decisions: Sequence[Decision]) -> Path:
    """Writes one request's samples and decisions; the path of the samples. InputError when that fails."""
    with writing(folder):
        folder.mkdir(exist_ok=True)
    number = max(map(_request, _files(folder)), default=0) + 1
    path = folder / f"{number:03d}-{subgoal_id}.jsonl"
    write_bytes(path.with_suffix(_DECIDED), DECISIONS.dump_json(tuple(decisions), indent=2))
    write_bytes(path, b"".join(map(row_bytes, samples)))
    return path


def kept(folder: Path) -> Iterator[SyntheticSample]:
    """The samples of all requests, the oldest first."""
    number = 0
    for path in _files(folder):
        for line in _lines(path):
            number += 1
            yield _read(path, line, number)


def _files(folder: Path) -> list[Path]:
    paths = [path for path in folder.glob("*-*.jsonl") if path.name.split("-")[0].isdigit()]
    return sorted(paths, key=_request)


def _request(path: Path) -> int:
    """The number of the request that a file is of."""
    return int(path.name.split("-")[0])


def _lines(path: Path) -> list[bytes]:
    try:
        return [line for line in path.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error


def _read(path: Path, line: bytes, number: int) -> SyntheticSample:
    try:
        row: dict[str, Any] = orjson.loads(line)
        stored = dict(row.pop(MARK))
        asked, given = stored.pop("input"), stored.pop("output")
        origin = Origin.model_validate(stored)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise InputError(
            f"{path} holds a row that `goalcover synthesize` did not write: move the file out of {path.parent}."
        ) from error
    sample = Sample(id=origin.sample_id, row=number, input=asked, output=given, original=orjson.dumps(row).decode())
    return SyntheticSample(sample=sample, origin=origin)


def _decisions(path: Path) -> tuple[Decision, ...]:
    try:
        return DECISIONS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(f"{path} cannot be read: delete it, and its reasons are forgotten.") from error
