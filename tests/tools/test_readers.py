"""Files of every kind as rows, whole and broken."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from goalcover.agent.errors import InputError
from goalcover.tools.readers import file_kind, read_file
from goalcover.tools.rows import BROKEN_JSON, BROKEN_QUOTES, NOT_OBJECT, NOT_UTF8, RAGGED, TOO_DEEP, UNREADABLE_VALUE

ROWS = [{"prompt": "Zürich?", "completion": "a\nb"}, {"prompt": 'say "hi", please', "completion": ""}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def write(path: Path, data: bytes | str) -> Path:
    content = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def values(path: Path) -> list[dict[str, object]]:
    rows = list(read_file(path))
    assert not [row.fault for row in rows if row.fault]
    return [dict(row.value) for row in rows]


def faults(path: Path) -> list[tuple[str, str]]:
    return [(row.where.removeprefix(str(path)), row.fault) for row in read_file(path) if row.fault]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.JSONL", "a.jsonl.gz", "a.json"])
def test_lines_of_objects_are_read_under_all_their_names(tmp_path, name):
    assert values(write(tmp_path / name, LINES)) == ROWS


@pytest.mark.parametrize("content", [ROWS, {"data": ROWS}, {"version": 1, "rows": ROWS}])
def test_a_json_file_is_an_array_or_holds_one(tmp_path, content):
    assert values(write(tmp_path / "a.json", json.dumps(content, indent=1))) == ROWS


def test_json_rows_kept_under_their_ids_get_the_id_as_a_column(tmp_path):
    path = write(tmp_path / "a.json", json.dumps({"21": ROWS[0], "22": ROWS[1]}))
    assert [row["id"] for row in values(path)] == ["21", "22"]


def test_a_json_file_with_one_dialogue_is_one_row(tmp_path):
    row = {"messages": [{"role": "user", "content": "hi"}]}
    assert values(write(tmp_path / "a.json", json.dumps(row, indent=1))) == [row]


CALL = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "q", "answer": "a", "contexts": [{"text": "one"}, {"text": "two"}]},
        {"messages": CALL, "tools": [{"name": "f", "description": "d"}]},
        {"instruction": "i", "input": "", "output": "o", "history": []},
        {"prompt": CALL[:1], "chosen": CALL[1:], "rejected": CALL[1:]},
        {"input": {"text": "a"}, "output": {"text": "b"}},
        {"text": "t", "spans": [{"start": 1, "text": "t"}]},
        {"body": "of unknown shape", "tags": []},
    ],
)
def test_a_json_file_that_is_understood_as_a_row_is_one_row(tmp_path, row):
    assert values(write(tmp_path / "a.json", json.dumps(row))) == [row]


@pytest.mark.parametrize("beside", [{"text": "About this data"}, {"errors": []}, {"version": 1, "title": "t"}])
def test_what_stands_beside_an_array_of_rows_does_not_make_it_a_row(tmp_path, beside):
    assert values(write(tmp_path / "a.json", json.dumps({**beside, "rows": ROWS}))) == ROWS
    texts = [{"text": "a"}, {"text": "b"}]
    assert values(write(tmp_path / "a.json", json.dumps({"content": texts}))) == texts


def test_two_arrays_in_a_json_object_are_refused_by_name(tmp_path):
    path = write(tmp_path / "a.json", json.dumps({"train": ROWS, "test": ROWS}))
    with pytest.raises(InputError, match="train, test"):
        values(path)


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv.gz", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_tables_of_text_are_read_with_quotes_and_line_breaks(tmp_path, name, delimiter):
    plain = tmp_path / "plain"
    with plain.open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    assert values(write(tmp_path / name, plain.read_bytes())) == ROWS


def test_parquet_and_both_arrow_forms_are_read(tmp_path):
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "a.parquet")
    with pa.ipc.new_file(tmp_path / "file.arrow", table.schema) as file:
        file.write_table(table)
    with pa.ipc.new_stream(tmp_path / "stream.arrow", table.schema) as stream:
        stream.write_table(table)
    for name in ("a.parquet", "file.arrow", "stream.arrow"):
        assert values(tmp_path / name) == ROWS


def test_all_sheets_of_a_workbook_are_read_below_their_first_row(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append([])
    for cells in (["Prompt", "Completion"], ["one", 1], [None, None], ["two", date(2024, 2, 29)]):
        workbook.active.append(cells)
    workbook.create_sheet("more").append(["Prompt"])
    workbook["more"].append(["three"])
    workbook.save(tmp_path / "a.xlsx")
    rows = list(read_file(tmp_path / "a.xlsx"))
    assert [row.value["Prompt"] for row in rows] == ["one", "two", "three"]
    assert "2024-02-29" in rows[1].original
    assert rows[2].where.endswith("sheet more row 2")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    for name, data in (("a.jsonl", LINES), ("a.json", json.dumps(ROWS).encode()), ("a.csv", b"prompt\nx\n")):
        assert "prompt" in values(write(tmp_path / name, b"\xef\xbb\xbf" + data))[0]


def test_utf16_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(InputError, match="UTF-16: save it as UTF-8"):
        values(write(tmp_path / "a.csv", "prompt\nx\n".encode("utf-16")))


def test_a_bad_json_line_is_a_fault_at_its_line(tmp_path):
    bad = [b'{"a": ', b"[1]", b"7", b'{"a": "\xff"}', b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"]
    path = write(tmp_path / "a.jsonl", b"\n".join([b'{"a": "good"}', b"", *bad]))
    reasons = [BROKEN_JSON, NOT_OBJECT, NOT_OBJECT, NOT_UTF8, TOO_DEEP]
    assert faults(path) == [(f":{line}", reason) for line, reason in enumerate(reasons, 3)]


@pytest.mark.parametrize("levels", [200, 260, 600, 990])
def test_depth_is_judged_alike_wherever_the_reader_is_called_from(tmp_path, levels):
    path = write(tmp_path / "a.jsonl", b'{"a":' + b"[" * levels + b"]" * levels + b"}")

    def deeper(frames: int) -> list[tuple[str, str]]:
        return deeper(frames - 1) if frames else faults(path)

    assert faults(path) == deeper(300) == ([] if levels < 250 else [(":1", TOO_DEEP)])


def test_numbers_and_escapes_that_json_writers_disagree_about_are_read(tmp_path):
    line = b'{"nan": NaN, "inf": -Infinity, "big": 1%s, "half": "\\ud800"}' % (b"0" * 30)
    (row,) = read_file(write(tmp_path / "a.jsonl", line))
    assert not row.fault
    assert json.loads(row.original)["nan"] is None


def test_an_integer_of_five_thousand_digits_does_no_harm(tmp_path):
    (row,) = read_file(write(tmp_path / "a.jsonl", b'{"a": %s}' % (b"9" * 5000)))
    assert row.fault in ("", BROKEN_JSON)


def test_a_row_of_fifty_megabytes_is_read(tmp_path):
    text = "x" * 50_000_000
    assert len(values(write(tmp_path / "a.jsonl", json.dumps({"text": text})))[0]["text"]) == len(text)
    assert len(values(write(tmp_path / "a.csv", f"text,b\n{text},1\n"))[0]["text"]) == len(text)


def test_a_broken_json_file_is_refused_with_its_line(tmp_path):
    path = write(tmp_path / "a.json", '[{"a": 1},\n{"a": 2},\n{"a": ')
    with pytest.raises(InputError, match=r"a\.json:3: broken JSON"):
        values(path)


def test_a_json_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    with pytest.raises(InputError, match=r"a\.json:2: invalid UTF-8"):
        values(write(tmp_path / "a.json", b'[{"a":\n"\xff"}]'))


def test_a_csv_line_with_another_number_of_fields_is_a_fault(tmp_path):
    path = write(tmp_path / "a.csv", 'a,b\n1,2\n1\n"x\ny",2\n1,2,3\n1,2,,\n')
    assert faults(path) == [(":3", RAGGED), (":6", RAGGED)]


def test_a_csv_line_in_another_encoding_is_a_fault(tmp_path):
    assert faults(write(tmp_path / "a.csv", b"a,b\n1,caf\xe9\n1,2\n")) == [(":2", NOT_UTF8)]


def test_text_after_a_closing_quote_is_a_fault(tmp_path):
    assert faults(write(tmp_path / "a.csv", 'a,b\n"x" y,2\n1,2\n')) == [(":2", BROKEN_QUOTES)]


def test_a_quote_that_never_closes_cannot_swallow_the_rest_of_the_file(tmp_path):
    with pytest.raises(InputError, match=r"a\.csv:3: a quote is opened and not closed"):
        values(write(tmp_path / "a.csv", 'a,b\n1,2\n"1,2\n1,2\n'))


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.csv:1: two columns are called 'a'"):
        values(write(tmp_path / "a.csv", "a,b,a\n1,2,3\n"))


def test_columns_without_a_name_are_called_by_their_number(tmp_path):
    assert values(write(tmp_path / "a.csv", ",text\n0,x\n")) == [{"column 1": "0", "text": "x"}]


def test_a_parquet_value_that_python_cannot_hold_spoils_only_its_row(tmp_path):
    texts = pa.array([b"one", b"\xff", b"three"]).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    assert faults(tmp_path / "a.parquet") == [(" row 2", UNREADABLE_VALUE)]


def test_damaged_offsets_in_an_arrow_file_are_not_followed(tmp_path):
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little", signed=True) for n in (0, 3, -9, 6)))
    texts = pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"onetwo"))
    with pa.ipc.new_stream(tmp_path / "a.arrow", pa.schema([("text", pa.string())])) as stream:
        stream.write_batch(pa.record_batch([texts], ["text"]))
    assert faults(tmp_path / "a.arrow") == [(" row 2", UNREADABLE_VALUE), (" row 3", UNREADABLE_VALUE)]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.xlsx", "a.jsonl.gz", "a.csv.gz"])
@pytest.mark.parametrize("data", [b"", b"not what the name says", b"PK\x03\x04 half a zip"])
def test_a_file_that_is_not_what_its_name_says_is_refused_by_name(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    if name.endswith(".gz") and not data:
        assert values(path) == []
        return
    with pytest.raises(InputError, match=name):
        values(path)


def test_a_truncated_gzip_file_is_refused(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(LINES * 100)[:-20])
    with pytest.raises(InputError, match=r"a\.jsonl\.gz cannot be read"):
        values(path)


@pytest.mark.parametrize("name", ["a.txt", "a", "a.parquet.gz", "a.xls", "a.gz"])
def test_other_kinds_are_refused_with_the_known_ones(tmp_path, name):
    assert file_kind(Path(name)) is None
    with pytest.raises(InputError, match=r"known are \.jsonl"):
        values(write(tmp_path / name, "x"))
