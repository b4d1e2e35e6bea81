"""`goalcover plan` and `goalcover verify` as a person and a script meet them."""

import asyncio
import json

import pytest
from commands import DEMO_DATA, DEMO_GOAL, goalcover
from goalcover.agent.decomposer import LLMDecomposer
from goalcover.agent.elicitation import Specification
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.memory.goals import load_goal
from goalcover.tools.elicit import plan
from goalcover.ui.planning import print_plan
from openai_faults import Faults
from scripted import chat_model, serving

GOAL = "customer support for an energy supplier"


@pytest.fixture(scope="module")
def planned(tmp_path_factory, cache_dir):
    """A goal file that `plan` made from the demo's data, and what the command said."""
    path = tmp_path_factory.mktemp("plan") / "goal.yaml"
    said = goalcover("plan", GOAL, "--data", DEMO_DATA, "--out", path)
    assert said.returncode == 0, said.stderr
    return path, said


def test_plan_writes_a_goal_file_that_verify_accepts(planned):
    path, said = planned
    assert said.stdout == ""
    assert "Meter readings" in said.stderr
    assert "Still open." in said.stderr
    assert "% of the samples" in said.stderr  # what the rule wants where no share is given
    assert len(load_goal(path).subgoals) >= 3
    checked = goalcover("verify", path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stderr.count("holds") == 3


def test_plan_as_json_has_subgoals_checks_and_open_questions(tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text("- {slot: domain, answer: billing and power cuts}\n- {slot: evidence, answer: skip}\n")
    out = tmp_path / "goal.yaml"
    said = goalcover("plan", GOAL, "--answers", answers, "--out", out, "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert set(found) == {"goal", "subgoals", "checks", "note", "open_questions"}
    assert found["goal"] == GOAL
    assert [one["name"] for one in found["subgoals"]][:2] == ["Explaining bills", "Power cuts"]
    assert set(found["checks"]) == {"atomic", "disjoint", "complete"}
    assert {one["slot"] for one in found["open_questions"]}.isdisjoint({"domain", "evidence"})
    assert all(set(one) == {"slot", "question", "suggestions"} for one in found["open_questions"])
    assert load_goal(out).context[0].answer == "billing and power cuts"


def test_planning_again_keeps_what_was_edited_by_hand(planned, tmp_path):
    path = tmp_path / "goal.yaml"
    path.write_text(planned[0].read_text().replace("Meter readings", "Reading meters"))
    said = goalcover("plan", GOAL, "--out", path)
    assert f"What stood in {path} before is now {path}.bak" in said.stderr
    assert "Reading meters" in (tmp_path / "goal.yaml.bak").read_text()


def test_what_was_made_without_the_model_is_told(tmp_path, embedder, capsys):
    with serving(faults=Faults({"prose": 1.0})) as server:
        model = chat_model(server, tmp_path, "decomposer")
        roles = EmbeddedClarifier(embedder), LLMDecomposer(model, embedder, EmbeddedDecomposer(embedder))
        made = asyncio.run(plan(Specification(goal=GOAL), None, *roles))
    print_plan(made, tmp_path / "goal.yaml", None)
    told = " ".join(capsys.readouterr().err.split())
    assert "Taken apart without the model: no usable answer from test-model" in told
    assert "Checked without the model: no usable answer from test-model" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "asdf qwer zxcv", "--out", "g.yaml"], "say in English what the model should do"),
        (["plan", " ", "--out", "g.yaml"], "the goal is empty"),
        (["plan", GOAL, "--data", "none.jsonl", "--out", "none/g.yaml"], "Cannot write none/g.yaml"),
        (["plan", GOAL, "--data", "none.jsonl", "--out", "."], "Cannot write .: Is a directory"),
        (["plan", GOAL, "--answers", "none.yaml", "--out", "g.yaml"], "There is no answers file"),
        (["plan", GOAL, "--data", "none.jsonl", "--out", "g.yaml"], "none.jsonl"),
        (["plan", GOAL], "--out"),
        (["verify", "none.yaml"], "`goalcover plan` makes one"),
        (["verify", DEMO_GOAL, "--engine", "abacus"], "no engine 'abacus'"),
        (["verify", DEMO_GOAL, "--run", "none"], "no GoalCover run"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(tmp_path, arguments, said):
    done = goalcover(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_fails_is_exit_code_1_with_its_reason_and_a_repair(tmp_path):
    path = tmp_path / "goal.yaml"
    path.write_text(
        "goal: A chatbot about heart disease\n"
        "subgoals:\n"
        "  - {id: both, name: Cardiology and dentistry, description: Answers questions about hearts and teeth}\n"
    )
    said = goalcover("verify", path)
    assert said.returncode == 1
    assert "Split it into Cardiology and Dentistry?" in " ".join(said.stderr.split())
    machine = goalcover("verify", path, "--json")
    assert machine.returncode == 1
    assert [one["ok"] for one in json.loads(machine.stdout)["atomic"]] == [False]


def test_verify_looks_at_a_run(small_demo):
    said = goalcover("verify", DEMO_GOAL, "--run", small_demo.path, "--json")
    assert said.returncode == 0, said.stdout
    assert len(json.loads(said.stdout)["disjoint"]) == 36
