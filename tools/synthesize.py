"""Closing a gap with verified synthetic samples (paper, section 3.5): generator and discriminator in a loop.

plan -> generate -> screen by code -> discriminate -> refine with the reasons, a bounded number of rounds. What passes
is proposed; `tools.accept` keeps what a person takes of it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import InputError, ModelError, StoppedError
from goalcover.agent.models import SUPPORT_LEVEL, Frozen, Sample, digest
from goalcover.agent.roles import Discriminator, Generator
from goalcover.agent.synthesis import Brief, Candidate, Proposal, Rejected, Verdict
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import Decision, kept, rejected_before
from goalcover.memory.waiting import put_by, settle, waiting
from goalcover.tools.checks import personal_data
from goalcover.tools.material import Material, read_material
from goalcover.tools.plan import Part, Spread, placed, plan, spread_of
from goalcover.tools.screen import Screen
from goalcover.tools.typeset import count

ROUNDS = 4
MORE = 1.5
"""Candidates asked for, for each one wanted: some will not pass."""
UNJUDGED = "it could not be judged: "
PREFIX = "synthetic-"
"""Of the id of a synthetic sample."""
_TOLD = 6
"""Rejections of its own that a brief carries into the next round."""

OnProgress = Callable[[int, int], None]
"""Called with the number of samples that passed and the number asked for."""


class Batch(Frozen):
    """What one request came to."""

    subgoal_id: str
    asked: int
    proposals: tuple[Proposal, ...]
    rejected: tuple[Decision, ...]
    rounds: int
    shortfall: str
    """Why there are fewer than asked for; empty when there are not."""
    spread: Spread
    """How the proposals are spread, but for those that stay."""
    engine: str
    """The generator."""
    missing: tuple[Part, ...]
    """What is still to be made, as work orders for an annotator or a model."""
    n_waited: int = 0
    """Proposals that an earlier request found, and nobody had decided about."""
    n_staying: int = 0
    """Proposals in front that stay from the review before; `asked` counts them."""
    min_level: int = SUPPORT_LEVEL
    """The level that the proposals had to reach."""

    @property
    def digest(self) -> str:
        """Names the proposals as they are numbered."""
        return digest(*(one.candidate.id for one in self.proposals))


@dataclass
class Work:
    """A request under way."""

    folder: Path
    """Where what passes is noted at once."""
    material: Material
    screen: Screen
    generator: Generator
    discriminator: Discriminator
    asked: int
    min_level: int
    proposals: list[Proposal] = field(default_factory=list)
    spare: list[Proposal] = field(default_factory=list)
    """What passed beyond its part of the plan: used where other parts give too little."""
    rejected: list[Decision] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """Ids of all candidates so far."""
    known: set[str] = field(default_factory=set)
    """Ids of candidates that are not to be proposed: they were kept or turned down, or others are wished for."""
    shortfalls: list[str] = field(default_factory=list)
    left: dict[int, int] = field(default_factory=dict)
    """By place in the plan how many samples of that part are still to be found."""
    rounds: int = 0
    n_judged: int = 0
    n_unjudged: int = 0
    n_staying: int = 0
    n_waited: int = 0

    @property
    def n_missing(self) -> int:
        """How many samples are still to be found."""
        return self.asked - len(self.proposals)

    def take(self, proposal: Proposal) -> None:
        """One that an earlier request found; nothing that is new may repeat it."""
        self.screen.keep(proposal.sample)
        self.proposals.append(proposal)
        self.made.append(proposal.candidate.id)

    def put_by(self) -> None:
        """From now on nothing that passed is lost."""
        put_by(self.folder, self.material.subgoal.id, self.generator.id, [*self.proposals, *self.spare])

    def use_spare(self) -> None:
        """Fills up with what passed beyond the plan."""
        self.proposals += self.spare[: self.n_missing]


async def synthesize(
    run: Run,
    subgoal: str,
    n: int,
    *,
    generator: Generator,
    discriminator: Discriminator,
    holdout: Sequence[Sample] = (),
    form: str = "",
    min_level: int = SUPPORT_LEVEL,
    parts: Sequence[Part] = (),
    staying: Sequence[Proposal] = (),
    passed_over: Collection[str] = (),
    embedder: Embedder | None = None,
    on_progress: OnProgress | None = None,
) -> Batch:
    """Proposes up to n samples for a subgoal (id or name); nothing is kept before `accept`.

    `holdout` is an evaluation set that nothing may repeat; `form` a wish in words for all samples (`a question a nurse
    would ask`); `min_level` 5 is stricter than 4; `parts` are work orders of before instead of a new plan; `embedder`
    tells which missing capability a sample is most like (without one it counts for the one that it was asked for).
    `staying` are proposals that stand in front whatever is wished of the others, `passed_over` the ids of some that
    others are wished for instead of; what a person turned down does not come again. What an earlier request found and
    nobody decided about comes next, as far as it fits this one. A model that fails, or may not be asked any more, ends
    the request: what has passed by then is proposed, and `shortfall` says why.
    Raises InputError for an unknown subgoal; ModelError and StoppedError when nothing has passed.
    """
    if n < 1:
        raise InputError(f"at least one sample has to be asked for, not {n}")
    # Reading and comparing takes seconds where there are many samples: a server answers others meanwhile.
    work = await asyncio.to_thread(
        _opened, run, subgoal, n, generator, discriminator, min_level, holdout, set(passed_over)
    )
    planned = await asyncio.to_thread(_planned, work, parts, form, staying)
    try:
        await _fill(work, planned, on_progress)
    except (ModelError, StoppedError) as error:
        if not work.proposals and not work.spare:
            raise
        work.shortfalls.append(str(error))
    work.use_spare()
    # Nobody was asked about the others, and the next are to learn from what is said of these.
    settle(work.folder, work.material.subgoal.id, {one.candidate.id for one in work.spare if one not in work.proposals})
    if embedder is not None:
        work.proposals = await asyncio.to_thread(_placed, work, embedder)
    return _batch(work, planned)


def _opened(
    run: Run,
    subgoal: str,
    n: int,
    generator: Generator,
    discriminator: Discriminator,
    min_level: int,
    holdout: Sequence[Sample],
    passed_over: set[str],
) -> Work:
    material = read_material(run, subgoal)
    earlier = [one.sample for one in kept(run.synthetic_path)]
    screen = Screen(material, holdout, earlier)
    work = Work(run.synthetic_path, material, screen, generator, discriminator, n, min_level)
    work.known = {one.id.removeprefix(PREFIX) for one in earlier} | passed_over
    return work


def _planned(work: Work, parts: Sequence[Part], form: str, staying: Sequence[Proposal]) -> list[Part]:
    """The parts of the request; what stays and what waits from before is taken first."""
    rejected = rejected_before(work.folder, work.material.subgoal.id)
    work.known |= {one.candidate_id for one in rejected if one.candidate_id}
    _begin_with_staying(work, staying)
    planned = list(parts) or plan(work.material, work.asked - work.n_staying, form=form, rejected=rejected)
    work.left = {place: part.n for place, part in enumerate(planned)}
    _begin_with_waiting(work, planned)
    return planned


async def _fill(work: Work, planned: Sequence[Part], on_progress: OnProgress | None) -> None:
    """Round after round, until there are enough samples or no part of the plan gives more."""
    live = list(work.left)
    while live and work.n_missing and work.rounds < ROUNDS:
        if work.n_unjudged and not work.n_judged:
            break  # a judge that gives no verdict gives none of what another round would cost
        work.rounds += 1
        for place in list(live):
            # From the second round on, what one part cannot give is asked of the others.
            wanted = min(work.n_missing, work.left[place] if work.rounds == 1 else ceil(work.n_missing / len(live)))
            found = await _round(work, planned[place].brief, wanted) if wanted else 0
            work.left[place] -= found or 0
            if found is None:
                live.remove(place)
            elif found:
                work.put_by()
            if on_progress is not None:
                on_progress(len(work.proposals), work.asked)


def _begin_with_staying(work: Work, staying: Sequence[Proposal]) -> None:
    """All but those that repeat an evaluation set, which may have been named since."""
    leaks = work.screen.leaks([one.sample for one in staying])
    for place, one in enumerate(staying):
        if place in leaks:
            work.rejected.append(_rejection(one.candidate, (leaks[place],), one.verdict.level))
        else:
            work.take(one)
    work.n_staying = len(work.proposals)


def _begin_with_waiting(work: Work, planned: Sequence[Part]) -> None:
    for one in waiting(work.folder, work.material.subgoal.id, work.generator.id):
        place = _part_for(one.candidate, planned, work.left)
        if place is None or one.candidate.id in {*work.known, *work.made} or _refusals(one.verdict, work.min_level):
            continue
        if not work.screen.check(planned[place].brief, [one.candidate], [one.sample])[0]:
            work.take(one)
            work.left[place] -= 1
    work.n_waited = len(work.proposals) - work.n_staying


def _part_for(candidate: Candidate, planned: Sequence[Part], left: Mapping[int, int]) -> int | None:
    """The place of a part that still wants a sample of this form, rather one of the same capability."""
    briefs = [(place, planned[place].brief) for place, n in left.items() if n]
    fitting = [(place, brief) for place, brief in briefs if brief.form == candidate.form]
    place, _ = max(fitting, key=lambda one: one[1].capability == candidate.capability, default=(None, None))
    return place


def _placed(work: Work, embedder: Embedder) -> list[Proposal]:
    """The proposals, each under the capability that it turned out to be about, whichever it was asked for."""
    found = placed(work.material, [one.sample for one in work.proposals], embedder)
    return work.proposals if found is None else [_under(*one) for one in zip(work.proposals, found, strict=True)]


def _under(proposal: Proposal, capability: str) -> Proposal:
    candidate = proposal.candidate.model_copy(update={"capability": capability})
    return proposal.model_copy(update={"candidate": candidate})


async def _round(work: Work, brief: Brief, wanted: int) -> int | None:
    """Asks for candidates and takes up to `wanted` of those that pass; how many, None when no more can be made."""
    told = tuple(
        Rejected(input=one.input, output=one.output, reason="; ".join(one.reasons)) for one in work.rejected[-_TOLD:]
    )
    seen = {*work.known, *work.made}
    asked = brief.model_copy(update={"made": tuple(seen), "rejected": (*brief.rejected, *told)[-_TOLD:]})
    generated = await work.generator.generate(work.material.subgoal, asked, ceil(MORE * wanted))
    candidates = [one for one in generated.candidates if one.id not in seen]
    work.made += [one.id for one in candidates]
    if generated.shortfall:
        work.shortfalls.append(generated.shortfall)
    if not candidates:
        return None
    passed = await _passing(work, brief, candidates)
    for proposal in passed:
        work.screen.keep(proposal.sample)
    work.proposals += passed[:wanted]
    work.spare += passed[wanted:]
    return len(passed[:wanted])


async def _passing(work: Work, brief: Brief, candidates: Sequence[Candidate]) -> list[Proposal]:
    """The candidates that pass the screen and the discriminator; the others are noted with their reasons."""
    first = len(work.made) - len(candidates) + 1
    samples = [
        work.material.layout.sample(one, f"{PREFIX}{one.id}", number) for number, one in enumerate(candidates, first)
    ]
    reasons = await asyncio.to_thread(work.screen.check, brief, candidates, samples)
    work.rejected += [_rejection(one, tuple(why), None) for one, why in zip(candidates, reasons, strict=True) if why]
    clean = [(one, sample) for one, sample, why in zip(candidates, samples, reasons, strict=True) if not why]
    # The text that is judged is the row's, as a loader reads it.
    as_read = [one.model_copy(update={"input": row.input, "output": row.output}) for one, row in clean]
    verdicts = await work.discriminator.judge(work.material.subgoal, as_read, work.material.anchors) if clean else ()
    work.n_judged += sum(one.level is not None for one in verdicts)
    work.n_unjudged += sum(one.level is None for one in verdicts)
    passed = []
    for candidate, (_, sample), verdict in zip(as_read, clean, verdicts, strict=True):
        why = _refusals(verdict, work.min_level)
        if why:
            work.rejected.append(_rejection(candidate, why, verdict.level))
        else:
            flags = tuple(personal_data(f"{sample.input}\n{sample.output}"))
            passed.append(Proposal(candidate=candidate, sample=sample, verdict=verdict, flags=flags))
    return passed


def _refusals(verdict: Verdict, min_level: int) -> tuple[str, ...]:
    """Why a verdict does not accept; empty when it does."""
    if verdict.level is None:
        return (f"{UNJUDGED}{verdict.rationale}",)
    if verdict.passes and verdict.level >= min_level:
        return ()
    dimensions = {
        "level": verdict.level,
        "correctness": verdict.correctness,
        "completeness": verdict.completeness,
        "faithfulness": verdict.faithfulness,
        "format": verdict.format,
    }
    weak = [
        f"{name} {'unknown' if value is None else value}"
        for name, value in dimensions.items()
        if value is None or value < (min_level if name == "level" else SUPPORT_LEVEL)
    ]
    if verdict.above_weak is False:
        weak.append("not above a sample known to be weak")
    return (f"{', '.join(weak)}: {verdict.rationale}",)


def _rejection(candidate: Candidate, reasons: tuple[str, ...], level: int | None) -> Decision:
    return Decision(
        decision="rejected",
        reasons=reasons,
        input=candidate.input,
        output=candidate.output,
        parents=candidate.parents,
        level=level,
    )


def _batch(work: Work, planned: Sequence[Part]) -> Batch:
    missing = [
        part.model_copy(update={"n": work.left[place]}) for place, part in enumerate(planned) if work.left[place] > 0
    ]
    return Batch(
        subgoal_id=work.material.subgoal.id,
        asked=work.asked,
        proposals=tuple(work.proposals),
        rejected=tuple(work.rejected),
        rounds=work.rounds,
        shortfall=_shortfall(work),
        spread=spread_of(planned, (one.candidate for one in work.proposals[work.n_staying :])),
        engine=work.generator.id,
        missing=tuple(missing) if work.n_missing else (),
        n_waited=work.n_waited,
        n_staying=work.n_staying,
        min_level=work.min_level,
    )


def _shortfall(work: Work) -> str:
    if not work.n_missing:
        return ""
    rounds = count(work.rounds, "round")
    n_made = len(work.made) - work.n_staying - work.n_waited
    made = f"{count(n_made, 'candidate')} made in {rounds}, {len(work.rejected):,} rejected"
    nothing = f"No {'new ' if work.known or work.made else ''}candidate was made"
    again = ["What was kept or turned down does not come again"] if work.known else []
    unjudged = [one.reasons[0].removeprefix(UNJUDGED) for one in work.rejected if one.reasons[0].startswith(UNJUDGED)]
    no_verdict = [f"{len(unjudged):,} of them without a verdict: {unjudged[-1]}"] if unjudged else []
    said = [made if n_made else nothing, *again, *no_verdict, *work.shortfalls[-1:]]
    return " ".join(f"{one.removesuffix('.')}." for one in said)
