"""The discriminator as a language model plays it (section 3.5; design: judge.md, "RULER-style judging")."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from goalcover.agent import material
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelRefusedError, StoppedError
from goalcover.agent.model import ChatModel
from goalcover.agent.models import SUPPORT_LEVEL, Level, Subgoal, Text, digest
from goalcover.agent.prompt import cut, fence, load_prompt, new_nonce
from goalcover.agent.rubric import Rubric, load_rubric
from goalcover.agent.structured import Strict
from goalcover.agent.synthesis import GROUP_MOST, Anchors, Candidate, Verdict

CHARACTERS = 8_000
"""Of each side of a sample that the model reads."""
_AT_ONCE = 8
_STRONG, _WEAK = "strong anchor", "weak anchor"
Texts = tuple[str, str]
"""Input and output."""


class Judged(Strict):
    """The model's verdict on one sample: it explains before it grades."""

    id: str
    explanation: Text
    correctness: Level
    completeness: Level
    faithfulness: Level
    format: Level
    level: Level

    @property
    def points(self) -> int:
        """0 to 25."""
        return sum(self._scales)

    @property
    def just_passes(self) -> bool:
        """Whether one level less on some scale would turn it down. One more saves nothing: a half is rounded down."""
        return min(self._scales) == SUPPORT_LEVEL

    @property
    def _scales(self) -> tuple[int, ...]:
        return self.correctness, self.completeness, self.faithfulness, self.format, self.level


class Verdicts(Strict):
    """The discriminator's answer."""

    verdicts: tuple[Judged, ...]


@dataclass(frozen=True)
class Failed:
    """Why there is no verdict."""

    reason: str


class LLMDiscriminator:
    """Judges candidates in groups, with real samples hidden among them."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._prompt = load_prompt("discriminator")
        self._rubric = _on_one_line(load_rubric("alignment"))
        self.id = f"llm/{model.name}/{digest(self._prompt.version, self._rubric)[:12]}"
        """Engine, model and version."""

    async def judge(self, subgoal: Subgoal, candidates: Sequence[Candidate], anchors: Anchors) -> tuple[Verdict, ...]:
        """See `roles.Discriminator`. Raises ModelError when the model is not to be had."""
        texts = list(dict.fromkeys((one.input, one.output) for one in candidates))
        hidden = {
            name: (one.input, one.output)
            for name, one in ((_STRONG, anchors.strong), (_WEAK, anchors.weak))
            if one is not None
        }
        gate = asyncio.Semaphore(_AT_ONCE)
        groups = material.in_calls(texts, GROUP_MOST)  # of nine texts or more, none has less than four
        found = await asyncio.gather(*(self._group(subgoal, group, hidden, gate) for group in groups))
        verdicts = {text: verdict for group in found for text, verdict in group.items()}
        return tuple(_verdict(one, *verdicts[one.input, one.output], self.id) for one in candidates)

    async def _group(
        self, subgoal: Subgoal, texts: Sequence[Texts], hidden: Mapping[str, Texts], gate: asyncio.Semaphore
    ) -> dict[Texts, tuple[Judged | Failed, bool | None]]:
        """Each text's verdict, and whether it ranks above the weak anchor. A group that fails is judged in halves."""
        named = {**{str(place): text for place, text in enumerate(texts)}, **hidden}
        try:
            async with gate:
                judged = await self._twice_in_doubt(subgoal, named)
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError, StoppedError) as error:
            if len(texts) == 1:
                return {texts[0]: (Failed(str(error)), None)}
            half = len(texts) // 2
            first = await self._group(subgoal, texts[:half], hidden, gate)
            return first | await self._group(subgoal, texts[half:], hidden, gate)
        strong, weak = judged.get(_STRONG), judged.get(_WEAK)
        if strong and weak and strong.level < weak.level:
            failed = Failed("the judge put a sample known to be weak above one known to be strong")
            return dict.fromkeys(texts, (failed, None))
        return {text: (judged[name], _above(judged[name], weak)) for name, text in named.items() if name not in hidden}

    async def _twice_in_doubt(self, subgoal: Subgoal, named: Mapping[str, Texts]) -> dict[str, Judged]:
        """Verdicts by name; asked for in the other order, too, where that could turn one."""
        order = list(named)
        random.Random(f"{sorted(named.values())}").shuffle(order)  # noqa: S311 an order, not a secret
        first = await self._ask(subgoal, [(name, named[name]) for name in order])
        if not any(one.just_passes for name, one in first.items() if name not in {_STRONG, _WEAK}):
            return first
        second = await self._ask(subgoal, [(name, named[name]) for name in reversed(order)])
        return {name: _mean(first[name], second[name]) for name in order}

    async def _ask(self, subgoal: Subgoal, ordered: Sequence[tuple[str, Texts]]) -> dict[str, Judged]:
        """Verdicts by name. The ids that the model sees say nothing but the place in the list."""
        ids = {f"s{place}": name for place, (name, _) in enumerate(ordered, start=1)}
        samples = [_shown(one, text) for one, (_, text) in zip(ids, ordered, strict=True)]
        nonce = new_nonce()
        messages = self._prompt.messages(
            rubric=self._rubric,
            subgoal=fence(material.of_subgoal(subgoal), nonce),
            samples=fence(samples, nonce),
        )
        answer = await self._model.structured(messages, Verdicts, partial(_check, list(ids)))
        return {ids[one.id]: one for one in answer.value.verdicts}


def _shown(shown: str, text: Texts) -> dict[str, object]:
    """A sample as the model reads it. It is told where we cut: of a candidate's own, `[...]` is a fault."""
    asked, said = (cut(side, CHARACTERS) for side in text)
    return {"id": shown, "input": asked, "output": said} | ({} if (asked, said) == text else {"shortened": True})


def _on_one_line(rubric: Rubric) -> str:
    levels = reversed(list(enumerate(rubric.anchors)))
    return f"{rubric.question} " + "; ".join(f"{level} {meaning}" for level, (_, meaning) in levels) + "."


def _check(ids: Sequence[str], answer: Verdicts) -> None:
    if sorted(one.id for one in answer.verdicts) != sorted(ids):
        raise ModelAnswerError(f"it has to hold one verdict for each of these ids: {', '.join(ids)}")


def _mean(first: Judged, second: Judged) -> Judged:
    """Both passes together; a half is rounded down, because what is doubtful is not trained on."""
    numbers = ("correctness", "completeness", "faithfulness", "format", "level")
    return first.model_copy(update={name: (getattr(first, name) + getattr(second, name)) // 2 for name in numbers})


def _above(judged: Judged, weak: Judged | None) -> bool | None:
    return None if weak is None else (judged.level, judged.points) > (weak.level, weak.points)


def _verdict(candidate: Candidate, found: Judged | Failed, above: bool | None, judge: str) -> Verdict:
    if isinstance(found, Failed):
        return Verdict(
            candidate_id=candidate.id,
            level=None,
            correctness=None,
            completeness=None,
            faithfulness=None,
            format=None,
            rationale=found.reason,
            judge=judge,
        )
    return Verdict(
        candidate_id=candidate.id,
        level=found.level,
        correctness=found.correctness,
        completeness=found.completeness,
        faithfulness=found.faithfulness,
        format=found.format,
        rationale=found.explanation,
        above_weak=above,
        judge=judge,
    )
