"""A sample that is too long is cut to what says most about the subgoals."""

from goalcover.agent.excerpt import GAP, excerpt
from goalcover.agent.models import Sample, Subgoal

CARDIOLOGY = Subgoal(id="c", name="Cardiology", description="Explains heart disease and its treatment")
TAX = Subgoal(id="t", name="Tax", description="Explains income tax and deductions")
FILLER = "The train was late again, and nobody on the platform was surprised by it. " * 60
HEART = "After the infarction the patient received beta blockers for the damaged heart."
MONEY = "Deductions lower the income on which the tax is reckoned."


def test_the_passages_about_each_subgoal_are_kept_in_their_order():
    sample = Sample(id="a", row=1, input=f"{FILLER}{HEART} {FILLER}{MONEY} {FILLER}", output="")
    cut, note = excerpt(sample, [TAX, CARDIOLOGY], 1_500)
    assert 0 < cut.input.index(HEART) < cut.input.index(MONEY)
    assert GAP in cut.input
    assert len(cut.input) <= 1_500
    assert note.startswith("(Judged on ")
    assert "passages: the sample is longer than the judge can read" in note


def test_input_and_output_share_the_room_as_they_share_the_sample():
    sample = Sample(id="a", row=1, input=FILLER + HEART, output=f"{FILLER}{HEART} {FILLER}{HEART} {FILLER}")
    cut, _ = excerpt(sample, [CARDIOLOGY], 2_000)
    assert HEART in cut.input
    assert HEART in cut.output
    assert len(cut.output) > len(cut.input)
    assert len(cut.input) + len(cut.output) <= 2_000
    assert (cut.id, cut.row) == ("a", 1)


def test_a_short_answer_to_a_text_that_is_too_long_stays_whole():
    answer = f"{HEART}\n\n- one\n-   two"
    cut, _ = excerpt(Sample(id="a", row=1, input=FILLER * 9 + HEART, output=answer), [CARDIOLOGY], 1_500)
    assert cut.output == answer
    assert HEART in cut.input
    assert len(cut.input) + len(cut.output) <= 1_500


def test_every_omission_is_marked_and_nothing_else_is():
    first, last = (
        f"{name} heart disease and its treatment are explained at length. " * 4 for name in ("First", "Last")
    )
    text = f"{first}{last}{FILLER}"
    room = len(first) + len(last) + 3 * len(GAP)
    cut, _ = excerpt(Sample(id="a", row=1, input=text, output=""), [CARDIOLOGY], room)
    assert cut.input.removesuffix(GAP) == f"{first}{last}".strip()
    assert cut.output == ""
    behind, _ = excerpt(Sample(id="a", row=1, input=f"{FILLER}{HEART}", output=""), [CARDIOLOGY], 120)
    assert behind.input.startswith(GAP)
    assert behind.input.endswith(HEART)


def test_of_passages_that_say_the_same_the_first_is_kept():
    words = f"{CARDIOLOGY.description} {HEART} {MONEY}".replace(".", "").split()
    first, second = " ".join(words), " ".join(reversed(words))
    for one, other in ((first, second), (second, first)):
        sample = Sample(id="a", row=1, input=f"{one}\n\n{other}", output="")
        cut, _ = excerpt(sample, [TAX, CARDIOLOGY], len(one) + 2 * len(GAP))
        assert cut.input == f"{one}{GAP}"
