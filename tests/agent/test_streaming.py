"""Answers that come piece by piece, from a server that speaks OpenAI's protocol and has the faults of servers."""

import asyncio

import pytest
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.reply import ToolCall, ToolCalls
from goalcover.agent.usage import paid_by
from goalcover.tools.budget import Budget
from openai_faults import Faults
from scripted import chat_model, collected, probed, serving


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Between attempts a server is given half a second and more; these tests do not wait that long."""
    monkeypatch.setattr("goalcover.agent.model._FIRST_WAIT", 0.01)


def test_an_answer_is_streamed_piece_by_piece(tmp_path):
    with serving() as server:
        model = chat_model(server, tmp_path)
        with paid_by(paid := Budget()):
            pieces = collected(model.stream([{"role": "user", "content": "hello"}]))
    assert len(pieces) > 3
    assert "".join(pieces).startswith("I can help with goals")
    assert paid.usage.completion_tokens > 0


def test_a_tool_call_ends_a_stream(tmp_path):
    function = {"name": "coverage", "description": "c", "parameters": {"type": "object", "properties": {}}}
    with serving(brain=lambda *_: {"tool": "coverage", "arguments": {"a": 1}}) as server:
        model = chat_model(server, tmp_path)
        asyncio.run(model.ability())
        pieces = collected(
            model.stream([{"role": "user", "content": "x"}], [{"type": "function", "function": function}])
        )
    assert pieces == [ToolCalls((ToolCall("call_1", "coverage", '{"a": 1}'),))]


@pytest.mark.parametrize("fault", ["429", "500", "drop"])
def test_a_stream_that_does_not_begin_is_tried_again(tmp_path, fault):
    with serving(faults=Faults(script=["ok", fault])) as server:
        model = probed(server, tmp_path)
        assert "".join(collected(model.stream([{"role": "user", "content": "hello"}]))).startswith("I can")


def test_an_error_told_in_a_stream_is_what_the_server_says_it_is(tmp_path):
    with serving(faults=Faults(script=["ok", "unreadable"])) as server:
        model = probed(server, tmp_path)
        with pytest.raises(ModelAnswerError, match="could not read it"):
            collected(model.stream([{"role": "user", "content": "hello"}]))
        assert len(server.chats) == 1


def test_a_server_that_counts_no_tokens_in_streams_streams_all_the_same(tmp_path):
    with serving(rejects=frozenset(["stream_options"])) as server:
        model = probed(server, tmp_path)
        for _ in range(2):
            assert "".join(collected(model.stream([{"role": "user", "content": "hello"}]))).startswith("I can")
        assert len(server.chats) == 3
