"""Groups of samples are named by topics that set them apart, or not at all."""

import pytest
from goalcover.agent.embedded.subjects import Subjects
from goalcover.agent.models import Sample

BIRTHS = ("How long does a pregnancy last?", "When does labour begin?", "What does the midwife do at the birth?")
FLIGHTS = ("Is my flight late?", "How much luggage may I take on the plane?", "When does the flight to Rome leave?")
BILLS = ("Why is my invoice so high?", "Which charge is this on my bill?", "May I pay the invoice later?")

TANS = (
    "I can't activate push TAN on my Pixel 7",
    "Open Settings in the app on your Pixel 7, choose New device and scan the code from the activation letter",
    "The activation letter is valid for 30 days",
    "If it goes on, delete the app and register the device anew with the activation letter",
)


@pytest.fixture(scope="module")
def subjects(embedder):
    return Subjects(embedder)


def openings(subjects, texts):
    return subjects.openings([Sample(id=text, row=1, input=text, output="") for text in texts])


def test_each_group_is_named_after_its_own_subject(subjects):
    births, flights, bills = subjects.named(
        [openings(subjects, one) for one in (BIRTHS, FLIGHTS, BILLS)], openings(subjects, ())
    )
    assert births[0].name == "pregnancy and birth"
    assert flights[0].name == "flights and luggage"
    assert bills[0].name == "invoices and billing"
    assert births[0].leads


def test_a_subject_of_less_than_half_sets_a_group_apart_but_does_not_lead_it(subjects):
    sorts = ("Who won the chess match?", "How is cheese made?")
    mixed = openings(subjects, (*BIRTHS, FLIGHTS[0], BILLS[0], *sorts))
    (found,) = subjects.named([mixed], openings(subjects, (*FLIGHTS, *BILLS)))
    assert (found[0].name, found[0].leads) == ("pregnancy and birth", False)
    assert found[0].share == pytest.approx(2 / 7)


def test_a_group_of_all_sorts_has_no_name_and_one_alone_is_named(subjects):
    mixed = openings(subjects, (BIRTHS[0], FLIGHTS[0], BILLS[0], "Who won the chess match?", "How is cheese made?"))
    assert subjects.named([mixed, openings(subjects, FLIGHTS)], openings(subjects, BIRTHS))[0] == []
    assert subjects.named([openings(subjects, FLIGHTS)], openings(subjects, ()))[0][0].name == "flights and luggage"


def test_a_subject_that_no_topic_comes_near_has_no_name(subjects):
    others = openings(subjects, FLIGHTS + BILLS)
    assert subjects.named([openings(subjects, TANS), openings(subjects, BIRTHS)], others)[0] == []


def test_samples_without_text_have_no_subject(subjects):
    assert openings(subjects, ("", " ")).tolist() == [[0.0] * 384] * 2
