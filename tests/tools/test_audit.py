"""What packing costs: a judge with a halo is found out, and so is one that takes length for merit."""

import asyncio
from pathlib import Path

import openai_brains
import pytest
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.models import Goal
from goalcover.memory.runs import Run
from goalcover.tools.audit import audit
from goalcover.tools.budget import Budget, Price
from judging_cases import SUBGOALS, asked, judge_on, samples, saying
from scripted import PARIS, serving

GOAL = Goal(goal="Answer patients", subgoals=SUBGOALS)


def make_run(path: Path, goal: Goal = GOAL, n: int = 40) -> Run:
    """Samples to audit; all else of a run is beside the point."""
    path.mkdir()
    run = Run(path)
    run.start(goal)
    with run.sample_writer() as writer:
        writer.write(samples(n))
    return run


def audited(server, folder, run, n=30):
    return asyncio.run(audit(run, judge_on(server, folder), n))


def test_a_judge_without_a_halo_gives_the_same_either_way(tmp_path):
    run = make_run(tmp_path / "run")
    with serving() as server:
        found = audited(server, tmp_path, run)
        assert sorted({one["messages"][1]["content"].count('{"id": ') for one in asked(server)}) == [1, 6]
    assert found.n_samples == 30
    assert found.halo == 0
    assert found.correlation_together == found.correlation_alone
    assert found.tokens_alone >= 2.5 * found.tokens_together > 0
    assert [one.id for one in found.subgoals] == [one.id for one in SUBGOALS]
    assert all(one.n == 30 and one.together == one.alone for one in found.subgoals)


def test_a_halo_is_measured(tmp_path):
    """This judge gives one level more, and the same level to all, when the subgoals share a call."""

    def generous(messages, schema, tools):
        said = saying()(messages, schema, tools)
        rows = said.get("judgements", [])
        if len(rows) > 1:
            highest = max(one["level"] for one in rows)
            for one in rows:
                one["level"] = highest + len(messages[-1]["content"]) % 2
        return said

    run = make_run(tmp_path / "run")
    with serving(brain=generous) as server:
        found = audited(server, tmp_path, run)
    assert found.halo > 0.1
    assert found.correlation_together > found.correlation_alone + 0.2


def test_a_judge_that_takes_length_for_merit_is_found_out(tmp_path):
    def lengthy(messages, schema, tools):
        if not openai_brains.is_judging(messages):
            return PARIS
        said = saying()(messages, schema, tools)
        _, text, _ = openai_brains.taken_apart(messages[-1]["content"])
        for one in said["judgements"]:
            one["level"] = min(5, len(text["input"]) // 9)
        return said

    run = make_run(tmp_path / "run")
    with serving(brain=lengthy) as server:
        found = audited(server, tmp_path, run)
    assert found.length_correlation > 0.9


def test_what_the_ledger_holds_is_not_paid_again(tmp_path):
    run = make_run(tmp_path / "run")
    with serving() as server:
        first = audited(server, tmp_path, run)
        n = len(asked(server))
        again = audited(server, tmp_path, run)
        assert len(asked(server)) == n
    assert (again.tokens_together, again.tokens_alone) == (0, 0)
    assert again.subgoals == first.subgoals


def test_what_it_takes_has_a_cap(tmp_path):
    run = make_run(tmp_path / "run")
    with serving() as server:
        judge = judge_on(server, tmp_path)
        prices = dict.fromkeys((judge.id, judge.alone().id), Price(1.0, 1.0, 1.0))
        budget = Budget(prices, max_cost=0.04)
        with pytest.raises(StoppedError, match="max-cost"):
            asyncio.run(audit(run, judge, 30, budget))
    with run.ledger() as ledger:
        assert 0 < ledger.paid().cost_usd <= 0.04


def test_one_subgoal_cannot_be_packed(tmp_path):
    run = make_run(tmp_path / "run", Goal(goal="One thing", subgoals=SUBGOALS[:1]))
    with serving() as server, pytest.raises(InputError, match="nothing to pack"):
        audited(server, tmp_path, run)
