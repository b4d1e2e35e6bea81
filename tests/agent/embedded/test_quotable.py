"""What is quoted out of a text reads as it stands, or is left out with the reason."""

import pytest
from goalcover.agent.embedded.quotable import (
    AMENDS,
    ANNOUNCES,
    ASKS,
    DEFINES,
    FRAGMENT,
    REFERS,
    pieces,
    with_support,
)

BILL = """SEC. 4. GRANT PROGRAM.

    (a) In General.--The Secretary shall award grants to States that mend
old bridges.
    (b) Findings.--Congress finds the following:
            (1) In 2012, the States spent approximately $8,233 a bridge.
            (2) In 2013, they spent less on it.
    (c) Authorization of Appropriations.--There are authorized to be
appropriated to carry out this section--
            (1) $5,000,000 for fiscal year 2014; and
            (2) $6,000,000 for fiscal year 2015.

SEC. 5. REPORTS.

    (a) Reports to both Houses.
    (b) Funds.--There is authorized to be appropriated $9,000 to carry out this section.
"""


def quoted(text: str, place: int) -> list[str]:
    found = pieces(text)
    return [found[one].text for one in with_support(found, place)]


def place_of(text: str, words: str) -> int:
    return next(place for place, one in enumerate(pieces(text)) if words in one.text)


def test_marks_headings_and_line_breaks_are_left_behind():
    assert quoted(BILL, place_of(BILL, "award grants")) == [
        "The Secretary shall award grants to States that mend old bridges."
    ]
    assert quoted(BILL, place_of(BILL, "$8,233")) == ["In 2012, the States spent approximately $8,233 a bridge."]


def test_a_list_is_quoted_whole_and_with_the_sentence_that_begins_its_section():
    assert quoted(BILL, place_of(BILL, "$5,000,000")) == [
        "The Secretary shall award grants to States that mend old bridges.",
        "There are authorized to be appropriated to carry out this section-- (1) $5,000,000 for fiscal year 2014; and "
        "(2) $6,000,000 for fiscal year 2015.",
    ]


def test_a_section_that_does_not_say_what_it_is_about_supports_nothing():
    assert quoted(BILL, place_of(BILL, "$9,000")) == []


def test_every_quotation_is_found_word_for_word():
    plain = " ".join(BILL.split())
    assert all(one.text in plain for one in pieces(BILL))


@pytest.mark.parametrize(
    "opening", ["These drugs were", "It was", "However, it was", "In contrast, this drug was", "The latter was"]
)
def test_a_sentence_that_looks_back_brings_the_one_before_or_is_left_out(opening):
    text = f"Aspirin and ibuprofen have reduced the pain in most patients. {opening} tolerated well by all of them."
    assert len(quoted(text, 1)) == 2
    parted = text.replace("patients. ", "patients.\n", 1)
    assert quoted(parted, 1) == []


def test_what_a_sentence_names_itself_it_does_not_look_back_for():
    text = "A contract that a State has signed may be ended when such contract costs more than $5,000."
    assert quoted(text, 0) == [text]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("A cohort study of patients with long pain.", FRAGMENT),
        ("Mortality at index admission and length of stay as a function of age.", FRAGMENT),
        ("The amount for any vehicle shall not exceed-- (B) $20,000 for a heavy vehicle.", FRAGMENT),
        ("The report was called “a new start by all of the members.", FRAGMENT),
        ("The State shall keep the sub-\nsidies that it has received so far.", FRAGMENT),
        ("We evaluated the usefulness of a short stay in the ward for children.", ANNOUNCES),
        ("To determine whether shaving before surgery causes an infection of the wound.", ANNOUNCES),
        ("The patients were divided into three arms by their age and weight.", ANNOUNCES),
        ("Variables recorded included age, sex, type of procedure and postoperative complications.", ANNOUNCES),
        ("The recorded data comprised the weight of the child and that of the mother.", ANNOUNCES),
        ("One question is whether elderly patients benefit from surgery in addition to drugs?", ASKS),
        ("It asked: “Is the number of stones a sign of what the patients will suffer?”", ASKS),
        ("Section 7216(a) of the Code is amended by striking ``$1,000'' and inserting ``$5,000''.", AMENDS),
        ("The term ``bridge'' means any way over water that is used by the public.", DEFINES),
        ("An agency may not spend more than $5,000 under paragraph (1) on any conference.", REFERS),
        ("The values are shown in Table 2 for each of the drugs that were given.", REFERS),
    ],
)
def test_what_does_not_read_by_itself_is_left_out_with_its_reason(text, flaw):
    (only,) = pieces(text)
    assert only.flaw == flaw
    assert with_support([only], 0) == ()


@pytest.mark.parametrize(
    "text",
    [
        "We found that statins reduce the risk of stroke in older patients.",
        "The data included here show that older patients suffered less than the others.",
        "To carry out this Act, there are authorized to be appropriated $8,000,000.",
        "Vomiting occurred in 9.1% of the patients who had received atropine.",
        "Whoever alters a record shall be fined not more than $250,000 under section 12 of the Penal Act.",
    ],
)
def test_what_tells_something_is_kept(text):
    assert quoted(text, 0) == [text]
