"""Answers about a finished run: why is a subgoal weak, which samples are lowest or highest, how do two runs differ."""

import heapq
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, Gap, Goal, Sample, Subgoal, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.clusters import DUPLICATE
from goalcover.tools.diagnose import read
from goalcover.tools.held import hold
from goalcover.tools.lows import low_vectors, read_openings
from goalcover.tools.typeset import count
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from goalcover.memory.explanations import Similar

SEARCHED = 100
"""Nearest explanations that are looked at for near-duplicates."""

End = Literal["lowest", "highest", "typical"]


class Judged(BaseModel):
    """A sample with its judgement."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    row: int
    level: int
    score: float
    explanation: str
    evidence: str
    input: str
    output: str


class Neighbour(BaseModel):
    """A low-scoring judgement that is like another one."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    subgoal_id: str
    level: int | None
    explanation: str
    evidence: str
    likeness: float
    """Cosine of what the two samples are about and come closest with."""
    copies: int
    """How many low-scoring samples say this, itself and its near-duplicates counted."""


class Neighbours(BaseModel):
    """Low-scoring judgements like one sample's, the most alike first."""

    model_config = ConfigDict(frozen=True)

    same: tuple[Neighbour, ...]
    """Of the same subgoal."""
    others: tuple[Neighbour, ...]
    """Of other gaps' subgoals: the weakness that they share."""


class Explanation(BaseModel):
    """Why a subgoal stands where it stands."""

    model_config = ConfigDict(frozen=True)

    subgoal: Subgoal
    coverage: SubgoalCoverage
    gap: Gap | None
    """None when the subgoal is no gap."""
    samples: tuple[Judged, ...]
    """Some of the samples with the lowest scores."""


class Change(BaseModel):
    """How a subgoal's figures differ between two runs; None where one run has no such subgoal or no figure."""

    model_config = ConfigDict(frozen=True)

    subgoal_id: str
    before: float | None
    after: float | None
    delta_abs: float | None
    delta_rel: float | None
    """A fraction: -0.31 is a fall of 31%."""
    ci_before: tuple[float, float] | None = None
    """95% interval of the mean."""
    ci_after: tuple[float, float] | None = None
    reworded: bool = False
    """Whether its name or description differ: then the figures are of two different things."""
    support_before: int | None
    support_after: int | None
    gap_before: bool | None
    gap_after: bool | None


def find_subgoal(goal: Goal, asked: str) -> Subgoal:
    """The subgoal of that id or name, upper and lower case alike. Raises InputError with the nearest or all ids."""
    by_name = {one.name.lower(): one for one in goal.subgoals} | {one.id: one for one in goal.subgoals}
    if found := by_name.get(asked.lower()):
        return found
    near = [by_name[name].id for name in get_close_matches(asked.lower(), by_name, n=1)]
    known = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(one.id for one in goal.subgoals)}"
    raise InputError(f"no subgoal '{asked}' in this run; {known}")


def explain(run: Run, asked: str, n_samples: int) -> Explanation:
    """Coverage, gap and lowest samples of one subgoal."""
    subgoal = find_subgoal(run.goal(), asked)
    gap = next((gap for gap in run.gaps() if gap.subgoal_id == subgoal.id), None)
    return Explanation(
        subgoal=subgoal,
        coverage=next(one for one in run.coverage().subgoals if one.id == subgoal.id),
        gap=gap,
        samples=judged(
            run, subgoal.id, "lowest", n_samples, first=frozenset((*gap.in_input, *gap.broken) if gap else ())
        ),
    )


def similar(run: Run, asked: str, sample_id: str, k: int, embedder: Embedder) -> Neighbours:
    """Up to k low-scoring judgements like a sample's, of the same and of the other gaps' subgoals.

    They come from the run's store of explanations, which is filled again where it is lost or out of date, some 2,000 a
    second. Raises InputError for a subgoal that is unknown or no gap, for a sample that has no judgement, and where a
    Chroma server is asked for and cannot be used.
    """
    goal = run.goal()
    subgoal = find_subgoal(goal, asked)
    gaps = [gap.subgoal_id for gap in run.gaps()]
    if subgoal.id not in gaps:
        named = f"gaps are: {', '.join(gaps)}" if gaps else "this run has none"
        raise InputError(f"'{subgoal.id}' is no gap, and only gaps' low-scoring samples are compared; {named}")
    alignment = next((one for one in run.alignments(subgoal.id) if one.sample_id == sample_id), None)
    if alignment is None:
        raise InputError(f"no sample '{sample_id}' in this run")
    [vector] = low_vectors([alignment], read_openings(run.samples([sample_id]), embedder), embedder)
    with run.explanations(embedder.name) as store:
        if not store.is_filled:
            hold(store, read(run, goal, run.coverage(), embedder).lows)
        same = store.similar(vector, SEARCHED, subgoal.id)
        others = store.similar(vector, SEARCHED, subgoal.id, others=True)
    return Neighbours(same=_neighbours(same, sample_id, k), others=_neighbours(others, sample_id, k))


