"""Samples x subgoals to alignments (paper, section 3.3). What the ledger holds is not judged again."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from itertools import islice

from goalcover.agent.models import Alignment, Sample, Subgoal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.memory.ledger import Judgement, Ledger
from goalcover.tools.agreement import Panel, median_of
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.pool import Pool


@dataclass(frozen=True)
class Scored:
    """A batch of samples with the judgements of all their pairs, samples outermost, both in the order given."""

    samples: tuple[Sample, ...]
    alignments: tuple[Alignment, ...]
    reused: int
    """How many of the alignments came from the ledger."""


async def score(
    samples: Iterable[Sample],
    subgoals: Sequence[Subgoal],
    judge: Judge,
    ledger: Ledger,
    budget: Budget | None = None,
) -> AsyncGenerator[Scored]:
    """Judges batch by batch; each is in the ledger before it is handed on.

    A judge that computes works on one batch at a time; one that waits for a server has as many samples in flight as it
    can bear. Cancelled, the first loses a batch at most, the second nothing: what is in flight is waited for and kept.
    """
    batches = (
        _remotely(samples, subgoals, judge, ledger, budget or budget_for((judge,), Settings()))
        if isinstance(judge, RemoteJudge)
        else _locally(samples, subgoals, judge, ledger)
    )
    async with aclosing(batches):
        async for batch in batches:
            yield batch


async def score_together(
    samples: Iterable[Sample],
    subgoals: Sequence[Subgoal],
    judges: Sequence[Judge],
    ledger: Ledger,
    budget: Budget,
    panel: Panel,
) -> AsyncGenerator[Scored]:
    """Every pair by every judge: their medians, and in `panel` how far they agree. `samples` are read once a judge."""
    async with AsyncExitStack() as stack:
        passes = [
            await stack.enter_async_context(aclosing(score(samples, subgoals, judge, ledger, budget)))
            for judge in judges
        ]
        while all(batches := [await anext(one, None) for one in passes]):
            yield _combined([one for one in batches if one], panel)


def _combined(batches: Sequence[Scored], panel: Panel) -> Scored:
    medians = []
    for votes in zip(*(one.alignments for one in batches), strict=True):
        panel.add(votes[0].subgoal_id, votes)
        medians.append(median_of(votes))
    return Scored(batches[0].samples, tuple(medians), min(one.reused for one in batches))


async def _remotely(
    samples: Iterable[Sample], subgoals: Sequence[Subgoal], judge: RemoteJudge, ledger: Ledger, budget: Budget
) -> AsyncGenerator[Scored]:
    asked = [(subgoal, subgoal.digest) for subgoal in subgoals]
    async with aclosing(Pool(subgoals, judge, ledger, budget).run(samples)) as chunks:
        async for chunk in chunks:
            alignments = _aligned(chunk.given, asked, chunk.found)
            batch = tuple(sample for sample, _ in chunk.given)
            yield Scored(batch, alignments, chunk.reused)


async def _locally(
    samples: Iterable[Sample], subgoals: Sequence[Subgoal], judge: Judge, ledger: Ledger
) -> AsyncGenerator[Scored]:
    asked = [(subgoal, subgoal.digest) for subgoal in subgoals]
    waiting = iter(samples)
    while batch := tuple(islice(waiting, judge.batch_size)):
        given = [(sample, sample.digest) for sample in batch]
        known = ledger.lookup(judge.id, [digest for _, digest in given], [digest for _, digest in asked])
        new = await _judge_missing(given, asked, judge, known)
        ledger.append(new.values())
        reused = sum((text, capability) in known for _, text in given for _, capability in asked)
        yield Scored(batch, _aligned(given, asked, known | new), reused)


def _aligned(
    given: Sequence[tuple[Sample, str]],
    asked: Sequence[tuple[Subgoal, str]],
    found: Mapping[tuple[str, str], Judgement],
) -> tuple[Alignment, ...]:
    return tuple(
        found[text, capability].alignment(sample.id, subgoal.id)
        for sample, text in given
        for subgoal, capability in asked
    )


async def _judge_missing(
    given: Sequence[tuple[Sample, str]],
    asked: Sequence[tuple[Subgoal, str]],
    judge: Judge,
    known: dict[tuple[str, str], Judgement],
) -> dict[tuple[str, str], Judgement]:
    """What the ledger lacks, by digests. Equal texts in one batch are judged once."""
    missing = {(text, capability) for _, text in given for _, capability in asked} - known.keys()
    if not missing:
        return {}
    texts = {text: sample for sample, text in given if any(text == one for one, _ in missing)}
    capabilities = {digest: subgoal for subgoal, digest in asked if any(digest == one for _, one in missing)}
    alignments = await judge.judge(list(texts.values()), list(capabilities.values()))
    pairs = [(text, capability) for text in texts for capability in capabilities]
    return {
        (text, capability): Judgement.of(texts[text], capabilities[capability], alignment)
        for (text, capability), alignment in zip(pairs, alignments, strict=True)
        if (text, capability) in missing
    }
