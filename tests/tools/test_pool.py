"""Many samples at once before a server: in order, each paid for once, and nothing lost when it stops early."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from goalcover.agent.errors import ModelError, StoppedError
from goalcover.memory.ledger import Ledger
from goalcover.tools import pool
from goalcover.tools.budget import Budget, Price
from goalcover.tools.score import score
from judging_cases import NAMES, SUBGOALS, asked, judge_on, sample, samples, saying
from openai_faults import Faults
from scripted import serving

PRICE = Price(prompt=1.0, cached=0.5, completion=4.0)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def scored(server, cache, ledger, given, budget=None, **more):
    async def collect():
        judge = judge_on(server, cache, **more)
        return [batch async for batch in score(given, SUBGOALS, judge, ledger, budget)]

    return asyncio.run(collect())


def levels(batches):
    return {(one.sample_id, one.subgoal_id): one.level for batch in batches for one in batch.alignments}


def right(given):
    return {(one.id, name): int(name in one.input.split()) for one in given for name in NAMES}


def test_samples_come_back_in_order_whatever_order_the_replies_take(cache, ledger):
    given = samples(100)
    with serving(latency=0.02, spread=1.0) as server:
        batches = scored(server, cache, ledger, given, concurrency=16)
        assert server.seen["peak"] > 8
    assert [one for batch in batches for one in batch.samples] == given
    assert levels(batches) == right(given)


def test_with_faults_everything_is_scored_and_few_calls_are_wasted(cache, ledger):
    given = samples(300)
    faults = Faults({"429": 0.05, "500": 0.02, "malformed": 0.02})
    budget = Budget()
    with serving(latency=0.01, faults=faults) as server:
        batches = scored(server, cache, ledger, given, budget, concurrency=32)
        n = len(asked(server))
    assert levels(batches) == right(given)
    assert n == budget.usage.calls <= 1.1 * len(given) + 5
    assert budget.usage.retries > 0
    assert budget.usage.reasks > 0
    assert not budget.unscored


def test_a_server_that_bears_few_calls_is_not_overrun(cache, ledger):
    given = samples(200)
    with serving(latency=0.01, most_in_flight=6, retry_after=0.02) as server:
        batches = scored(server, cache, ledger, given, concurrency=48)
        turned_away = server.seen["429"]
    assert levels(batches) == right(given)
    assert turned_away < 3 * len(given)


def test_a_model_none_of_whose_answers_can_be_used_is_not_paid_for_all_of_them(cache, ledger):
    with serving(faults=Faults({"malformed": 1.0})) as server, pytest.raises(StoppedError, match="none can be used"):
        scored(server, cache, ledger, samples(200), concurrency=4)
    assert len(asked(server)) < 200


def test_where_some_could_be_used_before_those_that_cannot_are_tried_all_the_same(cache, ledger):
    given = samples(60)
    with serving() as server:
        scored(server, cache, ledger, given[:1], concurrency=4)
    with serving(faults=Faults({"malformed": 1.0})) as server:
        found = levels(scored(server, cache, ledger, given, concurrency=4))
    assert sum(level is None for level in found.values()) == 59 * len(NAMES)


def test_what_was_judged_is_not_asked_again(cache, ledger):
    given = samples(40)
    with serving() as server:
        first = scored(server, cache, ledger, given)
        n = len(asked(server))
        again = scored(server, cache, ledger, given)
        assert len(asked(server)) == n
    assert levels(again) == levels(first)
    assert sum(batch.reused for batch in again) == len(given) * len(NAMES)


def test_when_nothing_is_missing_no_server_is_needed(cache, ledger, tmp_path):
    with serving() as server:
        scored(server, cache, ledger, samples(5))
        server.requests.clear()
        batches = scored(server, tmp_path / "another cache", ledger, samples(5))
        assert server.requests == []
    assert levels(batches) == right(samples(5))


def test_only_the_missing_subgoals_of_a_sample_are_asked_about(cache, ledger):
    with serving() as server:
        judge = judge_on(server, cache)

        async def story():
            async for _ in score([sample()], SUBGOALS[:2], judge, ledger):
                pass
            async for _ in score([sample()], SUBGOALS, judge, ledger):
                pass

        asyncio.run(story())
        assert [one["messages"][1]["content"].count('{"id": ') for one in asked(server)] == [2, 4]


def test_equal_texts_are_paid_for_once(cache, ledger):
    given = [sample("the same text about the heart", row=n) for n in range(150)]
    with serving(latency=0.02) as server:
        batches = scored(server, cache, ledger, given)
        assert len(asked(server)) == 1
    assert len(levels(batches)) == 150 * len(NAMES)


def test_tokens_attempt_and_latency_are_in_the_ledger(cache, ledger):
    with serving(latency=0.03, faults=Faults(script=["malformed"])) as server:
        scored(server, cache, ledger, [sample()])
        judge = judge_on(server, cache)
    found = ledger.lookup(judge.id, [sample().digest], [one.digest for one in SUBGOALS])
    assert len(found) == 6
    assert all(one.prompt_tokens > 0 and one.completion_tokens > 0 for one in found.values())
    assert {one.attempt for one in found.values()} == {2}
    assert all(one.latency_ms >= 50 for one in found.values())


def test_cancelled_it_waits_for_what_is_in_flight_and_keeps_it(cache, ledger):
    async def story(judge):
        task = asyncio.create_task(_all(score(samples(500), SUBGOALS, judge, ledger)))
        while len(asked(server)) < 40:  # noqa: ASYNC110 the server knows nothing of this loop's events
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving(latency=0.05) as server:
        asyncio.run(story(judge_on(server, cache, concurrency=8)))
        paid = len(asked(server))
    assert paid < 100
    assert ledger.count() == paid * len(NAMES)


def test_cancelled_it_begins_no_other_call_of_a_sample_either(cache, ledger):
    async def story(judge):
        task = asyncio.create_task(_all(score(samples(100), SUBGOALS, judge, ledger)))
        while len(asked(server)) < 8:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    with serving(latency=0.3) as server:
        judge = judge_on(server, cache, concurrency=8, max_subgoals=2)
        asyncio.run(story(judge))
        paid = len(asked(server))
    assert 8 <= paid < 2 * 8  # of three for each sample
    assert ledger.count() == paid * 2
    assert ledger.paid().usage.calls == paid


def test_cancelled_it_waits_no_longer_than_a_call_may_take(cache, ledger):
    async def story(judge):
        task = asyncio.create_task(_all(score(samples(4), SUBGOALS, judge, ledger)))
        while len(asked(server)) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        task.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - started

    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    with serving(faults=Faults({"hang": 1.0})) as server:
        assert asyncio.run(story(judge_on(server, cache, timeout=0.5))) < 5


def test_when_the_credit_ends_all_that_was_answered_is_kept(cache, ledger):
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    faults = Faults({"no-credit": 1.0}, script=["ok"] * 10)
    with serving(latency=0.02, faults=faults) as server:
        with pytest.raises(ModelError, match="no credit left"):
            scored(server, cache, ledger, samples(40), concurrency=8, max_subgoals=3)
        assert ledger.count() == 10 * 3
        assert ledger.paid().usage.calls == len(asked(server))


def test_rows_that_the_server_refuses_do_not_end_the_run(cache, ledger):
    given = [*samples(40), sample("tulips", row=41), sample("tulips and drugs", row=42)]
    with serving(latency=0.01, declines="tulips") as server:
        for _ in range(2):  # the second time nothing but these is asked for
            budget = Budget()
            found = levels(scored(server, cache, ledger, given, budget, concurrency=8))
            assert {row for (row, _), level in found.items() if level is None} == {"row-41", "row-42"}
            assert budget.unscored == {"refused": 2 * len(NAMES)}
    assert budget.usage.calls <= 4


def test_a_server_that_wants_a_day_without_calls_ends_it(cache, ledger):
    faults = Faults({"429": 1.0}, script=["ok"] * 33)
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    with serving(faults=faults, retry_after=86_400.0) as server:
        with pytest.raises(StoppedError, match="no calls in the next 1,440 minutes"):
            scored(server, cache, ledger, samples(200), concurrency=8)
        assert len(asked(server)) < 33 + 20
    assert ledger.count() >= 33 * len(NAMES)


def test_a_reader_that_leaves_early_loses_nothing_either(cache, ledger):
    async def story(judge):
        async with aclosing(score(samples(300), SUBGOALS, judge, ledger)) as batches:
            await anext(batches)

    with serving(latency=0.01) as server:
        asyncio.run(story(judge_on(server, cache, concurrency=8)))
        paid = len(asked(server))
    assert ledger.count() == paid * len(NAMES)


@pytest.mark.parametrize("probed", [True, False])
def test_a_model_that_cannot_be_used_ends_it_with_the_reason(cache, ledger, tmp_path, probed):
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    rejects = frozenset({"messages"})
    with serving(rejects=rejects) as server:
        with pytest.raises(ModelError, match="Unsupported parameter"):
            scored(server, cache if probed else tmp_path, ledger, samples(100))
        assert len(server.chats) < 100  # not one probe for each worker


def test_a_server_that_is_gone_ends_it_and_what_was_judged_is_kept(cache, ledger, monkeypatch):
    monkeypatch.setattr(pool, "SILENT", 3)
    faults = Faults({"500": 1.0}, script=["ok"] * 20)
    with serving(faults=faults) as server, pytest.raises(StoppedError, match="HTTP 500"):
        scored(server, cache, ledger, samples(200), attempts=1, concurrency=4)
    assert ledger.count() >= 20 * len(NAMES)


def test_the_cap_is_never_passed_and_is_nearly_reached(cache, ledger):
    with serving(latency=0.01) as server:
        whole = Budget({judge_on(server, cache).id: PRICE})
        with Ledger(ledger.path.with_name("other.sqlite")) as other:
            scored(server, cache, other, samples(100), whole)
        cap = whole.spent / 3
        budget = Budget({judge_on(server, cache).id: PRICE}, max_cost=cap)
        with pytest.raises(StoppedError, match="--max-cost"):
            scored(server, cache, ledger, samples(100), budget, concurrency=8)
        assert 0.8 * cap < budget.spent <= cap
        kept = ledger.count()
        assert 0 < kept < 100 * len(NAMES)
        rest = Budget({judge_on(server, cache).id: PRICE}, max_cost=whole.spent)
        batches = scored(server, cache, ledger, samples(100), rest)
    assert levels(batches) == right(samples(100))
    assert sum(batch.reused for batch in batches) == kept


@pytest.mark.parametrize("shares", [{}, {"malformed": 0.4}])
def test_answers_much_longer_than_guessed_do_not_pass_the_cap_either(cache, ledger, shares):
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    rambling = saying(**{name: {"reason": "because " * 300} for name in NAMES})
    with serving(latency=0.01, brain=rambling, faults=Faults(shares)) as server:
        budget = Budget({judge_on(server, cache).id: PRICE}, max_cost=0.15)
        with pytest.raises(StoppedError, match="--max-cost"):
            scored(server, cache, ledger, samples(100), budget, concurrency=32)
        assert server.seen["peak"] > 2
        assert 0.6 * 0.15 < budget.spent <= 0.15
        assert budget.usage.calls == len(asked(server))


def test_where_the_server_counts_nothing_the_cap_holds_by_estimate_and_no_cost_is_told(cache, ledger):
    with serving(latency=0.01, counts=False) as server:
        budget = Budget({judge_on(server, cache).id: PRICE}, max_cost=0.03)
        with pytest.raises(StoppedError, match="about"):
            scored(server, cache, ledger, samples(100), budget, concurrency=8)
        texts = "".join(one["content"] for body in asked(server) for one in body["messages"])
    assert budget.spent is None
    assert budget.usage.untold == budget.usage.calls
    assert budget.usage.prompt_tokens == pytest.approx(len(texts) / 4, rel=0.4)
    assert 0.01 < PRICE.of(budget.usage) <= 0.03
    assert ledger.paid().cost_usd is None


async def _all(batches):
    return [one async for one in batches]
