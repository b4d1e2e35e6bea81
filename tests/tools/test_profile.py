"""What a dataset looks like at a glance."""

import json

import pytest
from commands import DEMO_DATA
from goalcover.tools.load import open_dataset
from goalcover.tools.profile import profile


def look(path, rows):
    path.write_text("".join(json.dumps({"question": one, "answer": two}) + "\n" for one, two in rows), "utf-8")
    return profile(open_dataset(str(path)))


def names(found):
    return [topic.name for topic in found.topics]


def test_topics_of_a_known_field_have_its_names_and_shares(tmp_path):
    rows = [("How is a heart attack treated?", "x")] * 6 + [("Which chemotherapy helps in breast cancer?", "x")] * 4
    found = look(tmp_path / "rows.jsonl", rows)
    assert names(found)[:2] == ["Cardiology", "Oncology"]
    assert [topic.share for topic in found.topics[:2]] == [0.6, 0.4]
    assert found.topics[0].sample_ids == tuple(f"row-{n}" for n in range(1, 7))


def test_topics_of_an_unknown_field_are_in_the_data_s_own_words(tmp_path):
    rows = [(f"When do I harvest honey from the hive in week {n}?", "In summer.") for n in range(12)]
    rows += [(f"How do I feed the queen bee on day {n}?", "With sugar.") for n in range(8)]
    found = look(tmp_path / "rows.jsonl", rows)
    assert any("honey" in name or "hive" in name for name in names(found))
    assert all(name not in {"when", "how", "day", "week"} for name in names(found))


def test_at_most_five_hundred_samples_evenly_spaced_are_read(tmp_path):
    rows = [("heart disease" if n % 2 else "lung cancer", "x") for n in range(1200)]
    found = look(tmp_path / "rows.jsonl", rows)
    assert found.n_read == 500
    assert {topic.name for topic in found.topics} == {"Cardiology", "Oncology"}
    last = max(int(one.removeprefix("row-")) for topic in found.topics for one in topic.sample_ids)
    assert last > 1190


@pytest.mark.parametrize(
    ("answer", "trait"),
    [
        ("yes", "one-word answers"),
        ('{"intent": "refund", "urgent": true}', "JSON"),
        ("def add(a, b):\n    return a + b", "code"),
        ("1. Open the lid.\n2. Close the valve.\n3. Call us.", "numbered or bulleted steps"),
        ("Aspirin helps (Miller et al., 2019).", "citations"),
        ("It costs $40 a month, or $400 a year.", "amounts of money"),
    ],
)
def test_what_the_answers_show_is_a_trait(tmp_path, answer, trait):
    assert trait in look(tmp_path / "rows.jsonl", [(f"question {n}", answer) for n in range(5)]).traits


def test_lengths_are_medians_in_words(tmp_path):
    found = look(
        tmp_path / "rows.jsonl", [("one two", "a"), ("one two three", "a b c"), ("one two three four", "a b c d")]
    )
    assert (found.input_words, found.output_words) == (3, 3)
    assert found.shape == "question-answer"


def test_data_without_answers_has_no_traits(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": f"The meter of house {n} is broken."}) + "\n" for n in range(4)))
    found = profile(open_dataset(str(path)))
    assert found.traits == ()
    assert found.output_words == 0


def test_the_demo_is_about_what_energy_customers_write_about():
    found = profile(open_dataset(str(DEMO_DATA)))
    assert {"Meter readings", "Explaining bills", "Moving home"} <= set(names(found))
    assert found.topics == tuple(sorted(found.topics, key=lambda topic: -topic.share))
    assert all(topic.share >= 0.02 for topic in found.topics)
