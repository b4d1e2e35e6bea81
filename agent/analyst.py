"""The analyst as a language model plays it (section 3.4, Eq. 8)."""

from collections.abc import Mapping, Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelRefusedError, StoppedError
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Capability, Sample, Subgoal, Text
from goalcover.agent.prompt import Message, fence, load_prompt, new_nonce
from goalcover.agent.roles import Analyst, Cluster
from goalcover.agent.structured import Strict

MEMBERS = 6
"""Most typical samples of each cluster that the model reads."""
CHARACTERS = 500
"""Of each sample's input and of its output; half as many of what the judge said."""
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
    instead: str
    quotes: tuple[Quoted, ...]


class Analysis(Strict):
    """The analyst's answer."""

    capabilities: tuple[Named, ...]


class LLMAnalyst:
    """Names what clusters lack; what a model cannot or will not name, the fallback does."""

    def __init__(self, model: ChatModel, fallback: Analyst | None) -> None:
        self._model = model
        self._fallback = fallback

    async def name(
        self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]
    ) -> tuple[Capability, ...]:
        """See `roles.Analyst`. Raises ModelError, when the model is not to be had or there is no fallback."""
        if not clusters:
            return ()
        try:
            analysis = await self._analyse(subgoal, clusters, others)
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError, StoppedError) as error:
            if self._fallback is None:
                raise
            found = await self._fallback.name(subgoal, clusters, others)
            first = found[0].model_copy(update={"summary": f"{found[0].summary} (Named without the model: {error}.)"})
            return (first, *found[1:])
        named = {one.group: one for one in analysis.capabilities}
        total = max(sum(len(cluster.alignments) for cluster in clusters), *(cluster.of for cluster in clusters))
        return tuple(_capability(named[place], cluster, total) for place, cluster in enumerate(clusters, start=1))

    async def _analyse(self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]) -> Analysis:
        """Shows fewer samples when the model cannot read that many."""
        members = MEMBERS
        while True:
            messages = _messages(subgoal, clusters, others, members)
            try:
                return (await self._model.structured(messages, Analysis, partial(_check, len(clusters)))).value
            except ContextTooLongError:
                if members == 1:
                    raise
                members //= 2


def _messages(
    subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample], members: int
) -> tuple[Message, Message]:
    nonce = new_nonce()
    return load_prompt("analyst").messages(
        subgoal=fence(material.of_subgoal(subgoal), nonce),
        others=fence([material.of_sample(one, _OTHERS_CHARACTERS) for one in others[:_OTHERS]], nonce),
        groups=fence([_group(place, one, members) for place, one in enumerate(clusters, start=1)], nonce),
    )


def _group(place: int, cluster: Cluster, members: int) -> Mapping[str, object]:
    shown = list(zip(cluster.alignments, cluster.samples, strict=True))[:members]
    return {
        "group": place,
        "common_theme": cluster.themed,
        "touches_the_capability": cluster.near,
        "samples": [material.of_judged(alignment, sample, CHARACTERS) for alignment, sample in shown],
    }


def _check(n: int, analysis: Analysis) -> None:
    if sorted(one.group for one in analysis.capabilities) != list(range(1, n + 1)):
        raise ModelAnswerError(f"it has to hold each group from 1 to {n} once")


def _capability(named: Named, cluster: Cluster, total: int) -> Capability:
    n = len(cluster.alignments)
    quotes = _held(named.quotes, {sample.id: sample for sample in cluster.samples})
    return Capability(
        title=named.title,
        summary=named.summary,
        share=n / total,
        n=n,
        sample_ids=tuple(one.sample_id for one in cluster.alignments),
        quotes=tuple(quotes),
        quote_ids=tuple(quotes.values()),
        instead=named.instead.strip() if cluster.themed else "",
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
