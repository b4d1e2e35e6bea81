import pytest
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.intent import (
    limit_in,
    names_goal,
    understand,
    wants_anew,
    wants_demo,
    wants_other,
    wants_plan,
    wants_start,
)

NAMES = {
    "billing": "Explaining bills",
    "meter-readings": "Meter readings and smart meters",
    "gas-safety": "Gas leaks, carbon monoxide and electrical danger",
    "payment": "Customers who cannot pay",
    "payment-plans": "Customers who cannot pay at all",
    "next-step": "Says what happens next",
    "mental-health": "Mental health",
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
        ("can I trust this?", "trust", None),
        ("can I trust the bills one?", "trust", "billing"),
        ("what do you mean by trustworthy?", "trust", None),
        ("why is it only weak?", "trust", None),
        ("why is Explaining bills only weak?", "trust", "billing"),
        ("which samples did you remove?", "trust", None),
        ("what was removed for gas leaks?", "trust", "gas-safety"),
        ("is the judge right?", "trust", None),
        ("how good is the judge?", "trust", None),
        ("how accurate are the scores?", "trust", None),
        ("what are the limits of this?", "trust", None),
        ("which samples mention gas", "highest", "gas-safety"),
        ("is there anything about gas?", "explain", "gas-safety"),
        ("thanks a lot!", "thanks", None),
        ("what are the gaps?", "coverage", None),
        ("waht are teh gpas", "coverage", None),
        ("shwo the lowset sampels of gas", "lowest", "gas-safety"),
        ("make me new data for gas leaks", "synthesize", "gas-safety"),
        ("make 20 for gas leaks", "synthesize", "gas-safety"),
        ("looks good, now create 5 samples for gas leaks", "synthesize", "gas-safety"),
        ("can you make samples for gas leaks please?", "synthesize", "gas-safety"),
        ("give me 20 more samples for gas leaks", "synthesize", "gas-safety"),
        ("give me the lowest samples of gas leaks", "lowest", "gas-safety"),
        ("give me 5 bad samples of gas leaks", "lowest", "gas-safety"),
        ("give me an example for gas leaks", "lowest", "gas-safety"),
        ("what new data should I collect?", "needed", None),
        ("do I need other data?", "needed", None),
        ("what would it take?", "needed", None),
        ("I have new data", "restart", None),
        ("please use another dataset", "restart", None),
        ("which of these would help most?", "advice", None),
        ("should I make samples or collect them?", "advice", None),
        ("how many rows mention gas leaks?", "search", "gas-safety"),
        ("is there any html in my data?", "search", None),
        ("how bad is billing?", "explain", "billing"),
        ("why is carbonated water weak?", "unsure", None),
        ("why is psychiatry weak?", "explain", "mental-health"),
        ("which ones are broken for gas leaks?", "lowest", "gas-safety"),
        ("why not just drop gas leaks?", "change", "gas-safety"),
        ("what would change if gas leaks only applied to some?", "change", "gas-safety"),
        ("what if I drop the broken rows?", "unsure", None),
        ("what if I remove duplicates?", "unsure", None),
        ("what would it take to add 20 points?", "needed", None),
        ("why's Explaining bills weak?", "explain", "billing"),
    ],
)
def test_a_message_is_understood(said, kind, subgoal):
    ask = understand(said, GOAL)
    assert (ask.kind, ask.subgoal and ask.subgoal.id) == (kind, subgoal)


def test_it_means_the_subgoal_talked_about_last():
    assert understand("and the highest samples?", GOAL, "billing").subgoal.id == "billing"
    assert understand("why is it weak?", GOAL, "billing").subgoal.id == "billing"
    assert understand("why is it only weak?", GOAL, "billing").subgoal.id == "billing"
    assert understand("can I trust this?", GOAL, "billing").subgoal is None
    assert understand("how bad is it?", GOAL, "billing").subgoal.id == "billing"
    for said in ("what should I do about it?", "how many are needed for it?", "how can I fix this?"):
        assert understand(said, GOAL, "billing").subgoal.id == "billing"
    for said in ("what should I do first?", "what would it take?", "how many are needed for them?"):
        assert understand(said, GOAL, "billing").subgoal is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("give me an example of a good one", "highest"),
        ("give me the lowest samples", "lowest"),
        ("show me", "lowest"),
        ("show me the bad ones", "lowest"),
        ("what do you make of the lowest sample there?", "lowest"),
        ("make 20 samples", "synthesize"),
        ("yes please, make samples for it", "synthesize"),
    ],
)
def test_without_a_name_it_is_about_what_was_talked_about(said, kind):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal.id) == (kind, "billing")


@pytest.mark.parametrize(
    "said",
    [
        "what do you make of these samples?",
        "should I make samples or collect them?",
        "is it better to make samples, or to collect data?",
        "I wonder whether to make samples",
        "please don't make any samples",
        "how do you make samples?",
        "what is better, make samples or collect data?",
        "if I make 20 samples, is that enough?",
        "would it help to create data?",
        "how many samples should I make?",
        "can you make samples?",
        "and for gas leaks?",
    ],
)
def test_a_question_about_samples_makes_none(said):
    ask = understand(said, GOAL, "billing")
    assert ask.kind != "synthesize" or ask.subgoal is None


