"""What a person takes of the proposals: kept in the run, judged like any other sample, and what that changes."""

from collections.abc import Collection, Sequence
from typing import Literal

from goalcover.agent.errors import ModelError, StoppedError
from goalcover.agent.models import TOP_LEVEL, Alignment, Frozen, Goal, Sample, Subgoal, SubgoalCoverage
from goalcover.agent.roles import Judge
from goalcover.agent.synthesis import Proposal
from goalcover.memory.ledger import Judgement, Ledger
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import Decision, Origin, SyntheticSample, keep, kept
from goalcover.memory.waiting import settle
from goalcover.tools.budget import Budget
from goalcover.tools.checks import problems
from goalcover.tools.coverage import cover
from goalcover.tools.layout import Layout
from goalcover.tools.material import layout_in, read_material
from goalcover.tools.score import score
from goalcover.tools.synthesize import Batch
from goalcover.tools.typeset import count

UNJUDGED = "Written in review; not judged yet."
"""In place of a rationale."""


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
    unjudged: str = ""
    """Why not all of them could be judged; empty when they were. The next request judges them."""


async def accept(
    run: Run, batch: Batch, judge: Judge, reviews: Sequence[Review] = (), budget: Budget | None = None
) -> Accepted:
    """Keeps the proposals of a batch and judges them through the ledger, by the judge of the run, on every subgoal.

    They are kept also when the judge fails or the budget is used up: what it did not come to is judged another time.
    Raises RunBusyError when the run is in use, InputError when it cannot be written.
    """
    decided = {review.candidate_id: review for review in reviews}
    layout = layout_in(run, list(run.samples()))
    pairs = [(one, decided.get(one.candidate.id, _as_it_is(one))) for one in batch.proposals]
    taken = [(_edited(one, review, layout), review) for one, review in pairs if review.decision != "rejected"]
    with run.lock():
        subgoal, unjudged = run.goal().subgoal(batch.subgoal_id), ""
        try:
            failed = await _judge(run, [one.sample for one, _ in taken], run.goal().subgoals, judge, budget)
            failed += await _judge(run, [one.sample for one in kept(run.synthetic_path)], [subgoal], judge, budget)
            unjudged = _without_level(failed)
        except (ModelError, StoppedError) as error:
            unjudged = str(error)
        with run.ledger() as ledger:
            found = _judgements(ledger, judge.id, [one.sample for one, _ in taken], subgoal)
        samples = [_synthetic(*pair, batch, judge, one) for pair, one in zip(taken, found, strict=True)]
        path = keep(run.synthetic_path, batch.subgoal_id, samples, [*_decisions(pairs), *batch.rejected])
        settle(run.synthetic_path, batch.subgoal_id, [one.candidate.id for one in batch.proposals])
        before = next(one for one in run.coverage().subgoals if one.id == batch.subgoal_id)
        after = with_kept(run).get(before.id, before)
        run.pay()  # the judge's calls are in the ledger already
    return Accepted(
        path=str(path),
        accepted=len(samples),
        rejected=len(pairs) - len(samples),
        before=before,
        after=after,
        unjudged=unjudged,
    )


def turn_down(run: Run, batch: Batch, reviews: Sequence[Review]) -> None:
    """Notes what was rejected of proposals before more are made: these learn from the reasons, and repeat none.

    Raises RunBusyError when the run is in use, InputError when it cannot be written.
    """
    rejected = {review.candidate_id: review for review in reviews if review.decision == "rejected"}
    pairs = [(one, rejected[one.candidate.id]) for one in batch.proposals if one.candidate.id in rejected]
    with run.lock():
        if pairs:
            keep(run.synthetic_path, batch.subgoal_id, [], _decisions(pairs))
        settle(run.synthetic_path, batch.subgoal_id, rejected)


def to_look_at(run: Run, batch: Batch, review: Review) -> list[str]:
    """What the checks of candidates find in a proposal as a person has edited it, which is kept as it was written."""
    material = read_material(run, batch.subgoal_id)
    proposal = next(one for one in batch.proposals if one.candidate.id == review.candidate_id)
    edited = _edited(proposal, review, material.layout).sample
    return list(problems(edited, material.subgoal, material.bounds, material.of(proposal.candidate.parents), ""))


