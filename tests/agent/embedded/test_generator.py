"""The embedded generator extracts, never invents, and says how far its material goes."""

import asyncio
import json

import pytest
from goalcover.agent.embedded.discriminator import EmbeddedDiscriminator
from goalcover.agent.embedded.generator import EmbeddedGenerator
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.synthesis import Anchors, Brief, Candidate, Column

MONEY = Subgoal(
    id="money",
    name="Monetary preservation",
    description="The summary keeps the amounts of money that the bill names",
    scope="every",
)
BEES = Subgoal(id="bees", name="Beekeeping", description="Answers questions about hives, bees and the honey harvest")
COLUMNS = (
    Column(name="title", side="input"),
    Column(name="text", side="input"),
    Column(name="summary", side="output"),
)
FILLING = (
    "The Secretary shall consult with the States before any rule is issued. "
    "The rule shall be published in the usual manner and shall be open to comment. "
    "A report on the comments shall be sent to both Houses without delay. "
)


def bill(number: int, *, names_money: bool = True) -> Sample:
    money = (
        f"There are authorized to be appropriated ${number},000,000 for bridges and ${number},500 for their upkeep. "
        f"A State may keep ${number}50,000 of what it receives. "
    )
    text = FILLING * 2 + (money if names_money else "Funds may be made available. ") + FILLING * 2
    row = {"id": f"b{number}", "title": f"Bridge Act {number}", "text": text, "summary": f"Funds bridges {number}."}
    return Sample(
        id=row["id"], row=number, input=f"{row['title']}\n\n{text}", output=row["summary"], original=json.dumps(row)
    )


def long_summary(sample: Sample) -> Sample:
    """One whose summary is of the usual length."""
    return sample.model_copy(update={"output": FILLING})


@pytest.fixture(scope="module")
def generator(embedder: Embedder) -> EmbeddedGenerator:
    return EmbeddedGenerator(embedder)


def brief(*sources: Sample, made: tuple[str, ...] = ()) -> Brief:
    return Brief(capability="No amounts in answers", columns=COLUMNS, sources=sources, made=made)


def generate(generator: EmbeddedGenerator, asked: Brief, n: int = 5, subgoal: Subgoal = MONEY):
    return asyncio.run(generator.generate(subgoal, asked, n))


def test_every_sentence_of_an_answer_stands_in_its_input_and_in_its_source(generator):
    sources = [long_summary(bill(number)) for number in range(2, 6)]
    found = generate(generator, brief(*sources))
    by_id = {sample.id: sample for sample in sources}
    assert len(found.candidates) == 4
    for candidate in found.candidates:
        parent = by_id[candidate.parents[0]]
        for start, end in sentences(candidate.output):
            assert candidate.output[start:end] in candidate.input
            assert candidate.output[start:end] in parent.input
        assert "$" in candidate.output


def test_a_candidate_fills_the_datasets_columns_with_an_excerpt_of_its_source(generator):
    source = long_summary(bill(3))
    (candidate,) = generate(generator, brief(source)).candidates
    assert candidate.columns["title"] == "Bridge Act 3"
    assert candidate.columns["text"] in source.input
    assert len(candidate.columns["text"]) < 0.7 * len(source.input)
    assert candidate.columns["summary"] == candidate.output
    assert candidate.input == f"Bridge Act 3\n\n{candidate.columns['text']}"


def test_what_the_answer_says_already_and_what_the_input_lacks_makes_no_sample(generator):
    told = bill(4)
    told = told.model_copy(update={"output": f"{FILLING} It gives $4,000,000, $4,500 and $450,000."})
    found = generate(generator, brief(told, long_summary(bill(5, names_money=False))))
    assert found.candidates == ()
    assert "have an input of at least 40 words: 2 of 2. In 0 of these it holds amounts of money" in found.shortfall
    assert "invents nothing" in found.shortfall


def test_sentences_that_were_left_out_are_counted_with_the_reason(generator):
    amended = (
        "Section 7 is amended by striking ``$5,000'' and inserting ``$6,000''. It may cost $9,000 under clause (i). "
    )
    sample = long_summary(bill(6, names_money=False))
    row = json.loads(sample.original) | {"text": FILLING + amended + FILLING}
    changed = {"input": f"{row['title']}\n\n{row['text']}", "original": json.dumps(row)}
    found = generate(generator, brief(sample.model_copy(update=changed)))
    assert found.candidates == ()
    left_out = "they change the words of another text (1); they refer to what stands elsewhere (1)."
    assert f"Sentences left out, because {left_out}" in found.shortfall


