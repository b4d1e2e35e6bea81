"""How fast a server is asked: as many calls at once as it bears, and no more a minute than was allowed.

Like TCP: it starts slowly and doubles as answers come, until the server is crowded; from then on one more in flight
after every 25 successes, and three quarters as many when it is crowded again.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from goalcover.agent.errors import ModelBusyError

START = 4
"""Calls in flight before the first answer. All that was allowed at once would make a server that answers one after the
other, as those of one's own do, too slow for every one of them."""
SAFE = 0.4
"""Part of a call's time in which such a server should answer all that are in flight. Less than half: an answer tells of
the time when its call was sent, and since then there may be twice as many."""
GROWTH = 25
"""Successes for one more call in flight."""
SHRINK = 0.75
CROWDED = 0.1
"""Share of recent calls turned away from which the server counts as crowded. A few of them are noise: with 5% of all
calls turned away at random, shrinking at each would leave three calls in flight, on a server that bears hundreds."""
MEMORY = 50
"""Recent calls are this many, or as many as may be in flight."""
BURST_SECONDS = 1.0
PATIENCE = 600.0
"""Seconds that a call waits for a crowded server, at the most, waiting for its turn not counted; and seconds without an
answer to anybody after which those who wait for their turn give up."""

LONGEST_WAIT = 60.0
"""Seconds between two attempts, at the most; a server that asks for more has its reason."""


def backoff(first: float, tries: int) -> float:
    """Seconds until the next try: twice as long each time, and not at the moment when all others try again."""
    return min(LONGEST_WAIT, first * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.5)  # noqa: S311


class Rate:
    """An allowance a minute, spent evenly; what was not used of the last second may be used at once."""

    def __init__(self, per_minute: int | None) -> None:
        self._seconds = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    def wait(self, amount: int) -> float:
        """Takes an amount, and says how many seconds to wait before using it."""
        now = time.monotonic()
        start = max(self._next, now - BURST_SECONDS)
        self._next = start + amount * self._seconds
        return max(0.0, start - now)


class Pace:
    """The gate before one server. Holds nothing of an event loop while nobody waits."""

    def __init__(
        self,
        most: int,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        timeout: float = PATIENCE,
    ) -> None:
        """`timeout`: seconds that one call may take."""
        self.most = most
        self.limit = float(min(most, START))
        """Calls that may be in flight now."""
        self._starting = True
        self._in_time, self._quickest = SAFE * timeout, timeout
        self._n_late = 0
        self._answered_at = 0.0
        self._why = ""
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._requests, self._tokens = Rate(requests_per_minute), Rate(tokens_per_minute)
        self._turned_away = 0.0
        self._since_shrunk = 0
        self._silent_until = 0.0

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[None]:
        """Waits until one more call of so many tokens may be made; the call is made inside.

        Raises ModelBusyError when the server asked to be left alone for longer than anybody waits, or has answered
        nobody for that long.
        """
        came = time.monotonic()
        await self._enter()
        try:
            if self._why and time.monotonic() - max(came, self._answered_at) > PATIENCE:
                raise ModelBusyError(self._why, PATIENCE)
            silence = self._silent_until - time.monotonic()
            if silence > PATIENCE:
                raise ModelBusyError(f"the server asks for no calls in the next {silence / 60:,.0f} minutes", silence)
            pause = max(self._requests.wait(1), self._tokens.wait(tokens), silence)
            if pause > 0:
                await asyncio.sleep(pause)
            yield
        finally:
            self._leave()

    def succeeded(self, seconds: float | None = None) -> None:
        """A call was answered, if it is known after how long."""
        self._answered_at = time.monotonic()
        self._remember(0.0)
        grown = self.limit + (1 if self._starting else 1 / GROWTH)
        if seconds:
            self._quickest = min(self._quickest, seconds)
            if self._in_time < seconds >= 2 * self._quickest:  # those that were sent before it kept it waiting
                self._n_late += 1
                if self._starting or self._n_late < MEMORY:
                    return
                self._n_late, self._quickest = 0, seconds  # no: by now the server is that slow
            if self._starting:
                grown = max(grown, self._in_time / seconds)
        self.limit = min(float(self.most), grown)
        self._wake()

    def turned_away(self, error: ModelBusyError) -> None:
        """A call was not answered because the server is crowded: 429, 503 or silence.

        When that is more than noise, fewer go on, and all wait for as long as the server asked. At most once for as
        many calls as are in flight: those that were sent together are turned away together.
        """
        self._why = str(error)
        self._remember(1.0)
        is_crowded = self._turned_away > CROWDED
        self._starting &= not (is_crowded or error.billed)
        if not is_crowded:
            return
        self._silent_until = max(self._silent_until, time.monotonic() + (error.retry_after or 0.0))
        if self._since_shrunk >= self.limit:
            self.limit = max(1.0, self.limit * SHRINK)
            self._since_shrunk = 0

    def _remember(self, turned_away: float) -> None:
        self._turned_away += (turned_away - self._turned_away) / max(MEMORY, self.limit)
        self._since_shrunk += 1

    async def _enter(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it was called, and does not come: its place goes to the next
                self._leave()
            raise

    def _leave(self) -> None:
        self._in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        """Calls those who have waited longest, as many as there are places; a place is taken with the call."""
        while self._waiting and self._in_flight < int(self.limit):
            waiter = self._waiting.popleft()
            if not waiter.done():
                self._in_flight += 1
                waiter.set_result(None)
