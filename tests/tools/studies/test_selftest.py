"""Can a run be trusted? Subgoals whose scores follow the texts pass; scores that follow nothing must not."""

import asyncio
import json
import random

import numpy as np
import pytest
from assessing import assess_rows
from goalcover.agent.errors import StoppedError
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget, Price
from goalcover.tools.studies.marks import find_marks, read_vocabulary
from goalcover.tools.studies.natural import make_rare
from goalcover.tools.studies.selftest import selftest, try_all
from judging_cases import asked, judge_on
from scripted import serving
from unjudged import run_of
from word_judge import WordJudge

TOPICS = {
    "heart": "valve artery ventricle aorta pulse",
    "drug": "tablet dosage pharmacy capsule syrup",
    "bone": "fracture plaster knee elbow tendon",
}
FILL = "winter orange window letter garden pencil basket silver ticket button marble pillow".split()
GOAL = Goal(
    goal="Answer medical questions",
    subgoals=(
        *(Subgoal(id=name, name=name, description=f"Answers questions about the {name}") for name in ("heart", "drug")),
        Subgoal(id="brain", name="brain", description="Answers questions about the brain"),
    ),
)


def texts(topic: str | None, chance: random.Random) -> tuple[str, str]:
    """A question and an answer; what the judge counts stands in the answer, what marks the topic in both."""
    words = chance.sample(FILL, 4)
    if topic is None:
        return " ".join(words), " ".join(chance.sample(FILL, 4))
    marks = TOPICS[topic].split()
    return " ".join([*words, *chance.sample(marks, 3)]), " ".join([*([topic] * 5), *chance.sample(marks, 2)])


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    chance = random.Random(0)
    found = [texts(topic, chance) for topic in (["heart"] * 60 + ["drug"] * 60 + [None] * 180)]
    chance.shuffle(found)
    return found


@pytest.fixture(scope="module")
def tested(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("selftest")
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows))
    judge = WordJudge(batch_size=50)
    assess_rows(data, folder / "run", GOAL, judge)
    run = Run.open(folder / "run")
    return run, asyncio.run(selftest(run, judge))


def test_scores_that_follow_the_texts_are_trusted_and_the_reason_names_the_words(tested):
    _, found = tested
    heart = found.subgoals[0]
    assert heart.grade == "trustworthy"
    assert set(heart.terms) & set(TOPICS["heart"].split())
    assert "no other falls half as far" in heart.reason


def test_the_words_are_never_the_subgoal_s_own(tested):
    _, found = tested
    assert all("heart" not in term.split() for term in found.subgoals[0].terms)


def test_what_the_data_hardly_hold_cannot_be_tested(tested):
    _, found = tested
    assert found.subgoals[2].grade == "weak"
    assert "Too few samples to test on (0 at level 3 or above)" in found.subgoals[2].reason


def test_the_verdict_names_what_does_not_carry(tested):
    _, found = tested
    assert found.verdict == "The diagnosis of 2 of 3 capabilities is trustworthy on this data. Weak: brain."


def test_planted_weaknesses_are_seen(tested):
    _, found = tested
    natural = {gap.kind: gap for gap in found.subgoals[0].natural}
    assert natural["rare"].seen
    # The judge counts words of the answer: one of another sample seldom has them, the first eight words still do.
    assert natural["swapped"].seen
    assert not natural["shallow"].seen
    assert "shallow answers go unseen" in found.subgoals[0].reason


def test_the_result_is_in_the_run_and_in_the_report(tested):
    run, found = tested
    assert run.selftest() == found
    assert "The self-test removes" in run.html_path.read_text("utf-8")


def test_testing_again_asks_nothing_again(tested):
    run, found = tested
    judge = WordJudge()
    assert asyncio.run(selftest(run, judge)) == found
    assert judge.asked == []


def samples(rows) -> list[Sample]:
    return [Sample(id=str(n), row=n, input=q, output=a) for n, (q, a) in enumerate(rows, 1)]


def test_scores_that_follow_nothing_are_not_trusted(rows):
    random_scores = np.random.default_rng(0).choice([0.0, 0.2, 0.8, 1.0], (300, 3))
    for trial in try_all(GOAL, samples(rows), random_scores):
        assert trial.measured is None or trial.measured.change > -0.1


def test_the_removal_takes_samples_whose_own_score_had_no_say(rows):
    scores = np.array([1.0 if "heart" in a else 0.0 for _, a in rows])
    vocabulary = read_vocabulary(samples(rows))
    assert vocabulary is not None
    before = find_marks(vocabulary, scores, GOAL.subgoals[0]).mask
    swapped = scores.copy()
    # Samples 0 and 2 are of the half that teaches for the other half: their own scores change nothing about themselves.
    swapped[[0, 2]] = 1 - swapped[[0, 2]]
    after = find_marks(vocabulary, swapped, GOAL.subgoals[0]).mask
    assert before[[0, 2]].tolist() == after[[0, 2]].tolist()


def test_scores_that_do_not_keep_two_subgoals_apart_are_weak(rows, tmp_path):
    twin = Goal(
        goal="G",
        subgoals=(GOAL.subgoals[0], Subgoal(id="twin", name="heart", description="The same once more, another way")),
    )
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows))
    judge = WordJudge(batch_size=50)
    assess_rows(data, tmp_path / "run", twin, judge)
    found = asyncio.run(selftest(Run.open(tmp_path / "run"), judge))
    assert [one.grade for one in found.subgoals] == ["weak", "weak"]
    assert "do not keep the two apart" in found.subgoals[0].reason


def test_a_rare_subgoal_is_called_a_gap():
    scores = np.array([1.0] * 100 + [0.0] * 100)
    found = make_rare(GOAL, GOAL.subgoals[0], scores, scores == 1)
    assert found is not None
    assert (found.n, found.seen) == (90, True)
    assert "support goes from 100 to 10" in found.detail


def test_what_is_a_gap_already_cannot_be_made_rare():
    assert make_rare(GOAL, GOAL.subgoals[0], np.zeros(100), np.ones(100, dtype=bool)) is None


def test_texts_without_words_have_no_vocabulary():
    assert read_vocabulary([Sample(id="1", row=1, input="12 34", output="")]) is None


def test_what_planting_takes_is_in_the_run_and_has_a_cap(rows, tmp_path):
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows[:40]))
    run = run_of(data, tmp_path / "run", GOAL, lambda sample, _: 5 if sample.row % 2 else 0)
    with serving() as server:
        judge = judge_on(server, tmp_path)
        price = Price(1.0, 1.0, 1.0)
        with pytest.raises(StoppedError, match="max-cost"):
            asyncio.run(selftest(run, judge, Budget({judge.id: price}, max_cost=0.005)))
        n_stopped = len(asked(server))
        assert 0 < n_stopped == run.info().usage.calls
        asyncio.run(selftest(run, judge, Budget({judge.id: price})))
        assert n_stopped < len(asked(server)) == run.info().usage.calls
    assert run.info().usage.cost_usd == pytest.approx(price.of(run.info().usage), abs=1e-6)
