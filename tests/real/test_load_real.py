"""The datasets that people really have (../shared/data): every one is read whole and understood."""

import pytest
from goalcover.tools.load import open_dataset

EXPECTED = [
    ("formats/alpaca.json", "alpaca", 200, ("instruction", "input", "output")),
    ("formats/sharegpt_tools.json", "sharegpt", 60, ("tools", "conversations")),
    ("formats/messages.jsonl", "messages", 60, ("messages",)),
    ("formats/dpo.json", "preference", 60, ("conversations", "chosen")),
    ("formats/kto.json", "kto", 60, ("messages", "label")),
    ("pubmedqa.jsonl", "question-answer", 1000, ("question", "context", "long_answer", "final_decision")),
    ("codealpaca.jsonl.gz", "alpaca", 6552, ("instruction", "input", "output")),
    ("us_bills.jsonl.gz", "prompt-completion", 2361, ("title", "text", "summary")),
]


@pytest.mark.parametrize(("name", "shape", "rows", "columns"), EXPECTED)
def test_a_real_dataset_is_read_whole(shared_data, name, shape, rows, columns):
    dataset = open_dataset(str(shared_data / name))
    samples = list(dataset)
    assert (dataset.shape, dataset.rows, dataset.n_skipped, dataset.columns) == (shape, rows, 0, columns)
    assert len(samples) == rows
    assert all(sample.input.strip() for sample in samples)
    assert sum(bool(sample.output.strip()) for sample in samples) > 0.99 * rows


def test_real_ids_name_the_samples_where_there_are_some(shared_data):
    assert open_dataset(str(shared_data / "pubmedqa.jsonl")).preview.id == "21645374"
    assert open_dataset(str(shared_data / "us_bills.jsonl.gz")).preview.id == "113_hr3"
    assert open_dataset(str(shared_data / "codealpaca.jsonl.gz")).preview.id == "row-1"


def test_undesirable_answers_of_the_kto_file_are_counted(shared_data):
    assert open_dataset(str(shared_data / "formats/kto.json")).notes == ("22 of 60 KTO rows are labelled undesirable",)


def test_tools_and_calls_of_a_sharegpt_dialogue_are_told_in_words(shared_data):
    samples = list(open_dataset(str(shared_data / "formats/sharegpt_tools.json")))
    assert samples[0].input.startswith("tools: search_recipes: ")
    assert any("assistant: calls search_recipes(" in sample.input for sample in samples)


def test_the_folder_of_formats_is_one_dataset_of_many_shapes(shared_data):
    dataset = open_dataset(str(shared_data / "formats"), limit=50, seed=3)
    assert (dataset.rows, len(list(dataset))) == (440, 50)
    assert dataset.shape == "alpaca (200), preference (60), kto (60), messages (60), sharegpt (60)"
