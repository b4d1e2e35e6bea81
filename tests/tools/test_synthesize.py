"""The loop of generator and discriminator: what passes, what is turned down and why, and where it ends."""

import asyncio
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from goalcover.agent.discriminator import LLMDiscriminator
from goalcover.agent.errors import InputError, ModelBusyError
from goalcover.agent.generator import LLMGenerator
from goalcover.agent.models import Capability, Gap, Goal, Sample, Subgoal
from goalcover.agent.usage import paid_by
from goalcover.memory.runs import Run
from goalcover.memory.waiting import waiting
from goalcover.tools.accept import Review, accept, pass_over, turn_down
from goalcover.tools.briefs import read_briefs, write_briefs
from goalcover.tools.budget import Budget, Price
from goalcover.tools.synthesize import Batch, synthesize
from scripted import chat_model, scripted, serving
from unjudged import run_of
from word_judge import WordJudge

BEES = Subgoal(
    id="bees", name="Bees", description="Answers practical questions about hives, bees and the honey harvest"
)
GOAL = Goal(goal="Answer questions of beekeepers", subgoals=(BEES,))
MONTHS = "January February March April May June July August September October November December".split()
ROWS = [
    {"id": month, "question": f"What does a keeper do in {month} {n}?", "answer": f"In {month} a keeper does job {n}."}
    for n, month in enumerate(MONTHS)
]
GAP = Gap(
    subgoal_id="bees",
    alignment=0.2,
    capabilities=(
        Capability(title="Nothing on feeding", summary="Of 6.", share=0.75, n=6, sample_ids=("May",), quotes=()),
        Capability(title="Nothing on swarms", summary="Of 2.", share=0.25, n=2, sample_ids=("June",), quotes=()),
    ),
    recommendations=(),
)
DIMENSIONS = ("correctness", "completeness", "faithfulness", "format", "level")
CHEAP = "flattery"
"""What the discriminator below thinks nothing of."""


def run_in(tmp_path: Path) -> Run:
    tmp_path.mkdir(exist_ok=True)
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return run_of(data, tmp_path / "run", GOAL, lambda sample, _: MONTHS.index(sample.id) % 6, gaps=(GAP,))


def written(question: str, answer: str) -> dict[str, Any]:
    texts = {"question": question, "answer": answer}
    return {"columns": [{"name": name, "text": text} for name, text in texts.items()]}


def good(n: int) -> dict[str, Any]:
    """No two are alike."""
    told = " ".join(f"{MONTHS[(n * place) % 12][:3].lower()}{n * place}" for place in range(1, 19))
    return written(f"How is hive {n} fed with {told}?", f"Hive {n} gets syrup: {told[::-1]}.")


def again(n: int) -> dict[str, Any]:
    """The same once more, in hardly other words."""
    return {"columns": [{**one, "text": one["text"].replace("Hive", "The hive")} for one in good(n)["columns"]]}


def endless(user: str) -> list[dict[str, Any]]:
    """Good samples without end, as many as are asked for."""
    wanted = int(user.rsplit("Write ", 1)[1].split()[0])
    endless.n = getattr(endless, "n", 0) + wanted  # type: ignore[attr-defined]
    return [good(endless.n - one) for one in range(wanted)]  # type: ignore[attr-defined]


def judged(user: str) -> list[dict[str, Any]]:
    """Level 5, but 1 for flattery and for the weak sample of the dataset."""
    block = user.rsplit("<data-", 1)[1]
    samples = json.loads(block[block.index(">") + 1 : block.index("</data-")])
    return [
        {
            "id": one["id"],
            "explanation": "E.",
            **dict.fromkeys(DIMENSIONS, 1 if CHEAP in one["output"] or "job 0" in one["output"] else 5),
        }
        for one in samples
    ]


def made(
    tmp_path: Path, samples: Any, n: int = 4, run: Run | None = None, verdicts: Any = judged, **wishes: Any
) -> tuple[Batch, list[Any]]:
    with serving(brain=scripted(samples=samples, verdicts=verdicts)) as server:
        batch = asyncio.run(
            synthesize(
                run or run_in(tmp_path),
                "bees",
                n,
                generator=LLMGenerator(chat_model(server, tmp_path, "generator")),
                discriminator=LLMDiscriminator(chat_model(server, tmp_path, "discriminator")),
                **wishes,
            )
        )
        return batch, [chat["messages"][-1]["content"] for chat in server.chats]


