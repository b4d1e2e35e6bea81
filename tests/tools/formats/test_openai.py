"""OpenAI's published rules: what it would refuse is found before it is uploaded."""

from typing import Any

import pytest
from goalcover.tools.formats.openai import problems

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASKED = {"role": "user", "content": "Hi"}
SAID = {"role": "assistant", "content": "Hello"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "1"}


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), **more}


@pytest.mark.parametrize(
    "row",
    [
        chat(ASKED, SAID),
        chat({"role": "system", "content": "Be kind"}, ASKED, {**SAID, "weight": 1}),
        chat(ASKED, CALLED, RESULT, SAID, tools=[{"type": "function", "function": {"name": "f"}}]),
        chat(ASKED, CALLED),
        {"input": {"messages": [ASKED]}, "preferred_output": [SAID], "non_preferred_output": [SAID]},
    ],
)
def test_a_row_by_the_rules_has_no_problem(row):
    assert list(problems(row)) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (chat(), "it has no messages"),
        (chat(ASKED), "its last message is not the assistant's"),
        (chat(SAID), "no message is the user's"),
        (chat(ASKED, SAID, label=1), "the key 'label' is not known"),
        (chat({"role": "bot", "content": "x"}, ASKED, SAID), "a message has a role that is not known"),
        (chat(ASKED, {"role": "assistant", "content": "  "}), "a message has no text"),
        (chat(ASKED, {**SAID, "from": "x"}), "the key 'from' of a message is not known"),
        (chat({**ASKED, "weight": 1}, SAID), "a weight is neither 0 nor 1, or not the assistant's"),
        (chat(ASKED, RESULT, SAID), "a tool's result answers no call"),
        (
            chat(ASKED, {**CALLED, "tool_calls": [{**CALL, "function": {"name": "a b", "arguments": "{}"}}]}),
            "a call has no id, or a name that OpenAI does not take",
        ),
        (
            chat(ASKED, {**CALLED, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "no"}}]}),
            "a call's arguments are no JSON text",
        ),
        (
            {"input": {"messages": [ASKED]}, "preferred_output": [SAID, SAID], "non_preferred_output": [SAID]},
            "preferred_output is not one message of the assistant",
        ),
    ],
)
def test_what_openai_refuses_is_named(row, problem):
    assert problem in list(problems(row))
