"""The judge that is a language model (Eq. 6): one call reads one sample against several subgoals (design: judge.md).

A reply counts only when it holds exactly one judgement for every subgoal. What fails is asked once more, then in
halves, and is unscored in the end: a failed judgement is never a number.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from goalcover.agent.caller import Caller, Tally
from goalcover.agent.errors import (
    ContextTooLongError,
    InputError,
    ModelAnswerError,
    ModelBusyError,
    ModelRefusedError,
    ModelRequestError,
)
from goalcover.agent.excerpt import excerpt
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Alignment, Sample, Subgoal, digest
from goalcover.agent.prompt import load_prompt, new_nonce
from goalcover.agent.reply import Reply
from goalcover.agent.roles import Effort, JudgedSample
from goalcover.agent.rubric import NO_LEVEL, Judged, load_rubric
from goalcover.agent.settings import Settings
from goalcover.agent.sheet import Sheet, make_sheet, reference
from goalcover.agent.usage import Usage

MOST_SUBGOALS = 8
"""Subgoals of one call, at the most. One is the paper's own protocol."""
ORDERS = 4
"""Shuffled orders of a call's subgoals: each is a prefix for the provider's cache, and the sample decides on one."""
FORM = "1"
"""To be raised when requests or the reading of replies change in a way that prompt and rubric do not show."""
_LEAST_ROOM = 400
_SAFE = 0.85
"""Part of a known context that is used: tokens are estimated."""
_LISTED, _FORM_SIZE = 60, 1_000
"""Bytes of a request around each subgoal, and of the schema and the task."""


@dataclass
class _Case:
    """One sample while it is judged."""

    sample: Sample
    spent: Tally = field(default_factory=Tally)
    unscored: Counter[str] = field(default_factory=Counter)
    busy: bool = False


