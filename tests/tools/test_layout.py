"""New rows in the dataset's own form."""

import json
from typing import Any

import pytest
from goalcover.agent.models import Sample
from goalcover.agent.synthesis import Candidate
from goalcover.tools.layout import layout_of, with_values
from goalcover.tools.shapes import understand

CANDIDATE = Candidate(id="c", input="Asked?", output="Said.", capability="x", difficulty="basic", form="")
ROWS = {
    "alpaca": {"instruction": "Do it", "input": "", "output": "Done"},
    "question": {"id": "7", "question": "Q?", "context": "C", "long_answer": "A", "final_decision": "yes", "topic": 3},
    "messages": {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "topic": "t"},
    "sharegpt": {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]},
    "prompt": {"prompt": "Q", "completion": "A"},
}


def sample_of(row: dict[str, Any]) -> Sample:
    reading = understand(row)
    assert not isinstance(reading, str)
    row_id = row.get("id", "row-1")
    return Sample(id=row_id, row=1, input=reading.input, output=reading.output, original=json.dumps(row))


@pytest.mark.parametrize("shape", ROWS)
def test_a_new_row_has_the_columns_of_the_old_ones_and_reads_as_the_candidate(shape):
    layout = layout_of(sample_of(ROWS[shape]))
    made = layout.sample(CANDIDATE, "new-1", 9)
    assert list(json.loads(made.original)) == list(ROWS[shape])
    assert (made.id, made.row, made.input, made.output) == ("new-1", 9, "Asked?", "Said.")


def test_text_columns_are_filled_one_by_one_and_nothing_is_made_up_for_the_rest():
    layout = layout_of(sample_of(ROWS["question"]))
    assert [(one.name, one.side) for one in layout.columns] == [
        ("question", "input"),
        ("context", "input"),
        ("long_answer", "output"),
        ("final_decision", "output"),
    ]
    filled = CANDIDATE.model_copy(update={"columns": {"question": "Q2?", "context": "C2", "long_answer": "A2"}})
    made = layout.sample(filled, "new-1", 9)
    assert json.loads(made.original) == {
        "id": "new-1",
        "question": "Q2?",
        "context": "C2",
        "long_answer": "A2",
        "final_decision": "",
        "topic": None,
    }
    assert (made.input, made.output) == ("Q2?\n\nC2", "A2")


@pytest.mark.parametrize(
    ("asked", "question", "context"),
    [
        ("Q3?\n\nC2", "Q3?", "C2"),
        ("Q2?\n\nC3, longer\n\nthan before", "Q2?", "C3, longer\n\nthan before"),
        ("All of it is new", "All of it is new", ""),
    ],
)
def test_of_an_edited_side_the_columns_that_stayed_are_kept_and_the_other_side_is_untouched(asked, question, context):
    columns = {"question": "Q2?", "context": "C2", "long_answer": "A2", "final_decision": "no"}
    filled = CANDIDATE.model_copy(update={"input": "Q2?\n\nC2", "output": "A2\n\nno", "columns": columns})
    edited = layout_of(sample_of(ROWS["question"])).edited(filled, asked, "")
    assert edited.columns == columns | {"question": question, "context": context}
    assert (edited.input, edited.output) == (asked, "A2\n\nno")


def test_a_column_that_holds_few_texts_again_and_again_is_known_by_them():
    long = "of many words " * 20
    rows = [
        {
            "question": f"Q{n}?",
            "context": long,
            "long_answer": "A" if n else "B",
            "final_decision": ("yes ", "no")[n % 2],
        }
        for n in range(20)
    ]
    layout = with_values(layout_of(sample_of(rows[0])), map(sample_of, rows))
    known = {one.name: one.values for one in layout.columns}
    assert known == {"question": (), "context": (), "long_answer": ("A", "B"), "final_decision": ("no", "yes")}
    rare = with_values(layout, map(sample_of, rows[:19]))
    assert [one.values for one in rare.columns] == [()] * 4


def test_of_a_dataset_mapped_by_hand_the_columns_are_found_by_their_texts():
    row = {"frage": "Warum?", "antwort": "Darum.", "note": "unread"}
    sample = Sample(id="row-1", row=1, input="Warum?", output="Darum.", original=json.dumps(row))
    made = layout_of(sample, mapped=True).sample(CANDIDATE, "new-1", 2)
    assert json.loads(made.original) == {"frage": "Asked?", "antwort": "Said.", "note": None}
    assert (made.input, made.output) == ("Asked?", "Said.")
