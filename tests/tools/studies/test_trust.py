"""What grade a diagnosis gets, and why: what stays unseen, untried or unscored never makes it look better."""

import numpy as np
import pytest
from goalcover.agent.models import Subgoal
from goalcover.agent.validation import NaturalGap, NaturalKind, Trust
from goalcover.tools.studies.marks import Marks
from goalcover.tools.studies.trust import Trial, trust

SUBGOAL = Subgoal(id="heart", name="Heart", description="Answers questions about the heart")


def untested(n_high: int, n: int = 100, n_unscored: int = 0, n_different: int | None = None) -> Trial:
    """A trial whose removal could not be measured."""
    scores = np.array([1.0] * n_high + [0.0] * (n - n_high - n_unscored) + [np.nan] * n_unscored)
    groups = np.arange(n) if n_different is None else np.minimum(np.arange(n), n_different - 1)
    return Trial(SUBGOAL, scores, groups, Marks((), np.zeros(n, dtype=bool)))


def planted(**seen: bool) -> tuple[NaturalGap, ...]:
    kinds: dict[str, NaturalKind] = {"rare": "rare", "shallow": "shallow", "swapped": "swapped"}
    return tuple(
        NaturalGap(kind=kinds[kind], n=20, before=0.9, after=0.8, seen=one, detail=kind) for kind, one in seen.items()
    )


def told(trial: Trial, **seen: bool) -> Trust:
    return trust(trial, None, planted(**seen), embedded=False)


def test_a_judge_that_sees_what_is_planted_is_trusted_where_nearly_all_show_it():
    found = told(untested(90), shallow=True, swapped=True)
    assert found.grade == "trustworthy"
    assert found.reason == (
        "90% of the samples show it, so only planting can test it: the judge sees shallow and swapped answers."
    )


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"shallow": False, "swapped": False}, "shallow and swapped answers go unseen."),
        (
            {"shallow": False, "swapped": True},
            "sees swapped answers. Trust it for what the samples are about; shallow ",
        ),
        ({"shallow": False}, "shallow answers go unseen, and whether swapped ones are seen could not be tested."),
        ({"swapped": True}, "whether shallow answers are seen could not be tested."),
        ({}, "whether shallow and swapped answers are seen could not be tested."),
    ],
)
def test_a_blindness_is_a_limit_and_what_could_not_be_planted_is_told(seen, words):
    found = told(untested(90), **seen)
    assert found.grade == "weak"
    assert "Trust it for what the samples are about" in found.reason
    assert words in found.reason


def test_unscored_samples_are_no_sign_that_the_data_hold_little():
    found = told(untested(3, n_unscored=40))
    assert (found.grade, "hold little" in found.reason) == ("weak", False)
    assert "3 at level 3 or above" in found.reason
    assert found.reason.endswith("40 of the 100 samples are unscored.")
    assert "hold little" in told(untested(3, n_unscored=1)).reason


def test_shares_are_of_what_is_scored():
    assert "90% of the samples show it" in told(untested(45, n_unscored=50)).reason


def test_copies_are_not_many():
    found = told(untested(30, n_different=4))
    assert found.grade == "weak"
    assert "Too few samples to test on (30 at level 3 or above, 4 of them different)" in found.reason
