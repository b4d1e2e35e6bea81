"""Exports: what a trainer reads, with the content that the dataset had."""

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from goalcover.agent.errors import InputError
from goalcover.memory.runs import Run
from goalcover.tools.export import FORMATS, export, parse_format
from goalcover.tools.load import open_dataset
from goalcover.tools.mix import Mix, make_mix
from trainer_rows import ALL, LABELLED, PAIRS, QA, TOOLS, TURNS, WEATHER
from unjudged import run_of

# The keys that their documentation names: LLaMA-Factory's data/README.md, Axolotl's docs/dataset-formats.
LLAMA_FACTORY = set("prompt query response history messages system tools chosen rejected kto_tag".split())
AXOLOTL = set(
    "path ds_type split type field_messages message_property_mappings roles field_chosen field_rejected".split()
)


def mixed(tmp_path: Path, rows: list[dict[str, Any]], name: str = "rows.jsonl") -> tuple[Run, Mix]:
    data = tmp_path / name
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(data, tmp_path / "run")
    return run, make_mix(run, "original")


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def content(source: Any) -> set[tuple[str, str]]:
    return {(sample.input, sample.output) for sample in source}


@pytest.mark.parametrize("shape", ALL)
@pytest.mark.parametrize("name", ["openai", "alpaca", "sharegpt", "trl", "parquet", "same", "hf"])
def test_what_was_exported_loads_again_with_the_same_content(tmp_path, name, shape):
    run, mix = mixed(tmp_path, ALL[shape])
    out = tmp_path / f"out{next(iter(FORMATS[name].kinds), '')}"
    if shape == "texts" and name in ("openai", "sharegpt"):
        with pytest.raises(InputError, match="it has no answer"):
            export(run, mix, name, out)
        return
    written = export(run, mix, name, out)
    again = content(open_dataset(str(out)))
    assert again <= content(member.sample for member in mix.train)
    assert len(again) == written.rows == len(ALL[shape]) - sum(written.skipped.values())


def test_what_is_left_out_is_left_out_for_a_reason(tmp_path):
    run, mix = mixed(tmp_path, LABELLED)
    written = export(run, mix, "openai", tmp_path / "out.jsonl")
    assert written.skipped == {"its answer is labelled as one that the model should not give": 1}
    run, mix = mixed(tmp_path / "run", TOOLS)
    assert export(run, mix, "alpaca", tmp_path / "out.json").skipped == {"Alpaca has no place for calls of tools": 1}


def test_openai_gets_calls_with_ids_and_results_that_answer_them(tmp_path):
    run, mix = mixed(tmp_path, TOOLS)
    export(run, mix, "openai", tmp_path / "out.jsonl")
    row = next(row for row in lines(tmp_path / "out.jsonl") if "tools" in row)
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    call = row["messages"][2]["tool_calls"][0]
    assert call["id"] == row["messages"][3]["tool_call_id"]
    assert json.loads(call["function"]["arguments"]) == {"city": "Zürich"}
    assert row["tools"] == [{"type": "function", "function": WEATHER}]


def test_openai_learns_no_turn_that_the_dataset_weighs_with_nothing(tmp_path):
    run, mix = mixed(tmp_path, TURNS)
    export(run, mix, "openai", tmp_path / "out.jsonl")
    (row,) = lines(tmp_path / "out.jsonl")
    assert [one.get("weight") for one in row["messages"]] == [None, None, 0, None, 1]
    assert row["messages"][-1]["role"] == "assistant"


