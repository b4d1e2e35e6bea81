"""No message keeps the others of a server waiting, however long or strange it is."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from goalcover.agent.elicitation import Question
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.edits import read_change
from goalcover.graph.intent import limit_in, names_goal, understand, wants_demo, wants_plan
from goalcover.graph.orders import read_cut, read_order
from goalcover.graph.parts import Parts
from goalcover.graph.replies import read_reply
from goalcover.graph.speech import agrees
from goalcover.graph.wishes import read_making, read_review

GOAL = Goal(
    goal="g",
    subgoals=(
        Subgoal(id="drugs", name="Drug information", description="d"),
        Subgoal(id="heart", name="Cardiology", description="d"),
    ),
)
QUESTION = Question(text="Which?", slot="domain", suggestions=("Cardiology", "Oncology"), many=True)
READERS: tuple[Callable[[str], object], ...] = (
    read_making,
    partial(read_making, with_file=True),
    read_review,
    read_order,
    lambda text: read_cut(Parts(text)),
    agrees,
    lambda text: understand(text, GOAL),
    lambda text: names_goal(text, with_files=True),
    wants_demo,
    wants_plan,
    limit_in,
    lambda text: read_change(text, GOAL),
    lambda text: read_reply(text, QUESTION),
)
LENGTH, LIMIT_S = 20_000, 2.0


@pytest.mark.parametrize(
    ("opening", "again"),
    [
        ("", "to the a "),
        ("", "not in "),
        ("", "not in a "),
        ("", "a."),
        ("", "at "),
        ("", "9"),
        ("", "make "),
        ("", "how many "),
        ("upload ", "upload to a"),
        ("", "?!"),
        ("yes", "?!"),
        ("", "yes "),
        ("that's", " "),
        ("seed", " "),
        ("1", "   1"),
        ("accept 1", ","),
        ("score ", ">="),
        ("merge ", "a and "),
        ("split Cardiology into ", "a, "),
        ("set threshold ", "9"),
        ("", "no, "),
        ("the first ", "and the first "),
        ("add ", "to the topics "),
        ("", "skip it doesn't matter "),
        ("not ", "no, i "),
    ],
)
def test_the_longest_message_is_read_at_once(opening, again):
    text = f"{opening}{again * (LENGTH // len(again))}\0x!"
    started = time.thread_time()
    for read in READERS:
        read(text)
    assert time.thread_time() - started < LIMIT_S


def test_a_number_that_no_one_means_is_not_understood():
    assert read_review(f"accept {'9' * 5000}") is None
    assert read_order("export with a 00/00 split").unread == ("00/00 split",)
