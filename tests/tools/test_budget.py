"""What judging costs: known prices, prices that nobody knows, and a cap."""

import asyncio

import pytest
from genai_prices import Usage as Priced
from genai_prices import calc_price
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.tools.budget import Budget, Price, budget_for, price_of
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


def test_what_is_in_flight_counts():
    budget = Budget({"judge": PRICE}, max_cost=2.5 * PRICE.of(CALL))
    held = budget.hold("judge", CALL)
    budget.hold("judge", CALL)
    with pytest.raises(StoppedError, match="max-cost"):
        budget.hold("judge", CALL)
    budget.release(held)
    budget.spend("judge", Usage(calls=1, prompt_tokens=10), {"refused": 1, "no answer": 0})
    budget.hold("judge", CALL)
    assert budget.spent == pytest.approx(10e-6)
    assert budget.unscored == {"refused": 1}


def test_at_the_cap_a_call_waits_for_those_in_flight():
    async def story() -> list[str]:
        budget, order = Budget({"judge": PRICE}, max_cost=1.5 * PRICE.of(CALL)), []
        held = budget.hold("judge", CALL)

        async def second() -> None:
            await budget.wait("judge", CALL)
            order.append("second")

        task = asyncio.create_task(second())
        await asyncio.sleep(0.01)
        order.append("first is over")
        budget.release(held)
        await asyncio.wait_for(task, 1)
        with pytest.raises(StoppedError):
            budget.hold("judge", CALL)
        return order

    assert asyncio.run(story()) == ["first is over", "second"]


def test_what_a_later_step_needs_is_left_alone():
    budget = Budget({"judge": PRICE, "model": PRICE}, max_cost=2.5 * PRICE.of(CALL))
    with budget.reserved("judge", CALL):
        budget.release(budget.hold("model", CALL))
        budget.spend("model", CALL)
        with pytest.raises(StoppedError):
            budget.hold("model", CALL)
    budget.hold("judge", CALL)
    with pytest.raises(StoppedError), budget.reserved("judge", CALL):
        pytest.fail("there is too little left")
