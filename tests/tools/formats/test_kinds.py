"""A file holds one kind of rows: what is of another kind is left out and told; nothing is learnt that must not be."""

import json
from pathlib import Path
from typing import Any

import pytest
from goalcover.agent.models import Sample
from goalcover.memory.synthetic import Origin
from goalcover.tools.export import Prepared, export, prepare
from goalcover.tools.mix import Member, make_mix
from trainer_rows import ALL, LABELLED, PAIRS, TOOLS, TURNS
from unjudged import run_of

Rows = list[dict[str, Any]]
TRAINERS = ("openai", "alpaca", "sharegpt", "trl")
NO_ANSWER = "it has no answer"
NO_PAIR = "it has no rejected answer, and the others have"
NO_LABEL = "its answer has no label, and the others have"
WEIGHT_0 = "its answer has the loss weight 0: it is not to be learnt"


def prepared(tmp_path: Path, rows: Rows, form: str, synthetic: Rows | None = None, validation: float = 0) -> Prepared:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(tmp_path / "rows.jsonl", tmp_path / "run")
    mix = make_mix(run, "original", validation=validation)
    made = tuple(map(new, synthetic or ()))
    return prepare(run, mix.model_copy(update={"train": (*mix.train, *made)}), form)


def new(row: dict[str, Any]) -> Member:
    sample = Sample(id="s", row=1, input=row["prompt"], output="New", original=json.dumps(row))
    about = {"subgoal_id": "any", "score": 0.8, "rationale": "", "parents": (), "engine": "e", "sample_id": "s"}
    return Member(sample=sample, origin=Origin(verdict="accepted", **about))


def columns(made: Prepared) -> set[frozenset[str]]:
    return {frozenset(row) - {"tools", "system"} for rows in made.splits.values() for row in rows}


def test_a_row_without_an_answer_spoils_no_alpaca_file(tmp_path):
    rows = [{"instruction": f"Do {n}", "input": "", "output": f"Done {n}" if n else ""} for n in range(3)]
    made = prepared(tmp_path, rows, "alpaca")
    assert (columns(made), made.skipped) == ({frozenset({"instruction", "input", "output"})}, {NO_ANSWER: 1})


@pytest.mark.parametrize("form", TRAINERS)
def test_a_new_sample_among_pairs_is_left_out_and_told(tmp_path, form):
    made = prepared(tmp_path, PAIRS, form, [{"prompt": "New?", "chosen": "New", "rejected": None}])
    assert (len(columns(made)), made.skipped) == (1, {NO_PAIR: 1})
    assert f"1 row left out: {NO_PAIR}" in made.notes


@pytest.mark.parametrize("form", TRAINERS)
def test_a_new_sample_among_labelled_answers_is_left_out_where_labels_are_kept(tmp_path, form):
    made = prepared(tmp_path, LABELLED, form, [{"prompt": "New?", "completion": "New", "label": None}])
    left_out = "its answer is labelled as one that the model should not give" if form == "openai" else NO_LABEL
    assert (len(columns(made)), made.skipped) == (1, {left_out: 1})


@pytest.mark.parametrize(
    ("rows", "synthetic", "reason"),
    [
        (PAIRS, {"prompt": "New?", "chosen": "New", "rejected": None}, NO_PAIR),
        (LABELLED, {"prompt": "New?", "completion": "New", "label": None}, NO_LABEL),
    ],
)
def test_in_the_datasets_own_form_new_samples_without_a_verdict_are_told(tmp_path, rows, synthetic, reason):
    made = prepared(tmp_path, rows, "same", [synthetic])
    assert made.notes == [f"1 synthetic rows do not train as the others do: {reason}"]
    assert prepared(tmp_path / "run", rows, "same").notes == []


