"""What a request's models use is counted from its beginning, and capped."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.tools.spending import Spending, on_account
from unjudged import run_of

PRICED = Settings(price_prompt=1.0, price_completion=2.0)


@dataclass
class Model:
    """Counts what it uses."""

    name: str = "nobody-knows-this-model"
    usage: Usage = field(default_factory=lambda: Usage(calls=1, prompt_tokens=1_000_000))


def test_only_what_is_used_from_now_on_counts():
    model = Model()
    spending = Spending([model], PRICED, max_cost=2.5)
    assert (spending.usage.calls, spending.spent, spending.is_left()) == (0, 0.0, True)
    more = Usage(calls=2, prompt_tokens=500_000, completion_tokens=1_000_000, retries=1, reasks=1)
    model.usage += more
    assert (spending.usage, spending.spent) == (more, pytest.approx(2.5))
    assert not spending.is_left()


def test_a_cap_needs_a_price():
    with pytest.raises(InputError, match="--max-cost needs the model's price"):
        Spending([Model()], Settings(), max_cost=1.0)
    assert Spending([Model()], Settings()).spent is None


def test_the_embedded_engine_costs_nothing():
    spending = Spending([], Settings(), max_cost=1.0)
    assert (spending.spent, spending.is_left()) == (None, True)


def test_what_a_request_takes_is_in_the_run_also_when_it_fails(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "q", "answer": "a"}) + "\n")
    run, model = run_of(tmp_path / "rows.jsonl", tmp_path / "run"), Model()
    engine, used = SimpleNamespace(name="llm", meters=[model]), Usage(calls=3, prompt_tokens=500_000, reasks=1)
    for _ in range(2):
        with suppress(RuntimeError), on_account(run, engine, PRICED):
            model.usage += used
            raise RuntimeError
    found = run.info().usage
    assert (found.calls, found.prompt_tokens, found.reasks, found.cost_usd) == (6, 1_000_000, 2, 1.0)
