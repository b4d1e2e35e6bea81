"""Answers that come piece by piece, from a server that speaks OpenAI's protocol and has the faults of servers."""

import asyncio

import pytest
from goalcover.agent.errors import ModelAnswerError, ModelBusyError, ModelRefusedError, ModelRequestError
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


@pytest.mark.parametrize(
    ("ends", "error", "told"),
    [
        ("length", ModelAnswerError, "GOALCOVER_MAX_OUTPUT_TOKENS"),
        ("content_filter", ModelRefusedError, "content filter"),
        (None, ModelBusyError, "broke off its answer"),
    ],
)
def test_a_stream_that_ends_before_its_end_is_no_answer(tmp_path, monkeypatch, ends, error, told):
    with serving() as server:
        server.counts = ends is not None
        model = probed(server, tmp_path, attempts=1)
        whole = server.complete

        def cut(asked, fault):
            completion = whole(asked, fault)
            completion["choices"][0]["finish_reason"] = ends
            return completion

        monkeypatch.setattr(server, "complete", cut)
        with paid_by(paid := Budget()), pytest.raises(error, match=told):
            collected(model.stream([{"role": "user", "content": "hello"}]))
    assert paid.usage.calls == 1


def test_a_server_that_never_says_why_an_answer_ended_tells_what_it_took_at_its_end(tmp_path, monkeypatch):
    with serving() as server:
        model = probed(server, tmp_path)
        whole = server.complete

        def unnamed(asked, fault):
            completion = whole(asked, fault)
            completion["choices"][0]["finish_reason"] = None
            return completion

        monkeypatch.setattr(server, "complete", unnamed)
        with paid_by(paid := Budget()):
            said = collected(model.stream([{"role": "user", "content": "hello"}]))
    assert "".join(said).startswith("I can help with goals")
    assert paid.usage.completion_tokens > 0


def test_a_stream_whose_connection_is_cut_is_told_as_that(tmp_path):
    with serving(faults=Faults(script=["ok", "drop"])) as server:
        model = probed(server, tmp_path, attempts=1)
        with pytest.raises(ModelBusyError, match="broke off its answer"):
            collected(model.stream([{"role": "user", "content": "hello"}]))


@pytest.mark.parametrize("taken", ["max_tokens", "max_completion_tokens"])
def test_a_limit_on_answers_is_sent_by_the_name_that_the_model_takes_in_streams_too(tmp_path, taken):
    (other,) = {"max_tokens", "max_completion_tokens"} - {taken}
    with serving(rejects=frozenset([other])) as server:
        model = probed(server, tmp_path, max_output_tokens=900, temperature=None)
        collected(model.stream([{"role": "user", "content": "hello"}]))
    asked = server.chats[-1]
    assert (asked[taken], asked["seed"]) == (900, 0)
    assert not {other, "temperature"} & asked.keys()


def test_a_limit_on_answers_that_came_later_is_sent_by_its_other_name_in_streams_too(tmp_path):
    turns = [{"role": "user", "content": "hello"}]
    with serving(rejects=frozenset(["max_tokens"])) as server:
        probed(server, tmp_path)
        model = chat_model(server, tmp_path, max_output_tokens=900)
        for n in (4, 5):  # refused, found out by two, answered; then known
            assert "".join(collected(model.stream(turns))).startswith("I can")
            assert len(server.chats) == n
        assert server.chats[-1]["max_completion_tokens"] == 900
        server.rejects = frozenset(["tools"])
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
        with pytest.raises(ModelRequestError, match="tools"):
            collected(model.stream(turns, [tool]))
        assert len(server.chats) == 6


def test_a_limit_on_answers_that_no_name_helps_is_told_and_not_left_out(tmp_path):
    rejects = frozenset(["max_tokens", "max_completion_tokens"])
    with serving(rejects=rejects) as server, pytest.raises(ModelRequestError, match="max_completion_tokens"):
        probed(server, tmp_path, max_output_tokens=900)


def test_whoever_gave_up_is_not_asked_again_for_the_same_work(tmp_path, monkeypatch):
    ask = [{"role": "user", "content": "hello"}]
    with serving(faults=Faults(script=["ok", *["500"] * 4])) as server:
        model = probed(server, tmp_path, attempts=2)
        with paid_by(paid := Budget()):
            for _ in range(3):
                with pytest.raises(ModelBusyError, match="tried 2 times"):
                    collected(model.stream(ask))
            assert (len(server.chats), paid.usage.calls) == (2, 2)
            monkeypatch.setattr("goalcover.agent.usage.REST", 0.0)
            with pytest.raises(ModelBusyError):
                collected(model.stream(ask))
            assert len(server.chats) == 4
            monkeypatch.undo()
        with paid_by(Budget()):  # whoever tries again asks anew
            assert "".join(collected(model.stream(ask))).startswith("I can")


def test_one_question_that_a_model_cannot_answer_does_not_silence_it(tmp_path):
    ask = [{"role": "user", "content": "hello"}]
    script = [*["ok", "500", "500"] * 2, "ok", *["500"] * 4]
    with serving(faults=Faults(script=["ok", *script])) as server:
        model = probed(server, tmp_path, attempts=2)
        with paid_by(Budget()):
            for fails in (False, True, False, True, False, True, True, True):
                if fails:
                    with pytest.raises(ModelBusyError, match="tried 2 times"):
                        collected(model.stream(ask))
                else:
                    assert "".join(collected(model.stream(ask))).startswith("I can")
    assert len(server.chats) == len(script)  # of three failures in a row, the last was not asked
