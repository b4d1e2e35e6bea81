"""The analyst as a language model plays it (section 3.4, Eq. 8)."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelError, StoppedError
from goalcover.agent.figures import SCALE, unsupported
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Capability, Sample, Subgoal, Text
from goalcover.agent.prompt import Message, fence, load_prompt, new_nonce
from goalcover.agent.roles import Analyst, Cluster
from goalcover.agent.structured import Strict

QUOTES = 3
_QUOTE_LENGTH = (12, 400)
_OTHERS = 6
_OTHERS_CHARACTERS = 200


class Quoted(Strict):
    """A passage and where it stands."""

    sample_id: str
    quote: str


class Named(Strict):
    """What one group lacks."""

    group: int
    title: Text
    summary: Text
    instead: str = ""
    quotes: tuple[Quoted, ...] = ()


class Analysis(Strict):
    """The analyst's answer."""

    capabilities: tuple[Named, ...]


class LLMAnalyst:
    """Names what clusters lack, in figures that its samples hold; what a model does not name, the fallback does."""

    def __init__(self, model: ChatModel, fallback: Analyst | None) -> None:
        self._model = model
        self._fallback = fallback

    async def name(
        self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]
    ) -> tuple[Capability, ...]:
        """See `roles.Analyst`. Raises ModelError and StoppedError where there is no fallback."""
        if not clusters:
            return ()
        try:
            analysis = await self._analyse(subgoal, clusters, others)
        except (ModelError, StoppedError) as error:
            if self._fallback is None:
                raise
            found = await self._fallback.name(subgoal, clusters, others)
            summary = f"{found[0].summary} (Named without the model: {error}.)"
            return (found[0].model_copy(update={"summary": summary, "note": str(error)}), *found[1:])
        named = {one.group: one for one in analysis.capabilities}
        return tuple(_capability(named[place], cluster) for place, cluster in enumerate(clusters, start=1))

    async def _analyse(self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]) -> Analysis:
        """Shows fewer samples when the model cannot read that many."""
        members = material.MEMBERS
        while True:
            shown = _shown(subgoal, clusters, others, members)
            try:
                check = partial(_check, len(clusters), json.dumps(shown, ensure_ascii=False))
                return (await self._model.structured(_messages(shown), Analysis, check)).value
            except ContextTooLongError:
                if members == 1:
                    raise
                members //= 2


def _shown(subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample], members: int) -> dict[str, object]:
    return {
        "subgoal": material.of_subgoal(subgoal),
        "others": [material.of_sample(one, _OTHERS_CHARACTERS) for one in others[:_OTHERS]],
        "groups": [_group(place, one, members) for place, one in enumerate(clusters, start=1)],
    }


def _messages(shown: Mapping[str, object]) -> tuple[Message, Message]:
    nonce = new_nonce()
    return load_prompt("analyst").messages(**{name: fence(content, nonce) for name, content in shown.items()})


def _group(place: int, cluster: Cluster, members: int) -> Mapping[str, object]:
    shown = list(zip(cluster.alignments, cluster.samples, strict=True))[:members]
    return {
        "group": place,
        "touches_the_capability": cluster.near,
        "samples": [material.of_judged(alignment, sample, material.MEMBER_CHARACTERS) for alignment, sample in shown],
    }


def _check(n: int, shown: str, analysis: Analysis) -> None:
    if sorted(one.group for one in analysis.capabilities) != list(range(1, n + 1)):
        raise ModelAnswerError(f"it has to hold each group from 1 to {n} once")
    said = " ".join(f"{one.title} {one.summary} {one.instead}" for one in analysis.capabilities)
    if made_up := unsupported(said, [SCALE, shown]):
        figures = ", ".join(dict.fromkeys(one.text for one in made_up))
        raise ModelAnswerError(f"the figures {figures} stand in none of the samples shown")


def _capability(named: Named, cluster: Cluster) -> Capability:
    n = len(cluster.alignments)
    quotes = _held(named.quotes, {sample.id: sample for sample in cluster.samples})
    return Capability(
        title=named.title,
        summary=named.summary,
        share=n / cluster.of,
        n=n,
        sample_ids=tuple(one.sample_id for one in cluster.alignments),
        quotes=tuple(quotes),
        quote_ids=tuple(quotes.values()),
        instead=named.instead.strip(),
    )


def _held(quotes: Sequence[Quoted], samples: Mapping[str, Sample]) -> dict[str, str]:
    """Quote -> id of its sample, for those that stand there; white space is not significant. The others are dropped."""
    shortest, longest = _QUOTE_LENGTH
    found: dict[str, str] = {}
    for one in quotes:
        quote, sample = " ".join(one.quote.split()), samples.get(one.sample_id)
        if sample is None or not shortest <= len(quote) <= longest or len(found) == QUOTES:
            continue
        if any(quote in " ".join(text.split()) for text in (sample.input, sample.output)):
            found.setdefault(quote, sample.id)
    return found
