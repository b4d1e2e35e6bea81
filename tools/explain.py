"""Answers about a finished run: why is a subgoal weak, which samples are lowest or highest, which are like one."""

import heapq
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, Fault, Gap, Goal, Sample, Subgoal, SubgoalCoverage
from goalcover.agent.roles import NEAR_LEVEL
from goalcover.memory.runs import Run
from goalcover.tools.clusters import DUPLICATE
from goalcover.tools.diagnose import read
from goalcover.tools.held import hold
from goalcover.tools.kinds import many_broken
from goalcover.tools.lows import low_vectors, read_openings
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
    fault: Fault | None = None
    """What is known to be wrong with the output."""


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
    """Those to read first (`to_read`)."""


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
        samples=to_read(run, subgoal.id, n_samples),
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
    alignment = next((one for one in run.judgements(sample_id) if one.subgoal_id == subgoal.id), None)
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


def to_read(run: Run, subgoal_id: str, n: int) -> tuple[Judged, ...]:
    """The n samples that tell most of what is weak: where many outputs are broken, these, and then the lowest.

    Of one level those come first that something can be done about.
    """
    coverage, gap = run.coverage(), next((one for one in run.gaps() if one.subgoal_id == subgoal_id), None)
    outputs = next(one.outputs for one in coverage.subgoals if one.id == subgoal_id)
    are_many = many_broken(outputs.broken, outputs.checked)
    to_mend = frozenset((*gap.in_input, *gap.broken) if gap else ())

    def order(one: Alignment) -> tuple[bool, int, bool]:
        is_broken = one.sample_id in coverage.broken and _level(one) >= NEAR_LEVEL
        return not (are_many and is_broken), _level(one), one.sample_id not in to_mend

    return _with_samples(run, heapq.nsmallest(n, _scored(run, subgoal_id), key=order))


def judged(run: Run, subgoal_id: str, end: End, n: int) -> tuple[Judged, ...]:
    """The n samples with the lowest, the highest or the middlemost level, in the dataset's order where levels agree."""
    return _with_samples(run, _picked(_scored(run, subgoal_id), end, n))


def _scored(run: Run, subgoal_id: str) -> Iterator[Alignment]:
    return (one for one in run.alignments(subgoal_id) if one.level is not None)


def _picked(scored: Iterator[Alignment], end: End, n: int) -> list[Alignment]:
    if end == "lowest":
        return heapq.nsmallest(n, scored, key=_level)
    if end == "highest":
        return heapq.nlargest(n, scored, key=_level)
    ordered = sorted(scored, key=_level)
    start = max(0, (len(ordered) - n) // 2)
    return ordered[start : start + n]


def _level(one: Alignment) -> int:
    return one.level or 0


def _with_samples(run: Run, chosen: Sequence[Alignment]) -> tuple[Judged, ...]:
    samples = {sample.id: sample for sample in run.samples({one.sample_id for one in chosen})}
    broken = run.coverage().broken
    return tuple(_joined(one, samples[one.sample_id], broken.get(one.sample_id)) for one in chosen)


def weak(run: Run, fail_under: float | None) -> Iterator[SubgoalCoverage]:
    """The subgoals that fail a check: gaps, or with a number those whose mean alignment is below it."""
    for one in run.coverage().subgoals:
        if one.gap if fail_under is None else one.alignment is not None and one.alignment < fail_under:
            yield one


def _joined(alignment: Alignment, sample: Sample, fault: Fault | None) -> Judged:
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
        fault=fault,
    )
