from pathlib import Path

import pytest
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.attachments import attached, take
from goalcover.graph.intent import limit_in, understand, wants_demo, wants_start
from goalcover.graph.state import Attachment, Heard

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


def test_a_message_of_paths_hands_them_over(tmp_path: Path):
    data, goal = tmp_path / "my data.csv", tmp_path / "goal.yaml"
    data.write_text("question,answer\nWhat?,That.\n")
    goal.write_text("goal: Answer\nsubgoals:\n  - {id: a, name: A, description: Answers}\n")
    assert [one.path for one in attached(Heard(text=str(data)))] == [str(data)]
    both = attached(Heard(text=f"'{data}' {goal}"))
    assert [one.name for one in both] == ["my data.csv", "goal.yaml"]
    taken = take(both)
    assert (taken.data.samples, taken.goal.text, taken.problems) == (1, "Answer", ())


@pytest.mark.parametrize("said", ["I want a medical assistant and/or a lawyer", "don't know", "billing", "hello", ""])
def test_a_sentence_is_no_path(said):
    assert attached(Heard(text=said)) == ()


def test_what_cannot_be_read_is_told_by_the_name_the_person_gave(tmp_path: Path):
    (tmp_path / "x7f.yaml").write_text("goal: only this\n")
    taken = take((Attachment(name="mine.yaml", path=str(tmp_path / "x7f.yaml")),))
    assert taken.goal is None
    assert taken.problems[0].startswith("mine.yaml: subgoals")


def test_a_json_file_is_a_goal_when_it_names_subgoals_and_data_otherwise(tmp_path: Path):
    (tmp_path / "g.json").write_text('{"goal": "G", "subgoals": [{"id": "a", "name": "A", "description": "D"}]}')
    (tmp_path / "d.json").write_text('[{"instruction": "Say a", "output": "a"}]')
    taken = take(tuple(Attachment(name=name, path=str(tmp_path / name)) for name in ("g.json", "d.json")))
    assert (taken.goal.text, taken.data.samples) == ("G", 1)
