"""Every rule decides where it should, and its words hold its figures."""

from typing import get_args

import pytest
from goalcover.agent.models import Gap, Kind
from goalcover.tools.kinds import MEANINGS, Facts, closing, kind_of, left_over
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.integers(0, 500)


def facts(*histogram: int, **more: object) -> Facts:
    parts: dict[str, object] = {
        "scope": "some", "is_form": False, "wanted": 20, "n_broken": 0, "n_checked": 10, "n_in_input": 0, "n_low": 50,
        "unserved": 0.0,
    }  # fmt: skip
    return Facts(histogram=histogram, **(parts | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("absent", facts(180, 10, 6, 3, 1, 0)),
        ("absent", facts(0, 0, 0, 0, 0, 1, is_form=True, scope="every", n_unable=99)),
        ("off-target", facts(190, 8, 2, 0, 0, 0, unserved=0.97)),
        ("off-target", facts(190, 8, 2, 0, 0, 0, scope="every")),
        ("absent", facts(190, 8, 2, 0, 0, 0, scope="every", is_form=True)),
        ("rare", facts(180, 4, 2, 2, 6, 6)),
        ("rare", facts(1000, 200, 30, 10, 7, 3, wanted=60)),
        ("shallow", facts(80, 20, 40, 50, 8, 2)),
        ("shallow", facts(150, 10, 10, 30, 0, 0)),
        ("shallow", facts(40, 10, 0, 0, 3, 0, scope="every", is_form=True, n_in_input=30, wanted=33)),
        ("off-target", facts(60, 50, 40, 30, 10, 10, scope="every", wanted=125)),
        ("broken", facts(180, 4, 2, 2, 6, 6, n_broken=6, n_checked=16)),
        ("unsure", facts(180, 4, 2, 2, 6, 6, disputed=0.4)),
        ("unsure", facts(180, 0, 0, 0, 10, 8, n_unscored=9, unscored_decide=True)),
    ],
)
def test_each_kind_is_told_by_its_counts(kind, found):
    assert kind_of(found)[0] == kind


def test_levels_that_thin_out_upwards_are_near_misses_and_those_that_rise_again_are_good_samples():
    kind, why = kind_of(facts(340, 80, 16, 5, 5, 0, wanted=45))
    assert kind == "absent"
    assert "The 5 at level 4 or 5 are no more than so many near misses lead one to expect." in why
    assert kind_of(facts(340, 80, 16, 5, 2, 5, wanted=45))[0] == "rare"
    assert kind_of(facts(347, 0, 0, 1, 3, 2))[0] == "rare"


def test_fewer_than_five_good_samples_may_be_the_judges_mistake():
    assert kind_of(facts(347, 0, 0, 1, 2, 2))[0] == "absent"
    assert kind_of(facts(147, 0, 0, 1, 1, 0))[0] == "absent"
    assert kind_of(facts(47, 0, 0, 1, 2, 2))[0] == "rare"  # of so few that it is more than 2%


def test_where_level_1_is_fuller_than_2_and_3_it_is_other_subjects_that_come_near():
    assert kind_of(facts(178, 134, 41, 30, 15, 12, wanted=41))[0] == "rare"
    assert kind_of(facts(178, 70, 41, 30, 15, 12, wanted=41))[0] == "shallow"


def test_what_absent_means_is_about_the_level_that_few_reach():
    kind, why = kind_of(facts(228, 40, 13, 18, 6, 0))
    assert (kind, "24 of them at level 3 or above" in why) == ("absent", True)
    assert "level 4" in MEANINGS[kind]


def test_two_broken_outputs_are_an_accident():
    assert kind_of(facts(180, 4, 2, 2, 6, 6, n_broken=2, n_checked=6))[0] == "rare"


def test_the_words_hold_the_figures():
    assert kind_of(facts(180, 4, 2, 2, 6, 6, n_broken=6, n_checked=16))[1].startswith("Of 16 samples that touch it, 6 ")
    assert "14 of 200 samples are good (level 3 and above), 12 of them" in kind_of(facts(180, 4, 2, 2, 6, 6))[1]


@given(st.tuples(*[COUNTS] * 6), st.sampled_from(["some", "every"]), st.booleans(), st.integers(1, 300))
def test_every_gap_has_a_kind_and_a_reason(histogram, scope, is_form, wanted):
    kind, why = kind_of(facts(*histogram, scope=scope, is_form=is_form, wanted=wanted))
    assert kind in get_args(Kind)
    assert kind in MEANINGS
    assert why.endswith(".")


def gap(**more: object) -> Gap:
    return Gap(subgoal_id="a", alignment=0.1, capabilities=(), recommendations=(), **more)  # type: ignore[arg-type]


def test_what_would_close_a_gap_is_told_in_one_or_two_sentences():
    assert closing(gap()) == ""
    assert closing(gap(needed=1)) == "At least 1 sample more at level 4 would close the gap."
    assert "2 samples already hold it in the input but not in the output" in closing(gap(needed=9, in_input=("a", "b")))


def test_what_is_in_no_group_is_counted():
    assert left_over(gap()) == ""
    told = left_over(gap(n_low=40, n_outliers=3, n_repeated=1))
    assert told == "3 samples of 40 low-scoring ones belong to no group. 1 sample repeats another one."
