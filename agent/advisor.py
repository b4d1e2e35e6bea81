"""The advisor as a language model plays it (section 3.5, Eq. 9)."""

import json
from collections.abc import Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.errors import ModelAnswerError, ModelError, StoppedError
from goalcover.agent.figures import SCALE, unsupported
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Capability, Recommendation, Subgoal, Text
from goalcover.agent.prompt import fence, load_prompt, new_nonce
from goalcover.agent.roles import Advisor, Standing
from goalcover.agent.structured import Strict

LEAST, MOST = 2, 4
_CAPABILITIES = 6
_IDS = 10


class Advised(Strict):
    """One recommendation as the model gives it."""

    action: Text
    detail: Text
    sample_ids: tuple[str, ...] = ()


class Advice(Strict):
    """The advisor's answer."""

    recommendations: tuple[Advised, ...]


class LLMAdvisor:
    """Recommends; figures that the gap does not have are not let through, and neither are ids that it was not given."""

    def __init__(self, model: ChatModel, fallback: Advisor) -> None:
        self._model = model
        self._fallback = fallback

    async def recommend(
        self, subgoal: Subgoal, standing: Standing, capabilities: Sequence[Capability]
    ) -> tuple[Recommendation, ...]:
        """See `roles.Advisor`. What the model does not say, the fallback does."""
        nonce = new_nonce()
        figures, found = _figures(standing), [_capability(one) for one in capabilities[:_CAPABILITIES]]
        messages = load_prompt("advisor").messages(
            subgoal=fence(material.of_subgoal(subgoal), nonce),
            figures=fence(figures, nonce),
            capabilities=fence(found, nonce),
            samples=fence(_samples(standing), nonce),
        )
        # What a summary counts may be the samples' own figures, not the gap's; a title is there to be named.
        counted = [{name: one[name] for name in ("title", "samples", "share")} for one in found]
        known = [SCALE, json.dumps([figures, counted, material.of_subgoal(subgoal)], ensure_ascii=False)]
        given = frozenset(one for ids in _samples(standing).values() for one in ids)
        try:
            answer = await self._model.structured(messages, Advice, partial(_check, known, given))
        except (ModelError, StoppedError) as error:
            first, *others = await self._fallback.recommend(subgoal, standing, capabilities)
            detail = f"{first.detail} (Recommended without the model: {error}.)"
            return (first.model_copy(update={"detail": detail, "note": str(error)}), *others)
        return tuple(
            Recommendation(action=one.action, detail=one.detail, sample_ids=tuple(_held(one, given)))
            for one in answer.value.recommendations
        )


def _figures(standing: Standing) -> dict[str, object]:
    coverage = standing.coverage
    return {
        "rule": coverage.rule,
        "mean_alignment": None if coverage.alignment is None else round(coverage.alignment, 3),
        "samples_judged": coverage.n_scored,
        "samples_at_level_4_or_5": coverage.support,
        "samples_at_level_0_to_5": list(coverage.histogram),
        "wanted_of": "every sample" if coverage.scope == "every" else "some samples",
        "new_samples_needed": standing.needed,
        "to_rewrite": standing.to_rewrite,
        "rewriting_closes_the_gap": None if standing.to_rewrite is None else standing.rewriting_closes,
        "kind_of_weakness": standing.kind,
        "samples_whose_input_holds_what_the_output_leaves_out": len(standing.in_input),
        "samples_with_broken_outputs": len(standing.broken),
        "samples_that_cannot_show_it": standing.not_applicable,
    }


def _capability(capability: Capability) -> dict[str, object]:
    share = round(capability.share, 2)
    return {"title": capability.title, "summary": capability.summary, "samples": capability.n, "share": share}


def _samples(standing: Standing) -> dict[str, tuple[str, ...]]:
    return {
        "show_it_best": standing.exemplars,
        "come_close": standing.near_misses,
        "off_topic": standing.off_topic,
        "input_holds_what_the_output_leaves_out": standing.in_input[:_IDS],
        "broken_output": standing.broken[:_IDS],
    }


def _held(advised: Advised, given: frozenset[str]) -> list[str]:
    """The ids that it names and was given."""
    return [one for one in advised.sample_ids if one in given]


def _check(known: Sequence[str], given: frozenset[str], advice: Advice) -> None:
    """An id may be a number: in the words of the recommendation that lists it, it is no figure."""
    n = len(advice.recommendations)
    if not LEAST <= n <= MOST:
        raise ModelAnswerError(f"it has {n} recommendations; {LEAST} to {MOST} are wanted")
    made_up = [
        one.text
        for each in advice.recommendations
        for one in unsupported(f"{each.action} {each.detail}", [*known, *_held(each, given)])
    ]
    if made_up:
        raise ModelAnswerError(
            f"the figures {', '.join(dict.fromkeys(made_up))} are not among those given, nor ids among the "
            "recommendation's own sample_ids"
        )
