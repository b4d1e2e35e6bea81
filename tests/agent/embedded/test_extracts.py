"""Excerpts leave something out, hold what their answers need, and show nothing that the answers drop."""

import re
from collections import Counter
from itertools import pairwise

from goalcover.agent.embedded.extracts import ALONE, PLAIN, Form, Lengths, Source, windows
from goalcover.agent.embedded.quotable import FRAGMENT, pieces
from goalcover.agent.models import Sample

FILLING = (
    "The Secretary shall consult with the States before any rule is issued. "
    "A rule shall be published in the usual manner and shall be open to comment. "
)
LENGTHS = Lengths(least_input=30, most_input=400, least_output=8, most_output=80)
MONEY = Form(lambda text: set(re.findall(r"\$[\d,]*\d", text)), 2)


def made(text: str, wanted: str, form: Form = PLAIN, most: int = 2):
    """(excerpt, answer) of every draft, and why the other wanted sentences made none."""
    sample = Sample(id="s", row=1, input=text, output="Nothing.")
    source = Source(sample, text, "input", "", "output", (), ())
    found = pieces(text)
    places = [place for place, one in enumerate(found) if wanted in one.text]
    drafts, left_out = windows(source, found, places, LENGTHS, most, form)
    return [(text[one.start : one.end], one.answer) for one in drafts], left_out


def test_an_answer_takes_its_sentences_and_leaves_most_of_the_excerpt():
    telling = "The bees have found the syrup above the brood box of the hive. "
    ((excerpt, answer),), left_out = made(FILLING * 2 + telling + FILLING * 2, "bees")
    assert answer == telling.strip()
    assert answer in excerpt
    assert len(answer.split()) <= 0.6 * len(excerpt.split())
    assert left_out == Counter()


def test_all_amounts_of_an_excerpt_stand_in_its_answer():
    telling = "A State may keep $500 of its grant. A city may keep $90 of its grant. "
    dropped = "Grants of $7 for bridges. "
    ((excerpt, answer),), left_out = made(FILLING * 3 + telling + dropped + FILLING * 3, "$", MONEY)
    assert answer == telling.strip()
    assert "$7" not in excerpt
    assert left_out == Counter({FRAGMENT: 1})


def test_sentences_too_few_for_what_is_asked_are_counted_as_left_out():
    drafts, left_out = made(FILLING * 3 + "A State may keep $500 of its grant. " + FILLING * 3, "$", MONEY)
    assert (drafts, left_out) == ([], Counter({ALONE: 1}))


def test_an_excerpt_holds_what_an_abbreviation_stands_for():
    explained = "A protein (BDNF) has helped the nerves of young animals. "
    telling = "BDNF was found in the blood of most older animals too. "
    ((excerpt, answer),), _ = made(FILLING + explained + FILLING + telling + FILLING * 4, "BDNF was")
    assert answer == telling.strip()
    assert explained in excerpt


def test_excerpts_of_one_text_do_not_overlap():
    telling = "The bees have found the syrup above the brood box number {} of the hive. "
    text = "".join(FILLING * 2 + telling.format(number) for number in range(6)) + FILLING * 2
    drafts, _ = made(text, "bees", most=1)
    assert len(drafts) > 1
    assert all(text.count(excerpt) == 1 for excerpt, _ in drafts)
    places = [(text.find(excerpt), text.find(excerpt) + len(excerpt)) for excerpt, _ in drafts]
    assert all(first[1] <= second[0] for first, second in pairwise(places))
