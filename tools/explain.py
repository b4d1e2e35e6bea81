"""Answers about a finished run: why is a subgoal weak, which samples are lowest or highest, how do two runs differ."""

import heapq
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, Gap, Goal, Sample, Subgoal, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.lows import evenly, low_count, low_vectors, read_openings
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from goalcover.memory.explanations import Explanations

INDEXED = 5_000
"""Low-scoring judgements that can be searched for neighbours, of all gaps together, evenly chosen."""

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
    """A fraction: -0.31 is a fall of 31 %."""
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
    return Explanation(
        subgoal=subgoal,
        coverage=next(one for one in run.coverage().subgoals if one.id == subgoal.id),
        gap=next((gap for gap in run.gaps() if gap.subgoal_id == subgoal.id), None),
        samples=judged(run, subgoal.id, "lowest", n_samples),
    )


def similar(run: Run, asked: str, sample_id: str, k: int, embedder: Embedder) -> Neighbours:
    """Up to k low-scoring judgements like a sample's, of the same and of the other gaps' subgoals.

    The first call on a run completes its store of explanations, some 2,000 a second, at most INDEXED of them.
    Raises InputError for an unknown subgoal, and for a sample that has no judgement.
    """
    subgoal = find_subgoal(run.goal(), asked)
    alignment = next((one for one in run.alignments(subgoal.id) if one.sample_id == sample_id), None)
    if alignment is None:
        raise InputError(f"no sample '{sample_id}' in this run")
    [vector] = low_vectors([alignment], read_openings(run.samples([sample_id]), embedder), embedder)
    with run.explanations() as store:
        _complete(run, store, embedder)
        same = store.similar(vector, k + 1, subgoal.id)
        every = store.similar(vector, k * (len(run.gaps()) + 1) + 1)
    different = [(one, cosine) for one, cosine in every if one.subgoal_id != subgoal.id]
    return Neighbours(same=_neighbours(same, sample_id, k), others=_neighbours(different, sample_id, k))


def _complete(run: Run, store: "Explanations", embedder: Embedder) -> None:
    """Adds the gaps' low-scoring judgements that an assessment left out for the sake of its time."""
    goal, gaps = run.goal(), [one for one in run.coverage().subgoals if one.gap]
    most = INDEXED // max(len(gaps), 1)
    if store.count() >= sum(min(low_count(goal, one), most) for one in gaps):
        return
    for one in gaps:
        low = list(run.alignments(one.id, goal.low_score))
        chosen = [low[place] for place in evenly(len(low), most)]
        openings = read_openings(run.samples({alignment.sample_id for alignment in chosen}), embedder)
        store.add(chosen, low_vectors(chosen, openings, embedder))


def _neighbours(found: Sequence[tuple[Alignment, float]], sample_id: str, k: int) -> tuple[Neighbour, ...]:
    others = [
        Neighbour(likeness=round(cosine, 3), **one.model_dump(exclude={"judge"}))
        for one, cosine in found
        if one.sample_id != sample_id
    ]
    return tuple(others[:k])


def judged(run: Run, subgoal_id: str, end: End, n: int) -> tuple[Judged, ...]:
    """The n samples with the lowest, the highest or the middlemost level, in the dataset's order where levels agree."""
    scored = (one for one in run.alignments(subgoal_id) if one.level is not None)
    chosen = _picked(scored, end, n)
    samples = {sample.id: sample for sample in run.samples({one.sample_id for one in chosen})}
    return tuple(_joined(one, samples[one.sample_id]) for one in chosen)


def _picked(scored: Iterator[Alignment], end: End, n: int) -> list[Alignment]:
    def level(one: Alignment) -> int:
        return one.level or 0

    if end == "lowest":
        return heapq.nsmallest(n, scored, key=level)
    if end == "highest":
        return heapq.nlargest(n, scored, key=level)
    ordered = sorted(scored, key=level)
    start = max(0, (len(ordered) - n) // 2)
    return ordered[start : start + n]


def compare(before: Run, after: Run) -> tuple[Change, ...]:
    """Every subgoal of either run: the first run's in its order, then those that only the second has."""
    old = {one.id: one for one in before.coverage().subgoals}
    new = {one.id: one for one in after.coverage().subgoals}
    return tuple(_change(one, old.get(one), new.get(one)) for one in dict.fromkeys([*old, *new]))


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


def _change(subgoal_id: str, before: SubgoalCoverage | None, after: SubgoalCoverage | None) -> Change:
    old, new = before.alignment if before else None, after.alignment if after else None
    delta = new - old if old is not None and new is not None else None
    return Change(
        subgoal_id=subgoal_id,
        before=old,
        after=new,
        delta_abs=delta,
        delta_rel=delta / old if delta is not None and old else None,
        support_before=before.support if before else None,
        support_after=after.support if after else None,
        gap_before=before.gap if before else None,
        gap_after=after.gap if after else None,
    )
