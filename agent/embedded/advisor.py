"""The embedded advisor: recommendations filled in from a gap's own figures and samples (Eq. 9)."""

from collections.abc import Sequence

from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.phrases import joined, phrases
from goalcover.agent.models import Capability, Recommendation, Subgoal
from goalcover.agent.roles import EXEMPLAR_LEVEL, NEAR_LEVEL, Standing

MOST = 4
_PHRASES = 4


class EmbeddedAdvisor:
    """R of Eq. 9 without a language model."""

    async def recommend(
        self,
        subgoal: Subgoal,
        standing: Standing,
        capabilities: Sequence[Capability],  # noqa: ARG002 an LLM advisor reads them
    ) -> tuple[Recommendation, ...]:
        """See `roles.Advisor`."""
        rewrite = _rewrite(subgoal, standing) if standing.to_rewrite else _deepen(subgoal, standing)
        ordered = [_collect(subgoal, standing), rewrite, _learn_from(standing), _filter(subgoal, standing)]
        ordered.append(_spread(subgoal, standing))
        if standing.to_rewrite:
            ordered[:2] = reversed(ordered[:2])
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
    return Recommendation(
        action=f"Add at least {_samples(n)} for {subgoal.name}",
        detail=f"Collect or write {_samples(n)} on {wanted(subgoal)}. {support}; {_these(n)} would close the gap.",
        sample_ids=standing.exemplars,
    )


def _rewrite(subgoal: Subgoal, standing: Standing) -> Recommendation:
    n = standing.to_rewrite or 0
    ids = standing.near_misses or standing.off_topic
    return Recommendation(
        action=f"Rewrite {_samples(n)} so that they show it",
        detail=f"{subgoal.name} is wanted of every sample: work {wanted(subgoal)} into the answers of {n:,} "
        f"low-scoring {'sample' if n == 1 else 'samples'}, "
        "and the mean reaches what the rule asks. Start with those listed.",
        sample_ids=ids,
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
    n = sum(standing.coverage.histogram[EXEMPLAR_LEVEL:])
    if n == 0:
        return None
    shown = min(n, len(standing.exemplars))
    best = "the sample that shows" if n == 1 else f"the {shown} samples that show"
    return Recommendation(
        action=f"Use {best} it best as {'a model' if n == 1 else 'models'}",
        detail=f"{_counted(n, 'sample reaches', 'samples reach')} level 3 or above. Write new ones after "
        f"{'it' if n == 1 else 'them'}, and give {'it' if n == 1 else 'them'} more weight in training meanwhile.",
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
    n = standing.coverage.histogram[0]
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
