"""Words for what closes a gap: nothing that was not understood is passed over, nothing leaves unasked."""

import pytest
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph import events
from goalcover.graph.orders import Order
from goalcover.memory.synthetic import Decision
from goalcover.tools.export import Exported
from goalcover.tools.filter import Cut, Loss, Selection
from goalcover.tools.formats.hub import Uploaded
from goalcover.tools.plan import Spread
from goalcover.tools.synthesize import Batch
from goalcover.ui.render import render

HOSTILE = "<img src=x> **bold** [link](https://evil.example)"
MARKUP = (" <img", "**bold**", "[link](")
NAMES = ["Eyes", "Teeth", "Heart", "Brain", "Skin", "Bones"]
GOAL = Goal(goal="Help", subgoals=tuple(Subgoal(id=one.lower(), name=one, description=one) for one in NAMES))
EXPORTED = Exported(
    mix="synthetic", format="trl", rows=90, validation_rows=10, synthetic=100, duplicates=1, skipped={}, notes=(),
    path="/x/y.jsonl", files=("/x/y.jsonl",),
)  # fmt: skip


def proposed(rejected: tuple[Decision, ...] = (), **more: object) -> str:
    spread = Spread(capabilities={"Nothing on | b": 3}, difficulties={}, forms={}, wanted={"Nothing on a": 4})
    batch = Batch(
        subgoal_id="eyes", asked=4, proposals=(), rejected=rejected, rounds=1, shortfall="", spread=spread, engine="e",
        missing=(),
    )  # fmt: skip
    return render(events.Proposed(name="Eyes", batch=batch, min_level=4, warnings=(), **more))


def cut(least: float) -> Cut:
    ids = [one.lower() for one in NAMES]
    return Cut(
        min_score=least,
        kept=5,
        kept_share=0.5,
        goal_score=0.7,
        alignments=dict.fromkeys(ids, 0.4),
        support=dict.fromkeys(ids, 1),
    )


def selected(least: float, *ids: str) -> str:
    lost = [
        Loss(subgoal_id=one.lower(), alignment_before=0.3, alignment_after=0.4, support_before=9, support_after=9 - n,
             sample_ids=())
        for n, one in reversed(list(enumerate(NAMES)))
    ]  # fmt: skip
    found = Selection(
        sample_ids=(), n=10, n_unscored=0, subgoal_ids=ids or tuple(one.lower() for one in NAMES), cut=cut(least),
        suggested=cut(0.8), reason="It keeps most.", curve=(cut(0.5), cut(0.8)), lost=tuple(lost),
    )  # fmt: skip
    return render(events.Selected(goal=GOAL, selection=found, unread=("by the moon",)))


def test_what_was_wanted_stands_beside_what_came_out():
    said = proposed()
    assert "| Nothing on a | 4 | 0 |" in said
    assert said.count("| 0 | 3 |") == 1
    assert "Not understood" not in said


def test_rejections_are_told_by_kind_and_number():
    reasons = [
        "level 2, completeness 1: Weak. It says “<b>x</b>”",
        "level 0, completeness 2: None.",
        "completeness 1: Good.",
        "it nearly repeats row-1 of the training data (90% alike): “Take two”",
    ]
    rejected = tuple(Decision(decision="rejected", reasons=(one,), input="", output="", parents=()) for one in reasons)
    said = proposed(rejected=rejected)
    assert "4 candidates did not pass: too low in level and completeness (2); too low in completeness (1); " in said
    assert "<b>" not in said


def test_what_was_not_understood_of_a_wish_is_said_as_text():
    said = proposed(unread=("with pictures", HOSTILE))
    assert "**Not understood, and left out:** with pictures; " in said
    assert not any(one in said for one in MARKUP)


def test_of_many_subgoals_those_are_shown_that_lose_most():
    said = selected(0.8)
    assert "| Goal score from | Rows | Mean | Bones | Skin | Brain | Heart |" in said
    assert "0.80 (suggested)" in said
    assert "It keeps most" in said
    assert "as you asked" not in said
    assert "by the moon" in said


def test_a_cut_and_a_subgoal_that_were_asked_for_are_named():
    said = selected(0.5, "eyes")
    assert "From a goal score of 0.50 on, as you asked. Suggested: It keeps most" in said
    assert "By Eyes alone." in said
    assert "| Goal score from | Rows | Mean | Eyes |" in said


@pytest.mark.parametrize(("public", "who"), [(False, "private"), (True, "**for everyone to read**")])
def test_before_an_upload_it_is_said_what_goes_where_and_who_can_read_it(public, who):
    order = Order(mix="synthetic", hub="me/my-set", public=public, seed=7, unread=(HOSTILE,))
    said = render(events.Exported(result=EXPORTED, order=order))
    assert "90 rows to train on, and 10 rows to validate with" in said
    assert "seed 7" in said
    assert "Nothing has left this machine yet" in said
    assert "Upload these 100 rows" in said
    assert who in said
    assert "Say **yes** or **no**" in said
    assert not any(one in said for one in MARKUP)
    assert "left this machine" not in render(events.Exported(result=EXPORTED, order=Order()))


def test_what_was_left_out_of_an_export_is_said_once():
    left_out = {"skipped": {"it has no answer": 5}, "notes": ("5 rows left out: it has no answer",)}
    said = render(events.Exported(result=EXPORTED.model_copy(update=left_out), order=Order()))
    assert "1 duplicate left out. 5 rows left out\\: it has no answer. It lies in" in said


def test_what_became_of_an_upload_is_said():
    sent = Uploaded(address="https://hub.example/datasets/me/x", private=True, files=("a", "b"))
    assert render(events.Sent(result=sent)).startswith("Uploaded, private: 2 files at ")
    assert "Nothing was uploaded" in render(events.Withheld(hub="me/x"))
    held = render(events.HeldOut(name=HOSTILE, samples=30))
    assert "30 samples" in held
    assert not any(one in held for one in MARKUP)
