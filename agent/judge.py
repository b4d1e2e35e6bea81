"""The judge that is a language model (Eq. 6): one call reads one sample against several subgoals (design: judge.md).

A reply counts only when it holds exactly one judgement for every subgoal. What fails is asked once more, then in
halves, and is unscored in the end, at once when the server does not take the sample: a failed judgement is never a
number. What was answered is handed on call by call, so that it is kept whatever comes after.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from goalcover.agent.caller import Caller, Tally
from goalcover.agent.errors import (
    ContextTooLongError,
    InputError,
    ModelAnswerError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    ModelRequestError,
    StoppedError,
)
from goalcover.agent.excerpt import excerpt
from goalcover.agent.material import in_calls
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Alignment, Sample, Subgoal, digest
from goalcover.agent.prompt import cut, load_prompt, new_nonce
from goalcover.agent.reply import Reply
from goalcover.agent.roles import Effort, JudgedPart, MayCall, always
from goalcover.agent.rubric import NO_LEVEL, Judged, load_rubric
from goalcover.agent.settings import Settings
from goalcover.agent.sheet import Sheet, make_sheet, reference
from goalcover.agent.usage import Usage

SUBGOALS_A_CALL = 8
"""At the most. One is the paper's own protocol."""
KEPT = 1_000
"""Requests that stay made, those of the last goals."""
ORDERS = 4
"""Shuffled orders of a call's subgoals: each is a prefix for the provider's cache, and the sample decides on one."""
FORM = "2"
"""To be raised when requests or the reading of replies change in a way that prompt and rubric do not show."""
_LEAST_ROOM = 400
_QUOTED = 160
"""Characters of a made-up quote that are told."""
_SAFE = 0.85
"""Part of a known context that is used: tokens are estimated."""
_LISTED, _FORM_SIZE = 60, 1_000
"""Bytes of a request around each subgoal, and of the schema and the task."""
_PLAIN = Sample(id="plain", row=0, input="What is the capital of France?", output="Paris.")
"""Nothing in it gives a server a reason to refuse it."""


@dataclass
class _Case:
    """One sample while it is judged against some subgoals, with what was spent on the next part."""

    sample: Sample
    may_call: MayCall
    spent: Tally = field(default_factory=Tally)
    unscored: Counter[str] = field(default_factory=Counter)
    busy: bool = False
    calls: int = 0
    """For all parts so far."""

    def part(self, alignments: Sequence[Alignment]) -> JudgedPart:
        """What is handed on now; the next part begins with nothing."""
        used = self.spent.usage
        self.calls += used.calls
        efforts = shared(len(alignments), used, self.spent.seconds, self.calls)
        part = JudgedPart(tuple(alignments), tuple(efforts), used, self.unscored, self.busy)
        self.spent, self.unscored, self.busy = Tally(), Counter(), False
        return part


