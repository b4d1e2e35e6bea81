"""How fast a server is asked: fewer calls at once when it is crowded, no more a minute than allowed."""

import asyncio
import time

import pytest
from goalcover.agent.errors import ModelBusyError
from goalcover.agent.pace import CROWDED, PATIENCE, START, Pace, Rate, backoff

BUSY = ModelBusyError("busy", crowded=True)


def known(most: int) -> Pace:
    """Before a server that answered at once."""
    pace = Pace(most)
    pace.succeeded(0.001)
    return pace


def test_it_starts_with_few_and_doubles_until_the_server_is_crowded():
    pace = Pace(64, timeout=120)
    assert pace.limit == START
    for _ in range(START):
        pace.succeeded(100.0)
    assert pace.limit == 2 * START
    pace.turned_away(ModelBusyError("silent", crowded=True, billed=True))
    for _ in range(25):
        pace.succeeded(100.0)
    assert pace.limit == pytest.approx(2 * START + 1)


@pytest.mark.parametrize(("seconds", "limit"), [(0.2, 64), (2.0, 24), (8.0, 6), (40.0, START + 1)])
def test_the_first_answer_opens_it_for_as_many_as_one_after_the_other_would_be_answered_in_time(seconds, limit):
    pace = Pace(64, timeout=120)
    pace.succeeded(seconds)
    assert pace.limit == pytest.approx(limit)


def test_the_pause_between_attempts_doubles_up_to_a_minute_or_so():
    waits = [backoff(0.5, tries) for tries in (1, 3, 30)]
    assert [low <= wait <= 3 * low for wait, low in zip(waits, (0.25, 1.0, 30.0), strict=True)] == [True] * 3


def test_at_most_so_many_calls_are_in_flight():
    async def peak(most: int) -> int:
        pace, now, seen = known(most), 0, []

        async def call() -> None:
            nonlocal now
            async with pace.turn(1):
                now += 1
                seen.append(now)
                await asyncio.sleep(0.002)
                now -= 1

        await asyncio.gather(*(call() for _ in range(40)))
        return max(seen)

    assert asyncio.run(peak(7)) == 7


def test_a_crowded_server_gets_three_quarters_as_many_once_a_round_trip():
    pace = known(100)
    for _ in range(120):
        pace.turned_away(BUSY)
    assert pace.limit == 75
    for _ in range(75):
        pace.turned_away(BUSY)
    assert pace.limit == pytest.approx(56.25)


def test_it_never_falls_below_one_and_grows_by_one_every_25_successes():
    pace = known(4)
    for _ in range(1_000):
        pace.turned_away(BUSY)
    assert pace.limit == 1
    for _ in range(25):
        pace.succeeded()
    assert pace.limit == pytest.approx(2)
    for _ in range(1_000):
        pace.succeeded()
    assert pace.limit == 4


def test_a_server_that_became_slow_after_the_start_is_asked_more_at_once_again():
    pace = Pace(8, timeout=120)
    pace.succeeded(5.0)
    for _ in range(1_000):
        pace.turned_away(BUSY)
    assert pace.limit == 1
    for _ in range(1_000):
        pace.succeeded(50.0)
    assert pace.limit == 8


def test_whoever_waits_is_called_as_soon_as_an_answer_allows_more_at_once():
    async def story() -> int:
        pace, entered = Pace(64, timeout=120), []

        async def call() -> None:
            async with pace.turn(1):
                entered.append(1)
                await asyncio.sleep(60)

        calls = [asyncio.create_task(call()) for _ in range(20)]
        await asyncio.sleep(0)
        pace.succeeded(1.0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for one in calls:
            one.cancel()
        return len(entered)

    assert asyncio.run(story()) == 20


def test_a_few_calls_turned_away_at_random_are_no_crowd():
    pace = known(64)
    for n in range(2_000):
        pace.turned_away(BUSY) if n % 20 == 0 else pace.succeeded()
    assert pace.limit == 64
    assert CROWDED > 0.05


def test_when_crowded_all_wait_for_as_long_as_the_server_asked():
    async def waited() -> float:
        pace = known(50)
        for _ in range(10):
            pace.turned_away(ModelBusyError("busy", 0.2, crowded=True))
        started = time.monotonic()
        async with pace.turn(1):
            return time.monotonic() - started

    assert 0.15 < asyncio.run(waited()) < 1


def test_nobody_waits_when_the_server_asks_for_more_than_patience():
    async def enter(pace: Pace) -> None:
        async with pace.turn(1):
            pytest.fail("the server asked for silence")

    pace = Pace(1)
    for _ in range(10):
        pace.turned_away(ModelBusyError("busy", 86_400.0, crowded=True))
    for _ in range(3):  # whoever is sent away leaves the place to the next
        with pytest.raises(ModelBusyError, match="no calls in the next 1,440 minutes") as caught:
            asyncio.run(asyncio.wait_for(enter(pace), 1))
        assert caught.value.retry_after > PATIENCE


def test_a_waiter_that_gives_up_leaves_its_place_to_the_next():
    async def story() -> bool:
        pace = Pace(1)
        entered = asyncio.Event()

        async def call() -> None:
            async with pace.turn(1):
                entered.set()

        async with pace.turn(1):
            gives_up, next_one = asyncio.create_task(call()), asyncio.create_task(call())
            await asyncio.sleep(0)
        gives_up.cancel()
        await asyncio.wait_for(next_one, 1)
        return entered.is_set()

    assert asyncio.run(story())


def test_an_allowance_a_minute_is_spent_evenly():
    rate = Rate(per_minute=600)
    waits = [rate.wait(1) for _ in range(31)]
    assert waits[0] == 0  # what was not used of the last second may be used at once
    assert waits[-1] == pytest.approx(2.0, abs=0.1)
    assert Rate(None).wait(10**9) == 0


def test_tokens_a_minute_hold_calls_back_too():
    async def waited() -> float:
        pace = Pace(10, tokens_per_minute=60_000)
        started = time.monotonic()
        for _ in range(3):
            async with pace.turn(600):
                pass
        return time.monotonic() - started

    assert 0.1 < asyncio.run(waited()) < 1
