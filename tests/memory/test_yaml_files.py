"""Files that a person writes: what stands there is what is read."""

import pytest
from goalcover.agent.errors import InputError
from goalcover.memory.yaml_files import read_yaml


def read(tmp_path, text: str, name: str = "file.yaml") -> object:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return read_yaml(path, "notes file", "it holds notes")


@pytest.mark.parametrize(
    "text", ["yes", "No", "off", "010", "12:30", "3.10", "1_000", "0x1f", "2024-01-01", "who?", "="]
)
def test_text_stays_the_text_that_it_is(tmp_path, text):
    assert read(tmp_path, f"[{text}]") == [text]


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("-0.25", -0.25), ("1.0", 1.0), ("~", None), ("", None)])
def test_numbers_and_nothing_are_read_as_such(tmp_path, text, value):
    assert read(tmp_path, f"a: {text}") == {"a": value}


@pytest.mark.parametrize("name", ["file.yaml", "file.json"])
def test_a_key_given_twice_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"the key `a` stands twice in one place \(is a dash missing before it\?\)"):
        read(tmp_path, '[{"a": 1, "a": 2}]', name)


@pytest.mark.parametrize("name", ["file.yaml", "file.json"])
def test_what_is_nested_without_end_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="is nested too deep for a notes file"):
        read(tmp_path, "[" * 100_000, name)


def test_a_file_that_is_not_there_is_told_with_what_it_should_hold(tmp_path):
    with pytest.raises(InputError, match=r"There is no notes file .*: it holds notes"):
        read_yaml(tmp_path / "none.yaml", "notes file", "it holds notes")
