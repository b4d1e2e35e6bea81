"""Made-up figures and quotes are found, and honest ones are not."""

import pytest
from goalcover.agent.figures import SCALE, struck, unsupported
from goalcover.agent.quotes import misquoted

SOURCES = [
    SCALE,
    '{"alignment": 0.3124, "support": 12, "n": 1200, "id": "row-17", "year": "2019", "version": "1.2.3"}',
    "on 2024.01.05",
    "20 are wanted",
]


@pytest.mark.parametrize(
    "text",
    [
        "31 % of 1,200 samples, 0.31 or **0.3**; 12 of them",
        "Es sind 1.200 Proben und 0,31.",
        "1,200.0 samples",
        "version 1.2.3 of 2024.01.05",
        "31.2%",
        "1. First this.\n2) Then that.\n  - 3. and more",
        "row-99, B12 and COVID-19 are names",
        "12/1200 (n=12), $12, 12-20, since 2019.",
        "no figure at all",
    ],
)
def test_figures_that_a_source_holds_pass(text):
    assert unsupported(text, SOURCES) == ()


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("45 of them", ["45"]),
        ("about 77%, that is 0.77", ["77", "0.77"]),
        ("35-45 samples", ["35", "45"]),
        ("0.32 and 1,201 and 13.", ["0.32", "1,201", "13"]),
        ("1. There are 9.\n2. no", ["9"]),
        ("In 7. place 31.4 %", ["7", "31.4"]),
        ("n=13", ["13"]),
        ("8 or 10 of them", ["8", "10"]),
        ("3124 samples, 3,124 rows", ["3124", "3,124"]),
    ],
)
def test_figures_that_no_source_holds_are_found(text, made_up):
    assert [one.text for one in unsupported(text, SOURCES)] == made_up


def test_struck_figures_leave_the_rest_as_it_is():
    text = "Of 45 samples, 12 (77 %) show it."
    assert struck(text, unsupported(text, SOURCES)) == ("Of [figure removed] samples, 12 ([figure removed] %) show it.")


TOLD = ["The risk of bleeding rises when both are taken together.", "Frag den Arzt vor der Einnahme."]


@pytest.mark.parametrize(
    "text",
    [
        'It says "the risk of bleeding\trises when both are taken" (row-1).',
        "“The risk of bleeding rises ... taken together.”",
        "„Frag den Arzt vor der Einnahme“ (row-2)",
        'The subgoal "drug interactions" is weak.',
    ],
)
def test_quotes_that_a_source_holds_pass(text):
    assert misquoted(text, TOLD) == ()


def test_quotes_that_no_source_holds_are_found():
    text = 'It says "the risk of bleeding falls when both are taken" (row-1).'
    assert misquoted(text, TOLD) == ("the risk of bleeding falls when both are taken",)
