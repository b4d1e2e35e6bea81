"""The Batch API: submit, leave, come back; what a batch does not answer is judged online."""

import asyncio
import json
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError, ModelBusyError, ModelError, StoppedError
from goalcover.agent.models import Goal
from goalcover.memory.runs import Run
from goalcover.tools import batches
from goalcover.tools.budget import Budget, Price
from goalcover.tools.score import score
from judging_cases import NAMES, SUBGOALS, asked, judge_on, sample, samples, saying
from openai_batches import Batches
from openai_faults import Faults
from openai_server import KEY
from scripted import serving

GOAL = Goal(goal="Answer patients", subgoals=SUBGOALS)
PRICE = Price(prompt=1.0, cached=0.5, completion=4.0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run")


def advance(server, folder, run, given, budget=None, goal=GOAL):
    """`goalcover assess --batch`, once: what it said when it stopped, or nothing when online judging may go on."""
    judge = judge_on(server, folder)
    try:
        asyncio.run(batches.advance(given, goal, run, [judge], budget or Budget({judge.id: PRICE})))
    except StoppedError as stopped:
        return str(stopped)
    return ""


def kept(run: Run) -> int:
    with run.ledger() as ledger:
        return ledger.count()


def finish(server, folder, run, given):
    """Online judging of what is left; levels by pair."""

    async def collect():
        with run.ledger() as ledger:
            judge = judge_on(server, folder)
            return [one async for batch in score(given, SUBGOALS, judge, ledger) for one in batch.alignments]

    return {(one.sample_id, one.subgoal_id): one.level for one in asyncio.run(collect())}


def right(given):
    return {(one.id, name): int(name in one.input.split()) for one in given for name in NAMES}


def test_submit_leave_come_back(tmp_path, run):
    given = [*samples(30), sample(samples(30)[0].input, row=99)]
    with serving(batches=Batches(pending_polls=1)) as server:
        assert "30 calls handed in as 1 batches" in advance(server, tmp_path, run, given)
        assert batches.under_way(run)
        assert "in_progress, " in advance(server, tmp_path, run, given)
        assert kept(run) == 0
        judge = judge_on(server, tmp_path)
        budget = Budget({judge.id: PRICE})
        assert advance(server, tmp_path, run, given, budget) == ""
        assert not batches.under_way(run)
        assert kept(run) == 30 * len(NAMES)
        assert asked(server) == []
        assert finish(server, tmp_path, run, given) == right(given)
        assert asked(server) == []
    assert budget.usage.calls == 30
    assert budget.spent == pytest.approx(PRICE.of(budget.usage) / 2)
    with run.ledger() as ledger:
        assert (ledger.paid().usage, ledger.paid().cost_usd) == (budget.usage, pytest.approx(budget.spent))


def test_lines_are_the_online_requests_with_ids_that_say_all(tmp_path, run):
    with serving() as server:
        advance(server, tmp_path, run, samples(3))
        lines = [json.loads(line) for line in server.batches.files["file-1"].splitlines()]
    for line, one in zip(lines, samples(3), strict=True):
        text, nonce, places = line["custom_id"].split(".")
        assert (text, places) == (one.digest, "0-1-2-3-4-5")
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
        assert f"<data-{nonce}>" in line["body"]["messages"][1]["content"]
        assert line["body"]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    "faults", [{"500": 0.3}, {"malformed": 0.3}, {"wrong-sample": 0.3}, {"refusal": 0.3}, {"no-choices": 0.3}]
)
def test_partial_failures_return_to_the_online_path(tmp_path, run, faults):
    given = samples(20)
    with serving() as server:
        judge_on(server, tmp_path)
        asyncio.run(judge_on(server, tmp_path).prepare())
        server.faults = Faults(faults)
        advance(server, tmp_path, run, given)
        server.faults = Faults()
        assert advance(server, tmp_path, run, given) == ""
        good = kept(run)
        assert 0 < good < 20 * len(NAMES)
        assert finish(server, tmp_path, run, given) == right(given)
        assert len(asked(server)) == 20 - good // len(NAMES)


