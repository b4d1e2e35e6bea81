"""What a model replied is read whatever it is wrapped in, and what is no answer is none."""

import json
import time

import pytest
from goalcover.agent.errors import ModelAnswerError, ModelBusyError, ModelRefusedError
from goalcover.agent.reply import Reply, is_json, last_object, read_listing, read_vectors, without_thoughts


def reply(finish_reason="stop", usage=None, **message):
    choice = {"message": message, "finish_reason": finish_reason}
    return Reply.read(json.dumps({"choices": [choice], "usage": usage}).encode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"level": 4}', {"level": 4}),
        ('```json\n{"level": 4}\n```', {"level": 4}),
        ('Here you are:\n```\n{"level": 4,}\n```\nBye.', {"level": 4}),
        ('<think>{"level": 1}</think>{"level": 4}', {"level": 4}),
        ('so {"level": 1} </think> {"level": 4}', {"level": 4}),
        ('{"level": 1} No, better: {"level": 4}', {"level": 4}),
        ("{'level': 4}", {"level": 4}),
        ('{"why": "a\nb", "level": 4}', {"why": "a\nb", "level": 4}),
        ('{"why": "has } and { in it", "level": 4}', {"why": "has } and { in it", "level": 4}),
        ('I use {braces}, then {"a": {"b": 1}}', {"a": {"b": 1}}),
        ('{"why": "</think>", "level": 4}', {"why": "</think>", "level": 4}),
        ('<think>{"a" </think>{"why": "the </think> tag", "level": 4}', {"why": "the </think> tag", "level": 4}),
        ('```json\n{"why": "<think>a</think> b", "level": 4}\n```', {"why": "<think>a</think> b", "level": 4}),
    ],
)
def test_the_last_complete_object_counts(text, found):
    assert json.loads(last_object(text)) == found


@pytest.mark.parametrize("text", ["", "no object", '{"level": 4', "[1, 2]", '<think>{"level": 4}', "5", "{}{"])
def test_what_holds_no_complete_object_is_no_answer(text):
    with pytest.raises(ModelAnswerError):
        last_object(text)


def test_a_reply_of_nothing_but_braces_costs_no_time():
    started = time.monotonic()
    with pytest.raises(ModelAnswerError):
        last_object("{" * 50_000)
    assert time.monotonic() - started < 2


def test_thoughts_are_dropped_also_when_they_never_end():
    assert without_thoughts("<think>a</think> b <thinking>c</thinking>d") == "b d"
    assert without_thoughts("b <think>and then") == "b"


def test_a_tool_call_is_an_answer_too():
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"level": 4}'}}
    assert reply(content=None, tool_calls=[call], finish_reason="tool_calls").answer() == '{"level": 4}'


def test_a_content_in_parts_is_put_together():
    assert reply(content=[{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}]).answer() == '{"a": 1}'


@pytest.mark.parametrize(
    ("one", "error"),
    [
        ({"refusal": "no", "content": None}, ModelRefusedError),
        ({"content": '{"a": 1}', "finish_reason": "content_filter"}, ModelRefusedError),
        ({"content": '{"a": 1}', "finish_reason": "length"}, ModelAnswerError),
        ({"content": None}, ModelAnswerError),
    ],
)
def test_refusals_and_replies_cut_off_are_no_answers(one, error):
    with pytest.raises(error):
        reply(**one).answer()


@pytest.mark.parametrize("body", [b"<html>502</html>", b"{}", b'{"choices": []}', b'{"choices": nul'])
def test_a_body_that_is_no_completion_is_worth_another_try(body):
    with pytest.raises(ModelBusyError):
        Reply.read(body)


@pytest.mark.parametrize(
    ("body", "json"),
    [(b' \n{"a": 1}', True), (b'\xef\xbb\xbf{"cho', True), (b"", True), (b"<html>", False), (b"upstream down", False)],
)
def test_a_body_cut_off_is_json_and_a_web_page_is_not(body, json):
    assert is_json(body) is json


def test_tokens_are_counted_where_the_server_tells_them():
    told = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}}
    used = reply(content="x", usage=told).counted()
    assert (used.calls, used.prompt_tokens, used.cached_tokens, used.completion_tokens) == (1, 10, 8, 2)
    assert used.untold == 0


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": None}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_tokens_that_the_server_does_not_tell_are_estimated_which_is_told(usage):
    used = reply(content="x" * 80, usage=usage).counted(400)
    assert (used.calls, used.prompt_tokens, used.completion_tokens, used.untold) == (1, 100, 20, 1)


def test_the_context_length_is_read_from_wherever_a_server_tells_it():
    rows = [
        {"id": "vllm", "max_model_len": 1},
        {"id": "lmstudio", "max_context_length": 2},
        {"id": "llamacpp", "meta": {"n_ctx_train": 3}},
        {"id": "openai"},
    ]
    assert [one.context for one in read_listing(json.dumps({"data": rows}).encode())] == [1, 2, 3, None]


def test_vectors_are_matched_by_their_index():
    rows = [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]
    assert read_vectors(json.dumps({"data": rows}).encode(), 2) == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ModelBusyError):
        read_vectors(json.dumps({"data": rows}).encode(), 3)
