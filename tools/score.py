"""Samples x subgoals to alignments (paper, section 3.3). What the ledger holds is not judged again."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from goalcover.agent.models import Alignment, Sample, Subgoal
from goalcover.agent.roles import Judge
from goalcover.memory.ledger import Judgement, Ledger


@dataclass(frozen=True)
class Scored:
    """A batch of samples with the judgements of all their pairs, samples outermost, both in the order given."""

    samples: tuple[Sample, ...]
    alignments: tuple[Alignment, ...]
    reused: int
    """How many of the alignments came from the ledger."""


async def score(
    samples: Iterable[Sample], subgoals: Sequence[Subgoal], judge: Judge, ledger: Ledger
) -> AsyncIterator[Scored]:
    """Judges batch by batch; each is in the ledger before it is handed on, so a stopped run loses one batch at most."""
    waiting = iter(samples)
    while batch := tuple(islice(waiting, judge.batch_size)):
        known = _known(batch, subgoals, judge, ledger)
        reused = sum((sample.digest, subgoal.digest) in known for sample in batch for subgoal in subgoals)
        new = await _judge_missing(batch, subgoals, judge, known)
        ledger.append(new.values())
        found = known | new
        alignments = tuple(
            found[sample.digest, subgoal.digest].alignment(sample.id, subgoal.id)
            for sample in batch
            for subgoal in subgoals
        )
        yield Scored(batch, alignments, reused)


def _known(
    batch: Sequence[Sample], subgoals: Sequence[Subgoal], judge: Judge, ledger: Ledger
) -> dict[tuple[str, str], Judgement]:
    return ledger.lookup(judge.id, [sample.digest for sample in batch], [subgoal.digest for subgoal in subgoals])


async def _judge_missing(
    batch: Sequence[Sample], subgoals: Sequence[Subgoal], judge: Judge, known: dict[tuple[str, str], Judgement]
) -> dict[tuple[str, str], Judgement]:
    """What the ledger lacks. Equal texts in one batch are judged once."""
    missing = {
        (sample.digest, subgoal.digest): (sample, subgoal)
        for sample in batch
        for subgoal in subgoals
        if (sample.digest, subgoal.digest) not in known
    }
    texts = {sample.digest: sample for sample, _ in missing.values()}
    asked = {subgoal.digest: subgoal for _, subgoal in missing.values()}
    if not missing:
        return {}
    alignments = await judge.judge(list(texts.values()), list(asked.values()))
    pairs = [(sample, subgoal) for sample in texts.values() for subgoal in asked.values()]
    made = {
        (sample.digest, subgoal.digest): Judgement.of(sample, subgoal, alignment)
        for (sample, subgoal), alignment in zip(pairs, alignments, strict=True)
    }
    return {key: judgement for key, judgement in made.items() if key in missing}
