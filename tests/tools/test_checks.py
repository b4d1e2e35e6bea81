"""Checks on candidates: the right reason, and no reason for a good one."""

import pytest
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.synthesis import Column
from goalcover.tools.checks import bounds_of, personal_data, problems, strays

SUBGOAL = Subgoal(
    id="bees", name="Beekeeping", description="Answers practical questions about hives, bees and the honey harvest"
)
PROMPT = "Little on feeding: these samples are about queens and swarms. 30 of the 40 low-scoring ones."


def sample(asked: str = "How do I feed my bees before the winter comes?", said: str = "") -> Sample:
    return Sample(
        id="x", row=1, input=asked, output=said or "Put thick sugar syrup above the brood box in the evening."
    )


PARENT = sample(said="The old keeper wrote that “a light hive in autumn is a dead hive in spring” and fed syrup.")
BOUNDS = bounds_of([sample(), PARENT])


def reasons(candidate: Sample) -> list[str]:
    return list(problems(candidate, SUBGOAL, BOUNDS, [PARENT], PROMPT))


def test_a_good_candidate_has_no_problem():
    assert reasons(sample()) == []


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (sample(said=" "), "it has no input or no output"),
        (sample(asked="Bees?"), "its input has 1 word, and the dataset's have"),
        (sample(said="word " * 200), "its output has 200 words, and the dataset's have"),
        (sample(said="Dear [Your Name], put the syrup above the brood box tonight."), "it holds a placeholder"),
        (sample(said="Ask {{company}} for syrup and put it above the brood box."), "it holds a placeholder"),
        (
            sample(said="Here are 3 candidates for the sugar syrup above the brood box."),
            "it repeats words of the prompt",
        ),
        (
            sample(said="It answers practical questions about hives, bees and the honey harvest."),
            "it repeats words of the prompt",
        ),
        (
            sample(said="Little on feeding: these samples are about queens and swarms in May."),
            "it repeats words of the prompt",
        ),
        (
            sample(said="As the law says, “no keeper shall feed his bees before the month of May”."),
            "it quotes what its source does not hold: “no keeper shall feed",
        ),
    ],
)
def test_what_is_wrong_is_named(candidate, reason):
    assert [one for one in reasons(candidate) if one.startswith(reason)], reasons(candidate)


def test_a_label_that_the_dataset_does_not_have_is_named():
    columns = (Column(name="verdict", side="output", values=("no", "yes")), Column(name="answer", side="output"))
    assert list(strays({"verdict": " yes", "answer": "Anything"}, columns)) == []
    assert list(strays({"answer": "A"}, columns)) == []
    assert list(strays({"verdict": "Yes, it does", "answer": "A"}, columns)) == [
        "its verdict is none of those in the dataset: no, yes"
    ]


def test_a_quote_that_its_source_holds_is_no_problem():
    assert reasons(sample(said="Remember: “A light hive in autumn is a dead hive in spring”.")) == []


def test_placeholders_are_no_problem_where_the_dataset_has_them():
    usual = sample(said="I am {{name}}, and I put syrup above the brood box.")
    assert list(problems(usual, SUBGOAL, bounds_of([usual, usual]), [], PROMPT)) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to ann.lee@example.org today", ["an e-mail address"]),
        (f"{'请' * 90}ann+x.@mail.example-1.co.uk.", ["an e-mail address"]),
        ("1." * 200_000 + f"x@y.{'a' * 100_000}_", []),
        ("Call +1 (555) 123-4567", ["a telephone number"]),
        ("SSN 123-45-6789", ["a social security number"]),
        ("DE89 3704 0044 0532 0130 00", ["an IBAN"]),
        ("from 192.168.1.20", ["an IP address"]),
        ("card 4111 1111 1111 1111", ["a card number"]),
        ("card 4111 1111 1111 1112", []),
        ("In 2013, 1,234 of 12.345 patients (95% CI 0.57-0.80) under 12 U.S.C. 1841", []),
    ],
)
def test_personal_data_is_flagged_and_figures_are_not(text, kinds):
    assert personal_data(text) == kinds


def test_plain_text_needs_no_output():
    text = sample().model_copy(
        update={"input": "Bees are fed with syrup in autumn, when the hive is light.", "output": ""}
    )
    assert list(problems(text, SUBGOAL, bounds_of([text, text]), [], PROMPT)) == []
    assert "it has no input or no output" in reasons(text)
