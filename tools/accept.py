"""What a person takes of the proposals: kept in the run, judged like any other sample, and what that changes."""

from collections.abc import Sequence
from typing import Literal

from goalcover.agent.models import TOP_LEVEL, Alignment, Frozen, Goal, Subgoal, SubgoalCoverage
from goalcover.agent.roles import Judge
from goalcover.memory.ledger import Ledger
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import Decision, Origin, SyntheticSample, keep, kept
from goalcover.tools.budget import Budget
from goalcover.tools.coverage import cover
from goalcover.tools.layout import Layout, layout_of
from goalcover.tools.score import score
from goalcover.tools.synthesize import Batch, Proposal


class Review(Frozen):
    """What a person decided about one proposal; a proposal without a review is accepted as it is."""

    candidate_id: str
    decision: Literal["accepted", "edited", "rejected"]
    input: str = ""
    """As edited; likewise the output. Empty: unchanged."""
    output: str = ""
    reason: str = ""
    """Of a rejection: what the next round learns from."""


class Accepted(Frozen):
    """What was kept, and what the subgoal's figures become."""

    path: str
    """The file in RUN/synthetic."""
    accepted: int
    rejected: int
    before: SubgoalCoverage
    after: SubgoalCoverage
    """With all synthetic samples of the run."""


async def accept(
    run: Run, batch: Batch, judge: Judge, reviews: Sequence[Review] = (), budget: Budget | None = None
) -> Accepted:
    """Keeps the proposals of a batch and judges them through the ledger, by the judge of the run, on every subgoal.

    Raises RunBusyError when the run is in use, InputError when it cannot be written, StoppedError when the budget is
    used up (then nothing is kept but what was judged).
    """
    decided = {review.candidate_id: review for review in reviews}
    typical = next(run.samples())
    layout = layout_of(typical, mapped=run.info().dataset.shape.startswith("mapped"))
    pairs = [(one, decided.get(one.candidate.id, _as_it_is(one))) for one in batch.proposals]
    taken = [(_edited(one, review, layout), review) for one, review in pairs if review.decision != "rejected"]
    with run.lock():
        judged = await _judge(run, [one for one, _ in taken], batch.subgoal_id, judge, budget)
        samples = [_synthetic(one, review, batch, judged[one.sample.id]) for one, review in taken]
        path = keep(run.synthetic_path, batch.subgoal_id, samples, [*_decisions(pairs), *batch.rejected])
        before, after = await impact(run, batch.subgoal_id, judge, budget)
        run.pay()  # the judge's calls are in the ledger already
    return Accepted(
        path=str(path), accepted=len(samples), rejected=len(pairs) - len(samples), before=before, after=after
    )


def turn_down(run: Run, batch: Batch, reviews: Sequence[Review]) -> None:
    """Notes what was rejected of proposals in whose place others are wished for: those learn from the reasons.

    Raises RunBusyError when the run is in use, InputError when it cannot be written.
    """
    rejected = {review.candidate_id: review for review in reviews if review.decision == "rejected"}
    pairs = [(one, rejected[one.candidate.id]) for one in batch.proposals if one.candidate.id in rejected]
    if pairs:
        with run.lock():
            keep(run.synthetic_path, batch.subgoal_id, [], _decisions(pairs))


def with_kept(run: Run) -> dict[str, SubgoalCoverage]:
    """By subgoal id, as it stands with all synthetic samples of the run; nobody is asked for what is not judged yet.

    Only subgoals that samples were kept for: the others have what the dataset gives them.
    """
    goal, samples = run.goal(), list(kept(run.synthetic_path))
    closed = {one.origin.subgoal_id for one in samples}
    found = {}
    with run.ledger() as ledger:
        for row in run.coverage().subgoals:
            if row.id in closed:
                subgoal = goal.subgoal(row.id)
                levels = [_known(ledger, one, subgoal) for one in samples]
                found[row.id] = _added(goal, row, [level for level in levels if level is not None])
    return found


def _known(ledger: Ledger, one: SyntheticSample, subgoal: Subgoal) -> int | None:
    known = ledger.lookup(one.origin.judge, [one.sample.digest], [subgoal.digest])
    return next((judgement.level for judgement in known.values()), None)


async def impact(
    run: Run, subgoal_id: str, judge: Judge, budget: Budget | None = None
) -> tuple[SubgoalCoverage, SubgoalCoverage]:
    """(before, after): the subgoal's coverage by the dataset alone, and with the synthetic samples of the run.

    No row of the dataset is judged again; samples that the ledger does not know yet are judged on this subgoal.
    """
    goal, coverage = run.goal(), next(one for one in run.coverage().subgoals if one.id == subgoal_id)
    levels: list[int | None] = []
    with run.ledger() as ledger:
        samples = [one.sample for one in kept(run.synthetic_path)]
        async for batch in score(samples, [goal.subgoal(subgoal_id)], judge, ledger, budget):
            levels += [one.level for one in batch.alignments]
    return coverage, _added(goal, coverage, levels)


def _added(goal: Goal, coverage: SubgoalCoverage, levels: Sequence[int | None]) -> SubgoalCoverage:
    """The subgoal's coverage with samples of these levels added; None is unscored."""
    histogram = list(coverage.histogram)
    for level in levels:
        if level is not None:
            histogram[level] += 1
    return cover(goal, goal.subgoal(coverage.id), histogram, coverage.n_unscored + levels.count(None))


async def _judge(
    run: Run, taken: Sequence[Proposal], subgoal_id: str, judge: Judge, budget: Budget | None
) -> dict[str, Alignment]:
    """By sample id the alignment with the subgoal; those with the other subgoals are in the ledger from now on."""
    found: dict[str, Alignment] = {}
    with run.ledger() as ledger:
        async for batch in score([one.sample for one in taken], run.goal().subgoals, judge, ledger, budget):
            found |= {one.sample_id: one for one in batch.alignments if one.subgoal_id == subgoal_id}
    return found


def _as_it_is(proposal: Proposal) -> Review:
    return Review(candidate_id=proposal.candidate.id, decision="accepted")


def _edited(proposal: Proposal, review: Review, layout: Layout) -> Proposal:
    if review.decision != "edited":
        return proposal
    texts = {"input": review.input or proposal.candidate.input, "output": review.output or proposal.candidate.output}
    # The columns as they were made no longer hold what a person has written.
    candidate = proposal.candidate.model_copy(update={**texts, "columns": {}})
    sample = layout.sample(candidate, proposal.sample.id, proposal.sample.row)
    return proposal.model_copy(update={"candidate": candidate, "sample": sample})


def _synthetic(proposal: Proposal, review: Review, batch: Batch, alignment: Alignment) -> SyntheticSample:
    origin = Origin(
        subgoal_id=batch.subgoal_id,
        verdict="edited" if review.decision == "edited" else "accepted",
        score=None if alignment.level is None else alignment.level / TOP_LEVEL,
        rationale=proposal.verdict.rationale,
        parents=proposal.candidate.parents,
        engine=batch.engine,
        sample_id=proposal.sample.id,
        judge=alignment.judge,
    )
    return SyntheticSample(sample=proposal.sample, origin=origin)


def _decisions(pairs: Sequence[tuple[Proposal, Review]]) -> list[Decision]:
    return [
        Decision(
            decision=review.decision,
            reasons=(review.reason or "turned down in review",) if review.decision == "rejected" else (),
            input=review.input or one.candidate.input,
            output=review.output or one.candidate.output,
            parents=one.candidate.parents,
            level=one.verdict.level,
        )
        for one, review in pairs
    ]
