"""Evidence: the three similarities rise with what a sample says, and rest on sample and subgoal alone."""

import numpy as np
import pytest
from goalcover.agent.embedded.evidence import Evidence, Reader
from goalcover.agent.models import Sample, Subgoal
from handmade import SAMPLES, SUBGOALS


@pytest.fixture(scope="module")
def reader(embedder):
    return Reader(embedder)


def test_each_similarity_is_highest_for_the_sample_s_own_subgoal(reader):
    queries = reader.queries(SUBGOALS)
    found = np.array([[one.evidence for one in reader.compare(text, queries)] for text in reader.texts(SAMPLES)])
    assert found.shape == (len(SAMPLES), len(SUBGOALS), len(Evidence._fields))
    for similarity in np.moveaxis(found, 2, 0)[:3]:
        assert similarity.argmax(axis=1).tolist() == list(range(len(SAMPLES)))


def test_evidence_does_not_depend_on_what_is_compared_beside_it(reader):
    alone = reader.compare(reader.texts(SAMPLES[:1])[0], reader.queries(SUBGOALS[:1]))
    among = reader.compare(reader.texts([*SAMPLES[::-1]])[-1], reader.queries(SUBGOALS[::-1]))
    assert alone[0] == among[-1]


def test_one_good_passage_counts_however_long_the_sample_is(reader):
    query = reader.queries(SUBGOALS[:1])
    filler = "The train to the coast leaves every hour from the second platform. " * 60
    own = Sample(id="x", row=1, input=SAMPLES[0].input, output=SAMPLES[0].output + filler)
    off = Sample(id="x", row=1, input=filler, output=filler)
    short, long, none = (reader.compare(text, query)[0].evidence for text in reader.texts([SAMPLES[0], own, off]))
    assert short.words - long.words < 0.1 * (short.words - none.words)
    assert none.contrast < long.contrast


def test_an_answer_of_one_word_blurs_nothing(reader):
    query = reader.queries([Subgoal(id="x", name="Animals", description="Wild animals, pets and insects")])
    asked = "A spider has eight legs and no wings, which tells it from a beetle."
    alone, answered = (
        reader.compare(text, query)[0].evidence
        for text in reader.texts([Sample(id="x", row=1, input=asked, output=one) for one in ("", "True")])
    )
    assert alone.contrast - answered.contrast < 0.2 * alone.contrast


def test_the_closest_passage_is_one_that_says_something(reader):
    query = reader.queries([Subgoal(id="x", name="Animals", description="Wild animals, pets and insects")])
    asked = "Six legs and wings tell a beetle from a spider in the garden."
    rows = [Sample(id="x", row=1, input=asked, output=one) for one in ("True", "Animals!")]
    rows.append(Sample(id="x", row=1, input="True", output="Wild pets"))
    texts = reader.texts(rows)
    assert [text.passages[reader.compare(text, query)[0].closest] for text in texts] == [asked, asked, "Wild pets"]


def test_room_is_that_of_the_wordiest_passage(reader):
    long = "The heart pumps blood through arteries, veins and capillaries of muscles, lungs and kidneys. "
    rows = [Sample(id="x", row=1, input=one, output="Yes.") for one in ("Does blood clot?", long, long * 20)]
    few, many, repeated = (
        reader.compare(text, reader.queries(SUBGOALS[:1]))[0].evidence.room for text in reader.texts(rows)
    )
    assert few < many
    assert many <= repeated < 1.3 * many


def test_a_capability_named_by_a_common_word_is_found(reader):
    subgoals = [
        Subgoal(id="x", name=name, description=text) for name, text in (("School", "Explains school"), ("Time", "Time"))
    ]
    rows = [
        Sample(id="1", row=1, input="What do they learn at school?", output="Reading and sums."),
        Sample(id="2", row=2, input="What time is it?", output="Ten past four."),
    ]
    queries = reader.queries(subgoals)
    found = np.array([[one.evidence.words for one in reader.compare(text, queries)] for text in reader.texts(rows)])
    assert all(query.words for query in queries)
    assert found.argmax(axis=0).tolist() == [0, 1]


def test_words_are_matched_by_meaning(reader):
    text = reader.texts([Sample(id="x", row=1, input="The doctor listened to her cardiac murmur.", output="")])[0]
    query = reader.queries([Subgoal(id="x", name="Heart disease", description="Covers heart valves and invoices")])[0]
    matches = dict(zip(query.words, reader.compare(text, [query])[0].words, strict=True))
    assert matches["heart"][1] == "cardiac"
    assert matches["heart"][0] > 0.62 > matches["invoices"][0]


def test_a_word_that_the_sample_holds_is_said_in_whatever_form_and_sense(reader):
    text = reader.texts([Sample(id="x", row=1, input="The bank of the river is steep.", output="")])[0]
    query = reader.queries([Subgoal(id="x", name="Banks", description="Covers banks, lending and securities")])[0]
    matches = dict(zip(query.words, reader.compare(text, [query])[0].words, strict=True))
    assert matches["banks"] == (1.0, "banks")


def test_a_sample_without_text_gives_no_evidence(reader):
    text = reader.texts([Sample(id="x", row=1, input=" ", output="\n")])[0]
    found = reader.compare(text, reader.queries(SUBGOALS[:2]))
    assert [one.evidence for one in found] == [Evidence(0, 0, 0, 0)] * 2


def test_the_topics_are_of_all_kinds(reader):
    n, width = reader.topics.shape
    assert n >= 350
    assert width == 384
    likeness = reader.topics @ reader.topics.T
    assert likeness[~np.eye(n, dtype=bool)].max() < 0.99
