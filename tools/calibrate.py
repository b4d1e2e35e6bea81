"""The judge against people: agreement, bias, and means corrected for it.

The correction is prediction-powered inference (Angelopoulos et al., 2023): the judge's mean over all samples, plus the
mean difference between people and judge over the labelled ones; the interval counts the uncertainty of both.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import NormalDist, fmean, variance
from typing import Any

import orjson
from goalcover.agent.errors import InputError
from goalcover.agent.models import TOP_LEVEL, Frozen, Level
from goalcover.memory.runs import Run
from goalcover.tools.coverage import CONFIDENCE
from pydantic import ValidationError
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

LEAST = 2
"""Labels that a difference can be measured with."""
FEW = 30
"""Below so many labels an interval of this kind is too narrow, and the result says so."""


class Label(Frozen):
    """What a person said about a sample and a subgoal."""

    sample_id: str
    subgoal_id: str
    level: Level


class Calibration(Frozen):
    """The judge against people, on one subgoal or on all of them."""

    id: str
    """Of the subgoal; `all` for all together."""
    n: int
    """Pairs that both a person and the judge gave a level."""
    kappa: float | None
    """Cohen's, quadratic weights. None when there are too few labels, or only one level was given."""
    spearman: float | None
    bias: float | None
    """Mean of judge minus person, 0 to 1: above 0 the judge is too generous."""
    exact: float | None
    """Share of pairs with the same level."""
    within_one: float | None
    judged_mean: float | None
    """Mean score of all judged samples."""
    corrected_mean: float | None
    ci_low: float | None
    ci_high: float | None
    """95% interval of the corrected mean."""
    note: str = ""


class Calibrations(Frozen):
    """What `goalcover calibrate` found."""

    judges: tuple[str, ...]
    n_labels: int
    n_unknown: int
    """Labels of samples or subgoals that the run does not have."""
    n_unscored: int
    """Labels of pairs that the judge did not score."""
    overall: Calibration
    subgoals: tuple[Calibration, ...]


def calibrate(run: Run, labels_path: Path) -> Calibrations:
    """Compares a run's levels with people's. InputError when the file cannot be read, or fits the run nowhere."""
    labels = {(one.sample_id, one.subgoal_id): one.level for one in read_labels(labels_path)}
    table = run.scores(["sample_id", "subgoal_id", "level", "judge"])
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    judged: dict[str, list[int]] = defaultdict(list)
    met = unscored = 0
    columns = (table.column(name).to_pylist() for name in ("sample_id", "subgoal_id", "level"))
    for sample_id, subgoal_id, level in zip(*columns, strict=True):
        label = labels.get((sample_id, subgoal_id))
        met += label is not None
        if level is None:
            unscored += label is not None
            continue
        judged[subgoal_id].append(level)
        if label is not None:
            pairs[subgoal_id].append((level, label))
    if not met:
        raise InputError(f"{labels_path}: none of its {len(labels)} labels is about a sample and a subgoal of this run")
    return Calibrations(
        judges=tuple(sorted(set(table.column("judge").to_pylist()))),
        n_labels=len(labels),
        n_unknown=len(labels) - met,
        n_unscored=unscored,
        overall=_compare("all", list(chain(*pairs.values())), list(chain(*judged.values()))),
        subgoals=tuple(_compare(one.id, pairs[one.id], judged[one.id]) for one in run.goal().subgoals),
    )


def read_labels(path: Path) -> Iterator[Label]:
    """The labels in a CSV or JSONL file; InputError names the line that cannot be read."""
    for number, row in _rows(path):
        try:
            yield Label(sample_id=str(row["sample_id"]), subgoal_id=str(row["subgoal_id"]), level=int(row["level"]))
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            raise InputError(
                f"{path}, line {number}: wants sample_id, subgoal_id and a level from 0 to {TOP_LEVEL}"
            ) from error


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                yield from enumerate(csv.DictReader(file), 2)
            else:
                yield from ((number, orjson.loads(line)) for number, line in enumerate(file, 1) if line.strip())
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "not CSV or JSONL in UTF-8"
        raise InputError(f"cannot read {path}: {reason}") from error


def _compare(name: str, pairs: Sequence[tuple[int, int]], judged: Sequence[int]) -> Calibration:
    differences = [(person - level) / TOP_LEVEL for level, person in pairs]
    mean = fmean(judged) / TOP_LEVEL if judged else None
    measured = len(pairs) >= LEAST and mean is not None
    bias = -fmean(differences) if measured else None
    low, high = _interval(mean - bias, differences, judged) if mean is not None and bias is not None else (None, None)
    return Calibration(
        id=name,
        n=len(pairs),
        kappa=_kappa(pairs),
        spearman=_spearman(pairs),
        bias=bias,
        exact=fmean(level == person for level, person in pairs) if pairs else None,
        within_one=fmean(abs(level - person) <= 1 for level, person in pairs) if pairs else None,
        judged_mean=mean,
        corrected_mean=_unit(mean - bias) if mean is not None and bias is not None else None,
        ci_low=low,
        ci_high=high,
        note=f"{len(pairs)} of the {FEW} labels that make its interval reliable." if len(pairs) < FEW else "",
    )


def _interval(mean: float, differences: Sequence[float], judged: Sequence[int]) -> tuple[float, float]:
    # A judge that happens to agree on every label is not free of error: half a level on one more pair is assumed.
    spread = max(variance(differences), (0.5 / TOP_LEVEL) ** 2 / len(differences))
    of_judge = variance(judged) / TOP_LEVEL**2 / len(judged) if len(judged) > 1 else 0.0
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(spread / len(differences) + of_judge)
    return _unit(mean - half), _unit(mean + half)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    if len(pairs) < LEAST or len({level for pair in pairs for level in pair}) < 2:
        return None
    levels, people = zip(*pairs, strict=True)
    return float(cohen_kappa_score(levels, people, labels=list(range(TOP_LEVEL + 1)), weights="quadratic"))


def _spearman(pairs: Sequence[tuple[int, int]]) -> float | None:
    if len(pairs) <= LEAST or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return None
    return float(spearmanr(*zip(*pairs, strict=True)).statistic)
