"""Forms: which subgoals ask for one, and how often a text shows it."""

import time

import pytest
from goalcover.agent.embedded.cues import CUES, cue_of, show
from goalcover.agent.models import Sample, Subgoal

LETTER = """Dear Ms Okafor,

Thank you for your patience, and I am sorry for the delay. Your deposit of €1,250 was paid back on 14 March 2024, and
the remaining $37.50 will follow within 10 working days. Please check your account after 2024-03-28.
"""
BILL = """The Act provides $4.5 million for fiscal year 2014, $4.5 million for fiscal year 2015 and 200,000 dollars for
audits. Section 2 takes effect 90 days after the date of enactment and ends on September 30, 2016. Of the funds, 12.5%
may be spent on administration."""
REVIEW = """Sleep restriction lowers vigilance (Van Dongen et al., 2003) [4, 7]. Basner et al. found the same in nurses
(Smith and Jones 2011); see https://example.org/sleep and doi: 10.1000/182."""
PROGRAM = """import sys

def total(prices):
    return sum(prices)

print(total([1, 2]))"""
RECIPE = """Descale the machine as follows:
1. Empty the tank.
2. Pour in the solution.
3. Run it twice.
Finally, rinse with clear water."""
INLINE = "Steps: 1. Chop the onions for 5 minutes. 2. Add 3.5 dl of stock, as in No. 4. Stir. 3) Serve hot."
LEAFLET = """Do not take this medicine with alcohol. Avoid driving until you know how it affects you. Seek medical help
at once if your face swells: this is an emergency."""


def subgoal(name, description="As the name says"):
    return Subgoal(id="form", name=name, description=description)


def sample(output, given="What does it say?"):
    return Sample(id="x", row=1, input=given, output=output)


def shown(noun, output, given="What does it say?", asked=None):
    cue = next(cue for cue in CUES if cue.noun == noun)
    return show(cue, sample(output, given), asked or subgoal(noun))


@pytest.mark.parametrize(
    ("name", "description", "noun"),
    [
        ("Monetary detail", "The summary keeps the amounts of money that the bill names", "amounts of money"),
        ("Amounts", "Preserves exact sums of money", "amounts of money"),
        ("Effective dates", "Says when the law takes effect", "dates and periods"),
        ("Timing", "Gives the dates and deadlines of an order", "dates and periods"),
        ("Exact figures", "The answer gives precise numbers, dates or percentages", "exact figures"),
        ("Citations", "Every claim names its source", "citations"),
        ("Sources", "Cites guidelines and studies", "citations"),
        ("Working code", "The answer runs as it stands", "code"),
        ("Programs", "Writes correct code that follows an instruction", "code"),
        ("Form", "Gives step-by-step instructions", "numbered or bulleted steps"),
        ("Form", "Answers with bullet points", "numbered or bulleted steps"),
        ("Safety", "Warns users about dangerous mistakes", "warnings"),
        ("Safety", "Gives safety warnings where needed", "warnings"),
        ("Safety", "Warns patients where it matters", "warnings"),
        ("Risks", "Warns about legal risks, deadlines and costs", "warnings"),
        ("Next step", "Says what to do next", "a next step"),
        ("Politeness", "Stays friendly", "courtesy"),
    ],
)
def test_a_subgoal_that_asks_for_a_form_is_known_by_its_wording(name, description, noun):
    assert cue_of(subgoal(name, description)).noun == noun


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("Taxation", "Summarizes bills about taxes, credits and the revenue code"),
        ("Tax filing", "Explains deadlines and penalties for tax returns"),
        ("Data protection", "Answers questions about personal data, consent and the GDPR"),
        ("Cardiology", "Answers questions about heart disease, its diagnosis and its treatment"),
        ("Code review", "Reviews code for bugs, style and security"),
        ("Debugging", "Finds and fixes errors in given code"),
        ("Drug safety", "Covers contraindications, interactions and side effects"),
        ("Monetary policy", "Explains interest rates and central banks"),
        ("Life insurance", "Explains premiums, cash value and beneficiaries"),
        ("Ethics", "Applies a valid code of conduct"),
        ("Building codes", "Interprets building codes and permits"),
        ("Mechanics", "Forces, motion, energy and momentum problems worked out step by step"),
        ("History", "Explains dates and causes of wars"),
        ("Dance", "Covers steps, figures and courtesies of ballroom dance"),
        ("Animal keeping", "Explains how to keep rabbits and hens"),
        ("Statistics", "Explains mean, variance and hypothesis tests"),
        ("Weather", "Covers storms, floods and forecasts"),
        ("Hints", "Gives the learner a hint that leads to the next step, instead of the solution"),
        ("Refactoring", "Rewrites working code so that it is simpler and easier to read"),
        ("Allergies", "Warns about allergens and says what to avoid"),
        ("Scams", "Warns customers about phishing mails and false invoices"),
    ],
)
def test_a_subgoal_about_a_subject_asks_for_no_form(name, description):
    assert cue_of(subgoal(name, description)) is None


