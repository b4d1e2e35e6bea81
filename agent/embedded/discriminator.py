"""The embedded discriminator: the embedded judge, and what code can vouch for (section 3.5)."""

import asyncio
from collections.abc import Sequence

from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.phrases import speaks_of
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.models import TOP_LEVEL, Alignment, Sample, Subgoal
from goalcover.agent.roles import Judge
from goalcover.agent.synthesis import Anchors, Candidate, Verdict

_SILENT = " But the answer holds none of the words that stand for the subgoal."


class EmbeddedDiscriminator:
    """The discriminator without a language model.

    It vouches for an answer that is found in its own input, sentence by sentence, and for no other: whether something
    else is true it cannot tell, and says so. The judge takes neighbours of a subject for the subject: here an answer
    has to hold a word of the subgoal's own.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @property
    def id(self) -> str:
        """The judge's: it is the judge who decides the level."""
        return self._judge.id

    async def judge(self, subgoal: Subgoal, candidates: Sequence[Candidate], anchors: Anchors) -> tuple[Verdict, ...]:
        """See `roles.Discriminator`. Its judgements stand alone, so there are no groups to form."""
        whole = await self._levels(subgoal, [(one.input, one.output) for one in candidates])
        # The answer must show it too: a question that merely names the subgoal shows nothing. A form is counted in
        # the answer in any case, against what the input holds.
        alone = cue_of(subgoal) is None
        answers = await self._levels(subgoal, [("", one.output) for one in candidates]) if alone else whole
        weak = await self._levels(subgoal, [(anchors.weak.input, anchors.weak.output)]) if anchors.weak else []
        found = await asyncio.to_thread(lambda: [_found(one) for one in candidates])
        floor = (weak[0].level or 0) if weak else None
        silent = [alone and not speaks_of(one.output, subgoal) for one in candidates]
        pairs = zip(candidates, whole, answers, found, silent, strict=True)
        return tuple(_verdict(*one, weak=floor, judge=self.id) for one in pairs)

    async def _levels(self, subgoal: Subgoal, texts: Sequence[tuple[str, str]]) -> list[Alignment]:
        samples = [Sample(id=str(row), row=row, input=asked, output=said) for row, (asked, said) in enumerate(texts, 1)]
        return await self._judge.judge(samples, [subgoal]) if samples else []


def _found(candidate: Candidate) -> float:
    """Share of the answer's sentences that its input holds."""
    source = _plain(candidate.input)
    said = [_plain(candidate.output[start:end]) for start, end in sentences(candidate.output)]
    return sum(one in source for one in said) / len(said) if said else 0.0


def _verdict(
    candidate: Candidate,
    whole: Alignment,
    answer: Alignment,
    share: float,
    silent: bool,
    *,
    weak: int | None,
    judge: str,
) -> Verdict:
    grounded = share == 1.0
    source = (
        "Every sentence of the answer stands in its input."
        if grounded
        else f"Only {share:.0%} of the answer's sentences stand in its input: whether it is true cannot be told here."
    )
    return Verdict(
        candidate_id=candidate.id,
        level=whole.level,
        correctness=TOP_LEVEL if grounded else None,
        completeness=0 if silent else answer.level,
        faithfulness=int(TOP_LEVEL * share),
        format=TOP_LEVEL if candidate.input.strip() and candidate.output.strip() else 0,
        rationale=f"{whole.explanation} {source}{_SILENT if silent else ''}",
        above_weak=None if weak is None or whole.level is None else whole.level > weak,
        judge=judge,
    )


def _plain(text: str) -> str:
    return " ".join(text.split())