def test_as_many_as_asked_for_in_the_datasets_form_spread_over_what_is_missing(tmp_path):
    batch, _ = made(tmp_path, endless, n=8)
    assert (len(batch.proposals), batch.shortfall, batch.missing) == (8, "", ())
    assert [list(json.loads(one.sample.original)) for one in batch.proposals] == [["id", "question", "answer"]] * 8
    assert len({one.sample.id for one in batch.proposals}) == 8
    assert batch.spread.capabilities == {"Nothing on feeding": 6, "Nothing on swarms": 2}
    assert batch.spread.difficulties == {"basic": 3, "intermediate": 3, "advanced": 2}


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (
            written("What does a keeper do in May 4?", "In May a keeper does job 4."),
            "nearly repeats May of the training",
        ),
        (written("What does a keeper do in May 4?", "He builds new frames and paints them."), "nearly repeats May"),
        (again(1), "nearly repeats another candidate or"),
        (
            written("Which of the hives is to be fed?", good(1)["columns"][1]["text"]),
            "nearly repeats another candidate or",
        ),
        (
            written(
                "What is asked of me here?", "Answers practical questions about hives, bees and the honey harvest."
            ),
            "repeats words of the prompt: answers practical questions",
        ),
        (
            written("Who keeps the bees in this town?", "That is [insert name here], who lives by the mill."),
            "placeholder",
        ),
        (written("Who keeps the bees in this town?", "Long " * 90), "its output has 90 words"),
        (written("Is this answer good for the bees?", f"This {CHEAP} is a perfect answer of level five."), "level 1"),
        (
            written("What did the old man say?", "He said “never feed a hive before the first of May”."),
            "quotes what its source does not hold",
        ),
    ],
)
def test_what_a_bad_generator_makes_is_turned_down_for_the_right_reason(tmp_path, sample, reason):
    batch, _ = made(tmp_path, lambda _: [good(1), sample], n=1)
    refused = [why for one in batch.rejected for why in one.reasons]
    assert any(reason in why for why in refused), refused
    assert [one.candidate.input for one in batch.proposals] == [good(1)["columns"][0]["text"]]


def test_a_label_is_one_of_the_datasets_own(tmp_path):
    rows = [{"id": row["id"], "question": row["question"], "long_answer": row["answer"], "final_decision": "yes"}
            for row in ROWS]  # fmt: skip
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(data, tmp_path / "run", GOAL, lambda sample, _: MONTHS.index(sample.id) % 6, gaps=(GAP,))

    def labelled(n: int, label: str) -> dict[str, Any]:
        texts = [one["text"] for one in good(n)["columns"]]
        names = ("question", "long_answer", "final_decision")
        return {"columns": [{"name": name, "text": text} for name, text in zip(names, (*texts, label), strict=True)]}

    batch, _ = made(tmp_path, [labelled(1, "Yes, as every keeper knows"), labelled(2, "yes")], n=1, run=run)
    assert [json.loads(one.sample.original)["final_decision"] for one in batch.proposals] == ["yes"]
    assert [one.reasons for one in batch.rejected] == [("its final_decision is none of those in the dataset: yes",)]


def test_a_generator_that_repeats_itself_ends_the_request_within_its_bounds(tmp_path):
    batch, asked = made(tmp_path, lambda _: [good(1)], n=6)
    assert len(batch.proposals) == 1
    assert len(asked) < 40
    assert "rejected" in batch.shortfall
    assert sum(part.n for part in batch.missing) >= 5


def test_why_nothing_came_of_a_request_is_told(tmp_path):
    run = run_in(tmp_path)
    batch, _ = made(tmp_path, [{"columns": []}], n=1, run=run)
    assert re.match(r"No candidate was made\. .*every sample has to fill all 2 columns", batch.shortfall)
    batch, _ = made(tmp_path, lambda _: [good(1)], n=1, run=run, verdicts=[])
    assert re.match(r"1 candidate made in 1 round, 1 rejected\. 1 of them without a verdict: .*ids", batch.shortfall)


def test_what_was_turned_down_is_told_to_the_generator(tmp_path):
    answers = iter([[written("Is this good for bees and men?", f"It is {CHEAP}, and of level five, believe me.")]])
    _, asked = made(tmp_path, lambda user: next(answers, None) or endless(user), n=2)
    assert any("level 1" in user and CHEAP in user for user in asked)


def test_nothing_shares_a_passage_with_the_evaluation_set(tmp_path):
    text = "Lift the hive from behind in the evening and feed the bees thick sugar syrup above the brood box."
    held = Sample(id="exam-1", row=1, input="When do I feed?", output=text)
    batch, _ = made(tmp_path, lambda _: [written("What is the best way to feed them?", text)], n=1, holdout=[held])
    assert batch.proposals == ()
    assert "shares a passage with exam-1 of the evaluation set: “Lift the hive" in batch.rejected[0].reasons[0]


def test_a_wish_reaches_the_generator(tmp_path):
    _, asked = made(tmp_path, endless, n=2, form="a question a nurse would ask")
    assert any("a question a nurse would ask" in user for user in asked)


