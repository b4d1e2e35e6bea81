"""Recommendations rest on the gap's own figures and samples."""

import asyncio

import pytest
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.models import Recommendation, Subgoal, SubgoalCoverage
from goalcover.agent.roles import Standing

HEART = Subgoal(
    id="heart", name="Cardiology expertise", description="Answers questions about heart disease and its treatment"
)
MONEY = Subgoal(
    id="money", name="Money", description="The summary keeps the amounts of money that the bill names", scope="every"
)


def coverage(subgoal: Subgoal, histogram: tuple[int, int, int, int, int, int]) -> SubgoalCoverage:
    n = sum(histogram)
    return SubgoalCoverage(
        id=subgoal.id,
        name=subgoal.name,
        scope=subgoal.scope,
        alignment=sum(level * count for level, count in enumerate(histogram)) / 5 / n,
        ci_low=0.0,
        ci_high=1.0,
        support=histogram[4] + histogram[5],
        support_share=(histogram[4] + histogram[5]) / n,
        share_wanted=0.1 if subgoal.scope == "some" else None,
        n_scored=n,
        n_unscored=0,
        histogram=histogram,
        gap=True,
        rule="because",
    )


def advice(subgoal: Subgoal, histogram: tuple[int, int, int, int, int, int], **more: object) -> list[Recommendation]:
    parts = {"needed": 17, "to_rewrite": None, "exemplars": (), "near_misses": (), "off_topic": (), **more}
    standing = Standing(coverage=coverage(subgoal, histogram), **parts)  # type: ignore[arg-type]
    return list(asyncio.run(EmbeddedAdvisor().recommend(subgoal, standing, ())))


def test_the_number_to_collect_and_the_subject_are_named():
    collect = advice(HEART, (90, 5, 2, 0, 1, 2), exemplars=("a", "b", "c"), near_misses=("n", "m"))[0]
    assert collect.action == "Add at least 17 samples for Cardiology expertise"
    assert "heart disease and treatment" in collect.detail
    assert "3 of 100 samples support it" in collect.detail


def test_near_misses_are_to_be_deepened_and_the_best_to_be_copied_with_their_ids():
    _, deepen, learn, *_ = advice(HEART, (90, 5, 2, 0, 1, 2), exemplars=("a", "b", "c"), near_misses=("n", "m"))
    assert (deepen.action, deepen.sample_ids) == ("Deepen the 2 near misses", ("n", "m"))
    assert learn.sample_ids == ("a", "b", "c")
    assert "3 samples reach level 3 or above" in learn.detail


def test_one_of_a_kind_is_told_in_the_singular():
    texts = " ".join(
        f"{one.action} {one.detail}"
        for one in advice(HEART, (98, 0, 1, 1, 0, 0), needed=1, exemplars=("a",), near_misses=("n",))
    )
    assert "1 samples" not in texts
    assert "1 near misses" not in texts


def test_off_topic_samples_are_to_be_left_out_only_when_every_sample_should_show_it():
    assert not any("Leave out" in one.action for one in advice(HEART, (90, 5, 2, 0, 1, 2), off_topic=("x",)))
    advised = advice(MONEY, (90, 0, 0, 5, 3, 2), to_rewrite=40, off_topic=("x",))
    assert advised[0].action.startswith("Rewrite 40 samples")
    assert any("Leave out" in one.action and one.sample_ids == ("x",) for one in advised)


def test_outputs_are_to_be_mended_before_anything_is_added_where_they_are_broken():
    first = advice(HEART, (90, 5, 2, 0, 1, 2), kind="broken", broken=("b1", "b2", "b3"))[0]
    assert (first.action, first.sample_ids) == ("Mend the outputs of 3 samples", ("b1", "b2", "b3"))


def test_what_is_wrong_with_each_broken_output_is_told():
    faults = ("cut off", "another input's", "cut off")
    first = advice(HEART, (90, 5, 2, 0, 1, 2), kind="broken", broken=("b1", "b2", "b3"), faults=faults)[0]
    assert "Another input's: b2. Cut off: b1 and b3." in first.detail


def test_where_no_good_sample_is_sound_none_is_a_model():
    assert not any("model" in one.action for one in advice(HEART, (90, 5, 2, 0, 1, 2), exemplars=()))


def test_what_the_input_holds_is_to_be_taken_over_and_what_it_does_not_hold_is_left():
    held = tuple(f"i{place}" for place in range(12))
    more = {"kind": "shallow", "in_input": held, "to_rewrite": 12, "not_applicable": 70, "rewriting_closes": False}
    take_over, ask_of_some, *others = advice(MONEY, (85, 0, 0, 5, 5, 5), **more)
    assert take_over.action == "Rewrite the outputs of 12 samples from their own inputs"
    assert "that alone does not close the gap" in take_over.detail
    assert "70 samples with none in the input cannot show it" in take_over.detail
    assert take_over.sample_ids == held[:10]
    assert ask_of_some.detail.startswith("70 of 100 samples have no amounts of money in their input")
    assert not any(one.action.startswith("Rewrite 12") for one in others)


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("absent", "Add at least 17"),
        ("rare", "Add at least 17"),
        ("shallow", "Deepen"),
        ("unsure", "Read some samples by hand"),
    ],
)
def test_the_kind_of_weakness_decides_what_comes_first(kind, first):
    advised = advice(HEART, (60, 5, 30, 0, 3, 2), kind=kind, near_misses=("n",), exemplars=("a",))
    assert advised[0].action.startswith(first)
    assert 2 <= len(advised) <= 4


@pytest.mark.parametrize("histogram", [(3, 0, 0, 0, 0, 0), (0, 2, 1, 0, 0, 0), (50, 20, 10, 5, 5, 5)])
def test_nothing_empty_is_recommended(histogram):
    for one in advice(HEART, histogram, near_misses=("n",), exemplars=("a",)):
        assert one.action
        assert one.detail.endswith(".")