class LLMJudge:
    """E of Eq. 6, played by a language model. Safe for many tasks at once."""

    batch_size = 1

    def __init__(
        self, model: ChatModel, settings: Settings, *, max_subgoals: int = MOST_SUBGOALS, seed: int = 0
    ) -> None:
        self.model = model
        self.model_name = model.name
        # More samples than calls: one that waits to be sent again keeps no other from being sent.
        self.concurrency = settings.concurrency + settings.concurrency // 2
        self.caller = Caller(model, settings)
        self._settings = settings
        self._max_subgoals = max_subgoals
        self._seed = seed
        self._prompt, self._rubric = load_prompt("judge"), load_rubric("alignment")
        version = digest(self._prompt.version, self._rubric.prompt, FORM)[:12]
        packing = "" if max_subgoals == MOST_SUBGOALS else f"-{max_subgoals}"
        self.id = f"llm/{model.name}/{version}{packing}"
        """Engine, model and version; the version names the prompt, the rubric and how many subgoals share a call."""
        self._fixed = len(self._prompt.text.encode()) + len(self._rubric.prompt.encode()) + _FORM_SIZE
        self._sheets: dict[tuple[int, tuple[Subgoal, ...]], Sheet] = {}
        self._renewal: asyncio.Future[None] | None = None
        self._context: int | None = None
        """Tokens that the model can read, when the server or the settings tell."""
        self._room: int | None = None
        """Bytes of a sample that fit, from when one did not."""

    def alone(self) -> "LLMJudge":
        """The same judge, asked about one subgoal a call."""
        return LLMJudge(self.model, self._settings, max_subgoals=1, seed=self._seed)

    async def prepare(self) -> None:
        """See `roles.RemoteJudge`."""
        await self.model.ability()
        if self._context is None:
            self._context = await self.model.context()

    async def judge(self, samples: Sequence[Sample], subgoals: Sequence[Subgoal]) -> list[Alignment]:
        """See `roles.Judge`."""
        found = await asyncio.gather(*(self.judge_one(sample, subgoals) for sample in samples))
        return [alignment for one in found for alignment in one.alignments]

    async def judge_one(self, sample: Sample, subgoals: Sequence[Subgoal]) -> JudgedSample:
        """See `roles.RemoteJudge`."""
        case = _Case(sample)
        found: dict[str, tuple[Alignment, Effort]] = {}
        for group in self.groups(subgoals):
            before, started = case.spent.usage, case.spent.seconds
            judged = await self._descend(case, group, may_reask=True)
            efforts = shared(len(group), before, case.spent.usage, case.spent.seconds - started)
            found |= {one.subgoal_id: (one, effort) for one, effort in zip(judged, efforts, strict=True)}
        self.model.add(case.spent.usage)
        pairs = [found[one.id] for one in subgoals]
        alignments, taken = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
        return JudgedSample(alignments, taken, case.spent.usage, case.unscored, case.busy)

    def expected(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Usage:
        """What judging a sample should take, by what earlier replies took; before the first, by rules of thumb."""
        groups = self.groups(subgoals)
        size = sum(self._size(group) + _bytes(sample) for group in groups)
        return Usage(
            calls=len(groups),
            prompt_tokens=round(size / self.caller.bytes_a_token),
            completion_tokens=round(len(subgoals) * self.caller.tokens_a_judgement),
        )

    def groups(self, subgoals: Sequence[Subgoal]) -> list[tuple[Subgoal, ...]]:
        """The subgoals call by call, as evenly as can be."""
        n = -(-len(subgoals) // self._max_subgoals)
        cuts = [len(subgoals) * place // n for place in range(n + 1)] if n else []
        return [tuple(subgoals[start:end]) for start, end in pairwise(cuts)]

    async def sheet(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Sheet:
        """The request that this sample gets."""
        turn = int(sample.digest[:8], 16) % ORDERS
        key = (turn, tuple(subgoals))
        known = self._sheets.get(key)
        if known is None:
            order = list(subgoals)
            random.Random(f"{self._seed}/{turn}").shuffle(order)  # noqa: S311 no secret hangs on it
            known = self._sheets[key] = await make_sheet(order, self._prompt, self._rubric, self.model)
        return known

    def read(self, reply: Reply, sheet: Sheet, sample: Sample, nonce: str, note: str = "") -> list[Alignment]:
        """The judgements in a reply about a sample. Raises ModelAnswerError and ModelRefusedError."""
        answers = self._rubric.accept(reply.answer(), sheet.ids, reference(nonce))
        return [self._align(sample, answers[one.id], note) for one in sheet.subgoals]

    async def _descend(self, case: _Case, subgoals: Sequence[Subgoal], *, may_reask: bool) -> list[Alignment]:
        """The failure ladder; the alignments come in the order of the subgoals."""
        try:
            found = {one.subgoal_id: one for one in await self._ask(case, subgoals, may_reask)}
        except ModelBusyError as error:
            case.busy = True
            return [self._unscored(case, one, "no answer", str(error)) for one in subgoals]
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError) as error:
            if len(subgoals) == 1:
                if isinstance(error, ContextTooLongError):
                    raise
                kind = "refused" if isinstance(error, ModelRefusedError) else "no valid answer"
                return [self._unscored(case, subgoals[0], kind, str(error))]
            half = len(subgoals) // 2
            return [
                *await self._descend(case, subgoals[:half], may_reask=False),
                *await self._descend(case, subgoals[half:], may_reask=False),
            ]
        case.unscored["cannot be assessed"] += sum(one.level is None for one in found.values())
        return [found[one.id] for one in subgoals]

    async def _ask(self, case: _Case, subgoals: Sequence[Subgoal], may_reask: bool) -> list[Alignment]:
        try:
            return await self._call(case, subgoals)
        except ModelAnswerError as error:
            if not may_reask:
                raise
            case.spent.usage += Usage(reasks=1)
            return await self._call(case, subgoals, str(error))

    async def _call(self, case: _Case, subgoals: Sequence[Subgoal], fault: str = "") -> list[Alignment]:
        """One answer, in the form that the server takes today, about as much of the sample as it can read."""
        while True:
            sheet = await self.sheet(case.sample, subgoals)
            sample, note = self._fitted(case.sample, subgoals)
            nonce = new_nonce()
            try:
                body = sheet.body(sample, nonce, fault)
                reply = await self.caller.ask(body, len(subgoals), case.spent, sample.id)
            except ContextTooLongError as error:
                self._cut(_bytes(sample), error)
            except ModelRequestError:
                await self._renew(sheet)
            else:
                return self.read(reply, sheet, sample, nonce, note)

    def _fitted(self, sample: Sample, subgoals: Sequence[Subgoal]) -> tuple[Sample, str]:
        """The sample, or what can be read of it, with a note that says so."""
        size, room = _bytes(sample), self._room_for(subgoals)
        if room is None or size <= room:
            return sample, ""
        return excerpt(sample, subgoals, room * (len(sample.input) + len(sample.output)) // size)

    def _room_for(self, subgoals: Sequence[Subgoal]) -> int | None:
        """Bytes of a sample that fit, as far as is known. Half as many tokens again are kept free for the answer.

        Raises ContextTooLongError when nothing of it would, and fewer subgoals would leave more room.
        """
        if self._context is None:
            return self._room
        left = self._context - 1.5 * len(subgoals) * self.caller.tokens_a_judgement
        told = int(_SAFE * left * self.caller.bytes_a_token) - self._size(subgoals)
        if told < _LEAST_ROOM and len(subgoals) > 1:
            raise ContextTooLongError(f"{len(subgoals)} subgoals leave no room for a sample")
        told = max(_LEAST_ROOM, told)
        return told if self._room is None else min(told, self._room)

    def _size(self, subgoals: Sequence[Subgoal]) -> int:
        """Bytes of a call without its sample, roughly."""
        return self._fixed + sum(len(f"{one.name}{one.description}".encode()) + _LISTED for one in subgoals)

    def _cut(self, sent: int, error: ContextTooLongError) -> None:
        """So many bytes were too many."""
        if sent // 2 < _LEAST_ROOM:
            raise error
        self._room = min(self._room or sent, sent // 2)

    async def _renew(self, refused: Sheet) -> None:
        """The server does not take this form (any more): finds another, once for all who wait. Raises without one."""
        if self._renewal is None and any(one is refused for one in self._sheets.values()):
            self._sheets.clear()
            self._renewal = asyncio.ensure_future(self._find_form(refused))
        if self._renewal is not None:
            await asyncio.shield(self._renewal)
            self._renewal = None

    async def _find_form(self, refused: Sheet) -> None:
        await self.model.ability(fresh=True)
        if await make_sheet(refused.subgoals, self._prompt, self._rubric, self.model) == refused:
            raise ModelRequestError(f"{self.model.server} does not take the judge's request: see `goalcover doctor`")

    def _align(self, sample: Sample, answer: Judged, note: str) -> Alignment:
        quoted = answer.evidence
        remarks = [note] if note else []
        if quoted and not _says(sample, quoted):
            remarks.append("(The quote is not in the sample.)")
        level = None if answer.level == NO_LEVEL else answer.level
        return Alignment(
            sample_id=sample.id,
            subgoal_id=answer.id,
            level=level,
            explanation=" ".join([answer.reason, *remarks]),
            evidence=quoted,
            judge=self.id,
        )

    def _unscored(self, case: _Case, subgoal: Subgoal, kind: str, why: str) -> Alignment:
        case.unscored[kind] += 1
        return Alignment(
            sample_id=case.sample.id,
            subgoal_id=subgoal.id,
            level=None,
            explanation=f"Not judged ({kind}): {why}",
            judge=self.id,
        )


def _bytes(sample: Sample) -> int:
    return len(f"{sample.input}{sample.output}".encode("utf-8", "surrogatepass"))


def _says(sample: Sample, quote: str) -> bool:
    """Whether the sample holds the quote, blanks aside."""
    if quote in sample.output or quote in sample.input:
        return True
    plain = " ".join(quote.split())
    return any(plain in " ".join(text.split()) for text in (sample.output, sample.input))


def shared(n: int, before: Usage, after: Usage, seconds: float) -> list[Effort]:
    """What a call and its repetitions took, in n equal parts; what cannot be shared goes to the first."""
    prompt, completion = after.prompt_tokens - before.prompt_tokens, after.completion_tokens - before.completion_tokens
    attempt, latency = max(1, after.calls - before.calls), round(seconds * 1000)
    return [
        Effort(
            prompt_tokens=prompt // n + (prompt % n if place == 0 else 0),
            completion_tokens=completion // n + (completion % n if place == 0 else 0),
            attempt=attempt,
            latency_ms=latency,
        )
        for place in range(n)
    ]


def judges_of(models: Sequence[str], settings: Settings) -> tuple[LLMJudge, ...]:
    """A judge for every model named. Raises InputError when one is named twice, or no server is configured."""
    if len(set(models)) < len(models):
        raise InputError("--judge names a model twice: judges have to differ")
    return tuple(LLMJudge(ChatModel(settings, "judge", name), settings) for name in models)