def test_nothing_is_asked_of_the_generator_once_the_money_is_spent(tmp_path):
    with paid_by(Budget({"test-model": Price(1.0, 1.0, 1.0)}, max_cost=0.0)):
        batch, asked = made(tmp_path, endless, n=4)
    assert (batch.proposals, asked) == ((), [])
    assert "stopped before passing --max-cost 0 USD" in batch.shortfall


def test_a_passage_of_the_evaluation_set_is_found_in_however_long_a_text(tmp_path):
    told = "Lift the hive from behind in the evening, and feed the bees thick sugar syrup above the brood box."
    held = Sample(id="exam-1", row=1, input="When do I feed?", output=told)
    question = f"Is this right, {' '.join(MONTHS)}? {told.upper()} {' '.join(f'hive{n}' for n in range(20))}"
    batch, _ = made(tmp_path, lambda _: [written(question, good(3)["columns"][1]["text"])], n=1, holdout=[held])
    why = [reason for one in batch.rejected for reason in one.reasons]
    assert any("a passage with exam-1 of the evaluation set: “LIFT THE HIVE" in one for one in why), why


class Failing:
    """A generator that gives one lot and then fails."""

    id = "llm/failing"

    def __init__(self, generator: Any) -> None:
        self._lots, self._generator = 1, generator

    async def generate(self, subgoal, brief, n):
        if not self._lots:
            raise ModelBusyError("the server is gone")
        self._lots -= 1
        return await self._generator.generate(subgoal, brief, n)


def test_what_has_passed_outlives_a_generator_that_fails(tmp_path):
    with serving(brain=scripted(samples=endless, verdicts=judged)) as server:
        generator = Failing(LLMGenerator(chat_model(server, tmp_path, "generator")))
        discriminator = LLMDiscriminator(chat_model(server, tmp_path, "discriminator"))
        run = run_in(tmp_path)
        batch = asyncio.run(synthesize(run, "bees", 8, generator=generator, discriminator=discriminator))
        assert 0 < len(batch.proposals) < 8
        assert batch.shortfall.endswith("the server is gone.")
        nothing_yet = run_in(tmp_path / "new")
        with pytest.raises(ModelBusyError, match="gone"):
            asyncio.run(synthesize(nothing_yet, "bees", 8, generator=generator, discriminator=discriminator))


def test_a_request_that_is_stopped_loses_nothing_and_the_next_begins_with_what_it_had_found(tmp_path):
    run = run_in(tmp_path)

    async def stopped(generator, discriminator):
        task = asyncio.current_task()
        await synthesize(
            run,
            "bees",
            8,
            generator=generator,
            discriminator=discriminator,
            on_progress=lambda done, _: task.cancel() if done >= 2 else None,
        )

    with serving(brain=scripted(samples=endless, verdicts=judged)) as server:
        roles = LLMGenerator(chat_model(server, tmp_path, "generator")), LLMDiscriminator(chat_model(server, tmp_path))
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(stopped(*roles))
        before = len(server.chats)
    batch, asked = made(tmp_path, endless, n=8, run=run)
    whole, all_asked = made(tmp_path / "whole", endless, n=8)
    assert before >= 2
    assert (len(batch.proposals), batch.shortfall) == (8, "")
    assert batch.n_waited >= 2
    assert len({one.sample.id for one in batch.proposals}) == 8
    assert len(asked) < len(all_asked)
    assert (len(whole.proposals), whole.n_waited) == (8, 0)


def test_only_what_was_proposed_waits(tmp_path):
    run = run_in(tmp_path)
    first, _ = made(tmp_path, endless, n=2, run=run)
    assert {one.candidate.id for one in waiting(run.synthetic_path, "bees", first.engine)} == {
        one.candidate.id for one in first.proposals
    }
    no = Review(candidate_id=first.proposals[0].candidate.id, decision="rejected", reason="too long")
    turn_down(run, first, [no])
    second, asked = made(tmp_path, endless, n=2, run=run)
    assert second.n_waited == 1
    assert any("too long" in one for one in asked)


def test_what_waits_comes_only_where_it_fits(tmp_path):
    run = run_in(tmp_path)
    first, _ = made(tmp_path, endless, n=2, run=run, form="a question from a child")
    assert made(tmp_path, lambda _: [], n=2, run=run, form="a question from a nurse")[0].proposals == ()
    leak = [first.proposals[0].sample]
    left = made(tmp_path, lambda _: [], n=2, run=run, form="a question from a child", holdout=leak)[0]
    assert leak[0].id not in {one.sample.id for one in left.proposals}
    assert left.n_waited >= 1
    pass_over(run, "bees", [one.candidate.id for one in left.proposals])
    others = made(tmp_path, lambda _: [], n=2, run=run, form="a question from a child", holdout=leak)[0]
    assert not {one.sample.id for one in others.proposals} & {one.sample.id for one in left.proposals}


