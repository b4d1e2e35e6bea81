"""Passages: slices of the text as it stands, all of it up to the limit."""

import pytest
from goalcover.agent.embedded.passages import MOST, SIZE, passages
from hypothesis import example, given
from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["bees", "Honey.", "a" * 400, " " * 350, "\n", "\n\n", "3.5", "蜜。", "\0", "🐝", "e.g.", "\t", "!?"]
)
PROSE = st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=2_000)


@given(PROSE)
@example("a" + " " * 1000 + "b. Honey")
def test_passages_are_slices_in_order_and_leave_out_nothing_but_blanks(text):
    found, position = passages(text), 0
    for passage in found:
        start = text.find(passage, position)
        assert start >= 0
        assert not text[position:start].strip()
        position = start + len(passage)
    assert not text[position:].strip()


@given(PROSE)
def test_no_passage_is_blank_or_too_long(text):
    assert all(0 < len(passage.strip()) == len(passage) <= SIZE for passage in passages(text))


def test_short_sentences_stay_together_and_are_not_cut():
    sentence = "Feed the bees sugar syrup in the evening, and stop when nectar comes in."
    assert passages(" ".join([sentence] * 5)) == [" ".join([sentence] * 4), sentence]


def test_a_long_sentence_is_cut_between_words():
    found = passages("honey " * 200)
    assert len(found) > 3
    assert set(" ".join(found).split()) == {"honey"}


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\u2028"])
def test_a_blank_text_has_no_passages(text):
    assert passages(text) == []


def test_of_a_very_long_text_passages_are_read_from_beginning_to_end():
    found = passages("\n".join(f"{number} {'x' * 290}" for number in range(3 * MOST)))
    numbers = [int(passage.split()[0]) for passage in found]
    assert len(numbers) == MOST
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 0
    assert numbers[-1] >= 3 * MOST - 4


def test_a_long_word_without_blanks_is_read_in_pieces():
    assert "".join(passages("x" * 50_000)) == "x" * 50_000
