"""The fast way to the server sends what langchain-openai's client sends, byte for byte, and closes what it opens."""

import asyncio
import json

import pytest
from goalcover.agent.errors import ContextTooLongError, ModelBusyError, ModelRequestError
from goalcover.agent.wire import _proxy
from httpx2 import URL
from openai_faults import Faults
from openai_server import KEY
from scripted import chat_model, serving

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]}).encode()
OWN = {"host", "connection", "accept-encoding", "content-length", "x-stainless-retry-count"}


def posted(server, folder, n=3):
    async def post():
        model = chat_model(server, folder)
        return [await model.post(BODY) for _ in range(n)]

    return asyncio.run(post())


def test_later_requests_carry_the_headers_of_the_first(tmp_path):
    with serving() as server:
        replies = posted(server, tmp_path)
        first, *later = [one.headers for one in server.requests]
        bodies = [one.json for one in server.requests]
    assert first["authorization"] == f"Bearer {KEY}"
    assert len(later) == 2
    for headers in later:
        assert {name: value for name, value in headers.items() if name not in OWN} == {
            name: value for name, value in first.items() if name not in OWN
        }
    assert bodies == [json.loads(BODY)] * 3
    assert all(json.loads(one)["choices"] for one in replies)


@pytest.mark.parametrize(
    ("fault", "retry_after", "crowded"),
    [("429", 0.05, True), ("429-silent", None, True), ("503", None, True), ("500", None, False), ("drop", None, False)],
)
def test_errors_mean_the_same_on_both_ways(tmp_path, fault, retry_after, crowded):
    for script in ([fault], ["ok", fault]):
        with serving(faults=Faults(script=list(script))) as server, pytest.raises(ModelBusyError) as caught:
            posted(server, tmp_path)
        assert (caught.value.retry_after, caught.value.crowded) == (retry_after, crowded)
        assert KEY not in str(caught.value)


def test_a_silent_server_is_crowded(tmp_path):
    async def post(server):
        model = chat_model(server, tmp_path, timeout=0.2)
        await model.post(BODY)
        await model.post(BODY)

    with serving(faults=Faults(script=["ok", "hang"])) as server, pytest.raises(ModelBusyError) as caught:
        asyncio.run(post(server))
    assert caught.value.crowded
    assert "0.2 s" in str(caught.value)


def test_what_waiting_does_not_mend_is_told_apart(tmp_path):
    with serving() as server:

        async def story():
            model = chat_model(server, tmp_path)
            await model.post(BODY)
            server.context = 1
            with pytest.raises(ContextTooLongError):
                await model.post(
                    json.dumps({"model": "m", "messages": [{"content": "long " * 9, "role": "user"}]}).encode()
                )
            server.context, server.rejects = None, frozenset({"messages"})
            with pytest.raises(ModelRequestError, match="Unsupported parameter: 'messages'"):
                await model.post(BODY)

        asyncio.run(story())


def test_a_server_that_went_away_is_named(tmp_path):
    with serving() as server:

        async def story():
            model = chat_model(server, tmp_path, base_url="http://127.0.0.1:9/v1")
            with pytest.raises(ModelBusyError, match=r"no connection to http://127\.0\.0\.1:9/v1"):
                await model.post(BODY)

        asyncio.run(story())


def test_proxies_of_the_environment_are_used_and_left_out_as_it_says(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "intern.example")
    assert _proxy(URL("https://api.example/v1")) == "http://proxy.example:3128"
    assert _proxy(URL("https://llm.intern.example/v1")) is None
    assert _proxy(URL("http://api.example/v1")) is None