@pytest.mark.parametrize("ends", ["completed", "failed", "expired", "cancelled"])
@pytest.mark.parametrize("output", [True, False])
def test_a_batch_that_failed_is_told_and_what_it_got_done_is_kept(tmp_path, run, monkeypatch, ends, output):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    given, good = samples(10), 5 if output else 0
    with serving(batches=Batches(ends=ends, output=output, done=0.5, why=f"{KEY} has\nno quota")) as server:
        advance(server, tmp_path, run, given)
        said = advance(server, tmp_path, run, given)
        assert said.startswith(f"batch-1 {ends} (*** has no quota): {good} of 10 calls have an answer")
        assert "judged online at full price" in said
        assert kept(run) == good * len(NAMES)
        assert not batches.under_way(run)
        assert asked(server) == []
        assert f"{10 - good} calls handed in" in advance(server, tmp_path, run, given)
        assert finish(server, tmp_path, run, given) == right(given)


def test_what_a_batch_left_out_is_told_while_another_is_under_way(tmp_path, run, monkeypatch):
    monkeypatch.setattr(batches, "MOST_LINES", 10)
    with serving(batches=Batches(done=0.2)) as server:
        advance(server, tmp_path, run, samples(10))
        server.batches.jobs["batch-2"]["polls"] = 1
        said = advance(server, tmp_path, run, samples(10))
    assert "still at work (batch-2: in_progress, 1 of 5); batch-1 completed: 1 of 5 calls have an answer" in said
    assert [job.id for job in batches._jobs(run)] == ["batch-2"]


