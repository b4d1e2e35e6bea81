"""Asks a model's server until it answers: at its pace, as often as makes sense, and counting what that takes."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from functools import partial

from goalcover.agent.errors import ModelBusyError, ModelError
from goalcover.agent.model import ChatModel
from goalcover.agent.pace import PATIENCE, Pace, backoff
from goalcover.agent.reply import Reply
from goalcover.agent.roles import MayCall, always
from goalcover.agent.settings import Settings
from goalcover.agent.usage import BYTES_A_TOKEN, Usage

_FIRST_WAIT = 0.25
_CALL = Usage(calls=1)


@dataclass
class Tally:
    """What several calls took, failed ones included."""

    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    """Until the answers, waiting between tries not counted."""
    lost: float = 0.0
    """Seconds in calls that no answer came of."""


class Caller:
    """One model's server, as a judge calls it. Safe for many tasks at once."""

    def __init__(self, model: ChatModel, settings: Settings) -> None:
        self.pace = Pace(
            settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute, settings.timeout
        )
        self.bytes_a_token = BYTES_A_TOKEN
        """Of a request's body; learnt from the replies."""
        self.tokens_a_judgement = 60.0
        """Of an answer; learnt from the replies."""
        self.longest = 0
        """Tokens of the longest answer so far."""
        self._model, self._attempts = model, settings.attempts
        self._bytes = self._judgements = 0
        self._counted = Usage()

    async def ask(
        self, body: bytes, n_judgements: int, tally: Tally, about: str = "", may_call: MayCall = always
    ) -> Reply:
        """The reply, whatever it says. `about` is the id of the sample, for the call's trace.

        A crowded server (429, 503, silence) is asked for up to ten minutes, the time until it is this call's turn not
        counted; a broken one settings.attempts times.
        Raises ModelBusyError when no answer comes, and other kinds of ModelError at once; StoppedError instead of a
        call that may not be made. What a call took of which no whole answer came back is an estimate.
        """
        failures, tries, waited = 0, 0, -tally.lost
        while True:
            try:
                return await self._once(body, n_judgements, tally, about, may_call)
            except ModelBusyError as error:
                tries, failures = tries + 1, failures + (not error.crowded)
                if error.crowded:
                    self.pace.turned_away(error)
                pause = backoff(_FIRST_WAIT, tries) if error.retry_after is None else error.retry_after
                waited += pause
                if failures >= self._attempts or waited + tally.lost >= PATIENCE:
                    raise
                tally.usage += Usage(retries=1)
            except ModelError:  # an answer, if not the one that was wished for
                self.pace.succeeded()
                raise
            await asyncio.sleep(pause)

    async def _once(self, body: bytes, n_judgements: int, tally: Tally, about: str, may_call: MayCall) -> Reply:
        size = len(body)
        allowed = may_call(lambda: tally.usage, partial(self.at_most, size, n_judgements))
        async with self.pace.turn(round(size / self.bytes_a_token)), allowed:
            sent, used = time.monotonic(), _CALL
            try:
                reply = Reply.read(await self._model.post(body, about))
                used = reply.counted(size)
            except ModelBusyError as error:
                used = self.expected(size, n_judgements) if error.billed else _CALL
                tally.lost += time.monotonic() - sent
                raise
            finally:
                tally.usage += used
        took = time.monotonic() - sent
        self.pace.succeeded(took)
        tally.seconds += took
        self._learn(size, n_judgements, used)
        return reply

    def expected(self, size: int, n_judgements: int) -> Usage:
        """What a call of so many bytes should take, by what earlier replies took; at first, by rules of thumb."""
        return Usage(
            calls=1,
            prompt_tokens=round(size / self.bytes_a_token),
            completion_tokens=round(n_judgements * self.tokens_a_judgement),
        )

    def at_most(self, size: int, n_judgements: int) -> Usage:
        """The same, with an answer as long as the longest so far."""
        expected = self.expected(size, n_judgements)
        return replace(expected, completion_tokens=max(self.longest, expected.completion_tokens))

    def _learn(self, size: int, n_judgements: int, usage: Usage) -> None:
        self.longest = max(self.longest, usage.completion_tokens)
        if usage.prompt_tokens and usage.completion_tokens:
            self._bytes += size
            self._judgements += n_judgements
            self._counted += usage
            self.bytes_a_token = self._bytes / self._counted.prompt_tokens
            self.tokens_a_judgement = self._counted.completion_tokens / self._judgements
