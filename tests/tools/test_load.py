"""Datasets as Samples: ids, limits, fingerprints, and what happens to rows that cannot be read."""

import csv
import json
import re
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from goalcover.agent.errors import InputError
from goalcover.tools.load import Dataset, open_dataset
from goalcover.tools.survey import UnknownShapeError
from hypothesis import given
from hypothesis import strategies as st

GOOD = {"prompt": "p", "completion": "c"}


@pytest.fixture
def save(tmp_path):
    def _save(*lines: object, name: str = "data.jsonl") -> str:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (tmp_path / name).write_text("".join(text + "\n" for text in texts))
        return str(tmp_path / name)

    return _save


def ids(dataset: Dataset) -> list[str]:
    return [sample.id for sample in dataset]


def test_a_dataset_tells_what_it_is_and_yields_its_samples_again_and_again(save):
    dataset = open_dataset(save({"prompt": "a", "completion": "b", "x": 1}, {"prompt": "c", "completion": ""}))
    assert (dataset.shape, dataset.columns, dataset.rows, len(dataset)) == (
        "prompt-completion",
        ("prompt", "completion"),
        2,
        2,
    )
    assert list(dataset) == list(dataset)
    first, second = dataset
    assert dataset.preview == first
    assert (first.row, first.input, first.output) == (1, "a", "b")
    assert json.loads(first.original) == {"prompt": "a", "completion": "b", "x": 1}
    assert second.output == ""


def test_several_shapes_are_counted(save):
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    assert open_dataset(save(GOOD, chat, chat)).shape == "messages (2), prompt-completion (1)"


@pytest.mark.parametrize("column", ["id", "sample_id", "uid", "uuid", "bill_id", "ID"])
def test_a_unique_id_column_names_the_samples(save, column):
    assert ids(open_dataset(save(GOOD | {column: 7}, GOOD | {column: "x"}))) == ["7", "x"]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [({"id": 1}, {"id": "1"}, "not unique"), ({"id": 1}, {}, "missing"), ({"id": [1]}, {"id": [2]}, "missing")],
)
def test_ids_that_cannot_name_the_samples_are_replaced_by_row_numbers(save, first, second, why):
    dataset = open_dataset(save(GOOD | first, GOOD | second))
    assert ids(dataset) == ["row-1", "row-2"]
    assert dataset.preview.id == "row-1"
    assert why in dataset.notes[0]
    assert "numbered" in dataset.notes[0]


def test_two_columns_that_end_in_id_name_nothing(save):
    dataset = open_dataset(save(GOOD | {"user_id": 1, "doc_id": 2}))
    assert (ids(dataset), dataset.notes) == (["row-1"], ())


def test_a_limit_picks_the_same_rows_for_the_same_seed_in_source_order(save):
    path = save(*[GOOD | {"id": n} for n in range(50)])
    picked = ids(open_dataset(path, limit=10, seed=1))
    assert picked == ids(open_dataset(path, limit=10, seed=1)) == sorted(set(picked), key=int)
    assert picked != ids(open_dataset(path, limit=10, seed=2))
    assert len(open_dataset(path, limit=10)) == 10
    assert len(open_dataset(path, limit=99)) == len(ids(open_dataset(path, limit=99))) == 50
    assert open_dataset(path, limit=10).rows == 50
    with pytest.raises(InputError, match="at least 1"):
        open_dataset(path, limit=0)


def test_the_fingerprint_follows_the_content_and_not_the_container(save):
    jsonl = open_dataset(save(GOOD, name="a.jsonl")).fingerprint
    assert re.fullmatch("[0-9a-f]{32}", jsonl)
    assert open_dataset(save("prompt,completion", "p,c", name="a.csv")).fingerprint == jsonl
    assert open_dataset(save(GOOD, GOOD, name="b.jsonl")).fingerprint != jsonl


def test_unreadable_rows_are_listed_counted_and_keep_their_numbers(save):
    path = save(*[GOOD] * 18, "{broken", GOOD | {"prompt": "", "completion": None}, GOOD)
    dataset = open_dataset(path)
    assert (dataset.rows, len(dataset), dataset.n_skipped) == (21, 19, 2)
    assert dataset.skip_reasons == {"broken JSON": 1, "neither input nor output": 1}
    assert [(skip.row, skip.where, skip.reason) for skip in dataset.skipped] == [
        (19, f"{path}:19", "broken JSON"),
        (20, f"{path}:20", "neither input nor output"),
    ]
    assert ids(dataset)[-1] == "row-21"
    assert "2 of 21 rows skipped (broken JSON: 1, neither input nor output: 1)" in dataset.notes


