"""Where rows come from: files, folders, saved datasets, Hugging Face ids."""

import json
import os

import datasets
import pytest
from goalcover.agent.errors import InputError
from goalcover.tools.load import open_dataset
from goalcover.tools.sources import find_source, hub_source, is_hub_id


def write(path, *prompts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"prompt": prompt, "completion": "c"}) + "\n" for prompt in prompts))


def prompts(source) -> list[str]:
    return [row.value["prompt"] for row in source.rows()]


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "data/train.jsonl", "b")
    write(tmp_path / "data/test-00000-of-00002.jsonl", "a1")
    write(tmp_path / "data/test-00001-of-00002.jsonl", "a2")
    (tmp_path / "data/validation").mkdir()
    (tmp_path / "data/validation/part.csv").write_text("prompt,completion\nc,c\n")
    (tmp_path / "data/README.md").write_text("hello")
    (tmp_path / "data/.hidden.jsonl").write_text("{")
    (tmp_path / "data/dataset_info.json").write_text("{}")
    return tmp_path / "data"


def test_a_folder_is_read_in_the_order_of_its_names(folder):
    source = find_source(str(folder))
    assert prompts(source) == ["a1", "a2", "b", "c"]
    assert source.notes == ("4 files read from the folder", "not read, because of their kind: README.md")


@pytest.mark.parametrize(("split", "found"), [("train", ["b"]), ("test", ["a1", "a2"]), ("validation", ["c"])])
def test_a_split_of_a_folder_is_what_files_or_folders_are_called(folder, split, found):
    assert prompts(find_source(str(folder), split)) == found


def test_a_split_that_a_folder_does_not_have_is_refused_with_those_it_has(folder):
    with pytest.raises(InputError, match=r"no split 'dev'.*test.*train.*validation"):
        find_source(str(folder), "dev")


def test_rows_are_numbered_through_all_files_of_a_folder(folder):
    assert [sample.id for sample in open_dataset(str(folder))] == ["row-1", "row-2", "row-3", "row-4"]


def test_a_single_file_has_no_splits(folder):
    with pytest.raises(InputError, match=r"--split train.*one file"):
        find_source(str(folder / "train.jsonl"), "train")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file that can be read"):
        find_source(str(tmp_path))


@pytest.mark.parametrize("data", ["", "  ", "nothing", "no/such/file", "data/a.jsonl", "./x", "a\0b", "x" * 5000])
def test_a_string_that_names_nothing_is_refused(data):
    with pytest.raises(InputError, match="there is no file or folder"):
        find_source(data)


def test_what_may_lie_here_is_not_taken_for_a_hugging_face_id(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    here = ("data/train.jsonl", "data/dev", "data/dev:en", "other/eval.csv", "./data", "../owner/name")
    assert not any(map(is_hub_id, here))
    assert all(map(is_hub_id, ("owner/name", "owner/name:en", "o" * 5000 + "/name")))
    with pytest.raises(InputError, match="there is no file or folder"):
        find_source("data/dev")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_because_it_cannot_be_read_twice(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_source(str(tmp_path / "pipe.jsonl"))


@pytest.fixture
def saved(tmp_path):
    rows = datasets.Dataset.from_dict({"prompt": ["a", "b"], "completion": ["c", "d"]})
    datasets.DatasetDict(train=rows, test=rows.select([1])).save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


def test_a_saved_dataset_dict_is_read_by_split(saved):
    source = find_source(str(saved))
    assert prompts(source) == ["a", "b"]
    assert "split 'train' read, not test" in source.notes
    assert prompts(find_source(str(saved), "test")) == ["b"]
    assert prompts(find_source(str(saved / "test"))) == ["b"]
    with pytest.raises(InputError, match="no split 'dev'; it has test, train"):
        find_source(str(saved), "dev")


@pytest.fixture
def owner(tmp_path, monkeypatch):
    """A folder that the datasets library takes for a dataset, and a cache of its own."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return tmp_path / "owner"


def test_the_datasets_library_loads_what_a_hugging_face_id_names(owner):
    write(owner / "train.jsonl", "a", "b")
    write(owner / "test.jsonl", "c")
    source = hub_source(str(owner))
    assert prompts(source) == prompts(source) == ["a", "b"]
    assert source.notes == ("split 'train' read, not test",)
    assert next(source.rows()).where.endswith("[train] row 1")
    assert prompts(hub_source(str(owner), "test")) == ["c"]
    with pytest.raises(InputError, match="no split 'dev'"):
        hub_source(str(owner), "dev")


def test_a_configuration_of_a_dataset_stands_behind_a_colon(owner):
    write(owner / "labelled.jsonl", "a", "b")
    write(owner / "artificial.jsonl", "c")
    (owner / "README.md").write_text(
        "---\nconfigs:\n- {config_name: labelled, data_files: labelled.jsonl}\n"
        "- {config_name: artificial, data_files: artificial.jsonl}\n---\n"
    )
    assert prompts(hub_source(f"{owner}:labelled")) == ["a", "b"]
    with pytest.raises(InputError, match=r"Write it as .*owner:CONFIGURATION"):
        hub_source(str(owner))


def test_splits_without_train_must_be_chosen_from(owner):
    write(owner / "test.jsonl", "a")
    write(owner / "validation.jsonl", "b")
    with pytest.raises(InputError, match=r"test.*choose one with --split"):
        hub_source(str(owner))


def test_a_hugging_face_id_without_a_network_is_a_clear_error(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="owner/name is no file or folder here, and could not be loaded from Hugging"):
        find_source("owner/name")