@pytest.mark.parametrize("form", TRAINERS)
@pytest.mark.parametrize("shape", ["pairs", "qa"])
def test_of_two_kinds_in_a_dataset_one_is_written(tmp_path, form, shape):
    rows = [*ALL[shape], {"prompt": "Who?", "completion": "Me"}, {"prompt": "So?", "chosen": "Yes", "rejected": "No"}]
    assert len(columns(prepared(tmp_path, rows, form))) == 1


def test_both_splits_are_of_one_kind(tmp_path):
    rows = [*TURNS, *({"prompt": f"Q{n}", "completion": f"A{n}"} for n in range(9))]
    for part in (0.5, 0.1):
        assert len(columns(prepared(tmp_path, rows, "trl", validation=part))) == 1


def weighed(*weights: float) -> Rows:
    """Questions whose answers have these loss weights."""
    return [
        {"messages": [{"role": "user", "content": f"Q{n}"}, {"role": "assistant", "content": f"A{n}", "weight": one}]}
        for n, one in enumerate(weights)
    ]


@pytest.mark.parametrize("form", ["alpaca", "sharegpt", "trl"])
def test_an_answer_of_weight_0_is_not_learnt_where_weights_have_no_place(tmp_path, form):
    made = prepared(tmp_path, weighed(0, 1, 1.0), form)
    assert (made.skipped, len(made.splits["train"])) == ({WEIGHT_0: 1}, 2)
    assert made.notes == [f"1 row left out: {WEIGHT_0}"]


@pytest.mark.parametrize(
    ("form", "rows", "lost"),
    [
        ("trl", TURNS, 1),
        ("alpaca", TURNS, 1),
        ("sharegpt", weighed(0.5, 1), 1),
        ("openai", weighed(0.5, 0, 1), 1),
        ("openai", TURNS, 0),
        ("same", weighed(0.5, 0), 0),
    ],
)
def test_weights_that_a_format_has_no_place_for_are_told(tmp_path, form, rows, lost):
    notes = prepared(tmp_path, rows, form).notes
    assert [note for note in notes if "weights" in note] == [
        f"{lost} rows carry loss weights that this format has no place for"
    ] * (lost > 0)


def called(arguments: str) -> Rows:
    row = json.loads(json.dumps(TOOLS[0]))
    row["conversations"][1]["value"] = json.dumps({"name": "get_weather", "arguments": arguments})
    return [row, TOOLS[1]]


@pytest.mark.parametrize("form", ["openai", "sharegpt", "trl"])
def test_a_call_without_arguments_has_none_and_one_with_broken_ones_is_left_out(tmp_path, form):
    written = json.dumps(prepared(tmp_path, called(" "), form).splits["train"]).replace("\\", "").replace(" ", "")
    assert any(f'"arguments":{none}' in written for none in ("{}", '"{}"'))
    assert prepared(tmp_path / "run", called("{oops"), form).skipped == {"a call's arguments are no JSON text": 1}


@pytest.mark.parametrize("more", [{"output": "42"}, {"chosen": "42", "rejected": "43"}])
def test_alpaca_keeps_the_input_apart_from_the_instruction(tmp_path, more):
    asked = {"instruction": "Add them.", "input": " 40\n2 "}
    (row,) = prepared(tmp_path, [asked | more], "alpaca").splits["train"]
    assert row == asked | more


def test_what_a_number_of_many_digits_says_is_kept(tmp_path):
    text = f'{{"prompt": "Sum?", "completion": {10**30 + 7}, "n": {-(10**18) * 9 - 999}}}\n'
    (tmp_path / "rows.jsonl").write_text(text + '{"prompt": "half \\ud800", "completion": "pair"}\n')
    run = run_of(tmp_path / "rows.jsonl", tmp_path / "run")
    mix = make_mix(run, "original")
    export(run, mix, "same", tmp_path / "out.jsonl")
    assert json.loads(text) in [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    answers = {row["completion"][0]["content"] for row in prepare(run, mix, "trl").splits["train"]}
    assert answers == {str(10**30 + 7), "pair"}
