"""What a subgoal asks for, without the frame that all subgoals share."""

import pytest
from goalcover.agent.embedded.statement import content, statement
from goalcover.agent.models import Subgoal
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("description", "asked"),
    [
        ("Answers questions about hives, bees and honey", "hives, bees and honey"),
        ("Explains how to trim the sails of a boat.", "trim the sails of a boat"),
        ("Helps customers with: invoices", "invoices"),
        ("Describes grape varieties such as Nebbiolo", "grape varieties such as Nebbiolo"),
        ("Kiln firing and glazes", "Kiln firing and glazes"),
        ("Offers discounts", "Offers discounts"),
        ("Tells patients how a drug is taken", "drug is taken"),
        ("Names the side effects of drugs", "side effects of drugs"),
        ("The answer points out risks", "risks"),
        ("Explains and shows how a graft is cut", "graft is cut"),
        ("Studies how cells divide", "cells divide"),
        ("Observes Turkish law", "Turkish law"),
        ("Leaves out prices", "prices"),
        ("Reports, notes and audits", "Reports, notes and audits"),
        ("States of matter", "States of matter"),
        ("Leaves and roots", "Leaves and roots"),
        ("Covers reports of fraud", "reports of fraud"),
        ("回答有关蜜蜂的问题", "回答有关蜜蜂的问题"),
    ],
)
def test_the_frame_at_the_front_is_left_out(description, asked):
    assert content(description) == asked


@pytest.mark.parametrize("description", ["Answers questions", "Writes.", "..."])
def test_a_description_that_is_all_frame_stays(description):
    assert content(description) == description.rstrip(".")


@given(st.text(min_size=1).filter(str.strip))
def test_what_is_left_is_the_end_of_the_description(description):
    assert content(description) in description


def test_a_statement_is_name_and_content():
    subgoal = Subgoal(id="bees", name="Beekeeping", description="Answers questions about hives, bees and honey.")
    assert statement(subgoal) == "Beekeeping: hives, bees and honey"
