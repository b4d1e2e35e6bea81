"""What judging will take, before the first call."""

import asyncio
from contextlib import aclosing

import pytest
from goalcover.memory.ledger import Ledger
from goalcover.tools.budget import Budget, Price
from goalcover.tools.estimate import estimate, estimate_synthesis
from goalcover.tools.score import score
from judging_cases import SUBGOALS, judge_on, judged, samples
from scripted import serving
from word_judge import WordJudge

PRICE = Price(prompt=1.0, cached=0.1, completion=10.0)


def test_the_estimate_is_near_what_it_then_takes(tmp_path):
    with serving() as server:
        judge = judge_on(server, tmp_path)
        budget = Budget({judge.id: PRICE})
        given = samples(10)
        before = estimate(given, 1_000, SUBGOALS, [judge], budget)
        took = judged(server, tmp_path, given[0]).usage
    assert before.usage.calls == 1_000
    assert before.usage.prompt_tokens == pytest.approx(1_000 * took.prompt_tokens, rel=0.4)
    assert before.cost == pytest.approx(PRICE.of(before.usage))
    unknown = estimate(given, 1_000, SUBGOALS, [judge], Budget({judge.id: None}))
    assert unknown.cost is None


def test_naming_and_advising_is_in_the_estimate_and_not_discounted(tmp_path):
    models = {"analyst": "big", "advisor": "small", "generator": "huge"}
    with serving() as server:
        judge = judge_on(server, tmp_path)
    budget = Budget({judge.id: PRICE, "big": PRICE, "small": PRICE})
    judging = estimate(samples(10), 10, SUBGOALS, [judge], budget)
    all_of_it, half = (estimate(samples(10), 10, SUBGOALS, [judge], budget, models, part) for part in (1.0, 0.5))
    assert all_of_it.usage.calls == judging.usage.calls + 2 * len(SUBGOALS)
    assert all_of_it.cost - half.cost == pytest.approx(judging.cost / 2)
    assert estimate(samples(10), 10, SUBGOALS, [judge], Budget({judge.id: PRICE}), models).cost is None


def test_samples_to_be_made_are_estimated_by_those_of_the_run(tmp_path):
    models = {"analyst": "big", "generator": "big", "discriminator": "small"}
    with serving() as server:
        judge = judge_on(server, tmp_path)
    budget = Budget({judge.id: PRICE, "big": PRICE, "small": PRICE})
    few, many = (estimate_synthesis(samples(9), n, SUBGOALS, 3, judge, budget, models) for n in (2, 64))
    judging = estimate(samples(9), 64, SUBGOALS, [judge], budget)
    assert few.usage.calls == 3 + 3 + 2
    assert many.usage.calls == 96 / 4 + 96 / 8 + 64
    assert many.cost > judging.cost > few.cost > 0
    assert estimate_synthesis(samples(9), 64, SUBGOALS, 3, judge, Budget({judge.id: PRICE}), models).cost is None
    assert estimate_synthesis(samples(9), 64, SUBGOALS, 3, WordJudge(), budget, {}).usage.calls == 0


def test_what_is_judged_already_is_neither_counted_nor_paid(tmp_path):
    given = samples(12)

    async def judging(judge, some, subgoals):
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            async with aclosing(score(some, subgoals, judge, ledger)) as batches:
                _ = [batch async for batch in batches]

    def before():
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            return estimate(given, 12, SUBGOALS, [judge], Budget({judge.id: PRICE}), ledger=ledger)

    with serving() as server:
        judge = judge_on(server, tmp_path)
        untouched = before()
        asyncio.run(judging(judge, given[:8], SUBGOALS))
        four_left, alone = before(), estimate(given[8:], 4, SUBGOALS, [judge], Budget({judge.id: PRICE}))
        asyncio.run(judging(judge, given[8:], SUBGOALS[:3]))
        three_subgoals_left = before()
        asyncio.run(judging(judge, given, SUBGOALS))
    assert (untouched.usage.calls, untouched.reused) == (12, 0)
    assert (four_left.usage.calls, four_left.reused) == (4, 8 * 6)
    assert four_left.usage == alone.usage
    assert (three_subgoals_left.usage.calls, three_subgoals_left.reused) == (4, 8 * 6 + 4 * 3)
    assert three_subgoals_left.cost < four_left.cost
    done = before()
    assert (done.usage.calls, done.cost, done.reused) == (0, 0.0, 12 * 6)
    assert done.words().endswith("about 0.00 USD; 72 judgements there already")