def _neighbours(found: Sequence["Similar"], sample_id: str, k: int) -> tuple[Neighbour, ...]:
    """The first of each lot of near-duplicates."""
    lots: list[list[Similar]] = []
    for one in found:
        if one.alignment.sample_id != sample_id:
            lot = next((lot for lot in lots if lot[0].is_like(one, DUPLICATE)), None)
            lots.append([one]) if lot is None else lot.append(one)
    return tuple(
        Neighbour(
            likeness=round(lot[0].cosine, 3),
            copies=sum(one.copies for one in lot),
            **lot[0].alignment.model_dump(exclude={"judge"}),
        )
        for lot in lots[:k]
    )


def judged(run: Run, subgoal_id: str, end: End, n: int, first: frozenset[str] = frozenset()) -> tuple[Judged, ...]:
    """The n samples with the lowest, the highest or the middlemost level, in the dataset's order where levels agree.

    `first` are ids of samples that come before others of the same level: those that something can be done about.
    """
    scored = (one for one in run.alignments(subgoal_id) if one.level is not None)
    chosen = _picked(scored, end, n, first)
    samples = {sample.id: sample for sample in run.samples({one.sample_id for one in chosen})}
    return tuple(_joined(one, samples[one.sample_id]) for one in chosen)


def _picked(scored: Iterator[Alignment], end: End, n: int, first: frozenset[str]) -> list[Alignment]:
    def level(one: Alignment) -> int:
        return one.level or 0

    if end == "lowest":
        return heapq.nsmallest(n, scored, key=lambda one: (level(one), one.sample_id not in first))
    if end == "highest":
        return heapq.nlargest(n, scored, key=level)
    ordered = sorted(scored, key=level)
    start = max(0, (len(ordered) - n) // 2)
    return ordered[start : start + n]


def compare(before: Run, after: Run) -> tuple[Change, ...]:
    """Every subgoal of either run: the first run's in its order, then those that only the second has."""
    old = {one.id: one for one in before.coverage().subgoals}
    new = {one.id: one for one in after.coverage().subgoals}
    asked, asks = ({one.id: one.digest for one in run.goal().subgoals} for run in (before, after))
    return tuple(
        _change(
            one, old.get(one), new.get(one), reworded=asked.get(one, asks.get(one)) != asks.get(one, asked.get(one))
        )
        for one in dict.fromkeys([*old, *new])
    )


def differences(before: Run, after: Run) -> Iterator[str]:
    """What two runs do not have in common, each a sentence: goal, judge or data."""
    old, new = before.info(), after.info()
    if before.goal().text != after.goal().text:
        yield "The goals have different words."
    if (old.engine.name, old.engine.model, old.engine.version) != (
        new.engine.name,
        new.engine.model,
        new.engine.version,
    ):
        judges = [f"{one.name} engine, {one.model}, version {one.version}" for one in (old.engine, new.engine)]
        yield f"The judges differ: {' and '.join(judges)}."
    if old.dataset.fingerprint != new.dataset.fingerprint:
        data = [f"{one.path} ({count(one.rows, 'row')})" for one in (old.dataset, new.dataset)]
        yield f"The data differ: {' and '.join(data)}."


def weak(run: Run, fail_under: float | None) -> Iterator[SubgoalCoverage]:
    """The subgoals that fail a check: gaps, or with a number those whose mean alignment is below it."""
    for one in run.coverage().subgoals:
        if one.gap if fail_under is None else one.alignment is not None and one.alignment < fail_under:
            yield one


def _joined(alignment: Alignment, sample: Sample) -> Judged:
    assert alignment.level is not None
    assert alignment.score is not None
    return Judged(
        sample_id=sample.id,
        row=sample.row,
        level=alignment.level,
        score=alignment.score,
        explanation=alignment.explanation,
        evidence=alignment.evidence,
        input=sample.input,
        output=sample.output,
    )


def _change(
    subgoal_id: str, before: SubgoalCoverage | None, after: SubgoalCoverage | None, *, reworded: bool
) -> Change:
    old, new = before.alignment if before else None, after.alignment if after else None
    delta = new - old if old is not None and new is not None else None
    return Change(
        subgoal_id=subgoal_id,
        before=old,
        after=new,
        delta_abs=delta,
        delta_rel=delta / old if delta is not None and old else None,
        ci_before=_ends(before),
        ci_after=_ends(after),
        reworded=reworded,
        support_before=before.support if before else None,
        support_after=after.support if after else None,
        gap_before=before.gap if before else None,
        gap_after=after.gap if after else None,
    )


def _ends(row: SubgoalCoverage | None) -> tuple[float, float] | None:
    return (row.ci_low, row.ci_high) if row and row.ci_low is not None and row.ci_high is not None else None
