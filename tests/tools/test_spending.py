"""What is spent on a run beside its judging stands in it."""

import asyncio
import json
from contextlib import aclosing, suppress
from types import SimpleNamespace

import pytest
from goalcover.agent.models import Goal
from goalcover.agent.usage import Usage, afforded, count
from goalcover.tools.budget import Budget, Price
from goalcover.tools.score import score
from goalcover.tools.spending import judging_again, on_account
from judging_cases import SUBGOALS, judge_on, samples
from scripted import serving
from unjudged import run_of

ENGINE = SimpleNamespace(name="llm")
USED = Usage(calls=3, prompt_tokens=500_000, reasks=1)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "q", "answer": "a"}) + "\n")
    return run_of(tmp_path / "rows.jsonl", tmp_path / "run", Goal(goal="Answer patients", subgoals=SUBGOALS))


def test_what_a_request_takes_is_in_the_run_also_when_it_fails(run):
    budget = Budget({"model": Price(1.0, 1.0, 2.0)})
    for _ in range(2):
        with suppress(RuntimeError), on_account(run, ENGINE, budget):
            count("model", USED)
            raise RuntimeError
    found = run.info().usage
    assert (found.calls, found.prompt_tokens, found.reasks, found.cost_usd) == (6, 1_000_000, 2, 1.0)
    assert (budget.usage, budget.spent) == (USED + USED, 1.0)


def test_what_is_asked_outside_is_on_no_account(run):
    with on_account(run, ENGINE, Budget()):
        pass
    count("model", USED)
    asyncio.run(_afforded())
    assert run.info().usage.calls == 0


async def _afforded():
    async with afforded("model", USED):
        pass


def test_judging_again_is_in_the_run_too_also_when_it_is_stopped(run, tmp_path):
    async def judge(server):
        with judging_again(run) as ledger:
            async with aclosing(score(samples(4), SUBGOALS, judge_on(server, tmp_path), ledger)) as judged:
                async for _ in judged:
                    raise RuntimeError

    with serving() as server, suppress(RuntimeError):
        asyncio.run(judge(server))
    with run.ledger() as ledger:
        assert run.info().usage.calls == ledger.paid().usage.calls == 4
