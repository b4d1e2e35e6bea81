import pytest
from goalcover.graph.wishes import Wish, how_many, in_full, read_making, read_review


@pytest.mark.parametrize(
    "said",
    ["looks good", "looks good to me", "Accept all", "keep them", "keep the rest", "yes", "they are fine", "done"],
)
def test_proposals_are_kept(said):
    assert read_review(said).verb == "keep"


@pytest.mark.parametrize(
    ("said", "numbers", "why"),
    [
        ("reject 3", (3,), ""),
        ("Reject 2, 5: too long", (2, 5), "too long"),
        ("drop 1 and 4, they repeat each other", (1, 4), "they repeat each other"),
        ("reject 1-3", (1, 2, 3), ""),
        ("please reject 2 to 4 and #7: too long", (2, 3, 4, 7), "too long"),
        ("reject 1: 2 pills - not 3", (1,), "2 pills - not 3"),
        ("reject 2, keep the rest", (2,), ""),
        ("reject 3-1", (1, 2, 3), ""),
        ("remove 3 please", (3,), ""),
        ("keep all but 3", (3,), ""),
        ("all except 2 and 5", (2, 5), ""),
    ],
)
def test_single_ones_are_rejected_with_a_reason(said, numbers, why):
    wish = read_review(said)
    assert (wish.verb, wish.numbers, wish.text) == ("reject", numbers, why)


@pytest.mark.parametrize(
    ("said", "verb", "numbers"),
    [
        ("accept 2", "accept", (2,)),
        ("Keep 1, 3", "keep", (1, 3)),
        ("take 1 and 2", "keep", (1, 2)),
        ("keep 2-4", "keep", (2, 3, 4)),
    ],
)
def test_single_ones_are_accepted_and_who_keeps_some_keeps_no_others(said, verb, numbers):
    wish = read_review(said)
    assert (wish.verb, wish.numbers) == (verb, numbers)


@pytest.mark.parametrize(
    "said",
    [
        "only 1 and 2", "only keep 1 and 2", "keep only 1-2.", "just 1, 2", "keep 1 and 2, reject the rest",
        "accept 1-2 and drop all others", "reject all but 1 and 2", "reject everything except 1 and 2",
        "reject the others, keep 1 and 2", "keep 1 and 2 only", "keep just 1 and 2 please",
    ],
)  # fmt: skip
def test_some_are_kept_and_the_rest_is_rejected(said):
    wish = read_review(said)
    assert (wish.verb, wish.numbers) == ("only", (1, 2))


@pytest.mark.parametrize(
    ("said", "verb", "numbers"),
    [
        ("keep the first two", "keep", (1, 2)), ("drop the last one", "reject", (5,)),
        ("reject both", "reject", (0,)),
        ("only the first two", "only", (1, 2)), ("reject all but the first", "only", (1,)),
        ("reject all, but keep the last two samples", "only", (4, 5)), ("all but the 2nd", "reject", (2,)),
        ("drop the second and fourth: too long", "reject", (2, 4)), ("keep number 3", "keep", (3,)),
        ("edit the third: Rest, and drink.", "edit", (3,)), ("edit number 3: Rest, and drink.", "edit", (3,)),
        ("why is number 3 only level 4?", "why", (3,)), ("why did the last one get a 4?", "why", (5,)),
    ],
)  # fmt: skip
def test_proposals_are_meant_by_their_places_in_words(said, verb, numbers):
    wish = read_review(said, 5)
    assert (wish.verb, wish.numbers) == (verb, numbers)


@pytest.mark.parametrize("said", ["show them", "show me the samples again", "list them", "show", "can you show them?"])
def test_the_proposals_are_asked_for_again(said):
    assert read_review(said) == Wish("show")


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("make them shorter", "shorter"),
        ("make these more technical", "more technical"),
        ("in German", "in German"),
        ("in German please", "in German"),
        ("shorter please", "shorter"),
        ("yes, make them shorter", "shorter"),
        ("could you make them shorter?", "shorter"),
        ("could you make them a bit shorter please?", "a bit shorter"),
        ("write them as letters", "letters"),
        ("make them about widows", "about widows"),
        ("in JSON", "in JSON"),
    ],
)
def test_how_the_proposals_should_be_instead_is_read(said, form):
    assert read_review(said).verb == "again"
    assert read_making(said).form == form


@pytest.mark.parametrize(
    "said", ["drop all?", "reject all?", "delete them?", "keep 2?", "reject 1, 3?", "looks good?", "only the last?"]
)
def test_a_question_decides_nothing(said):
    assert read_review(said, 5) is None


