"""Every shape that fine-tuning people keep: what is asked, what is answered."""

import json

import pytest
from goalcover.agent.errors import InputError
from goalcover.tools.rendering import as_text
from goalcover.tools.shapes import NOTHING_IN_IT, UNKNOWN_SHAPE, Reading, parse_mapping, understand

USER = {"role": "user", "content": "Hi"}
REPLY = {"role": "assistant", "content": "Hello"}
CHAT = [{"role": "system", "content": "Be kind"}, USER, REPLY, {"role": "user", "content": "Bye"}]
CALL = {"name": "find", "arguments": '{"q": "x"}'}


def read(row, mapping=None) -> Reading:
    reading = understand(row, parse_mapping(mapping) if mapping else None)
    assert isinstance(reading, Reading), reading
    return reading


def texts(row, mapping=None) -> tuple[str, str, str]:
    reading = read(row, mapping)
    return reading.shape, reading.input, reading.output


PLAIN = [
    ({"instruction": "Add", "input": "1 2", "output": "3"}, "alpaca", "Add\n\n1 2", "3"),
    ({"instruction": "Add", "input": "", "output": "3"}, "alpaca", "Add", "3"),
    ({"instruction": "Add", "context": "1 2", "response": "3", "category": "x"}, "alpaca", "Add\n\n1 2", "3"),
    ({"Instruction": "Add", "OUTPUT": "3"}, "alpaca", "Add", "3"),
    ({"instruction": "Add", "output": None}, "alpaca", "Add", ""),
    ({"prompt": "a", "completion": "b"}, "prompt-completion", "a", "b"),
    ({"prompt": "a", "response": "b"}, "prompt-completion", "a", "b"),
    ({"query": "a", "response": "b"}, "prompt-completion", "a", "b"),
    ({"input": "a", "output": "b"}, "prompt-completion", "a", "b"),
    ({"source": "a", "target": "b"}, "prompt-completion", "a", "b"),
    ({"text": "a", "summary": "b"}, "prompt-completion", "a", "b"),
    ({"article": "a", "highlights": "b"}, "prompt-completion", "a", "b"),
    ({"title": "t", "text": "a", "summary": "b"}, "prompt-completion", "t\n\na", "b"),
    ({"system": "s", "prompt": "a", "completion": "b"}, "prompt-completion", "system: s\n\nuser: a", "b"),
    ({"question": "q", "answer": "a"}, "question-answer", "q", "a"),
    ({"question": "q", "answer": False}, "question-answer", "q", "false"),
    ({"question": "q", "answers": {"text": ["a"], "answer_start": [7]}}, "question-answer", "q", "a"),
    ({"text": "only"}, "text", "only", ""),
    ({"content": "only", "label": True}, "text", "only", ""),
    ({"prompt": [USER], "completion": [REPLY]}, "prompt-completion", "Hi", "Hello"),
    ({"prompt": "a", "completion": "b", "label": "False"}, "kto", "a", "b"),
    ({"prompt": "a", "completion": "b", "label": 3}, "prompt-completion", "a", "b"),
    ({"prompt": "a", "completion": "b", "kto_tag": " TRUE"}, "kto", "a", "b"),
]


@pytest.mark.parametrize(("row", "shape", "asked", "answered"), PLAIN)
def test_a_row_of_plain_columns_is_understood(row, shape, asked, answered):
    assert texts(row) == (shape, asked, answered)


def test_pubmedqa_answers_with_the_long_answer_and_the_decision():
    row = {"question": "q", "context": {"contexts": ["c1", "c2"], "labels": ["A", "B"]}}
    row |= {"long_answer": "because", "final_decision": "yes"}
    assert texts(row) == ("question-answer", "q\n\nc1\nc2", "because\n\nyes")
    assert read(row).plan.columns == ("question", "context", "long_answer", "final_decision")