def test_the_same_request_gives_the_same_candidates_and_passes_over_those_made_before(generator):
    sources = [long_summary(bill(number)) for number in range(2, 6)]
    first = generate(generator, brief(*sources), n=2).candidates
    assert generate(generator, brief(*sources), n=2).candidates == first
    others = generate(generator, brief(*sources, made=tuple(one.id for one in first)), n=9).candidates
    assert {one.id for one in others}.isdisjoint(one.id for one in first)
    assert len(others) == 2


def test_what_is_made_does_not_depend_on_what_was_made_before(embedder):
    usual = [long_summary(bill(number)) for number in range(2, 6)]
    wordy = [bill(number).model_copy(update={"output": FILLING * 6}) for number in range(40, 80)]
    used, fresh = EmbeddedGenerator(embedder), EmbeddedGenerator(embedder)
    assert generate(used, brief(*usual)).candidates
    assert not generate(fresh, brief(usual[0], *wordy)).candidates  # all that it gives is far shorter than is usual
    assert not generate(used, brief(usual[0], *wordy)).candidates


def test_a_dataset_that_asks_gets_a_question_in_the_words_of_the_excerpt(generator):
    bees = (
        "Honey bees need thick sugar syrup in a hive after three weeks of rain. "
        "A keeper has fed his honey bees in the evening, above the brood box of the hive. "
    )
    row = {
        "question": "Was the summer wet?",
        "context": FILLING * 2 + bees + FILLING * 2,
        "answer": "It was wet all summer.",
    }
    sample = Sample(
        id="q", row=1, input=f"{row['question']}\n\n{row['context']}", output=row["answer"], original=json.dumps(row)
    )
    columns = tuple(Column(name=name, side="output" if name == "answer" else "input") for name in row)
    asked = Brief(capability="Nothing on feeding", columns=columns, sources=(sample,))
    found = generate(generator, asked, subgoal=BEES).candidates
    assert any("bees" in candidate.output for candidate in found)
    for candidate in found:
        assert candidate.columns["question"] != row["question"]
        assert "Beekeeping" not in candidate.columns["question"]
        assert "bees" in candidate.columns["question"]
        assert candidate.output in candidate.columns["context"]
        assert candidate.columns["context"] in row["context"]


def test_the_discriminator_vouches_for_extracts_alone(generator, embedder):
    (good,) = generate(generator, brief(long_summary(bill(3)))).candidates
    invented = good.model_copy(update={"id": "x", "output": "It gives $9,999, $8,888 and $7,777 to bridges."})
    weak = bill(7, names_money=False)
    judge = EmbeddedDiscriminator(EmbeddedJudge(embedder))
    verdicts = asyncio.run(judge.judge(MONEY, [good, invented], Anchors(strong=None, weak=weak)))
    assert [one.passes for one in verdicts] == [True, False]
    assert [one.faithfulness for one in verdicts] == [5, 0]
    assert verdicts[1].correctness is None
    assert "whether it is true cannot be told here" in verdicts[1].rationale
    assert verdicts[0].above_weak is True


def test_a_question_that_names_the_subgoal_does_not_make_a_good_answer(embedder):
    flattering = Candidate(
        id="f",
        input=f"A question on beekeeping, hives, bees and the honey harvest. {FILLING}",
        output="The rule shall be published in the usual manner and shall be open to comment.",
        capability="c",
        difficulty="basic",
        form="",
    )
    judge = EmbeddedDiscriminator(EmbeddedJudge(embedder))
    (verdict,) = asyncio.run(judge.judge(BEES, [flattering], Anchors(strong=None, weak=None)))
    assert verdict.faithfulness == 5
    assert verdict.completeness < 4
    assert not verdict.passes


@pytest.mark.parametrize(
    ("answer", "speaks"),
    [
        (
            "Not later than 180 days after the day of enactment, the Secretary of Agriculture shall issue the rules.",
            False,
        ),
        ("Not later than 180 days after the day of enactment, each farmer shall be told of the rules.", True),
    ],
)
def test_a_neighbouring_word_that_the_lenient_judge_takes_for_all_of_the_subgoal_is_no_word_of_its_own(
    embedder, answer, speaks
):
    farms = Subgoal(id="f", name="Farming", description="Explains what a bill does for farmers, crops and livestock")
    made = Candidate(id="a", input=f"A farm bill. {answer}", output=answer, capability="c", difficulty="basic", form="")
    judge = EmbeddedDiscriminator(EmbeddedJudge(embedder))
    (verdict,) = asyncio.run(judge.judge(farms, [made], Anchors(strong=None, weak=None)))
    assert verdict.level >= 4
    assert verdict.passes == speaks
    assert ("holds none of the words" in verdict.rationale) != speaks
