"""Words: which of them tell something, and which are forms of one another."""

import pytest
from goalcover.agent.words import is_telling, stem, weight
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(("one", "other"), [("bees", "bee"), ("treatments", "treatment"), ("5", "1913")])
def test_forms_of_one_word_share_a_stem(one, other):
    assert stem(one) == stem(other)


def test_different_words_have_different_stems():
    assert len({stem(word) for word in ("hive", "honey", "bee", "university", "2")}) == 5


@pytest.mark.parametrize("word", ["the", "about", "people", "", "-", "a", "bee's", "🐝"])
def test_common_words_and_scraps_tell_nothing(word):
    assert not is_telling(word)


@pytest.mark.parametrize("word", ["hive", "nebbiolo", "xqzvw", "$", "12", "blockade"])
def test_rare_words_money_and_figures_tell_something(word):
    assert is_telling(word)


def test_the_rarer_word_tells_more():
    assert weight("people") < weight("honey") < weight("apiary") <= weight("xqzvw") <= 6.5


@given(st.text())
def test_any_text_has_a_weight_and_a_stem(text):
    assert 0 <= weight(text.lower()) <= 6.5
    assert isinstance(stem(text.lower()), str)
