"""Passages of an evaluation set, found in whatever stands around them."""

from goalcover.tools.leakage import Passages

EXAM = "Lift the hive from behind in the evening and feed the bees thick sugar syrup until the nectar comes in again."
FRAME = "Below is an instruction that describes a task. Write a response that completes the request in full:"
OTHER = [" ".join(f"w{row}x{word}" for word in range(30)) for row in range(12)]


def test_a_passage_is_found_whatever_stands_around_it_and_quoted_as_it_stands():
    copied = EXAM.replace("hive from", "HIVE, from").removesuffix(" comes in again.")
    found = Passages([*OTHER, EXAM]).longest(f"{OTHER[0][:40]} {copied} {' '.join(['new'] * 500)}")
    assert found is not None
    assert (found.held, found.span) == (12, copied)


def test_fewer_words_in_a_row_than_thirteen_give_nothing_away():
    words = EXAM.split()
    passages = Passages([EXAM])
    assert passages.longest(" ".join(["So:", *words[:12], "now"])) is None
    assert passages.longest(" ".join(["So:", *words[:13], "now"])) is not None


def test_what_many_rows_of_the_dataset_hold_is_its_form_and_gives_nothing_away():
    framed = [f"{FRAME} {text}" for text in OTHER]
    passages = Passages([f"{FRAME} {EXAM}"], framed)
    assert passages.longest(f"{FRAME} something new") is None
    found = passages.longest(f"{FRAME} {EXAM}")
    assert found is not None
    assert found.span.endswith(EXAM.rstrip("."))


def test_without_an_evaluation_set_there_is_nothing_to_give_away():
    assert Passages([]).longest(EXAM) is None
    assert Passages(["too short"], OTHER).longest(EXAM) is None
