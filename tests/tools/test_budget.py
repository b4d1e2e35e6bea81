"""What judging costs: known prices, prices that nobody knows, and a cap."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from genai_prices import Usage as Priced
from genai_prices import calc_price
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.tools.budget import Budget, Held, Price, budget_for, price_of
from word_judge import WordJudge

PRICE = Price(prompt=1.0, cached=0.1, completion=10.0)
CALL = Usage(calls=1, prompt_tokens=1_000, cached_tokens=600, completion_tokens=100)


def test_cached_tokens_are_cheaper():
    assert PRICE.of(CALL) == pytest.approx((400 * 1.0 + 600 * 0.1 + 100 * 10.0) / 1e6)


def test_a_well_known_model_has_a_price():
    found = price_of("gpt-4o-mini", Settings(api_key="x"))
    assert found is not None
    assert 0 < found.cached < found.prompt < found.completion < 100


def test_prices_are_those_of_small_requests():
    """From some hundred thousand tokens of one request on, these models cost twice as much a token."""
    google = "https://generativelanguage.googleapis.com/v1beta/openai/"
    for model, base_url in (("gpt-5.4", None), ("gemini-2.5-pro", google)):
        found = price_of(model, Settings(api_key="x", base_url=base_url))
        place = {"provider_api_url": base_url} if base_url else {"provider_id": "openai"}
        asked = calc_price(Priced(input_tokens=2_000, output_tokens=500), model_ref=model, **place)
        assert found.of(Usage(calls=1, prompt_tokens=2_000, completion_tokens=500)) == pytest.approx(
            float(asked.total_price)
        )


def test_a_model_on_a_server_of_one_s_own_has_none_and_none_is_guessed():
    assert price_of("gpt-4o-mini", Settings(api_key="x", base_url="http://127.0.0.1:8000/v1")) is None
    assert price_of("llama-of-my-own", Settings(api_key="x")) is None


def test_prices_given_in_the_settings_count_most():
    given = Settings(api_key="x", base_url="http://127.0.0.1:8000/v1", price_prompt=2.0, price_completion=8.0)
    assert price_of("llama-of-my-own", given) == Price(2.0, 2.0, 8.0)


def test_without_a_price_the_cost_is_unknown_and_a_cap_is_refused():
    assert Budget({"judge": None}).spent is None
    assert Budget().spent is None
    with pytest.raises(InputError, match="GOALCOVER_PRICE_PROMPT"):
        Budget({"judge": None}, max_cost=1.0)
    assert budget_for([WordJudge()], Settings()).spent is None


def test_what_is_not_booked_yet_counts_and_what_is_booked_counts_once():
    """Three more calls are too many for this budget, two are not."""

    async def calls(budget: Budget, n: int, *, books: bool) -> None:
        used = Counter[str]()  # calls that are not booked
        with budget.holding("judge") as held:
            for _ in range(n):
                async with budget.call(held, lambda: sum([CALL] * used["calls"], Usage()), lambda: CALL):
                    used["calls"] += 1
                if books:
                    budget.spend("judge", CALL, {"refused": 1, "no answer": 0})
                    used.clear()

    budget = known(3.5)
    asyncio.run(calls(budget, 2, books=True))
    assert (budget.spent, budget.unscored) == (pytest.approx(3 * PRICE.of(CALL)), {"refused": 2})
    for again, n in ((budget, 1), (known(3.5), 3)):
        with pytest.raises(StoppedError, match="max-cost"):
            asyncio.run(calls(again, n, books=False))


def test_at_the_cap_a_call_waits_for_those_in_flight():
    assert asyncio.run(overtaking(known(2.5))) == ["first is over", "second"]
    assert asyncio.run(overtaking(known(3.5))) == ["second", "first is over"]


def test_under_a_cap_the_first_call_of_all_goes_alone():
    prices = {"judge": PRICE, "other": PRICE}
    assert asyncio.run(overtaking(Budget(prices, max_cost=1.0))) == ["first is over", "second"]
    assert asyncio.run(overtaking(Budget(prices))) == ["second", "first is over"]
    assert asyncio.run(overtaking(Budget(prices, max_cost=1.0), "other")) == ["second", "first is over"]


def test_what_nobody_counted_is_known_roughly_and_does_not_pass_the_cap_either():
    budget = Budget({"judge": PRICE}, max_cost=1.5 * PRICE.of(CALL))
    assert budget.spend("judge", replace(CALL, untold=1)).cost_usd is None
    assert budget.spent is None
    with pytest.raises(StoppedError, match=r"about 0\.0015 USD spent"), budget.reserved("judge", CALL):
        pytest.fail("there is too little left")


def known(calls: float) -> Budget:
    """A budget for so many calls, when one was made and booked."""
    budget = Budget({"judge": PRICE}, max_cost=calls * PRICE.of(CALL))
    budget.spend("judge", CALL)
    return budget


async def one_call(budget: Budget, held: Held) -> None:
    async with budget.call(held, Usage, lambda: CALL):
        pass


async def overtaking(budget: Budget, spender: str = "judge") -> list[str]:
    """Two calls under way, and in which order the first ends and the second begins."""
    order = []

    async def second() -> None:
        with budget.holding(spender) as held:
            await one_call(budget, held)
            order.append("second")

    async with budget.call(Held("judge"), Usage, lambda: CALL):
        task = asyncio.create_task(second())
        await asyncio.sleep(0.01)
        order.append("first is over")
    await asyncio.wait_for(task, 1)
    return order


def test_what_a_later_step_needs_is_left_alone():
    async def call(spender: str) -> None:
        with budget.holding(spender) as held:
            await one_call(budget, held)
            budget.spend(spender, CALL)

    budget = Budget({"judge": PRICE, "model": PRICE}, max_cost=2.5 * PRICE.of(CALL))
    with budget.reserved("judge", CALL):
        asyncio.run(call("model"))
        with pytest.raises(StoppedError):
            asyncio.run(call("model"))
    asyncio.run(call("judge"))
    with pytest.raises(StoppedError), budget.reserved("judge", CALL):
        pytest.fail("there is too little left")