def test_openai_gets_pairs_in_the_form_of_its_preference_training(tmp_path):
    run, mix = mixed(tmp_path, PAIRS)
    written = export(run, mix, "openai", tmp_path / "out.jsonl")
    assert lines(tmp_path / "out.jsonl") == [
        {
            "input": {"messages": [{"role": "user", "content": "Why?"}]},
            "preferred_output": [{"role": "assistant", "content": "Because."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        }
    ]
    assert written.notes == ("OpenAI wants at least 10 examples; this file has 1",)


@pytest.mark.parametrize(
    ("shape", "columns"),
    [
        ("qa", ["prompt", "completion"]),
        ("tools", ["messages", "tools"]),
        ("turns", ["messages"]),
        ("pairs", ["prompt", "chosen", "rejected"]),
        ("labelled", ["prompt", "completion", "label"]),
        ("texts", ["text"]),
    ],
)
def test_datasets_reads_the_columns_of_the_trl_type_that_fits(tmp_path, shape, columns):
    run, mix = mixed(tmp_path, ALL[shape])
    export(run, mix, "trl", tmp_path / "out.jsonl")
    read = datasets.load_dataset("json", data_files=str(tmp_path / "out.jsonl"), cache_dir=str(tmp_path / "cache"))
    assert sorted(read["train"].column_names) == sorted(columns)
    assert len(read["train"]) == len(ALL[shape])


def test_trl_gets_the_arguments_of_a_call_as_an_object_and_no_other_calls_keys(tmp_path):
    other = json.loads(json.dumps(TOOLS[0]).replace('{\\"city\\": \\"Z\\u00fcrich\\"}', '{\\"day\\": 1}'))
    run, mix = mixed(tmp_path, [TOOLS[0], other])
    export(run, mix, "trl", tmp_path / "out.jsonl")
    read = datasets.load_dataset("json", data_files=str(tmp_path / "out.jsonl"), cache_dir=str(tmp_path / "cache"))
    calls = [row["messages"][2]["tool_calls"][0]["function"]["arguments"] for row in read["train"]]
    assert sorted(map(str, calls)) == sorted(map(str, [{"city": "Zürich"}, {"day": 1}]))


def test_trl_gets_results_by_name_and_in_the_order_of_the_calls(tmp_path):
    calls = [{"id": f"c{n}", "type": "function", "function": {"name": n, "arguments": "{}"}} for n in "fg"]
    results = [{"role": "tool", "tool_call_id": f"c{n}", "content": f"of {n}"} for n in "gf"]
    asked = {"role": "user", "content": "Both?"}
    turn = [asked, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    run, mix = mixed(tmp_path, [{"messages": [*turn, *turn, {"role": "assistant", "content": "Both."}]}])
    export(run, mix, "trl", tmp_path / "out.jsonl")
    read = datasets.load_dataset("json", data_files=str(tmp_path / "out.jsonl"), cache_dir=str(tmp_path / "cache"))
    messages = read["train"][0]["messages"]
    told = [(one["name"], one["tool_call_id"], one["content"]) for one in messages if one["role"] == "tool"]
    assert told == [("f", "cf", "of f"), ("g", "cg", "of g")] * 2
    assert [call["id"] for call in messages[1]["tool_calls"]] == ["cf", "cg"]


def test_a_dataset_dict_on_disk_has_both_splits(tmp_path, capsys):
    run, _ = mixed(tmp_path, QA)
    export(run, make_mix(run, "original", validation=0.34), "hf", tmp_path / "out")
    read = datasets.load_from_disk(str(tmp_path / "out"))
    assert {split: len(rows) for split, rows in read.items()} == {"train": 2, "validation": 1}


def test_a_folder_is_a_dataset_that_the_hub_understands(tmp_path):
    run, _ = mixed(tmp_path, QA)
    export(run, make_mix(run, "original", validation=0.34), "trl", tmp_path / "out")
    read = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in read.items()} == {"train": 2, "validation": 1}


def test_llama_factory_finds_an_entry_for_the_file(tmp_path):
    run, mix = mixed(tmp_path, TOOLS)
    export(run, mix, "llama-factory", tmp_path / "weather.json")
    ((name, entry),) = json.loads((tmp_path / "weather.goalcover" / "dataset_info.json").read_text()).items()
    assert name == "weather"
    assert (tmp_path / "weather.goalcover" / entry["file_name"]).resolve() == tmp_path / "weather.json"
    assert entry["formatting"] == "sharegpt"
    assert entry["columns"] == {"messages": "conversations", "system": "system", "tools": "tools"}


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [("openai", "turns", "chat_template"), ("alpaca", "qa", "alpaca"), ("trl", "pairs", "chat_template.default")],
)
def test_axolotl_gets_a_snippet_that_names_the_file(tmp_path, name, shape, kind):
    run, mix = mixed(tmp_path, ALL[shape])
    export(run, mix, name, tmp_path / "out.jsonl" if name != "alpaca" else tmp_path / "out.json")
    config = yaml.safe_load((tmp_path / "out.goalcover" / "axolotl.yaml").read_text())
    assert config["datasets"][0]["type"] == kind
    assert Path(config["datasets"][0]["path"]).is_file()
    assert config.get("rl") == ("dpo" if shape == "pairs" else None)


@pytest.mark.parametrize(
    ("name", "shape"),
    [*product(["openai", "sharegpt"], sorted(ALL.keys() - {"texts"})), *product(["alpaca", "trl"], ALL)],
)
def test_what_stands_beside_names_columns_that_the_file_has_by_keys_that_the_trainers_know(tmp_path, name, shape):
    run, mix = mixed(tmp_path, ALL[shape])
    out = tmp_path / f"out{FORMATS[name].kinds[0]}"
    export(run, mix, name, out)
    columns = set().union(*(lines(out) if out.suffix == ".jsonl" else json.loads(out.read_text("utf-8"))))
    beside = {path.name: path.read_text() for path in (tmp_path / "out.goalcover").iterdir()}
    if "dataset_info.json" in beside:
        (entry,) = json.loads(beside["dataset_info.json"]).values()
        assert set(entry) <= {"file_name", "formatting", "ranking", "columns", "tags"}
        assert set(entry["columns"]) <= LLAMA_FACTORY
        assert set(entry["columns"].values()) <= columns
    if "axolotl.yaml" in beside:
        (entry,) = yaml.safe_load(beside["axolotl.yaml"])["datasets"]
        assert set(entry) <= AXOLOTL
        assert {entry[key] for key in entry if key.startswith("field_")} <= columns
        assert (entry["ds_type"], entry["split"]) == ("json", "train")


def test_calls_in_messages_are_read_by_llama_factory_as_openai_writes_them(tmp_path):
    run, mix = mixed(tmp_path, TOOLS)
    export(run, mix, "openai", tmp_path / "out.jsonl")
    (entry,) = json.loads((tmp_path / "out.goalcover" / "dataset_info.json").read_text()).values()
    assert (entry["formatting"], entry["tags"]["observation_tag"]) == ("openai", "tool")


def test_no_cell_of_a_table_is_a_formula_and_numbers_stay_numbers(tmp_path):
    run, mix = mixed(tmp_path, QA)
    written = export(run, mix, "same", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        cells = {cell for row in csv.reader(file) for cell in row}
    assert {"'=1+1?", "'@SUM(A1)", "'-2 is not +2", "-5"} <= cells
    assert written.notes == ("3 cells that a spreadsheet would execute have an apostrophe put before them",)


def test_every_row_has_its_provenance_and_the_card_says_what_it_is(tmp_path):
    run, mix = mixed(tmp_path, QA)
    export(run, mix, "trl", tmp_path / "out.jsonl")
    told = lines(tmp_path / "out.goalcover" / "provenance.jsonl")
    assert [one["sample_id"] for one in told] == [member.sample.id for member in mix.train]
    card = (tmp_path / "out.goalcover" / "README.md").read_text("utf-8")
    assert yaml.safe_load(card.split("---")[1])["license"] == "unknown"
    assert "Licence: to be stated" in card
    assert "Answers anything" in card


def test_the_card_of_a_goal_aligned_set_says_how_many_broken_rows_were_left_out(tmp_path):
    run, mix = mixed(tmp_path, QA)
    first = mix.train[0].sample.id
    run.write_coverage(run.coverage().model_copy(update={"broken": {first: "empty"}}))
    written = export(run, make_mix(run, "goal-aligned"), "trl", tmp_path / "out.jsonl")
    assert written.rows == len(mix.train) - 1
    assert f"- {written.notes[0]}" in (tmp_path / "out.goalcover" / "README.md").read_text("utf-8")
    assert written.notes[0].startswith("1 row left out: its output is empty")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    run, mix = mixed(tmp_path, QA)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    with pytest.raises(InputError, match="is not empty and no export of GoalCover"):
        export(run, mix, "trl", tmp_path / "mine")
    assert (tmp_path / "mine" / "README.md").read_text() == "mine"


def test_a_second_export_leaves_no_split_of_the_first(tmp_path):
    run, mix = mixed(tmp_path, QA)
    export(run, make_mix(run, "original", validation=0.34), "alpaca", tmp_path / "out.json")
    export(run, mix, "alpaca", tmp_path / "out.json")
    assert not (tmp_path / "out.validation.json").exists()
    export(run, make_mix(run, "original", validation=0.34), "openai", tmp_path / "out")
    export(run, mix, "trl", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "_provenance.jsonl",
        "train.jsonl",
    ]


def test_a_format_and_an_extension_that_do_not_fit_are_refused(tmp_path):
    run, mix = mixed(tmp_path, QA)
    with pytest.raises(InputError, match=r"openai is written as \.jsonl"):
        export(run, mix, "openai", tmp_path / "out.csv")
    with pytest.raises(InputError, match="no format 'word'"):
        parse_format("word")
