"""Scoring: the ledger is asked first, equal texts are judged once, and the order is the caller's."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from assessing import embedder
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import Judge
from goalcover.memory.ledger import Ledger
from goalcover.tools.score import Scored, score
from word_judge import WordJudge

HEART, DRUG, BONE = (
    Subgoal(id=name, name=name, description=f"Knows about {name}") for name in ("heart", "drug", "bone")
)
TEXTS = [
    "heart heart",
    "drug",
    "heart drug drug drug",
    "nothing",
    "bone bone bone bone bone bone",
    "drug heart",
    "heart",
]


def samples(texts: Sequence[str] = TEXTS) -> list[Sample]:
    return [Sample(id=f"row-{n}", row=n, input=text, output="") for n, text in enumerate(texts, 1)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def scored(texts: Sequence[Sample], subgoals: Sequence[Subgoal], judge: Judge, ledger: Ledger) -> list[Scored]:
    async def collect() -> list[Scored]:
        return [batch async for batch in score(texts, subgoals, judge, ledger)]

    return asyncio.run(collect())


def levels(batches: Sequence[Scored]) -> dict[tuple[str, str], int | None]:
    return {(one.sample_id, one.subgoal_id): one.level for batch in batches for one in batch.alignments}


def test_samples_and_pairs_come_back_in_the_order_given(ledger):
    batches = scored(samples(), [HEART, DRUG], WordJudge(), ledger)
    assert [len(batch.samples) for batch in batches] == [3, 3, 1]
    assert [sample for batch in batches for sample in batch.samples] == samples()
    pairs = [(one.sample_id, one.subgoal_id) for batch in batches for one in batch.alignments]
    assert pairs == [(sample.id, subgoal.id) for sample in samples() for subgoal in (HEART, DRUG)]
    assert [one.level for one in batches[0].alignments] == [2, 0, 0, 1, 1, 3]


def test_what_the_ledger_holds_is_not_judged_again(ledger):
    first = scored(samples(), [HEART, DRUG], WordJudge(), ledger)
    again = WordJudge()
    second = scored(samples(), [HEART, DRUG], again, ledger)
    assert again.asked == []
    assert [batch.alignments for batch in second] == [batch.alignments for batch in first]
    assert [batch.reused for batch in first] == [0, 0, 0]
    assert [batch.reused for batch in second] == [6, 6, 2]


def test_another_judge_judges_anew(ledger):
    scored(samples(), [HEART], WordJudge(), ledger)
    other = WordJudge(judge_id="test/words/2")
    assert sum(batch.reused for batch in scored(samples(), [HEART], other, ledger)) == 0
    assert len(other.asked) == len(TEXTS)


def test_rows_in_another_order_with_other_ids_are_known_by_their_text(ledger):
    scored(samples(), [HEART], WordJudge(), ledger)
    judge = WordJudge(batch_size=5)
    batches = scored(samples(TEXTS[::-1]), [HEART], judge, ledger)
    assert judge.asked == []
    assert [one.level for batch in batches for one in batch.alignments] == [1, 1, 0, 0, 1, 0, 2]
    assert batches[0].alignments[0].sample_id == "row-1"


@pytest.mark.parametrize("batch_size", [2, 10])
def test_equal_texts_are_judged_once_in_a_batch_and_across_batches(ledger, batch_size):
    judge = WordJudge(batch_size)
    batches = scored(samples(["heart", "heart", "drug", "heart"]), [HEART], judge, ledger)
    assert judge.asked == [("heart", "heart"), ("drug", "heart")]
    assert list(levels(batches).values()) == [1, 1, 0, 1]
    assert ledger.count() == 2


def test_a_new_subgoal_costs_only_its_own_judgements(ledger):
    scored(samples(), [HEART, DRUG], WordJudge(), ledger)
    judge = WordJudge()
    batches = scored(samples(), [HEART, BONE, DRUG], judge, ledger)
    assert judge.asked == [(text, "bone") for text in TEXTS]
    assert sum(batch.reused for batch in batches) == 2 * len(TEXTS)
    assert levels(batches)["row-5", "bone"] == 5


def test_new_rows_cost_only_their_own_judgements(ledger):
    scored(samples(TEXTS[:5]), [HEART, DRUG], WordJudge(), ledger)
    judge = WordJudge(batch_size=10)
    scored(samples(), [HEART, DRUG], judge, ledger)
    assert {text for text, _ in judge.asked} == set(TEXTS[5:])


def test_weight_scope_and_share_do_not_make_a_new_judgement(ledger):
    scored(samples(), [HEART], WordJudge(), ledger)
    judge = WordJudge()
    scored(samples(), [HEART.model_copy(update={"id": "cor", "weight": 9.0, "share": 0.5})], judge, ledger)
    assert judge.asked == []


def test_another_description_does(ledger):
    scored(samples(), [HEART], WordJudge(), ledger)
    judge = WordJudge()
    scored(samples(), [HEART.model_copy(update={"description": "Another"})], judge, ledger)
    assert len(judge.asked) == len(TEXTS)


def test_an_unscored_pair_is_no_number_and_is_judged_again(ledger):
    judge = WordJudge()
    judge.fails_on = {"drug", "heart"}
    first = scored(samples(), [DRUG], judge, ledger)
    assert levels(first)["row-2", "drug"] is None
    judge.fails_on, judge.asked = {"heart"}, []
    second = scored(samples(), [DRUG], judge, ledger)
    assert judge.asked == [("drug", "drug"), ("heart", "drug")]
    assert (levels(second)["row-2", "drug"], levels(second)["row-7", "drug"]) == (1, None)
    assert sum(batch.reused for batch in second) == len(TEXTS) - 2


def test_when_known_and_new_pairs_mix_only_the_missing_ones_are_recorded(ledger):
    judge = WordJudge(batch_size=10)
    scored(samples(TEXTS[:1]), [HEART], judge, ledger)
    scored(samples(TEXTS[1:2]), [DRUG], judge, ledger)
    before = ledger.count()
    batches = scored(samples(TEXTS[:2]), [HEART, DRUG], judge, ledger)
    assert ledger.count() - before == 2
    assert batches[0].reused == 2
    assert list(levels(batches).values()) == [2, 0, 0, 1]


def test_a_batch_is_in_the_ledger_before_it_is_handed_on(ledger):
    async def counts() -> list[int]:
        return [ledger.count() async for _ in score(samples(), [HEART, DRUG], WordJudge(), ledger)]

    assert asyncio.run(counts()) == [6, 12, 14]


def test_no_samples_are_no_batches(ledger):
    assert scored([], [HEART], WordJudge(), ledger) == []


def test_rows_are_read_as_they_are_needed(ledger):
    taken = []

    def endless() -> Iterator[Sample]:
        for n in range(1, 10**9):
            taken.append(n)
            yield Sample(id=f"row-{n}", row=n, input=f"text {n}", output="")

    async def first() -> Scored:
        return await anext(score(endless(), [HEART], WordJudge(), ledger))

    assert len(asyncio.run(first()).samples) == 3
    assert taken == [1, 2, 3]


def test_the_embedded_judge_scores_and_resumes_to_the_same_judgements(ledger):
    texts = [
        "What lowers blood pressure after a heart attack? Beta blockers and rest.",
        "How do I bake bread? Knead the dough, let it rise and bake it for half an hour.",
        "What lowers blood pressure after a heart attack? Beta blockers and rest.",
        "",
    ]
    cardiology = Subgoal(
        id="c", name="Cardiology", description="Answers questions about heart disease and its treatment"
    )
    judge = EmbeddedJudge(embedder())
    (first,) = scored(samples(texts), [cardiology], judge, ledger)
    (again,) = scored(samples(texts), [cardiology], judge, ledger)
    heart, bread, twin, empty = (one.level for one in first.alignments)
    assert heart == twin
    assert heart > bread
    assert empty == 0
    assert ledger.count() == 3
    assert (again.alignments, again.reused) == (first.alignments, 4)
