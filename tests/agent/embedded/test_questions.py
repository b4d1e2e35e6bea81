"""Questions ask about what all sentences of an answer speak of, in its own words."""

import pytest
from goalcover.agent.embedded.extracts import Draft, Source
from goalcover.agent.embedded.questions import asked
from goalcover.agent.embedded.quotable import pieces
from goalcover.agent.models import Sample

TEXT = (
    "Halofantrine is a new antimalarial drug for the treatment of malaria. "
    "The use of this drug has been delayed by its possible side effects. "
    "No trial has been made in the hospital so far. "
    "In rats, halofantrine has caused a loss of hearing. "
    "The dose of halofantrine was high in most of the rats."
)


def question_on(*places: int, least: int = 5, text: str = TEXT):
    found = pieces(text)
    sample = Sample(id="s", row=1, input=text, output="No.")
    source = Source(sample, text, "input", "question", "output", (), ())
    return asked(Draft(source, 0, len(text), tuple(found[place] for place in places)), least)


def test_what_a_sentence_defines_is_asked_for_and_what_goes_on_from_it_is_kept():
    question, draft = question_on(0, 1)
    assert question == "What is halofantrine?"
    assert [one.start for one in draft.chosen] == [0, TEXT.index("The use")]


def test_sentences_that_do_not_speak_of_it_are_dropped():
    question, draft = question_on(2, 3, 4)
    assert "halofantrine" in question
    assert draft.answer == TEXT[TEXT.index("In rats") :]


def test_what_is_about_nothing_that_the_text_names_twice_is_not_asked_for():
    assert question_on(2) is None


def test_too_little_about_one_thing_is_not_asked_for():
    assert question_on(2, 3, least=30) is None


@pytest.mark.parametrize("word", ["cryptogenic", "depressive"])
def test_an_adjective_alone_is_no_subject(word):
    text = f"Of the many the {word}, too, were found here. Nobody had seen the {word} in the year before. "
    assert question_on(0, 1, text=text) is None
    assert word in question_on(0, 1, text=text.replace(word, f"{word} seizures"))[0]