def test_cancelled_while_a_batch_is_handed_in_it_is_not_forgotten(tmp_path, run):
    async def story(judge):
        arrived, fetch = asyncio.Event(), judge.model.fetch

        async def slow(*given):
            response = await fetch(*given)
            arrived.set()
            await asyncio.sleep(0.05)
            return response

        judge.model.fetch = slow
        task = asyncio.create_task(batches.advance(samples(5), GOAL, run, [judge], Budget()))
        reached = asyncio.create_task(arrived.wait())
        await asyncio.wait({task, reached}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        reached.cancel()
        task.cancel()
        assert arrived.is_set()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving() as server:
        asyncio.run(story(judge_on(server, tmp_path)))
        assert batches.under_way(run)
        assert advance(server, tmp_path, run, samples(5)) == ""
        assert len(server.batches.jobs) == 1
    assert kept(run) == 5 * len(NAMES)


def test_what_is_judged_is_not_handed_in(tmp_path, run):
    given = samples(10)
    with serving() as server:
        finish(server, tmp_path, run, given[:6])
        assert "4 calls handed in" in advance(server, tmp_path, run, given)
        advance(server, tmp_path, run, given)
        assert advance(server, tmp_path, run, given) == ""


def test_a_cap_that_is_too_low_is_told_before_anything_is_handed_in(tmp_path, run):
    with serving() as server:
        budget = Budget({judge_on(server, tmp_path).id: PRICE}, max_cost=0.001)
        with pytest.raises(InputError, match="more than --max-cost"):
            advance(server, tmp_path, run, samples(50), budget)
        assert server.batches.jobs == {}
        assert asked(server) == []


def test_answers_much_longer_than_guessed_do_not_pass_the_cap_in_a_batch_either(tmp_path, run):
    rambling = saying(**{name: {"reason": "because " * 300} for name in NAMES})
    with serving(brain=rambling) as server:
        name = judge_on(server, tmp_path).id
        low, high = Budget({name: PRICE}, max_cost=0.4), Budget({name: PRICE}, max_cost=0.6)
        with pytest.raises(InputError, match="could cost more than --max-cost"):
            advance(server, tmp_path, run, samples(60), low)
        assert server.batches.jobs == {}
        assert len(asked(server)) == batches.TRIED
        assert f"{60 - 2 * batches.TRIED} calls handed in" in advance(server, tmp_path, run, samples(60), high)
        took = Budget({name: PRICE})
        assert advance(server, tmp_path, run, samples(60), took) == ""
    assert high.spent + took.spent <= 0.6


def test_the_cost_of_all_files_is_known_before_the_first_is_handed_in(tmp_path, run, monkeypatch):
    monkeypatch.setattr(batches, "MOST_LINES", 10)
    with serving() as server:
        judge = judge_on(server, tmp_path)
        expected = [judge.expected(one, SUBGOALS) for one in samples(20)]
        most = 0.8 * sum(PRICE.of(one) for one in expected) / 2
        with pytest.raises(InputError, match="more than --max-cost"):
            advance(server, tmp_path, run, samples(20), Budget({judge.id: PRICE}, max_cost=most))
        assert server.batches.files == {}
        assert "20 calls handed in as 4 batches" in advance(server, tmp_path, run, samples(20))


@pytest.mark.parametrize("n", [1, 3])
def test_what_was_not_edited_while_a_batch_was_under_way_is_not_paid_for_again(tmp_path, run, n):
    given, before = samples(10), GOAL.model_copy(update={"subgoals": SUBGOALS[:n]})
    edited = SUBGOALS[0].model_copy(update={"description": "Explains heart to nurses", "id": "hearts"})
    after = GOAL.model_copy(update={"subgoals": (edited, *SUBGOALS[1:n])})
    with serving() as server:
        advance(server, tmp_path, run, given, goal=before)
        assert advance(server, tmp_path, run, given, goal=after) == ""
        assert not batches.under_way(run)
        with run.ledger() as ledger:
            found = ledger.lookup(
                judge_on(server, tmp_path).id, [one.digest for one in given], [one.digest for one in after.subgoals]
            )
            assert ledger.paid().usage.calls == 10
        assert len(found) == 10 * (n - 1)
    assert kept(run) == 10 * n  # and it may be edited back


def test_a_batch_that_cannot_be_asked_about_now_is_not_forgotten(tmp_path, run, monkeypatch):
    monkeypatch.setattr(batches, "MOST_LINES", 10)
    with serving() as server:
        assert "as 2 batches" in advance(server, tmp_path, run, samples(10))
        lost = server.batches.jobs.pop("batch-2")
        with pytest.raises(ModelError, match=r"does not know the batch batch-2.*delete .*batch\.json to give it up"):
            advance(server, tmp_path, run, samples(10))
        server.batches.jobs["batch-2"] = lost
        assert advance(server, tmp_path, run, samples(10)) == ""
    assert kept(run) == 10 * len(NAMES)


def test_a_server_without_a_batch_api_is_told(tmp_path, run, monkeypatch):
    with serving() as server:
        monkeypatch.setattr(server.batches, "handle", lambda *_: (404, {"detail": "Not Found"}))
        with pytest.raises(ModelError, match="offers no Batch API: leave --batch out"):
            advance(server, tmp_path, run, samples(3))
    assert not batches.under_way(run)


def test_what_is_no_batch_is_told_and_a_line_that_is_none_is_judged_again(tmp_path, run, monkeypatch):
    with serving() as server:
        advance(server, tmp_path, run, samples(6))
        (results,) = (name for name in server.batches.files if name != "file-1")
        first, second, third, *rest = server.batches.files[results].splitlines()
        broken = [first[:40], second.replace(b"custom_id", b"id"), third.replace(b".", b"-"), b"[]", *rest]
        server.batches.files[results] = b"\n".join(broken)
        with monkeypatch.context() as patch:
            patch.setattr(server.batches, "handle", lambda *_: (200, {"object": "list", "data": []}))
            with pytest.raises(ModelBusyError, match="is no batch"):
                advance(server, tmp_path, run, samples(6))
        assert "3 of 6 calls have an answer" in advance(server, tmp_path, run, samples(6))
    assert kept(run) == 3 * len(NAMES)


def test_another_judge_s_batch_is_not_mistaken_for_ours(tmp_path, run):
    with serving() as server:
        advance(server, tmp_path, run, samples(3))
        other = judge_on(server, tmp_path, name="other-model")
        with pytest.raises(InputError, match="batch of another judge"):
            asyncio.run(batches.advance(samples(3), GOAL, run, [other], Budget()))
