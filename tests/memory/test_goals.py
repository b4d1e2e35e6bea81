"""Goal files: what is read, what is written, and what a person is told about a file that cannot be used."""

import json
import re
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Clarification, Goal, Subgoal
from goalcover.memory.goals import dump_goal, goal_sha256, load_goal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
SUBGOAL = "subgoals: [{id: a, name: A, description: Does A}]"
SUBGOALS = st.lists(
    st.builds(
        Subgoal,
        id=st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True),
        name=TEXT,
        description=TEXT,
        weight=st.floats(0.01, 100),
        scope=st.just("some"),
        share=st.none() | st.floats(0.01, 1),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda subgoal: subgoal.id,
)
GOALS = st.builds(
    Goal,
    goal=TEXT,
    threshold=st.none() | st.floats(0.01, 1),
    context=st.lists(st.builds(Clarification, question=TEXT, answer=TEXT), max_size=2).map(tuple),
    subgoals=SUBGOALS.map(tuple),
)


def complaint(path: Path, content: str | bytes) -> str:
    """What a person is told about a goal file of that content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as told:
        load_goal(path)
    text = str(told.value)
    assert str(path) in text
    assert "\n" not in text
    return text.replace(str(path), "FILE")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "goal.yaml"


def test_the_contracts_example_is_read(path: Path) -> None:
    path.write_text(
        "goal: Build a medical question-answering assistant\n"
        "threshold: 0.5            # optional\n"
        "low_score: 0.2\n"
        "context:\n"
        "  - {question: Which specialties?, answer: cardiology and pharmacology}\n"
        "subgoals:\n"
        "  - id: cardiology\n"
        "    name: Cardiology expertise\n"
        "    description: Answers questions about heart disease\n"
        "    weight: 2\n"
        "    scope: some\n"
        "    share: 0.15\n"
        "  - {id: safety, name: Safety, description: Warns, scope: every}\n"
    )
    goal = load_goal(path)
    assert (goal.text, goal.threshold, goal.low_score) == ("Build a medical question-answering assistant", 0.5, 0.2)
    assert goal.context[0].answer == "cardiology and pharmacology"
    assert (goal.subgoal("cardiology").share, goal.subgoal("safety").scope) == (0.15, "every")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(goal=GOALS, name=st.sampled_from(["goal.yaml", "goal.json"]))
def test_a_goal_is_read_back_as_it_was_written(tmp_path: Path, goal: Goal, name: str) -> None:
    dump_goal(goal, tmp_path / name)
    again = load_goal(tmp_path / name)
    assert again == goal
    assert goal_sha256(again) == goal_sha256(goal)


def test_the_digest_names_the_content_and_not_the_file(tmp_path: Path) -> None:
    content = {"subgoals": [{"description": "Does A", "name": "A", "id": "a", "weight": 1}], "goal": "G"}
    (tmp_path / "one.json").write_text(json.dumps(content, indent="\t"))
    (tmp_path / "two.yaml").write_text(f"# a note\ngoal: G\n{SUBGOAL}\n")
    (tmp_path / "three.yaml").write_text(f"goal: H\n{SUBGOAL}\n")
    one, two, three = (goal_sha256(load_goal(tmp_path / f)) for f in ("one.json", "two.yaml", "three.yaml"))
    assert one == two != three
    assert len(one) == 64


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "FILE is empty"),
        ("# nothing yet\n", "FILE is empty"),
        ("- goal: G\n", "FILE holds a list, not `goal:` and `subgoals:`"),
        ("just words", "FILE holds text"),
        (f"gaol: G\n{SUBGOAL}", "gaol: is not a known key, did you mean `goal`"),
        (f"goal: G\nzzz: 1\n{SUBGOAL}", "zzz: is not a known key; known are goal, threshold"),
        ("goal: G\nsubgoals: []", "subgoals: must have at least one entry"),
        ("goal: G\nsubgoals: {a: {name: A}}", "subgoals: must be a list, not a mapping"),
        ("goal: G\nsubgoals: [heart]", "subgoal 1: must be a mapping of keys to values, not text"),
        ("goal: G", "subgoals: is missing"),
        (SUBGOAL, "goal: is missing"),
        (f"goal: \n{SUBGOAL}", "goal: is empty"),
        (f"goal: G\nthreshold: high\n{SUBGOAL}", "threshold: input should be a valid number"),
        (f"goal: G\nthreshold: 1.5\n{SUBGOAL}", "threshold: input should be less than or equal to 1"),
        (
            f"goal: G\ncontext: [{{question: Safe?, answer: 7}}]\n{SUBGOAL}",
            "context 1, answer: must be text, not a",
        ),
        ("goal: G\ngoal: H\n" + SUBGOAL, "the key `goal` stands twice in one place .* in line 2"),
        ("goal: a: b\n" + SUBGOAL, "FILE is not YAML: .* in line 1. Text with a colon and a space goes in quotes"),
        ("goal: [G\n" + SUBGOAL, "FILE is not YAML: .* in line"),
        ("goal: \x07\n", "FILE is not YAML: it holds characters"),
        (b"goal: \xff\n", "FILE is not text in UTF-8"),
        ("[" * 5_000, "FILE is nested too deep|FILE is not YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(path: Path, content: str | bytes, told: str) -> None:
    assert re.search(told, complaint(path, content))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("name: B", "subgoal 2 (b), description: is missing"),
        (
            "name: B, description: {Cites: sources}",
            "subgoal 2 (b), description: was read as a mapping because",
        ),
        ("name: B, description: 7", "subgoal 2 (b), description: must be text, not a number: put it in quotes"),
        ("name: B, description: ' '", "subgoal 2 (b), description: is empty"),
        ("name: B, descripton: x", "subgoal 2 (b), descripton: is not a known key, did you mean `description`?"),
        ("name: B, description: x, scope: all", "subgoal 2 (b), scope: input should be 'some' or 'every'"),
        ("name: B, description: x, scope: every, share: 1", "subgoal 2 (b): share goes with scope 'some'"),
        ("name: B, description: x, weight: 0", "subgoal 2 (b), weight: input should be greater than 0"),
    ],
)
def test_a_subgoal_that_cannot_be_used_is_told_by_place_name_and_field(path: Path, field: str, told: str) -> None:
    content = f"goal: G\nsubgoals:\n  - {{id: a, name: A, description: Does A}}\n  - {{id: b, {field}}}\n"
    assert told in complaint(path, content)


def test_bad_ids_are_told(path: Path) -> None:
    assert "subgoal 1 (Heart Care), id: may hold only a-z, 0-9, _ and -" in complaint(
        path, "goal: G\nsubgoals: [{id: Heart Care, name: A, description: B}]"
    )
    assert "subgoal ids must be unique; used twice: a" in complaint(
        path, "goal: G\nsubgoals: [{id: a, name: A, description: B}, {id: a, name: C, description: D}]"
    )


def test_a_forgotten_dash_does_not_swallow_a_subgoal(path: Path) -> None:
    content = (
        "goal: G\nsubgoals:\n  - id: a\n    name: A\n    description: B\n    id: b\n    name: C\n    description: D\n"
    )
    assert "the key `id` stands twice in one place (is a dash missing before it?) in line 6" in complaint(path, content)


def test_a_list_whose_only_entry_is_wrong_is_not_called_empty(path: Path) -> None:
    assert complaint(path, "goal: G\nsubgoals: [heart]").count(";") == 0


def test_many_problems_stay_in_one_line(path: Path) -> None:
    assert complaint(path, "goal: G\nsubgoals: [{}, {}]").endswith("; and 3 more.")


def test_json_that_is_broken_is_told_by_line(tmp_path: Path) -> None:
    assert "is not JSON: Expecting value in line 2" in complaint(tmp_path / "goal.json", '{"goal":\n}')
    assert "is empty" in complaint(tmp_path / "goal.json", " ")
    assert "goal: must be text, not true or false" in complaint(tmp_path / "goal.json", '{"goal": true}')


def test_a_missing_file_and_a_directory_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no goal file .*goalcover plan"):
        load_goal(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="Cannot read"):
        load_goal(tmp_path)
