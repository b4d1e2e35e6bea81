"""The domain's types: what they refuse, and what names a judgement."""

import pytest
from goalcover.agent.models import Alignment, Goal, Sample, Subgoal, digest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

TEXTS = st.lists(st.text(), max_size=4)


def subgoal(**given_fields):
    return Subgoal(**{"id": "beekeeping", "name": "Beekeeping", "description": "Answers about bees", **given_fields})


@given(TEXTS, TEXTS)
def test_a_digest_is_the_same_only_for_the_same_parts(one, other):
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_digest_takes_half_a_character():
    assert len(digest("\ud83d")) == 32


def test_equal_texts_are_judged_alike_whatever_their_row():
    one = Sample(id="1", row=1, input="a", output="b")
    assert one.digest == Sample(id="2", row=9, input="a", output="b", original='{"x": 1}').digest
    assert one.digest != Sample(id="1", row=1, input="ab", output="").digest


def test_what_a_subgoal_is_judged_by_is_its_name_and_description():
    assert subgoal().digest == subgoal(id="bees", weight=2, share=0.3).digest
    assert subgoal().digest == subgoal(scope="every").digest
    assert subgoal().digest != subgoal(description="Answers about wasps").digest


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "Bee Keeping"},
        {"id": ""},
        {"name": "  "},
        {"weight": 0},
        {"share": 1.5},
        {"scope": "all"},
        {"scope": "every", "share": 0.5},
        {"colour": "yellow"},
    ],
)
def test_a_subgoal_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationError):
        subgoal(**fields)


def test_blanks_around_a_name_do_not_matter():
    assert subgoal(name=" Beekeeping\n").name == "Beekeeping"


def test_a_goal_names_the_ids_that_are_used_twice():
    with pytest.raises(ValidationError, match="used twice: beekeeping"):
        Goal(text="Keep bees", subgoals=(subgoal(), subgoal(name="Other")))


def test_a_goal_needs_a_subgoal():
    with pytest.raises(ValidationError):
        Goal(text="Keep bees", subgoals=())


def test_a_goal_is_written_as_goal_and_finds_its_subgoals():
    goal = Goal.model_validate({"goal": "Keep bees", "subgoals": [subgoal().model_dump()]})
    assert (goal.text, goal.low_score, goal.threshold) == ("Keep bees", 0.4, None)
    assert goal.subgoal("beekeeping") == subgoal()
    with pytest.raises(KeyError, match="wasps"):
        goal.subgoal("wasps")


@pytest.mark.parametrize(("level", "score"), [(None, None), (0, 0.0), (2, 0.4), (5, 1.0)])
def test_a_score_is_a_fifth_of_the_level_and_a_failed_judgement_has_none(level, score):
    assert alignment(level).score == score


@pytest.mark.parametrize("level", [-1, 6, 2.5])
def test_a_level_off_the_scale_is_refused(level):
    with pytest.raises(ValidationError):
        alignment(level)


def test_values_never_change():
    with pytest.raises(ValidationError, match="frozen"):
        subgoal().name = "Wasps"


def alignment(level):
    return Alignment(sample_id="1", subgoal_id="beekeeping", level=level, explanation="", judge="test")
