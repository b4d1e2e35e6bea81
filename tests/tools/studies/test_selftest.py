"""Can a run be trusted? Subgoals whose scores follow the texts pass; scores that follow nothing must not."""

import asyncio
import json
import random

import numpy as np
import pytest
from assessing import assess_rows, embedder
from goalcover.agent.embedded.subjects import Subjects
from goalcover.agent.errors import StoppedError
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.validation import NaturalGap
from goalcover.memory.ledger import Ledger
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget, Price
from goalcover.tools.studies.marks import find_marks, read_vocabulary
from goalcover.tools.studies.natural import make_rare, plant
from goalcover.tools.studies.selftest import selftest, try_all
from goalcover.tools.studies.senses import Kinds, strangers
from goalcover.tools.studies.trust import trust
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
    return " ".join([*words, *chance.sample(marks, 3)]), " ".join(
        [*([topic] * 5), *chance.sample(marks, 2), *words[:2]]
    )


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
    return run, asyncio.run(selftest(run, judge, embedder()))


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
    assert asyncio.run(selftest(run, judge, embedder())) == found
    assert judge.asked == []


def samples(rows) -> list[Sample]:
    return [Sample(id=str(n), row=n, input=q, output=a) for n, (q, a) in enumerate(rows, 1)]


def test_scores_that_follow_nothing_are_not_trusted(rows):
    random_scores = np.random.default_rng(0).choice([0.0, 0.2, 0.8, 1.0], (300, 3))
    for trial in try_all(GOAL, samples(rows), random_scores):
        assert trial.measured is None or trial.measured.change > -0.1
        assert trust(trial, None, (), embedded=False).grade == "untrustworthy"


def test_the_removal_takes_samples_whose_own_score_had_no_say(rows):
    scores = np.array([1.0 if "heart" in a else 0.0 for _, a in rows])
    vocabulary = read_vocabulary(samples(rows))
    assert vocabulary is not None
    first = np.arange(300) % 2 == 0
    before = find_marks(vocabulary, scores, GOAL.subgoals[0], first).mask
    swapped = scores.copy()
    # Samples 0 and 2 are of the half that teaches for the other half: their own scores change nothing about themselves.
    swapped[[0, 2]] = 1 - swapped[[0, 2]]
    after = find_marks(vocabulary, swapped, GOAL.subgoals[0], first).mask
    assert before[[0, 2]].tolist() == after[[0, 2]].tolist()


def graded(rows, goal=GOAL, kinds: Kinds | None = None, natural=(), doubt: str = "") -> tuple[str, str]:
    """The first subgoal's grade and reason, with the levels of the judge that counts its name."""
    counted = [[f"{q} {a}".split().count(one.name) for one in goal.subgoals] for q, a in rows]
    trial = try_all(goal, samples(rows), np.minimum(counted, 5) / 5)[0]
    found = trust(trial, kinds, natural, embedded=False, doubt=doubt)
    return found.grade, found.reason


def test_scores_that_do_not_keep_two_subgoals_apart_are_weak(rows):
    twin = Subgoal(id="twin", name="heart", description="The same once more, another way")
    grade, reason = graded(rows, Goal(goal="G", subgoals=(GOAL.subgoals[0], twin)))
    assert grade == "weak"
    assert "do not keep the two apart" in reason


def test_a_removal_that_reaches_few_of_the_high_scores_does_not_speak_for_the_rest(rows):
    chance = random.Random(1)
    plain = [
        ("", " ".join(["heart"] * 5 + chance.sample(FILL, 3))) if "heart" in a and n % 5 else (q, a)
        for n, (q, a) in enumerate(rows)
    ]
    grade, reason = graded(plain)
    assert grade == "weak"
    assert "but only 18.3% of the samples that score high are among them" in reason


def test_scores_that_follow_the_subgoal_s_own_words_alone_are_weak(rows):
    bare = [(" ".join(q.split()[:4]), " ".join(["heart"] * 5 + q.split()[:4]) if "heart" in a else "") for q, a in rows]
    grade, reason = graded(bare)
    assert grade == "weak"
    assert "but without the 60 samples that hold words of its own it falls by 100%" in reason


def test_scores_that_follow_a_form_alone_are_weak_and_random_ones_not_trusted(rows):
    figures = Subgoal(id="f", name="Figures", description="Gives the exact figures of the study", scope="every")
    goal = Goal(goal="G", subgoals=(figures, *GOAL.subgoals[1:]))
    plain = [
        (" ".join(q.split()[:4]), f"{' '.join(q.split()[:4])} {'7 of 12' if n % 3 else ''}")
        for n, (q, _) in enumerate(rows)
    ]
    counted = np.array([[1.0 if n % 3 else 0.0, 0, 0] for n in range(len(rows))])
    found = trust(try_all(goal, samples(plain), counted)[0], None, (), embedded=True)
    assert found.grade == "weak"
    assert "but without the 200 samples that show exact figures it falls by 100%" in found.reason
    chance = np.random.default_rng(0).choice([0.0, 0.2, 0.8, 1.0], (300, 3))
    assert trust(try_all(goal, samples(plain), chance)[0], None, (), embedded=True).grade == "untrustworthy"