DIALOGUES = [
    ({"messages": [USER, REPLY]}, "messages"),
    ({"messages": json.dumps([USER, REPLY])}, "messages"),
    ({"messages": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, "messages"),
    ({"messages": [USER | {"content": [{"type": "text", "text": "Hi"}]}, REPLY | {"loss_weight": 1.0}]}, "messages"),
    ({"messages": [USER | {"content": [{"type": "text", "value": "Hi"}]}, REPLY]}, "messages"),
    ({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": ["Hello"]}]}, "messages"),
    ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, "sharegpt"),
    ({"conversations": [USER, REPLY], "tools": "[]"}, "sharegpt"),
    ({"conversation": [{"human": "Hi", "assistant": "Hello"}]}, "sharegpt"),
    ({"conversations": ["Hi", "Hello"]}, "sharegpt"),
    ({"messages": [USER, REPLY], "label": True}, "kto"),
    ({"prompt": "Hi", "chosen": "Hello", "rejected": "Go"}, "preference"),
    ({"prompt": [USER], "chosen": [REPLY], "rejected": [REPLY]}, "preference"),
    ({"chosen": [USER, REPLY], "rejected": [USER, REPLY]}, "preference"),
    ({"prompt": "Hi", "chosen": [USER, REPLY], "rejected": [USER], "messages": [USER]}, "preference"),
    ({"conversations": [USER], "chosen": {"from": "gpt", "value": "Hello"}, "rejected": {}}, "preference"),
    ({"input": {"messages": [USER]}, "preferred_output": [REPLY], "non_preferred_output": [REPLY]}, "preference"),
    ({"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: Go"}, "preference"),
]


@pytest.mark.parametrize(("row", "shape"), DIALOGUES)
def test_one_exchange_is_read_the_same_from_every_spelling(row, shape):
    assert texts(row) == (shape, "Hi", "Hello")


def test_many_turns_are_told_with_their_roles_up_to_the_last_answer():
    asked = "system: Be kind\n\nuser: Hi\n\nassistant: Hello\n\nuser: Bye"
    assert texts({"messages": [*CHAT, {"role": "assistant", "content": "See you"}, USER]}) == (
        "messages",
        asked,
        "See you",
    )


def test_a_dialogue_without_an_answer_has_an_empty_output():
    assert texts({"messages": [USER]}) == ("messages", "Hi", "")


def test_alpaca_history_and_system_come_before_the_instruction():
    row = {"system": "s", "history": [["q", "a"]], "instruction": "i", "output": "o"}
    assert texts(row)[1:] == ("system: s\n\nuser: q\n\nassistant: a\n\nuser: i", "o")


def test_tool_calls_and_their_results_are_readable():
    turns = [USER, {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": CALL}]}]
    result = {"role": "tool", "content": [{"type": "text", "text": "found"}]}
    tools = json.dumps([{"type": "function", "function": {"name": "find", "description": "Finds things"}}])
    _, asked, answered = texts({"messages": [*turns, result, REPLY], "tools": tools})
    assert asked == 'tools: find: Finds things\n\nuser: Hi\n\nassistant: calls find({"q": "x"})\n\ntool: found'
    assert answered == "Hello"
    assert texts({"messages": turns})[2] == 'calls find({"q": "x"})'


def test_a_sharegpt_function_call_is_what_the_assistant_says():
    turns = [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": json.dumps(CALL)}]
    assert texts({"conversations": turns})[2] == 'calls find({"q": "x"})'
    turns[1]["value"] = "find x"
    assert texts({"conversations": turns})[2] == "find x"


def test_a_picture_in_a_message_is_named_and_not_spelled_out():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [picture, {"type": "text", "text": "What is it?"}]
    assert texts({"messages": [{"role": "user", "content": content}, REPLY]})[1] == "[image_url]\nWhat is it?"


def test_parts_within_parts_do_not_exhaust_the_stack():
    content: object = "deep"
    for _ in range(120):
        content = [{"type": "tool_result", "content": content}]
    assert "deep" in texts({"messages": [{"role": "user", "content": content}, REPLY]})[1]


def test_an_undesirable_kto_answer_is_marked():
    assert read({"messages": [USER, REPLY], "label": False}).undesirable
    assert not read({"messages": [USER, REPLY], "label": True}).undesirable
    assert read({"prompt": "a", "completion": "b", "label": "FALSE"}).undesirable


def test_a_completion_that_is_json_text_stays_as_it_is():
    answer = '[{"role": "admin", "content": "x"}]'
    assert texts({"prompt": "Extract", "completion": answer})[2] == answer


def test_columns_that_are_empty_in_a_row_leave_it_to_the_next_shape():
    row = {"messages": None, "conversations": [], "instruction": "i", "output": "o", "text": None}
    assert texts(row) == ("alpaca", "i", "o")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"a": "x", "b": "y"}, UNKNOWN_SHAPE),
        ({}, UNKNOWN_SHAPE),
        ({"messages": "hello"}, UNKNOWN_SHAPE),
        ({"messages": [{"role": 7}]}, UNKNOWN_SHAPE),
        ({"prompt": " ", "completion": None}, NOTHING_IN_IT),
        ({"messages": []}, NOTHING_IN_IT),
    ],
)
def test_a_row_with_nothing_to_read_says_why(row, reason):
    assert understand(row) == reason


def test_a_mapping_joins_the_columns_it_names():
    row = {"Body text": "b", "head": "h", "n": 7, "chat": [USER, REPLY]}
    assert texts(row, "input=head + Body text,output=n") == ("mapped", "h\n\nb", "7")
    assert texts(row, "input=chat") == ("mapped", "user: Hi\n\nassistant: Hello", "")


@pytest.mark.parametrize("text", ["", "a,b", "output=a", "input=", "input=a+", "input=a,input=b", "x=1,input=a"])
def test_a_mapping_that_makes_no_sense_is_refused_with_its_syntax(text):
    with pytest.raises(InputError, match=r"--map input=COL\[\+COL\],output"):
        parse_mapping(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (3, "3"),
        (True, "true"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\xfe", "<2 bytes>"),
        (["a", None, "b"], "a\nb"),
        ({"a": 1, "b": ["x", "y"]}, "a: 1\nb: x\ny"),
        ("a\x00b\x1b[31m\ttab\nline", "a b [31m\ttab\nline"),
        ("half \ud800 pair", "half \ufffd pair"),
        ([[[[["deep"]]]]], '["deep"]'),
    ],
)
def test_any_cell_becomes_clean_text(value, text):
    assert as_text(value) == text
