"""Asks a model's server until it answers: at its pace, as often as makes sense, and counting what that takes."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from goalcover.agent.errors import ModelBusyError, ModelError, StoppedError
from goalcover.agent.model import BYTES_A_TOKEN, ChatModel
from goalcover.agent.pace import PATIENCE, Pace
from goalcover.agent.reply import Reply
from goalcover.agent.roles import MayCall, always
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 60.0
_CALL = Usage(calls=1)


@dataclass
class Tally:
    """What several calls took, failed ones included."""

    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    """Until the answers, waiting between tries not counted."""


class Caller:
    """One model's server, as a judge calls it. Safe for many tasks at once."""

    def __init__(self, model: ChatModel, settings: Settings) -> None:
        self.pace = Pace(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)
        self.bytes_a_token = BYTES_A_TOKEN
        """Of a request's body; learnt from the replies."""
        self.tokens_a_judgement = 60.0
        """Of an answer; learnt from the replies."""
        self._model, self._attempts = model, settings.attempts
        self._bytes = self._judgements = 0
        self._counted = Usage()

    async def ask(
        self, body: bytes, n_judgements: int, tally: Tally, about: str = "", may_call: MayCall = always
    ) -> Reply:
        """The reply, whatever it says. `about` is the id of the sample, for the call's trace.

        A crowded server (429, 503, silence) is asked for up to ten minutes, a broken one settings.attempts times.
        Raises ModelBusyError when no answer comes, and other kinds of ModelError at once; StoppedError instead of a
        call that may not be made.
        """
        started = time.monotonic()
        failures = tries = 0
        while True:
            try:
                return await self._once(body, n_judgements, tally, about, may_call)
            except ModelBusyError as error:
                tries, failures = tries + 1, failures + (not error.crowded)
                if error.crowded:
                    self.pace.turned_away(error.retry_after)
                pause = _pause(error, tries)
                last = failures >= self._attempts or time.monotonic() + pause - started > PATIENCE
                if last:
                    raise
                tally.usage += Usage(retries=1)
            except ModelError:  # an answer, if not the one that was wished for
                self.pace.succeeded()
                raise
            await asyncio.sleep(pause)

    async def _once(self, body: bytes, n_judgements: int, tally: Tally, about: str, may_call: MayCall) -> Reply:
        async with self.pace.turn(round(len(body) / self.bytes_a_token)):
            if not may_call():
                raise StoppedError("stopped before a call")
            sent = time.monotonic()
            tally.usage += _CALL
            reply = Reply.read(await self._model.post(body, about))
        self.pace.succeeded()
        usage = reply.counted()
        tally.usage += usage - _CALL
        tally.seconds += time.monotonic() - sent
        self._learn(len(body), n_judgements, usage)
        return reply

    def _learn(self, size: int, n_judgements: int, usage: Usage) -> None:
        if usage.prompt_tokens and usage.completion_tokens:  # some servers count nothing
            self._bytes += size
            self._judgements += n_judgements
            self._counted += usage
            self.bytes_a_token = self._bytes / self._counted.prompt_tokens
            self.tokens_a_judgement = self._counted.completion_tokens / self._judgements


def _pause(error: ModelBusyError, tries: int) -> float:
    """Seconds until the next try: what the server asked for, else twice as long each time."""
    if error.retry_after is not None:
        return error.retry_after
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (tries - 1))
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 spreads the retries
