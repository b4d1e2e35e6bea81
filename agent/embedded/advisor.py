"""The embedded advisor: recommendations filled in from a gap's own figures and samples (Eq. 9)."""

from collections.abc import Sequence
from itertools import groupby

from goalcover.agent.embedded.cues import cue_of, plain_noun
from goalcover.agent.embedded.phrases import joined, phrases
from goalcover.agent.models import Capability, Kind, Recommendation, Subgoal
from goalcover.agent.roles import EXEMPLAR_LEVEL, NEAR_LEVEL, Standing

MOST = 4
_PHRASES = 4
_LISTED = 10
_USUAL = ("take over", "rewrite", "collect", "deepen", "learn", "filter", "spread")
_FIRST: dict[Kind | None, tuple[str, ...]] = {
    "absent": ("collect", "scope", "spread", "learn", "deepen", "take over", "rewrite"),
    "rare": ("take over", "collect", "learn", "deepen", "rewrite", "spread"),
    "shallow": ("take over", "scope", "rewrite", "deepen", "collect", "learn", "spread"),
    "off-target": ("rewrite", "collect", "filter", "learn", "spread"),
    "broken": ("mend", "take over", "collect", "deepen", "learn", "rewrite"),
    "unsure": ("read", *_USUAL),
    None: _USUAL,
}
"""What to do first depends on the kind of weakness."""


class EmbeddedAdvisor:
    """R of Eq. 9 without a language model."""

    async def recommend(
        self,
        subgoal: Subgoal,
        standing: Standing,
        capabilities: Sequence[Capability],  # noqa: ARG002 an LLM advisor reads them
    ) -> tuple[Recommendation, ...]:
        """See `roles.Advisor`."""
        advice = {
            "mend": _mend(standing),
            "take over": _take_over(subgoal, standing),
            "collect": _collect(subgoal, standing),
            "rewrite": _rewrite(subgoal, standing),
            "deepen": _deepen(subgoal, standing),
            "learn": _learn_from(standing),
            "filter": _filter(subgoal, standing),
            "spread": _spread(subgoal, standing),
            "read": _read_by_hand(standing),
            "scope": _ask_of_some(subgoal, standing),
        }
        ordered = (advice[name] for name in _FIRST[standing.kind])
        return tuple([one for one in ordered if one is not None][:MOST])


def wanted(subgoal: Subgoal) -> str:
    """What samples for the subgoal have to hold, as it stands in a sentence."""
    cue = cue_of(subgoal)
    return cue.noun if cue else joined(phrases(subgoal)[:_PHRASES])


