"""What a server's HTTP error means: whether to wait, to cut, to leave the sample out, or to stop."""

import pytest
from goalcover.agent.errors import (
    ContextTooLongError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    ModelRequestError,
    ModelUnknownError,
)
from goalcover.agent.refusal import Refusal, told


def error(status, words, code="", **headers):
    refusal = Refusal(status, code, words, {name.replace("_", "-"): value for name, value in headers.items()})
    return told(refusal, "http://server", "model", "KEY", has_key=True)


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
        (400, "The decoder prompt (length 9000) is longer than the maximum model length of 4096.", "BadRequestError"),
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "400"),
        (400, "the request exceeds the available context size, try increasing it", "exceed_context_size_error"),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4600", "validation"),
        (400, "Range of input length should be [1, 30720]", "invalid_parameter_error"),
        (413, "Request too large for model on tokens per minute", "rate_limit_exceeded"),
    ],
)
def test_a_question_that_is_too_long(status, words, code):
    assert type(error(status, words, code)) is ContextTooLongError


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (400, "The response was filtered: content management policy.", "content_filter"),
        (400, "Invalid prompt: your prompt was flagged as potentially violating our policy.", "invalid_prompt"),
        (400, "Input data may contain inappropriate content.", "data_inspection_failed"),
        (400, "Content Exists Risk", "invalid_request_error"),
        (403, "Your chosen model requires moderation and your input was flagged for: violence", "403"),
    ],
)
def test_a_question_that_is_declined(status, words, code):
    found = error(status, words, code)
    assert type(found) is ModelRefusedError
    assert words not in str(found)


@pytest.mark.parametrize(
    ("key", "says"), [("OPENAI_API_KEY", "lacks a /v1"), ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT is the")]
)
@pytest.mark.parametrize("status", [404, 405])
def test_what_a_server_does_not_know(status, key, says):
    found = told(Refusal(status, "", "Not Found", {}), "http://server", "model", key, has_key=True)
    assert type(found) is ModelUnknownError
    assert says in str(found)
    assert ("/v1" in str(found)) == (key == "OPENAI_API_KEY")


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (401, "bad key", ""),
        (402, "Insufficient Balance", ""),
        (403, "not yours", ""),
        (429, "You exceeded your current quota", "insufficient_quota"),
    ],
)
def test_what_no_other_question_would_mend(status, words, code):
    assert type(error(status, words, code)) is ModelError


def test_a_form_that_is_not_taken_is_told_in_the_servers_words():
    found = error(400, "Unsupported parameter: 'seed'", "unsupported")
    assert type(found) is ModelRequestError
    assert "HTTP 400): Unsupported parameter" in str(found)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after": "-1"}, 0.0),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_how_long_a_busy_server_wants_to_be_left_alone(headers, seconds):
    found = error(429, "slow down, your content_filter prompt is too long", **headers)
    assert isinstance(found, ModelBusyError)
    assert (found.crowded, found.retry_after) == (True, seconds)
