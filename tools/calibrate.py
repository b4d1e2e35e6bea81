"""The judge against people: agreement, bias, and means corrected for it.

The correction is prediction-powered inference (Angelopoulos et al., 2023): the judge's mean over all samples, plus the
mean difference between people and judge over the labelled ones; the interval counts the uncertainty of both. Over all
subgoals it is stratified: each is corrected by its own labels, however many these are.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import NormalDist, fmean, variance
from typing import Any

import orjson
from goalcover.agent.errors import InputError
from goalcover.agent.models import TOP_LEVEL, Frozen, Level
from goalcover.memory.runs import Run
from goalcover.tools.coverage import CONFIDENCE
from goalcover.tools.levels import rank_correlation
from pydantic import ValidationError
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
    """Mean of judge minus person, 0 to 1: above 0 the judge is too generous. Over all subgoals: the mean of theirs,
    each as often as it was judged; None where one has fewer than two labels, and there is no corrected mean then."""
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
    ids = [one.id for one in run.goal().subgoals]
    parts = [_correct(pairs[one], judged[one]) for one in ids]
    return Calibrations(
        judges=tuple(sorted(set(table.column("judge").to_pylist()))),
        n_labels=len(labels),
        n_unknown=len(labels) - met,
        n_unscored=unscored,
        overall=_compare("all", list(chain(*pairs.values())), _together(parts), _unlabelled(ids, parts)),
        subgoals=tuple(_compare(one, pairs[one], part) for one, part in zip(ids, parts, strict=True)),
    )


def read_labels(path: Path) -> Iterator[Label]:
    """The labels in a CSV or JSONL file; InputError names the line that cannot be read, or contradicts another."""
    first: dict[tuple[str, str], tuple[int, int]] = {}
    for number, row in _rows(path):
        try:
            one = Label(sample_id=str(row["sample_id"]), subgoal_id=str(row["subgoal_id"]), level=_whole(row["level"]))
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            raise InputError(
                f"{path}, line {number}: wants sample_id, subgoal_id and a level from 0 to {TOP_LEVEL}"
            ) from error
        line, level = first.setdefault((one.sample_id, one.subgoal_id), (number, one.level))
        if level != one.level:
            raise InputError(
                f"{path}, line {number}: level {one.level} for what line {line} gives level {level}: keep one of them, "
                "or their median where several people labelled"
            )
        yield one


def _whole(level: object) -> int:
    """4 from 4, "4" or 4.0, as tables write whole numbers where a cell is blank; ValueError for all else."""
    number = float(str(level))
    if not number.is_integer():
        raise ValueError(level)
    return int(number)


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


@dataclass(frozen=True)
class _Corrected:
    """Means of one subgoal, or of several; the corrected mean is `mean - bias`."""

    n: int
    """Pairs judged."""
    mean: float | None
    """Of the judge; None where it judged nothing."""
    bias: float | None
    """None where there are too few labels."""
    variance: float = 0.0
    """Of the corrected mean."""


def _correct(pairs: Sequence[tuple[int, int]], judged: Sequence[int]) -> _Corrected:
    """From (judge, person) levels of the labelled and the judge's levels of all.

    bias = mean(judge - person) / 5; variance = s2(differences) / n_labels + s2(levels) / n_judged.
    """
    mean = fmean(judged) / TOP_LEVEL if judged else None
    differences = [(level - person) / TOP_LEVEL for level, person in pairs]
    if mean is None or len(pairs) < LEAST:
        return _Corrected(len(judged), mean, None)
    # A judge that happens to agree on every label is not free of error: half a level on one more pair is assumed.
    spread = max(variance(differences), (0.5 / TOP_LEVEL) ** 2 / len(differences))
    of_judge = variance(judged) / TOP_LEVEL**2 / len(judged) if len(judged) > 1 else 0.0
    return _Corrected(len(judged), mean, fmean(differences), spread / len(differences) + of_judge)


def _together(parts: Sequence[_Corrected]) -> _Corrected:
    """The stratified means: sum of w_k mean_k and of w_k bias_k, variance sum of w_k^2 variance_k, with w_k = n_k / n.

    Strata are taken as independent. Without a bias where one stratum has none.
    """
    n = sum(one.n for one in parts)
    if not n:
        return _Corrected(0, None, None)
    shares = [one.n / n for one in parts]
    means = [share * (one.mean or 0.0) for share, one in zip(shares, parts, strict=True)]
    biases = [share * one.bias for share, one in zip(shares, parts, strict=True) if one.bias is not None]
    spread = sum(share**2 * one.variance for share, one in zip(shares, parts, strict=True))
    return _Corrected(n, sum(means), sum(biases) if len(biases) == sum(one.n > 0 for one in parts) else None, spread)


def _unlabelled(ids: Sequence[str], parts: Sequence[_Corrected]) -> str:
    names = [name for name, one in zip(ids, parts, strict=True) if one.n and one.bias is None]
    has = f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} fewer than {LEAST} labels"
    return f"No corrected mean of all: {has}." if names else ""


def _compare(name: str, pairs: Sequence[tuple[int, int]], means: _Corrected, note: str = "") -> Calibration:
    corrected = None if means.mean is None or means.bias is None else means.mean - means.bias
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(means.variance)
    few = f"{len(pairs)} of the {FEW} labels that make its interval reliable." if len(pairs) < FEW else ""
    return Calibration(
        id=name,
        n=len(pairs),
        kappa=_kappa(pairs),
        spearman=_spearman(pairs),
        bias=means.bias,
        exact=fmean(level == person for level, person in pairs) if pairs else None,
        within_one=fmean(abs(level - person) <= 1 for level, person in pairs) if pairs else None,
        judged_mean=means.mean,
        corrected_mean=None if corrected is None else _unit(corrected),
        ci_low=None if corrected is None else _unit(corrected - half),
        ci_high=None if corrected is None else _unit(corrected + half),
        note=note or few,
    )


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    if len(pairs) < LEAST or len({level for pair in pairs for level in pair}) < 2:
        return None
    levels, people = zip(*pairs, strict=True)
    return float(cohen_kappa_score(levels, people, labels=list(range(TOP_LEVEL + 1)), weights="quadratic"))


def _spearman(pairs: Sequence[tuple[int, int]]) -> float | None:
    return rank_correlation(*zip(*pairs, strict=True)) if len(pairs) > LEAST else None