def test_one_that_hardly_a_sample_shows_is_named_where_it_falls(rows):
    strange = [(f"{q} zebra" if "heart" in a and "artery" in q and n < 20 else q, a) for n, (q, a) in enumerate(rows)]
    zebra = Subgoal(id="zebra", name="zebra", description="Answers questions about the zebra")
    grade, reason = graded(strange, Goal(goal="G", subgoals=(*GOAL.subgoals[:2], zebra)))
    assert grade == "trustworthy"
    assert "no other that enough samples show falls half as far (zebra, which hardly a sample shows: 100%)" in reason


def test_one_subgoal_alone_is_held_against_nothing(rows):
    grade, reason = graded(rows, Goal(goal="G", subgoals=GOAL.subgoals[:1]))
    assert grade == "weak"
    assert "there is no other capability" in reason


def test_a_word_of_two_senses_is_weak(rows):
    grade, reason = graded(rows, kinds=Kinds((0.6, 0.4), ("newborn babies", "")))
    assert grade == "weak"
    assert "of two kinds that have nothing in common (60% newborn babies): one of its words may be" in reason


@pytest.mark.parametrize(("seen", "grade"), [(True, "trustworthy"), (False, "weak")])
def test_a_gap_that_was_made_and_goes_unseen_is_weak(rows, seen, grade):
    rare = NaturalGap(kind="rare", n=53, before=0.2, after=0.1, seen=seen, detail="")
    found, reason = graded(rows, natural=(rare,))
    assert found == grade
    assert ("but with 53 of them taken out the report still calls it covered" in reason) is not seen


def test_a_doubt_about_the_diagnosis_itself_makes_it_weak(rows):
    grade, reason = graded(rows, doubt="the report has no verdict on it")
    assert grade == "weak"
    assert reason.endswith("But the report has no verdict on it.")


def test_where_nothing_could_be_planted_the_limit_is_told(rows):
    assert "whether shallow and swapped answers are seen could not be tested" in graded(rows)[1]


PARCELS = "The parcel came late and the courier left it with a neighbour, so the shop sends the customer a refund."
BABIES = "The mother gave birth by caesarean section, and the newborn was breathing well after the labour."


def test_high_scores_of_two_kinds_are_told_with_what_they_are_about():
    texts = [f"{PARCELS} {n}" for n in range(8)] + [f"{BABIES} {n}" for n in range(12)]
    held = samples([(text, "") for text in texts])
    subjects = Subjects(embedder())
    found = strangers(held, np.ones(20, dtype=bool), subjects)
    assert found is not None
    assert sorted(found.shares) == [0.4, 0.6]
    assert "60% newborn babies" in str(found)
    assert strangers(held, np.arange(20) < 8, subjects) is None
    assert strangers(held, np.arange(20) < 9, subjects) is not None
    assert strangers(samples([(PARCELS, "")] * 9), np.ones(9, dtype=bool), subjects) is None


def planted(outputs: list[str], levels: list[int], tmp_path):
    """What a judge that sees everything says of weaknesses in these outputs, by kind."""
    held = [Sample(id=str(n), row=n, input="q", output=one) for n, one in enumerate(outputs)]
    scores = np.array(levels) / 5
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        found = asyncio.run(plant(GOAL.subgoals[0], held, scores, WordJudge(), ledger))
    return {one.kind: one for one in found}


def test_nothing_is_planted_where_the_answer_stays_what_it_is(tmp_path):
    found = planted(
        ["heart heart heart heart heart"] * 20 + [f"no {n}" for n in range(20)], [5] * 20 + [0] * 20, tmp_path
    )
    assert list(found) == ["swapped"]
    assert found["swapped"].seen


def test_answers_that_show_the_subgoal_themselves_are_not_swapped_in(tmp_path):
    found = planted(["heart " * 5] * 90 + [f"no {n}" for n in range(10)], [5] * 90 + [0] * 10, tmp_path)
    assert found["swapped"].after == 0
    assert planted(["heart " * 5] * 90 + ["no"] * 10, [5] * 90 + [0] * 10, tmp_path) == {}


def test_six_samples_are_enough_to_see_a_weakness_and_five_tell_nothing(tmp_path):
    foreign = [f"no {n}" for n in range(20)]
    assert planted(["heart " * 5] * 5 + foreign, [5] * 5 + [0] * 20, tmp_path) == {}
    assert planted(["heart " * 5] * 6 + foreign, [5] * 6 + [0] * 20, tmp_path)["swapped"].seen


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
            asyncio.run(selftest(run, judge, embedder(), Budget({judge.id: price}, max_cost=0.005)))
        n_stopped = len(asked(server))
        assert 0 < n_stopped == run.info().usage.calls
        asyncio.run(selftest(run, judge, embedder(), Budget({judge.id: price})))
        assert n_stopped < len(asked(server)) == run.info().usage.calls
    assert run.info().usage.cost_usd == pytest.approx(price.of(run.info().usage), abs=1e-6)


def test_what_the_embedded_judge_calls_a_gap_in_code_is_weak_at_most(rows, tmp_path):
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"question": q, "answer": f"def f():\n    {a}"}) + "\n" for q, a in rows[:150]))
    shares = zip(GOAL.subgoals[:2], (0.1, 0.9), strict=True)
    goal = Goal(goal="G", subgoals=tuple(one.model_copy(update={"share": share}) for one, share in shares))
    run = run_of(data, tmp_path / "run", goal, lambda one, subgoal: min(5, one.output.split().count(subgoal.name)))
    found = asyncio.run(selftest(run, WordJudge(batch_size=50), embedder())).subgoals
    assert [one.grade for one in found] == ["trustworthy", "weak"]
    assert "called a gap, and the embedded judge rates code too low" in found[1].reason
