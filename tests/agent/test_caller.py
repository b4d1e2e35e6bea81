"""A slow server, by a clock that jumps to whatever is waited for next: hours take milliseconds."""

import asyncio
from types import SimpleNamespace

import pytest
from goalcover.agent import caller, pace
from goalcover.agent.caller import Caller, Tally
from goalcover.agent.errors import ModelBusyError
from goalcover.agent.settings import Settings

REPLY = b'{"choices": [{"message": {"content": "{}"}}], "usage": {"prompt_tokens": 500, "completion_tokens": 100}}'


class _Hours(asyncio.SelectorEventLoop):
    """An event loop that never waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now, select = 1_000.0, self._selector.select

        def jump(timeout=None):
            self.now += timeout or 0.0
            return select(0)

        self._selector.select = jump

    def time(self):
        return self.now


class _Slow:
    """A model on a server that answers one call after the other, each in so many seconds, and in the end none."""

    def __init__(self, seconds, ends=10**6):
        self.seconds, self.ends = seconds, ends
        self.calls = self.begun = 0
        self.turn = asyncio.Lock()

    async def post(self, body, about=""):
        self.calls += 1
        try:
            async with asyncio.timeout(120), self.turn:
                self.begun += 1
                await asyncio.sleep(self.seconds if self.begun <= self.ends else 1e6)
        except TimeoutError:
            raise ModelBusyError("no answer within 120 s", crowded=True, billed=True) from None
        return REPLY


def ask(monkeypatch, model, n):
    """So many calls at once, as 64 may be in flight: how many were answered, and the hours that it took."""
    loop = _Hours()
    for module in (pace, caller):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=loop.time))
    settings = Settings(base_url="http://own/v1", model="m", concurrency=64)

    async def all_of_them():
        server = Caller(model, settings)
        asked = (server.ask(b"x" * 2_000, 1, Tally()) for _ in range(n))
        return await asyncio.gather(*asked, return_exceptions=True)

    try:
        replies = loop.run_until_complete(all_of_them())
    finally:
        loop.close()
    return sum(not isinstance(one, BaseException) for one in replies), (loop.now - 1_000) / 3_600


@pytest.mark.parametrize("seconds", [9, 40])
def test_a_slow_server_of_ones_own_answers_every_call(monkeypatch, seconds):
    answered, hours = ask(monkeypatch, model := _Slow(seconds), 96)
    assert answered == 96
    assert model.calls < 1.2 * 96
    assert hours < 1.2 * 96 * seconds / 3_600


def test_who_waits_for_a_turn_gives_up_when_nobody_is_answered_any_more(monkeypatch):
    answered, hours = ask(monkeypatch, model := _Slow(1, ends=39), 96)
    assert answered == 39
    assert model.calls < 96 + 5 * 57
    assert hours < 0.6
