"""Near-duplicates, found and shown."""

import pytest
from goalcover.tools.novelty import Known, common_span, repeated

BEES = "Lift the hive from behind in the evening and feed the bees thick sugar syrup until the nectar comes in again."
CLAY = "Let the pots dry for a week and heat the kiln slowly, or the damp clay turns its water into steam and cracks."
NEW = "Bear away first so that the boat has speed, and only then push the tiller over through the wind."


def test_a_text_with_a_few_words_changed_is_found_with_the_span_that_stayed():
    changed = BEES.replace("thick sugar", "warm")
    (found,) = Known([CLAY, BEES]).duplicates([NEW, changed], near=0.6)
    assert (found.place, found.known) == (1, 1)
    assert 0.6 <= found.similarity < 1
    assert found.span == "Lift the hive from behind in the evening and feed the bees"


def test_spaces_and_capitals_make_no_new_text_however_short():
    known = Known(["Yes.", CLAY])
    assert [one.similarity for one in known.duplicates([" yes.", CLAY.upper().replace(" ", "  ")])] == [1.0, 1.0]


def test_a_common_frame_makes_no_duplicate():
    frame = "You are a helpful assistant who answers the question of the customer below with care and in full. "
    known = Known([frame + text for text in [BEES, CLAY] * 60])
    assert known.duplicates([frame + NEW]) == []
    assert len(known.duplicates([frame + BEES])) == 1


TEMPLATE = "Please tell the customer kindly that the number of the request which the desk filed last week is {}"


@pytest.mark.parametrize("n", [40, 80, 2_000])
def test_a_near_copy_of_what_many_rows_say_is_found_among_them(n):
    known = Known([BEES, *(TEMPLATE.format(1_000 + place) for place in range(n)), CLAY])
    (found,) = known.duplicates([NEW, TEMPLATE.format("zero"), f"Please tell the customer kindly that {NEW}"])
    assert (found.place, found.similarity > 0.8) == (1, True)
    assert found.span == TEMPLATE.format("").strip()


def test_of_many_near_copies_the_nearest_is_told():
    rows = [f"{TEMPLATE.format(1_000 + n)} {'and we are so sorry for it' if n % 2 else ''}" for n in range(200)]
    (found,) = Known(rows).duplicates([f"{TEMPLATE.format('zero')} and we are so sorry for that"])
    assert found.known % 2 == 1


def test_with_nothing_known_everything_is_new():
    assert Known([]).duplicates([NEW]) == []
    assert Known([BEES]).duplicates([]) == []


def test_of_texts_that_repeat_each_other_the_first_is_the_original():
    assert repeated([BEES, NEW, BEES.replace("thick", "warm"), CLAY, "Yes.", "yes. "]) == {2: 0, 5: 4}


def test_the_span_is_quoted_as_the_first_text_has_it():
    assert common_span("He said: Feed THE bees tonight", "Please feed the bees in May") == "Feed THE bees"