def test_samples_are_made_for_the_gap_at_a_place():
    ask = understand("make me 20 samples for the worst one", GOAL, "gas-safety")
    assert (ask.kind, ask.subgoal, ask.rank, ask.number) == ("synthesize", None, 1, 20)
    assert understand("make samples for the second gap", GOAL, "gas-safety").rank == 2
    numbered = understand("make samples for gap 3", GOAL, "gas-safety")
    assert (numbered.rank, numbered.number) == (3, None)
    assert understand("make samples for the worst of gas leaks", GOAL).subgoal.id == "gas-safety"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("make 20 samples for explaining bills and gas leaks", ["billing", "gas-safety"]),
        ("make 5 samples for meter readings, gas leaks and billing", ["meter-readings", "gas-safety", "billing"]),
        ("make 20 for explaining bills and gas leaks", ["billing", "gas-safety"]),
        ("make samples for all gaps", []),
        ("make 20 samples for each of them", []),
        ("create data for dinosaurs", []),
    ],
)
def test_samples_for_no_single_subgoal_are_asked_back(said, names):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal, ask.rank, [one.id for one in ask.maybe]) == ("synthesize", None, None, names)


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
    assert wants_start("yeah")
    assert wants_start("judge 200 first")
    assert wants_start("yes, do it")
    for said in ("fine", "right", "exactly", "ok, undo that", "okay, reword it"):
        assert not wants_start(said)
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
    between = understand("what's the difference between billing and gas leaks?", GOAL, "payment")
    assert (between.subgoal.id, between.other.id) == ("billing", "gas-safety")
    assert understand("compare with gas leaks", GOAL, "billing").subgoal.id == "billing"
    unknown = understand("what’s the difference between solar panels and gas leaks?", GOAL, "billing")
    assert (unknown.kind, [one.id for one in unknown.maybe]) == ("unsure", ["gas-safety"])
    worse = understand("is billing worse than gas leaks?", GOAL, "payment")
    assert (worse.kind, worse.subgoal.id, worse.other.id) == ("compare", "billing", "gas-safety")
    assert understand("why is billing worse than expected?", GOAL, "payment").kind != "compare"
    made = understand("make 5 samples for billing that are better than those for gas leaks", GOAL)
    assert (made.kind, made.number) == ("synthesize", 5)


@pytest.mark.parametrize(
    ("said", "wished"),
    [
        ("what was my goal again?", True),
        ("can you show me the subgoals please?", True),
        ("could I see the plan?", True),
        ("which subgoals are there?", True),
        ("what subgoals do you have", True),
        ("remind me of my goal", True),
        ("ok, show me all the subgoals now", True),
        ("the subgoals", True),
        ("can you explain what subgoals are for?", False),
        ("could you make the subgoals simpler?", False),
        ("can I have fewer subgoals?", False),
        ("what happens if I drop one of the subgoals?", False),
        ("questions about the specification of pumps", False),
        ("reading the plan of a house", False),
    ],
)
def test_only_who_asks_to_see_the_subgoals_wishes_to_see_them(said, wished):
    assert wants_plan(said) is wished


@pytest.mark.parametrize(
    ("said", "sample", "shown"),
    [
        ("more like 2", "2", 0), ("show me more like row-1.b", "row-1.b", 0), ("more like this one", "", 0),
        ("Show me more like the second!", "", 2), ("more like the last one", "", -1), ("what is like this?", "", 0),
    ],
)  # fmt: skip
def test_samples_like_one_are_meant_by_its_id_or_its_place(said, sample, shown):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.sample, ask.shown, ask.topic) == ("similar", sample, shown, "billing")


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
    [
        ("and the second one?", 2), ("and the other gap?", 0), ("which one is the worst?", 1), ("the next gap", 0),
        ("explain gap 2", 2), ("why is 2 weak?", 2), ("and number 3?", 3), ("why is the 2nd one so weak?", 2),
        ("why is the last one weak?", -1), ("explain the sixth", 6),
    ],
)  # fmt: skip
def test_a_gap_is_meant_by_its_place(said, rank):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal, ask.rank, ask.topic) == ("explain", None, rank, "billing")


@pytest.mark.parametrize(
    ("said", "kind", "rank"),
    [
        ("what should I do about the second one?", "advice", 2),
        ("how many are needed for gap 3?", "needed", 3),
        ("show the lowest samples of gap 2", "lowest", 2),
        ("highest samples for the last one", "highest", -1),
    ],
)
def test_all_that_is_about_one_subgoal_is_meant_for_a_gap_by_its_place(said, kind, rank):
    ask = understand(said, GOAL, "billing")
    assert (ask.kind, ask.subgoal, ask.rank) == (kind, None, rank)


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("what does support mean?", "support"),
        ("how is alignment computed?", "alignment"),
        ("what does “Wanted of” mean?", "wanted"),
        ("what is a gap?", "gap"),
        ("how do you decide what a gap is", ""),
        ("what does rare mean?", "rare"),
        ("what is off-target?", "off-target"),
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
        ("hi! how does this work? do you need an API key?", False, False),
        ("hi, these are bills with their summaries, what can I do with it?", False, False),
        ("can you help me build a chatbot for dentists?", False, True),
        ("is it possible to train a model that sorts mail?", False, True),
    ],
)
def test_a_goal_is_told_from_a_greeting(said, with_files, is_goal):
    assert names_goal(said, with_files) is is_goal


def test_other_data_and_a_new_beginning_are_told_apart():
    assert wants_other("other data")
    assert not wants_anew("other data")
    assert wants_anew("start over")
    assert not wants_anew("start")
    assert not wants_other("what new data should I collect?")
    assert not wants_other("make me new data for fixing bugs")
    assert not wants_other("do I need other data?")