def test_the_rest_is_what_nobody_has_decided_about():
    assert read_review("reject the rest") == read_review("drop all the others") == Wish("only")


@pytest.mark.parametrize("said", ["reject all", "reject them", "drop all of them", "discard everything"])
def test_all_are_rejected_at_once(said):
    assert read_review(said).verb == "drop"


@pytest.mark.parametrize(
    ("said", "numbers"),
    [("more", ()), ("some more please", ()), ("give me 5 more", (5,)), ("make 10 more samples for it", (10,))],
)
def test_more_is_wished_for(said, numbers):
    wish = read_review(said)
    assert (wish.verb, wish.numbers) == ("more", numbers)


@pytest.mark.parametrize(
    "said", ["why did you make so few?", "why only 6?", "why so few samples", "why not more", "only 3?"]
)
def test_why_there_are_so_few_is_asked(said):
    assert read_review(said).verb == "why"


def test_for_whom_else_samples_are_wished_is_a_whole_request():
    assert in_full("and now for the second gap") == "make samples for the second gap"
    assert in_full("make 3 samples for drugs") == "make 3 samples for drugs"


def test_one_is_edited():
    wish = read_review("edit 3: Take 500 mg\nand rest.")
    assert (wish.verb, wish.numbers, wish.text) == ("edit", (3,), "Take 500 mg\nand rest.")


@pytest.mark.parametrize("said", ["rewrite the last one to be shorter", "change both as you like"])
def test_a_place_in_words_takes_its_text_after_a_colon(said):
    wish = read_review(said, 5)
    assert wish is None or wish.verb != "edit"
    assert read_review("edit the last one to: Rest.", 5) == Wish("edit", (5,), "Rest.")


@pytest.mark.parametrize("said", ["stricter", "again", "only questions from nurses", "but not in eval.jsonl please"])
def test_others_are_wished_for(said):
    assert read_review(said).verb == "again"


@pytest.mark.parametrize(
    "said",
    [
        "why is cardiology weak?",
        "show the coverage",
        "",
        "this is my evaluation set",
        "for the second gap",
        "make 5 more samples for drugs",
        "show me more of cardiology",
        "reject all samples with doses",
        "drop the first sentence",
        "edit the first sentence of 2: No.",
        "why is the last one weak?",
        "in cardiology and surgery",
        *("put them in the training set", "can you put them in the training set?", "put them in my data"),
        *("write them to a file", "write them as csv", "make them available", "in general", "in total", "shorter?"),
    ],
)
def test_other_messages_are_no_review(said):
    assert read_review(said) is None


def test_form_level_and_number_are_read():
    assert read_making("make 20 samples for drugs, but only questions from nurses").form == "questions from nurses"
    assert read_making("make 20 samples for drugs, stricter please").strict
    usual = read_making("make 20 samples for drugs")
    assert (usual.form, usual.strict, usual.holdout) == ("", False, None)
    assert (how_many(None), how_many(7), how_many(10_000)) == (20, 7, 500)


@pytest.mark.parametrize(
    ("said", "file"),
    [
        ("make 20 samples for drugs that don't overlap with eval.jsonl", "eval.jsonl"),
        ("make 5 samples for drugs without overlap with my evaluation set eval.jsonl", "eval.jsonl"),
        ("make 5 for drugs, none of them in ~/data/exam.csv.gz.", "~/data/exam.csv.gz"),
        ("they must not repeat anything in data/exam.csv", "data/exam.csv"),
        ("use eval.jsonl as the evaluation set", "eval.jsonl"),
        ("hold out me/bench", "me/bench"),
        ('do not leak "my eval.jsonl"', "my eval.jsonl"),
        ("don't overlap with my evaluation set", ""),
        ("make 20 samples for drugs", None),
        ("make 20 samples for test results and repeat prescriptions", None),
        ("this is my evaluation set", None),
        ("why does it not do this in questions and/or answers", None),
    ],
)
def test_the_evaluation_set_is_read(said, file):
    assert read_making(said).holdout == file


@pytest.mark.parametrize("said", ["this is my evaluation set", "don't overlap with this", "for evaluation"])
def test_a_file_that_comes_along_is_the_evaluation_set_when_it_is_called_so(said):
    assert read_making(said, with_file=True).holdout == ""
    assert read_making("here is more data", with_file=True).holdout is None


def test_what_is_wished_is_taken_out_of_the_request():
    making = read_making("make 5 samples for drugs, only letters, which do not overlap with eval.jsonl")
    assert (making.form, making.holdout) == ("letters", "eval.jsonl")
    assert making.rest.startswith("make 5 samples for drugs")
    assert "eval" not in making.rest