class LLMJudge:
    """E of Eq. 6, played by a language model. Safe for many tasks at once."""

    batch_size = 1

    def __init__(
        self, model: ChatModel, settings: Settings, *, max_subgoals: int = SUBGOALS_A_CALL, seed: int = 0
    ) -> None:
        self.model = model
        self.model_name = model.name
        # More samples than calls: one that waits to be sent again keeps no other from being sent.
        self.concurrency = settings.concurrency + settings.concurrency // 2
        self.timeout = settings.timeout
        self.caller = Caller(model, settings)
        self._settings = settings
        self._max_subgoals = max_subgoals
        self._seed = seed
        self._prompt, self._rubric = load_prompt("judge"), load_rubric("alignment")
        version = digest(self._prompt.version, self._rubric.prompt, FORM)[:12]
        packing = "" if max_subgoals == SUBGOALS_A_CALL else f"-{max_subgoals}"
        self.id = f"llm/{model.name}/{version}{packing}"
        """Engine, model and version; the version names the prompt, the rubric and how many subgoals share a call."""
        self._fixed = len(self._prompt.text.encode()) + len(self._rubric.prompt.encode()) + _FORM_SIZE
        self._sheets: dict[tuple[int, tuple[Subgoal, ...]], Sheet] = {}
        self._renewal: asyncio.Future[bool] | None = None
        self._is_taken = False
        """Whether the server has taken a request in today's form."""
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
        found = await asyncio.gather(*(self._judge_all(sample, subgoals) for sample in samples))
        return [alignments[one.id] for alignments in found for one in subgoals]

    async def judge_one(
        self, sample: Sample, subgoals: Sequence[Subgoal], may_call: MayCall = always
    ) -> AsyncGenerator[JudgedPart]:
        """See `roles.RemoteJudge`. The failure ladder: what fails together is asked about in halves."""
        for group in self.groups(subgoals):
            case, waiting = _Case(sample, may_call), [group]
            while waiting:
                asked = waiting.pop()
                try:
                    found = await self._judged(case, asked, may_reask=asked is group)
                except (ModelError, StoppedError):
                    yield case.part(())
                    raise
                if found is None:
                    half = len(asked) // 2
                    waiting += [asked[half:], asked[:half]]
                else:
                    yield case.part(found)

    async def _judge_all(self, sample: Sample, subgoals: Sequence[Subgoal]) -> dict[str, Alignment]:
        parts = self.judge_one(sample, subgoals)
        return {one.subgoal_id: one async for part in parts for one in part.alignments}

    def expected(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Usage:
        """What judging a sample should take, by what earlier replies took; before the first, by rules of thumb."""
        return self._sum_of(self.caller.expected, sample, subgoals)

    def at_most(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Usage:
        """The same, with answers as long as the longest so far."""
        return self._sum_of(self.caller.at_most, sample, subgoals)

    def _sum_of(self, one: Callable[[int, int], Usage], sample: Sample, subgoals: Sequence[Subgoal]) -> Usage:
        groups = self.groups(subgoals)
        return sum((one(self._size(group) + _bytes(sample), len(group)) for group in groups), Usage())

    def groups(self, subgoals: Sequence[Subgoal]) -> list[tuple[Subgoal, ...]]:
        """The subgoals call by call."""
        return in_calls(subgoals, self._max_subgoals)

    async def sheet(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Sheet:
        """The request that this sample gets."""
        turn = int(sample.digest[:8], 16) % ORDERS
        key = (turn, tuple(subgoals))
        known = self._sheets.get(key)
        if known is None:
            order = list(subgoals)
            random.Random(f"{self._seed}/{turn}").shuffle(order)  # noqa: S311 no secret hangs on it
            known = await make_sheet(order, self._prompt, self._rubric, self.model)
            self._sheets = dict([*self._sheets.items(), (key, known)][-KEPT:])
        return known

    def read(self, reply: Reply, sheet: Sheet, sample: Sample, nonce: str, note: str = "") -> list[Alignment]:
        """The judgements in a reply about a sample. Raises ModelAnswerError and ModelRefusedError."""
        answers = self._rubric.accept(reply.answer(), sheet.ids, reference(nonce))
        return [self._align(sample, answers[one.id], note) for one in sheet.subgoals]

    async def _judged(self, case: _Case, subgoals: Sequence[Subgoal], *, may_reask: bool) -> list[Alignment] | None:
        """What one call says, or that it failed for good; None when fewer subgoals at once may work."""
        try:
            return await self._ask(case, subgoals, may_reask)
        except ModelBusyError as error:
            case.busy = True
            return self._unscored(case, subgoals, "no answer", error)
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError) as error:
            if len(subgoals) > 1:
                return None
            if isinstance(error, ContextTooLongError):
                raise
            kind = "refused" if isinstance(error, ModelRefusedError) else "no valid answer"
            return self._unscored(case, subgoals, kind, error)

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
                reply = await self.caller.ask(body, len(subgoals), case.spent, sample.id, case.may_call)
            except ContextTooLongError as error:
                self._cut(_bytes(sample), error)
            except ModelRefusedError as error:  # nothing was asked of the model: fewer subgoals would not change that
                return self._unscored(case, subgoals, "refused", error)
            except ModelRequestError as error:
                if not await self._renewed(case, sheet):
                    return self._unscored(case, subgoals, "refused", error)
            else:
                self._is_taken = True
                found = self.read(reply, sheet, sample, nonce, note)
                case.unscored["cannot be assessed"] += sum(one.level is None for one in found)
                return found

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

    async def _renewed(self, case: _Case, refused: Sheet) -> bool:
        """Whether there is a form that the server may take instead, found out once for all who wait.

        When there is none, it is this sample that it does not take. Raises ModelError when it would take no other.
        """
        if all(one is not refused for one in self._sheets.values()):
            return True  # found while this call was under way
        if self._renewal is None:
            self._renewal = asyncio.ensure_future(self._find_form(case, refused))
            self._renewal.add_done_callback(self._forget_renewal)
        return await asyncio.shield(self._renewal)

    def _forget_renewal(self, ended: asyncio.Future[bool]) -> None:
        self._renewal = None
        if not ended.cancelled():
            ended.exception()  # told to those who wait, if anybody still does

    async def _find_form(self, case: _Case, refused: Sheet) -> bool:
        await self.model.ability(fresh=True)
        if await make_sheet(refused.subgoals, self._prompt, self._rubric, self.model) != refused:
            self._sheets.clear()
            self._is_taken = False
            return True
        if not self._is_taken:
            await self._try_plain(case, refused)
        return False

    async def _try_plain(self, case: _Case, sheet: Sheet) -> None:
        """Judges a sample that nobody refuses: raises ModelError when the server does not take it either."""
        try:
            await self.caller.ask(sheet.body(_PLAIN, new_nonce()), len(sheet.subgoals), case.spent)
        except ModelRequestError as error:
            raise ModelError(f"{error}; see `goalcover doctor`") from error
        except (ModelAnswerError, ModelRefusedError):
            pass  # the answer does not matter
        self._is_taken = True

    def _align(self, sample: Sample, answer: Judged, note: str) -> Alignment:
        quoted, remarks = answer.evidence, [note] if note else []
        if quoted and not _says(sample, quoted):  # told where the judge speaks, never shown as words of the sample
            remarks.append(f"(The judge quotes what is not in the sample: “{cut(quoted, _QUOTED)}”)")
            quoted = ""
        level = None if answer.level == NO_LEVEL else answer.level
        return Alignment(
            sample_id=sample.id,
            subgoal_id=answer.id,
            level=level,
            explanation=" ".join([answer.reason, *remarks]),
            evidence=quoted,
            judge=self.id,
        )

    def _unscored(self, case: _Case, subgoals: Sequence[Subgoal], kind: str, why: ModelError) -> list[Alignment]:
        case.unscored[kind] += len(subgoals)
        return [
            Alignment(
                sample_id=case.sample.id,
                subgoal_id=one.id,
                level=None,
                explanation=f"Not judged ({kind}): {why}",
                judge=self.id,
            )
            for one in subgoals
        ]


def _bytes(sample: Sample) -> int:
    return len(f"{sample.input}{sample.output}".encode("utf-8", "surrogatepass"))


def _says(sample: Sample, quote: str) -> bool:
    """Whether the sample holds the quote, blanks aside."""
    if quote in sample.output or quote in sample.input:
        return True
    plain = " ".join(quote.split())
    return any(plain in " ".join(text.split()) for text in (sample.output, sample.input))


def shared(n: int, used: Usage, seconds: float = 0.0, attempt: int = 1) -> list[Effort]:
    """What a call and its repetitions took, in n equal parts; what cannot be shared goes to the first."""
    prompt, completion = used.prompt_tokens, used.completion_tokens
    return [
        Effort(
            prompt_tokens=prompt // n + (prompt % n if place == 0 else 0),
            completion_tokens=completion // n + (completion % n if place == 0 else 0),
            attempt=max(1, attempt),
            latency_ms=round(seconds * 1000),
        )
        for place in range(n)
    ]


def judges_of(models: Sequence[str], settings: Settings) -> tuple[LLMJudge, ...]:
    """A judge for every model named. Raises InputError when one is named twice, or no server is configured."""
    if len(set(models)) < len(models):
        raise InputError("--judge names a model twice: judges have to differ")
    return tuple(LLMJudge(ChatModel(settings, "judge", name), settings) for name in models)