def test_the_listing_of_skipped_rows_is_bounded_and_its_count_is_not(save):
    dataset = open_dataset(save(*[GOOD] * 2000, *["7"] * 150))
    assert (dataset.n_skipped, len(dataset.skipped)) == (150, 100)


def test_more_than_a_tenth_of_unreadable_rows_is_refused_with_the_first_of_them(save):
    assert len(open_dataset(save(*[GOOD] * 9, "7"))) == 9
    with pytest.raises(InputError, match=r"data\.jsonl:9: not a JSON object \(2 of 10 rows"):
        open_dataset(save(*[GOOD] * 8, "7", "8"))
    with pytest.raises(InputError, match=r"data\.jsonl:1: broken JSON \(1 of 1 rows"):
        open_dataset(save("{"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv"])
def test_a_file_without_rows_is_refused(save, name):
    with pytest.raises(InputError, match=re.escape(name)):
        open_dataset(save(name=name))


@pytest.mark.parametrize("content", ["[]", '{"data": []}'])
def test_an_empty_array_has_no_rows(save, content):
    with pytest.raises(InputError, match="has no rows"):
        open_dataset(save(content, name="a.json"))


def test_an_unknown_shape_is_refused_with_its_columns_and_an_example(save):
    with pytest.raises(InputError, match=r"columns ask, reply\..*--map input=ask,output=reply"):
        open_dataset(save({"ask": "Is it so?", "reply": "It is."}))


def test_the_mapping_offered_takes_texts_and_never_an_id_a_number_or_a_category(save):
    said = (("When will my card come?", "Within five days."), ("Was ist das?", "Das sind Geb\u00fchren."))
    rows = [
        {
            "TCKT_NR": f"T-{n}",
            "agt_resp_v2": f"{answer} {n}",
            "kd_frage_txt": f"{n}: {asked}",
            "secs": 40 + n,
            "chnl": "web chat form",
        }
        for n, (asked, answer) in enumerate(said * 8)
    ]
    with pytest.raises(UnknownShapeError, match="--map input=kd_frage_txt,output=agt_resp_v2") as refused:
        open_dataset(save(*rows))
    assert refused.value.likely == "input=kd_frage_txt,output=agt_resp_v2"
    assert ("agt_resp_v2", "Within five days. 0") in refused.value.columns


def test_a_mapping_names_the_columns(save):
    dataset = open_dataset(save({"ask": "a", "reply": "b"}), mapping="input=ask,output=reply")
    assert (dataset.shape, dataset.columns, dataset.preview.input, dataset.preview.output) == (
        "mapped",
        ("ask", "reply"),
        "a",
        "b",
    )


def test_a_mapped_column_that_is_not_there_is_refused_with_those_that_are(save):
    with pytest.raises(InputError, match=r"no column 'answr' \(did you mean 'answer'\?\)\. It has question, answer"):
        open_dataset(save({"question": "a", "answer": "b"}), mapping="input=question,output=answr")


def test_a_mapped_column_without_content_is_refused(save):
    with pytest.raises(InputError, match="'extra', which --map names, is empty in every row"):
        open_dataset(save(GOOD | {"extra": None}, GOOD), mapping="input=prompt+extra,output=completion")


def test_a_side_that_is_empty_in_every_row_is_refused_with_its_columns(save):
    with pytest.raises(InputError, match=r"the output is empty in every row \(columns: completion\)"):
        open_dataset(save({"prompt": "a", "completion": None}, {"prompt": "b", "completion": ""}))
    with pytest.raises(InputError, match=r"the input is empty in every row \(columns: prompt\)"):
        open_dataset(save({"prompt": "", "completion": "b"}))


def test_rows_that_have_no_output_by_their_nature_are_kept_with_a_note(save):
    prompts_only = {"messages": [{"role": "user", "content": "a"}]}
    for row in ({"text": "a"}, prompts_only):
        dataset = open_dataset(save(row))
        assert (len(dataset), dataset.preview.output) == (1, "")
        assert "no row has an output" in dataset.notes[0]


def test_undesirable_kto_rows_are_counted(save):
    rows = [GOOD | {"label": label} for label in (True, False, False)]
    dataset = open_dataset(save(*rows))
    assert "2 of 3 KTO rows are labelled undesirable" in dataset.notes
    assert dataset.columns == ("prompt", "completion", "label")


def test_a_label_that_is_a_class_is_not_counted_among_the_columns_read(save):
    dataset = open_dataset(save(GOOD | {"label": 3}, GOOD | {"label": 0}))
    assert (dataset.columns, dataset.notes) == (("prompt", "completion"), ())


@pytest.mark.parametrize("marks", [(0, 1), ("1", "0")])
def test_labels_of_0_and_1_are_told_to_be_no_verdicts(save, marks):
    (note,) = open_dataset(save(*(GOOD | {"label": mark} for mark in marks))).notes
    assert note.startswith("column 'label' holds 0 and 1 and is not read as good and bad answers (KTO)")


def test_columns_that_exports_cannot_hold_as_they_are_are_told(tmp_path):
    odd = {"when": date(2024, 2, 29), "cost": Decimal("1.10"), "hash": b"\xff\x00", "image": {"bytes": b"\x89PNG"}}
    plain = {"n": 1, "tags": ["a"], "name": b"text"}
    pq.write_table(pa.Table.from_pylist([GOOD | odd | plain]), tmp_path / "a.parquet")
    assert open_dataset(str(tmp_path / "a.parquet")).notes == (
        "dates and decimals are written as text by exports: when, cost",
        "binary data are left out of exports, which have their length alone: hash, image",
    )


def test_integers_of_any_size_are_ids(save):
    assert ids(open_dataset(save(*(GOOD | {"id": 10**30 + n} for n in range(2))))) == [str(10**30), str(10**30 + 1)]


def test_control_characters_do_not_reach_the_samples(save):
    sample = open_dataset(save(r'{"id": "a\u0000", "prompt": "a\u0000b\ud800", "completion": "\u001b[31mred"}')).preview
    assert (sample.id, sample.input, sample.output) == ("a", "a b\ufffd", " [31mred")


def test_a_source_that_changes_between_two_readings_is_noticed(save):
    dataset = open_dataset(save(GOOD, GOOD))
    save(GOOD)
    with pytest.raises(InputError, match="was changed"):
        list(dataset)


def test_error_messages_are_one_line_however_hostile_the_column_names(save):
    with pytest.raises(InputError) as caught:
        open_dataset(save({f"evil\n\x1b[2J{'x' * 500}{n}": "a" for n in range(300)}))
    assert len(str(caught.value)) < 1500
    assert not re.search(r"[\n\x1b]", str(caught.value).replace(str(Path.cwd()), ""))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.builds(lambda *cells: dict(zip(("id", "prompt", "completion"), cells, strict=True)), TEXT, TEXT, TEXT)
TABLES = st.lists(ROWS, min_size=1, max_size=12)


@given(TABLES)
def test_a_table_of_texts_is_the_same_samples_from_every_container(rows):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet")
        from_lines, *others = [outcome(folder / f"a.{kind}") for kind in ("jsonl", "csv", "parquet")]
    assert others == [from_lines, from_lines]


def outcome(path: Path) -> object:
    try:
        dataset = open_dataset(str(path))
    except InputError:
        return "refused"
    return dataset.fingerprint, dataset.n_skipped, list(dataset)


LINES = st.one_of(st.binary(max_size=30), st.sampled_from([json.dumps(GOOD).encode(), b"[", b'{"text": "\\ud800"}']))


@given(st.one_of(st.binary(max_size=200), st.lists(LINES, max_size=30).map(b"\n".join)))
def test_any_bytes_are_refused_or_every_row_is_accounted_for(data):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.jsonl"
        path.write_bytes(data)
        try:
            dataset = open_dataset(str(path))
        except InputError:
            return
        samples = list(dataset)
    assert len(samples) == len(dataset)
    assert len(samples) + dataset.n_skipped == dataset.rows
    assert len({sample.id for sample in samples}) == len(samples)