def test_the_name_says_what_is_asked_before_the_description_does():
    asked = subgoal("Exact figures", "Gives the dates and deadlines in full")
    assert cue_of(asked).noun == "exact figures"


@pytest.mark.parametrize(
    ("noun", "text", "times"),
    [
        ("amounts of money", LETTER, 2),
        ("amounts of money", BILL, 2),
        ("amounts of money", RECIPE, 0),
        ("dates and periods", LETTER, 3),
        ("dates and periods", BILL, 4),
        ("dates and periods", RECIPE, 0),
        ("exact figures", "Rents rose by 3.4 % to 1,250 euros in 12 cities.", 3),
        ("exact figures", "Rents rose a little in most cities.", 0),
        ("citations", REVIEW, 6),
        ("citations", BILL, 0),
        ("code", PROGRAM, 6),
        ("code", LETTER, 0),
        ("numbered or bulleted steps", RECIPE, 4),
        ("numbered or bulleted steps", INLINE, 3),
        ("numbered or bulleted steps", LETTER, 0),
        ("numbered or bulleted steps", "Sec. 2. Short title. It costs 3. 50 cents are left.", 0),
        ("warnings", LEAFLET, 4),
        ("warnings", BILL, 0),
        ("a next step", LETTER, 3),
        ("a next step", BILL, 0),
        ("courtesy", LETTER, 3),
        ("courtesy", RECIPE, 0),
    ],
)
def test_showings_are_counted_and_the_same_one_once(noun, text, times):
    assert shown(noun, text).n_output == times


def test_more_showings_make_a_higher_level():
    levels = [
        shown("amounts of money", f"It costs {text}.").level for text in ("nothing", "$5", "$5 and $6", "$5, $6, $7")
    ]
    assert levels == [0, 3, 4, 5]


def test_what_is_to_be_kept_is_judged_against_the_input():
    keeps = subgoal("Amounts", "Keeps the amounts of money")
    states = subgoal("Amounts", "Names amounts of money")
    bill = "The bill gives $1 to A, $2 to B, $3 to C, $4 to D, $5 to E, $6 to F, $7 to G, $8 to H and $9 to I."
    found = [
        [shown("amounts of money", output, bill, asked).level for asked in (keeps, states)]
        for output in ("Money is spent.", "A gets $1, B $2 and C $3.", bill)
    ]
    assert found == [[0, 0], [4, 5], [5, 5]]


def test_with_nothing_to_keep_nothing_is_shown():
    assert (
        shown("amounts of money", "It is free.", "It is free.", subgoal("Amounts", "Keeps amounts of money")).level == 0
    )


@pytest.mark.parametrize("output", ["", "  \n"])
def test_a_text_without_an_answer_is_judged_by_its_input(output):
    found = shown("amounts of money", output, LETTER)
    assert (found.level, found.n_output) == (4, 2)


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.noun)
def test_a_quote_stands_in_the_sample_as_it_is_and_shows_the_form(cue):
    text = "Nothing to see in this sentence at all, honestly. " * 20
    whole = text + "\n" + "\n".join((LETTER, BILL, REVIEW, PROGRAM, RECIPE, LEAFLET)) + text
    quote = show(cue, sample(whole), subgoal(cue.noun)).quote
    assert quote in whole
    assert cue.shown.search(quote)
    assert len(quote) < 400


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        " ",
        "\t\n",
        "a",
        "1",
        "1.",
        "1,",
        "a(",
        "(A",
        "\n<a",
        "$1",
        "A-",
        "5 ",
        ";\n",
        "- ",
        "-\n",
        "http://",
        "\0",
        "🐝",
    ],
    ids=repr,
)
def test_no_text_keeps_the_counting_busy(text):
    started = time.perf_counter()
    for cue in CUES:
        show(cue, sample(text * (50_000 // len(text))), subgoal(cue.noun))
    assert time.perf_counter() - started < 5  # it was minutes


def test_an_amount_that_is_no_number_is_still_an_amount():
    subgoal = Subgoal(id="money", name="Monetary preservation", description="Keeps the amounts of money")
    text = "It authorises $42.666.500 for the works."
    cue = cue_of(subgoal)
    assert cue is not None
    assert show(cue, Sample(id="1", row=1, input=text, output=text), subgoal).n_kept == 1