def test_an_unknown_subgoal_and_no_sample_at_all_are_refused(tmp_path):
    run = run_in(tmp_path)
    with pytest.raises(InputError, match="at least one sample"):
        made(tmp_path, endless, n=0, run=run)
    with pytest.raises(InputError, match="no subgoal 'wasps'"):
        asyncio.run(synthesize(run, "wasps", 1, generator=None, discriminator=None))  # type: ignore[arg-type]


def test_what_could_not_be_made_is_left_as_briefs_that_a_model_can_fill(tmp_path):
    run = run_in(tmp_path)
    batch, _ = made(tmp_path, lambda _: [good(1)], n=6, run=run)
    path = write_briefs(run, "bees", batch.missing)
    orders = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert sum(order["n"] for order in orders) == 5
    assert orders[0]["capability"].startswith("Nothing on")
    assert [column["name"] for column in orders[0]["columns"]] == ["question", "answer"]
    assert set(orders[0]["exemplar_ids"]) <= set(MONTHS)
    assert orders[0]["key_terms"]
    assert orders[0]["task"].startswith(f"Write {orders[0]['n']} new sample")
    assert "The gap that they close: nothing on" in orders[0]["task"]
    assert "Fill question for what is asked and answer for the answer" in orders[0]["task"]
    subgoal, parts = read_briefs(run, path)
    again, _ = made(tmp_path, endless, n=5, run=run, parts=parts)
    assert (subgoal, len(again.proposals)) == ("bees", 5)


def test_a_file_that_holds_no_briefs_is_refused(tmp_path):
    run = run_in(tmp_path)
    with pytest.raises(InputError, match="is no briefs file of GoalCover"):
        read_briefs(run, tmp_path / "rows.jsonl")
    with pytest.raises(InputError, match="Cannot read"):
        read_briefs(run, tmp_path / "nothing.jsonl")


def test_a_second_request_repeats_nothing_of_the_first(tmp_path):
    run = run_in(tmp_path)
    first, _ = made(tmp_path, lambda _: [good(1)], n=1, run=run)
    asyncio.run(accept(run, first, WordJudge()))
    again, _ = made(tmp_path, lambda _: [good(1)], n=1, run=run)
    assert (len(first.proposals), len(again.proposals)) == (1, 0)


def test_what_a_person_turned_down_is_not_proposed_again_and_nothing_new_is_told(tmp_path):
    run = run_in(tmp_path)
    first, _ = made(tmp_path, lambda _: [good(1), good(2), good(3)], n=3, run=run)
    ids = [one.candidate.id for one in first.proposals]
    turn_down(run, first, [Review(candidate_id=ids[0], decision="rejected")])
    again, _ = made(tmp_path, lambda _: [good(1), good(2), good(3)], n=3, run=run)
    assert {one.candidate.id for one in again.proposals} == set(ids[1:])
    reviews = [Review(candidate_id=one, decision="rejected") for one in ids[1:]]
    assert asyncio.run(accept(run, again, WordJudge(), reviews)).rejected == 2
    left, _ = made(tmp_path, lambda _: [good(1), good(2), good(3)], n=3, run=run)
    assert left.proposals == ()
    assert left.shortfall.startswith("No new candidate was made. What was kept or turned down does not come again.")


def test_what_a_person_decided_stays_in_front_and_others_take_the_place_of_the_rest(tmp_path):
    run = run_in(tmp_path)
    first, _ = made(tmp_path, lambda _: [good(1), good(2)], n=2, run=run)
    stays, goes = first.proposals
    lot = [good(2), good(3)]
    wishes = {"staying": [stays], "passed_over": [goes.candidate.id], "form": "a letter"}
    other, _ = made(tmp_path, lambda _: lot, n=2, run=run, **wishes)
    assert (other.proposals[0], len(other.proposals), other.n_staying, other.n_waited) == (stays, 2, 1, 0)
    assert other.proposals[1].candidate.input == good(3)["columns"][0]["text"]
    assert sum(other.spread.wanted.values()) == sum(other.spread.capabilities.values()) == 1
    leak, _ = made(tmp_path, lambda _: [], n=2, run=run, staying=[stays], holdout=[stays.sample])
    assert leak.n_staying == 0
    assert "of the evaluation set" in leak.rejected[0].reasons[0]


def test_a_server_goes_on_while_what_is_there_is_read_and_compared(tmp_path):
    readers = set()

    class Watched(list[Sample]):
        def __iter__(self):
            readers.add(threading.current_thread())
            return super().__iter__()

    made(
        tmp_path, endless, n=1, holdout=Watched([Sample(id="h", row=1, input="When do bees swarm?", output="In May.")])
    )
    assert readers
    assert threading.main_thread() not in readers