def pass_over(run: Run, subgoal_id: str, candidate_ids: Collection[str]) -> None:
    """These proposals wait no longer, since others took their place. Raises like `turn_down`."""
    with run.lock():
        settle(run.synthetic_path, subgoal_id, candidate_ids)


def with_kept(run: Run) -> dict[str, SubgoalCoverage]:
    """By subgoal id, as it stands with all synthetic samples of the run; what its judge has not judged is unscored.

    Only subgoals that samples were kept for: the others have what the dataset gives them.
    """
    goal, judge, made = run.goal(), run.info().engine.judge, list(kept(run.synthetic_path))
    samples, wanted = [one.sample for one in made], {one.origin.subgoal_id for one in made}
    with run.ledger() as ledger:
        return {
            row.id: _added(goal, row, _levels(ledger, judge, samples, goal.subgoal(row.id)))
            for row in run.coverage().subgoals
            if row.id in wanted
        }


def _added(goal: Goal, coverage: SubgoalCoverage, levels: Sequence[int | None]) -> SubgoalCoverage:
    """The subgoal's coverage with samples of these levels added; None is unscored."""
    histogram = list(coverage.histogram)
    for level in levels:
        if level is not None:
            histogram[level] += 1
    n_unscored = coverage.n_unscored + levels.count(None)
    return cover(goal, goal.subgoal(coverage.id), histogram, n_unscored, coverage.outputs)


async def _judge(
    run: Run, samples: Sequence[Sample], subgoals: Sequence[Subgoal], judge: Judge, budget: Budget | None
) -> list[Alignment]:
    """Those that have no level; from now on all others are in the ledger.

    Raises ModelError and StoppedError; what was judged is kept.
    """
    with run.ledger() as ledger:
        batches = score(samples, subgoals, judge, ledger, budget)
        return [one async for batch in batches for one in batch.alignments if one.level is None]


def _without_level(failed: Sequence[Alignment]) -> str:
    """That samples got no level, and why the last of them did not; nothing when all did."""
    n = len({one.sample_id for one in failed})
    return f"{count(n, 'sample')} got no level. {failed[-1].explanation}" if n else ""


def _judgements(ledger: Ledger, judge: str, samples: Sequence[Sample], subgoal: Subgoal) -> list[Judgement | None]:
    """For each sample what this judge scored; None: unscored, or not judged yet."""
    known = ledger.lookup(judge, [one.digest for one in samples], [subgoal.digest])
    return [known.get((one.digest, subgoal.digest)) for one in samples]


def _levels(ledger: Ledger, judge: str, samples: Sequence[Sample], subgoal: Subgoal) -> list[int | None]:
    """For each sample the level that this judge gave it; None: unscored, or not judged yet."""
    return [one.level if one else None for one in _judgements(ledger, judge, samples, subgoal)]


def _as_it_is(proposal: Proposal) -> Review:
    return Review(candidate_id=proposal.candidate.id, decision="accepted")


def _edited(proposal: Proposal, review: Review, layout: Layout) -> Proposal:
    if review.decision != "edited":
        return proposal
    candidate = layout.edited(proposal.candidate, review.input, review.output)
    sample = layout.sample(candidate, proposal.sample.id, proposal.sample.row)
    return proposal.model_copy(update={"candidate": candidate, "sample": sample})


def _synthetic(
    proposal: Proposal, review: Review, batch: Batch, judge: Judge, judged: Judgement | None
) -> SyntheticSample:
    """An edited sample goes by what the judge says of it: the discriminator's praise was of the text it replaced."""
    level, said = (judged.level, judged.explanation) if judged else (None, UNJUDGED)
    is_edited = review.decision == "edited"
    origin = Origin(
        subgoal_id=batch.subgoal_id,
        verdict="edited" if is_edited else "accepted",
        score=None if level is None else level / TOP_LEVEL,
        rationale=said if is_edited else proposal.verdict.rationale,
        parents=proposal.candidate.parents,
        engine=batch.engine,
        sample_id=proposal.sample.id,
        judge=judge.id,
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
            candidate_id=one.candidate.id,
        )
        for one, review in pairs
    ]
