import pytest
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.intent import limit_in, names_goal, understand, wants_anew, wants_demo, wants_other, wants_start

NAMES = {
    "billing": "Explaining bills",
    "meter-readings": "Meter readings and smart meters",
    "gas-safety": "Gas leaks, carbon monoxide and electrical danger",
    "payment": "Customers who cannot pay",
    "payment-plans": "Customers who cannot pay at all",
    "next-step": "Says what happens next",
}
GOAL = Goal(text="Help", subgoals=tuple(Subgoal(id=key, name=name, description=name) for key, name in NAMES.items()))


@pytest.mark.parametrize(
    ("said", "kind", "subgoal"),
    [
        ("why is Explaining bills weak?", "explain", "billing"),
        ("Why is billing so bad", "explain", "billing"),
        ("why is smart metre reeding weak", "explain", "meter-readings"),
        ("show the lowest samples of gas leaks", "lowest", "gas-safety"),
        ("best examples for carbon monoxide please", "highest", "gas-safety"),
        ("why is Customers who cannot pay at all weak?", "explain", "payment-plans"),
        ("Show the highest samples of Says what happens next", "highest", "next-step"),
        ("how do i fix the bills", "advice", "billing"),
        ("gas", "explain", "gas-safety"),
        ("What should I do first?", "advice", None),
        ("show me the coverage table", "coverage", None),
        ("Report", "report", None),
        ("Other data", "restart", None),
        ("Judge all", "assess", None),
        ("help", "help", None),
        ("show the typical samples of gas", "typical", "gas-safety"),
        ("how many samples are needed?", "needed", None),
        ("how many samples would it take for billing", "needed", "billing"),
        ("make me 20 samples for gas leaks", "synthesize", "gas-safety"),
        ("export the data for my trainer", "export", None),
        ("push it to me/my-set", "export", None),
        ("why is it pushed back on Explaining bills?", "explain", "billing"),
        ("make 5 samples for gas leaks, but only letters, not in eval.jsonl", "synthesize", "gas-safety"),
        ("show the subgoals", "plan", None),
        ("looks good", "assess", None),
        ("start over", "anew", None),
        ("which samples mention gas", "highest", "gas-safety"),
        ("is there anything about gas?", "explain", "gas-safety"),
        ("thanks a lot!", "thanks", None),
        ("what are the gaps?", "coverage", None),
        ("waht are teh gpas", "coverage", None),
        ("shwo the lowset sampels of gas", "lowest", "gas-safety"),
    ],
)
def test_a_message_is_understood(said, kind, subgoal):
    ask = understand(said, GOAL)
    assert (ask.kind, ask.subgoal and ask.subgoal.id) == (kind, subgoal)


def test_it_means_the_subgoal_talked_about_last():
    assert understand("and the highest samples?", GOAL, "billing").subgoal.id == "billing"
    assert understand("why is it weak?", GOAL, "billing").subgoal.id == "billing"


@pytest.mark.parametrize("said", ["why is cybersecurity weak?", "why is it weak?", "tomatoes", "", "?!"])
def test_what_is_not_clear_is_asked_back(said):
    assert understand(said, GOAL).kind in {"unsure", "help"}
    assert understand(said, GOAL).subgoal is None


def test_an_unknown_subgoal_is_not_taken_for_the_last_one():
    assert understand("why is cybersecurity weak?", GOAL, "billing").kind == "unsure"


def test_two_subgoals_that_fit_alike_are_both_offered():
    ask = understand("why is customers weak?", GOAL)
    assert (ask.kind, [one.id for one in ask.maybe]) == ("unsure", ["payment", "payment-plans"])


def test_start_and_its_limit_are_understood():
    assert wants_start("Start")
    assert wants_start("judge 200 first")
    assert not wants_start("Assess my data")
    assert limit_in("Judge 200 first") == 200
    assert limit_in("Judge all 305") is None
    assert wants_demo("Try the demo")
    assert not wants_demo("why is the demonstration weak?")


@pytest.mark.parametrize(
    ("said", "threshold"),
    [
        ("what would change at a threshold of 0.6?", 0.6),
        ("what if the threshold were 40 %?", 0.4),
        ("and at threshold 70?", 0.7),
        ("which threshold is in use?", None),
    ],
)
def test_a_threshold_is_read_as_a_share(said, threshold):
    ask = understand(said, GOAL)
    assert (ask.kind, ask.number) == ("suppose", threshold)


def test_two_subgoals_are_compared_by_name_or_by_some_of_their_words():
    ask = understand("compare billing and gas leaks", GOAL)
    assert (ask.kind, ask.subgoal.id, ask.other.id) == ("compare", "billing", "gas-safety")
    long = understand("Compare Customers who cannot pay at all with Says what happens next", GOAL)
    assert (long.subgoal.id, long.other.id) == ("payment-plans", "next-step")
    it = understand("compare it with gas leaks", GOAL, "billing")
    assert (it.subgoal.id, it.other.id) == ("billing", "gas-safety")
    assert understand("compare gas", GOAL).kind == "unsure"


def test_a_sample_is_opened_by_its_id():
    assert understand("Show sample lf-0001", GOAL).sample == "lf-0001"
    assert understand("open the row row-12.", GOAL).sample == "row-12"


@pytest.mark.parametrize(
    ("said", "sample"),
    [("show me row-86", "row-86"), ("row 5?", "5"), ("show me row 5", "5"), ("and lf-0001", "lf-0001"), ("#12", "12")],
)
def test_a_sample_is_opened_by_its_row_or_by_an_id_alone(said, sample):
    ask = understand(said, GOAL)
    assert (ask.kind, ask.sample) == ("sample", sample)


@pytest.mark.parametrize(
    ("said", "rank"),
    [("and the second one?", 2), ("and the other gap?", 0), ("which one is the worst?", 1), ("the next gap", 0)],
)
def test_a_gap_is_meant_by_its_place(said, rank):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal, ask.rank, ask.topic) == ("explain", None, rank, "billing")


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("what does support mean?", "support"),
        ("how is alignment computed?", "alignment"),
        ("what does “Wanted of” mean?", "wanted"),
        ("what is a gap?", "gap"),
        ("how do you decide what a gap is", ""),
    ],
)
def test_a_word_of_the_results_can_be_asked_about(said, term):
    assert understand(said, GOAL).term == term


@pytest.mark.parametrize("said", ["which samples", "wich sampels are teh worst for it"])
def test_samples_of_what_was_talked_about_are_meant_without_its_name(said):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal.id) == ("lowest", "billing")


def test_how_many_to_make_is_read():
    ask = understand("make me 20 samples for gas leaks", GOAL)
    assert (ask.kind, ask.number) == ("synthesize", 20)


@pytest.mark.parametrize(
    ("said", "with_files", "is_goal"),
    [
        ("I want to fine-tune a model for clinical decision support", False, True),
        ("chemistry", False, True),
        ("here is my data", True, False),
        ("assess my data", False, False),
        ("Build a medical QA assistant", True, True),
        ("hello", False, False),
        ("help", False, False),
        ("", True, False),
        ("start", False, False),
    ],
)
def test_a_goal_is_told_from_a_greeting(said, with_files, is_goal):
    assert names_goal(said, with_files) is is_goal


def test_other_data_and_a_new_beginning_are_told_apart():
    assert wants_other("other data")
    assert not wants_anew("other data")
    assert wants_anew("start over")
    assert not wants_anew("start")
