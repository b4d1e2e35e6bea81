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
    asked = [(subgoal, subgoal.digest) for subgoal in subgoals]
    waiting = iter(samples)
    while batch := tuple(islice(waiting, judge.batch_size)):
        given = [(sample, sample.digest) for sample in batch]
        known = ledger.lookup(judge.id, [digest for _, digest in given], [digest for _, digest in asked])
        new = await _judge_missing(given, asked, judge, known)
        ledger.append(new.values())
        reused = sum((text, capability) in known for _, text in given for _, capability in asked)
        found = known | new
        alignments = tuple(
            found[text, capability].alignment(sample.id, subgoal.id)
            for sample, text in given
            for subgoal, capability in asked
        )
        yield Scored(batch, alignments, reused)


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