def _collect(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    if standing.needed == 0:
        return None
    coverage = standing.coverage
    n = standing.needed
    support = f"Now {coverage.support:,} of {coverage.n_scored:,} samples support it at level 4 or 5"
    if coverage.outputs.supporting:
        support += f", less {coverage.outputs.supporting:,} whose output is broken"
    return Recommendation(
        action=f"Add at least {_samples(n)} for {subgoal.name}",
        detail=f"Collect or write {_samples(n)} on {wanted(subgoal)}. {support}; {_these(n)} would close the gap.",
        sample_ids=standing.exemplars,
    )


def _mend(standing: Standing) -> Recommendation | None:
    n = len(standing.broken)
    if n == 0:
        return None
    return Recommendation(
        action=f"Mend the outputs of {_samples(n)}",
        detail=f"{_counted(n, 'sample touches', 'samples touch')} it with an output that is empty, cut off or belongs "
        f"to another input.{_faults(standing)} Look for a fault in how the data was made before adding any; then write "
        "these outputs anew.",
        sample_ids=standing.broken[:_LISTED],
    )


def _faults(standing: Standing) -> str:
    """What is wrong with each of those listed: " Empty: a. Another input's, it seems: b and c."."""
    listed = sorted(zip(standing.faults[:_LISTED], standing.broken, strict=False))
    told = [(fault, [one for _, one in rows]) for fault, rows in groupby(listed, key=lambda pair: pair[0])]
    return "".join(f" {fault.capitalize()}: {joined(ids)}." for fault, ids in told)


def _take_over(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    """What the input holds has only to be taken over; samples without it cannot be mended, and are not counted."""
    n = len(standing.in_input)
    if n == 0:
        return None
    count = min(n, standing.to_rewrite) if standing.to_rewrite else n
    left = (
        f" {_counted(standing.not_applicable, 'sample', 'samples')} with none in the input cannot show it: leave them."
    )
    closes = standing.to_rewrite is not None and standing.to_rewrite <= n and standing.rewriting_closes
    return Recommendation(
        action=f"Rewrite the outputs of {_samples(count)} from their own inputs",
        detail=f"The input of {_samples(n)} names {wanted(subgoal)} that the output leaves out. Take them over in "
        f"{count:,}{_reaches(closes)}.{left if standing.not_applicable else ''}",
        sample_ids=standing.in_input[:_LISTED],
    )


def _rewrite(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    n = standing.to_rewrite or 0
    if n == 0 or standing.in_input:
        return None
    return Recommendation(
        action=f"Rewrite {_samples(n)} so that they show it",
        detail=f"{subgoal.name} is wanted of every sample: work {wanted(subgoal)} into the answers of {n:,} "
        f"low-scoring {'sample' if n == 1 else 'samples'}{_reaches(standing.rewriting_closes)}. "
        "Start with those listed.",
        sample_ids=standing.near_misses or standing.off_topic,
    )


def _reaches(closes: bool) -> str:
    return ", and the mean reaches what the rule asks" if closes else "; that alone does not close the gap"


def _ask_of_some(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    n = standing.not_applicable
    if n == 0 or standing.rewriting_closes:
        return None
    return Recommendation(
        action="Ask for it of some samples, not of every one",
        detail=f"{n:,} of {standing.coverage.n_scored:,} samples have no {_plain(subgoal)} in their input, so that no "
        "rewriting closes this gap. With `scope: some` in the goal, only those that can show it are asked for.",
    )


def _plain(subgoal: Subgoal) -> str:
    cue = cue_of(subgoal)
    return plain_noun(cue) if cue else "part"


def _read_by_hand(standing: Standing) -> Recommendation:
    n = standing.coverage.n_unscored
    if n == 0:
        return Recommendation(
            action="Read some samples by hand",
            detail="The judges disagree about this subgoal, so that its levels cannot be relied on. Read those listed, "
            "and word the subgoal so that they cannot be taken in two ways.",
            sample_ids=(*standing.near_misses, *standing.exemplars)[:_LISTED],
        )
    return Recommendation(
        action=f"Judge {_samples(n)} again, or read them",
        detail=f"{_counted(n, 'judgement', 'judgements')} failed, and they decide whether this is a gap at all. "
        "Running the same assessment again judges only those.",
    )


def _deepen(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    n = standing.coverage.histogram[NEAR_LEVEL]
    if n == 0:
        return None
    return Recommendation(
        action=f"Deepen the {_counted(n, 'near miss', 'near misses')}",
        detail=f"{_counted(n, 'sample comes', 'samples come')} close (level 2 of 5). Where the subject is right, add "
        f"what is missing on {wanted(subgoal)}: that is less work than a new sample.",
        sample_ids=standing.near_misses,
    )


def _learn_from(standing: Standing) -> Recommendation | None:
    n, shown = sum(standing.coverage.histogram[EXEMPLAR_LEVEL:]), len(standing.exemplars)
    if shown == 0:
        return None
    best = "the sample that shows" if shown == 1 else f"the {shown} samples that show"
    return Recommendation(
        action=f"Use {best} it best as {'a model' if shown == 1 else 'models'}",
        detail=f"{_counted(n, 'sample reaches', 'samples reach')} level 3 or above. Write new ones after "
        f"{'this one' if shown == 1 else 'those listed'}, and give {'it' if shown == 1 else 'them'} more weight in "
        "training meanwhile.",
        sample_ids=standing.exemplars,
    )


def _spread(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    aspects = phrases(subgoal)
    if cue_of(subgoal) or not 1 < len(aspects) <= standing.needed:
        return None
    each = -(-standing.needed // len(aspects))
    return Recommendation(
        action=f"Spread the new samples over all {len(aspects)} aspects",
        detail=f"The subgoal names {joined(aspects)}: plan about {each:,} of the {standing.needed:,} for each, "
        "so that none is left out.",
    )


def _filter(subgoal: Subgoal, standing: Standing) -> Recommendation | None:
    """Only where every sample should show it: elsewhere an off-topic sample serves another subgoal."""
    n = standing.coverage.histogram[0] - standing.not_applicable
    if subgoal.scope != "every" or n == 0:
        return None
    return Recommendation(
        action=f"Leave out what cannot be rewritten, among {_counted(n, 'sample', 'samples')} at level 0",
        detail=f"Every sample should show {subgoal.name}; {_counted(n, 'sample shows', 'samples show')} nothing of it. "
        "Drop those that cannot be made to, unless another subgoal needs them.",
        sample_ids=standing.off_topic,
    )


def _samples(n: int) -> str:
    return _counted(n, "sample", "samples")


def _these(n: int) -> str:
    return "this one" if n == 1 else f"these {n:,}"


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
