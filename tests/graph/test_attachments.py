from pathlib import Path

import pytest
from goalcover.graph.attachments import attached, take
from goalcover.graph.state import Attachment, Heard


def test_a_message_of_paths_hands_them_over(tmp_path: Path):
    data, goal = tmp_path / "my data.csv", tmp_path / "goal.yaml"
    data.write_text("question,answer\nWhat?,That.\n")
    goal.write_text("goal: Answer\nsubgoals:\n  - {id: a, name: A, description: Answers}\n")
    assert [one.path for one in attached(Heard(text=str(data)))] == [str(data)]
    both = attached(Heard(text=f"'{data}' {goal}"))
    assert [one.name for one in both] == ["my data.csv", "goal.yaml"]
    taken = take(both)
    assert (taken.reading.data.samples, taken.goal.text, taken.problems) == (1, "Answer", ())


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
    assert (taken.goal.text, taken.reading.data.samples) == ("G", 1)


def test_what_is_kept_of_a_dataset_is_a_summary(tmp_path: Path):
    rows = [
        f'{{"instruction": "Explain point {n} of the contract on heat pumps", "output": "{"word " * 400}"}}'
        for n in range(30)
    ]
    (tmp_path / "long.jsonl").write_text("\n".join(rows) + "\n")
    reading = take((Attachment(name="long.jsonl", path=str(tmp_path / "long.jsonl")),)).reading
    assert (reading.data.rows, reading.data.samples, reading.profile.n_read) == (30, 30, 30)
    assert len(reading.data.preview.output) <= 600
    assert reading.profile.output_words == 400
