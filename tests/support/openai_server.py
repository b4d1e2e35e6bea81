"""An OpenAI-protocol server of ours, with faults to order: chat completions, embeddings, models, files and batches.

In a test:      with openai_server.running(faults=Faults(script=["429"])) as server: ... server.url, server.requests
By hand:        python tests/support/openai_server.py --port 8123 --faults 429=0.05,500=0.02 --latency 0.2
"""

import argparse
import asyncio
import base64
import json
import math
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai_brains
import orjson
import uvicorn
from openai_batches import Batches, Reply
from openai_faults import CODE, SAID, STATUS, Faults, spoil

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
KEY = "sk-test-0123456789abcdef"
"""A key that tests look for where no key may be."""
PAGE = (
    "<!doctype html><html><head><title>Sign in</title><style>p { color: red }</style></head><body><script>go()</script>"
    f"<p>You&#39;ve sent {KEY}, and this proxy wants to know who you are.</p></body></html>"
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    json: Any
    fault: str
    at: float


@dataclass
class Server:
    """The server's switches, and what it has seen."""

    brain: openai_brains.Brain = openai_brains.words
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    """Seconds an answer takes; with `spread`, the mean of a log-normal distribution of that sigma."""
    spread: float = 0.0
    pause: float = 0.0
    """Seconds between two pieces of a streamed answer."""
    retry_after: float = 0.05
    rejects: frozenset[str] = frozenset()
    """Request fields that are refused with 400: `response_format`, `tools`, `seed`, `temperature`..."""
    declines: str | None = None
    """A request that holds these words is refused with 400, in words that nobody listed."""
    context: int | None = None
    """Tokens (of four characters) that a prompt may have."""
    most_in_flight: int | None = None
    """A request beyond it is answered with 429."""
    counts: bool = True
    """Whether it tells how many tokens an answer took."""
    models: tuple[str, ...] = ("test-model",)
    record: bool = True
    batches: Batches = field(default_factory=Batches)
    requests: list[Request] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    """Number of requests by fault, and `peak`, the most that were in flight at once."""
    url: str = ""

    def __post_init__(self) -> None:
        self._in_flight = 0
        self._random = random.Random(0)
        self._prefixes: set[int] = set()

    @property
    def chats(self) -> list[Any]:
        """The bodies of all chat completion requests, in order of arrival."""
        return [one.json for one in self.requests if one.path.endswith("/chat/completions")]

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Send) -> None:
        """ASGI. No framework: a load test has to find the client's limits, not ours."""
        if scope["type"] != "http":
            return
        path, body = scope["path"], await _body(receive)
        if path.endswith("/chat/completions"):
            await self._chat(scope, body, send)
        elif path.endswith("/embeddings"):
            await _respond(send, 200, _embeddings(orjson.loads(body)))
        elif path.endswith("/models"):
            await _respond(send, 200, self._models())
        elif path == "/seen":
            await _respond(send, 200, dict(self.seen))
        else:
            await _respond(send, *self.batches.handle(scope, body, self._batched))

    async def _chat(self, scope: Mapping[str, Any], body: bytes, send: Send) -> None:
        asked, fault = orjson.loads(body), self.faults.draw()
        self._in_flight += 1
        try:
            if self.most_in_flight is not None and self._in_flight > self.most_in_flight:
                fault = "429"
            self.seen[fault] += 1
            self.seen["peak"] = max(self.seen["peak"], self._in_flight)
            if self.record:
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                self.requests.append(Request(scope["path"], headers, asked, fault, time.monotonic()))
            await self._answer(asked, fault, send)
        finally:
            self._in_flight -= 1

    async def _answer(self, asked: dict[str, Any], fault: str, send: Send) -> None:
        if fault == "unreadable" and asked.get("stream"):
            event = b"data: " + orjson.dumps(_error(SAID[fault])) + b"\n\n"
            return await _respond(send, 200, event, [(b"content-type", b"text/event-stream")])
        if fault in STATUS:
            headers = [(b"retry-after", f"{self.retry_after:g}".encode())] if fault == "429" else []
            said = _error(SAID.get(fault, f"injected {fault}"), code=CODE.get(fault))
            return await _respond(send, STATUS[fault], said, headers)
        if refused := self._refused(asked):
            return await _respond(send, 400, refused)
        await asyncio.sleep(self._seconds())
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "drop":  # uvicorn cuts the connection of a response that never ends
            return await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9999")]})
        if fault == "not-json":
            return await _respond(send, 200, b'{"choices": [{"message": {"con')
        if fault == "page":
            return await _respond(send, 200, PAGE.encode(), [(b"content-type", b"text/html; charset=utf-8")])
        completion = self.complete(asked, fault)
        if asked.get("stream"):
            return await _stream(send, completion, asked, self.pause)
        return await _respond(send, 200, completion)

    def complete(self, asked: dict[str, Any], fault: str = "ok") -> dict[str, Any]:
        """The chat completion for a request."""
        messages, tools = asked["messages"], asked.get("tools") or []
        forced = isinstance(asked.get("tool_choice"), dict) or asked.get("tool_choice") == "required"
        schema = _schema(asked, tools[0] if forced and tools else None)
        said = self.brain(messages, schema, tools)
        name = tools[0]["function"]["name"] if forced and tools else None
        if isinstance(said, dict) and set(said) == {"tool", "arguments"} and not schema:
            name, said = said["tool"], said["arguments"]
        content = said if isinstance(said, str) else orjson.dumps(said).decode()
        choice = {"content": content, **(spoil(fault, content) if fault != "ok" else {})}
        return {
            "id": f"chatcmpl-{self.seen.total()}", "object": "chat.completion", "created": 1, "model": asked["model"],
            "choices": [] if fault == "no-choices" else [_choice(choice, name)],
            "usage": self._usage(messages, content) if self.counts else None,
        }  # fmt: skip

    def _usage(self, messages: openai_brains.Messages, content: str) -> dict[str, Any]:
        """Four characters a token; what stood before the data is cached when it was seen before."""
        texts = [str(one.get("content") or "") for one in messages]
        prefix = "".join(texts).partition("<data-")[0]
        known = hash(prefix) in self._prefixes
        self._prefixes.add(hash(prefix))
        prompt, completion = sum(map(len, texts)) // 4, len(content) // 4
        return {
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": len(prefix) // 4 if known else 0},
        }  # fmt: skip

    def _refused(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        for name in self.rejects:
            kind = name == "json_schema" and (asked.get("response_format") or {}).get("type") == name
            if asked.get(name) is not None or kind:
                return _error(f"Unsupported parameter: '{name}' is not supported with this model.", name)
        if self.declines and any(self.declines in str(one.get("content")) for one in asked["messages"]):
            return _error("Rule 7 of this house.", "messages", "rule_7")
        length = sum(len(str(one.get("content"))) for one in asked["messages"]) // 4
        if self.context is not None and length > self.context:
            said = f"This model's maximum context length is {self.context} tokens. However, your messages resulted in "
            return _error(f"{said}{length} tokens.", "messages", "context_length_exceeded")
        return None

    def _seconds(self) -> float:
        if not self.spread:
            return self.latency
        return self._random.lognormvariate(math.log(self.latency) - self.spread**2 / 2, self.spread)

    def _models(self) -> dict[str, Any]:
        extra = {} if self.context is None else {"max_model_len": self.context}
        return {
            "object": "list",
            "data": [{"id": one, "object": "model", "owned_by": "test", **extra} for one in self.models],
        }

    def _batched(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One line of a batch: status and body."""
        fault = self.faults.draw()
        self.seen[f"batch {fault}"] += 1
        if fault in STATUS:
            return STATUS[fault], _error(SAID.get(fault, f"injected {fault}"))
        return 200, self.complete(asked, fault)


def _schema(asked: Mapping[str, Any], forced: Mapping[str, Any] | None) -> openai_brains.Schema:
    if forced:
        return dict(forced["function"]["parameters"])
    form = asked.get("response_format") or {}
    if form.get("type") == "json_schema":
        return dict(form["json_schema"]["schema"])
    for message in reversed(asked["messages"]):  # a server that takes neither is told the schema in words
        text = str(message.get("content") or "")
        place = text.find('{"')
        while place >= 0:
            try:
                found, end = json.JSONDecoder().raw_decode(text, place)
            except ValueError:
                end = place + 1
            else:
                if isinstance(found, dict) and "properties" in found:
                    return found
            place = text.find('{"', end)
    return None


def _choice(said: dict[str, Any], tool: str | None) -> dict[str, Any]:
    reason = said.pop("finish_reason", None)
    message = {"role": "assistant", "refusal": None, **said}
    if tool and said["content"] is not None:
        message["tool_calls"] = [
            {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": said["content"]}}
        ]
        message["content"] = None
    return {"index": 0, "message": message, "finish_reason": reason or ("tool_calls" if tool else "stop")}


def _error(text: str, parameter: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": text, "type": "invalid_request_error", "param": parameter, "code": code}}


def _embeddings(asked: dict[str, Any]) -> dict[str, Any]:
    """Hashed words, 256 dimensions, length 1: texts that share words are near each other."""
    texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
    rows = []
    for index, text in enumerate(texts):
        vector = [0.0] * 256
        for word in _WORD.findall(str(text).lower()):
            vector[sum(word.encode()) * 31 % 256] += 1
        length = math.sqrt(sum(one * one for one in vector)) or 1.0
        vector = [one / length for one in vector]
        packed = base64.b64encode(struct.pack("<256f", *vector)).decode()
        rows.append({
            "object": "embedding", "index": index,
            "embedding": packed if asked.get("encoding_format") == "base64" else vector,
        })  # fmt: skip
    n = sum(len(str(text)) for text in texts) // 4
    return {"object": "list", "model": asked["model"], "data": rows, "usage": {"prompt_tokens": n, "total_tokens": n}}


async def _body(receive: Any) -> bytes:
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _respond(send: Send, status: int, content: Reply, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    given = {b"content-type": b"application/json", b"content-length": str(len(body)).encode(), **dict(headers or [])}
    await send({"type": "http.response.start", "status": status, "headers": list(given.items())})
    await send({"type": "http.response.body", "body": body})


async def _stream(send: Send, completion: dict[str, Any], asked: Mapping[str, Any], pause: float) -> None:
    """The same completion in pieces, as server-sent events."""
    head = {**completion, "object": "chat.completion.chunk", "usage": None}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})

    async def event(content: Any) -> None:
        data = content if isinstance(content, bytes) else orjson.dumps(content)
        await send({"type": "http.response.body", "body": b"data: " + data + b"\n\n", "more_body": True})

    for choice in completion["choices"]:
        for delta in _deltas(choice["message"]):
            await asyncio.sleep(pause)
            await event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        await event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if (asked.get("stream_options") or {}).get("include_usage"):
        await event({**head, "choices": [], "usage": completion["usage"]})
    await event(b"[DONE]")
    await send({"type": "http.response.body", "body": b""})


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for index, call in enumerate(message.get("tool_calls") or []):
        yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for piece in re.findall(r".{1,20}", call["function"]["arguments"], re.DOTALL):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
    for piece in re.findall(r"\S*\s*", message.get("content") or ""):
        if piece:
            yield {"content": piece}


@contextmanager
def running(**switches: Any) -> Iterator[Server]:
    """The server in a thread of this process, on a free port."""
    server = Server(**switches)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        server.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        runner = _runner(server)
        thread = threading.Thread(target=runner.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not runner.started:
            time.sleep(0.005)
        try:
            yield server
        finally:
            runner.should_exit = runner.force_exit = True
            thread.join(10)


@contextmanager
def process(*options: str) -> Iterator[str]:
    """The server in a process of its own, for load tests; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(Path(__file__)), "--port", str(port), *options]
    with subprocess.Popen(command) as child:
        try:
            _wait_for(port, child)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            child.terminate()


def _wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the test server did not start")


def _runner(server: Server, port: int = 0) -> uvicorn.Server:
    config = uvicorn.Config(
        server, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off", ws="none",
        backlog=2048, timeout_keep_alive=60, timeout_graceful_shutdown=0,
    )  # fmt: skip
    return uvicorn.Server(config)


def main() -> None:
    """Serves until it is interrupted."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=8123)
    options.add_argument("--faults", default="", help="shares, e.g. 429=0.05,500=0.02,malformed=0.02")
    options.add_argument("--latency", type=float, default=0.0)
    options.add_argument("--spread", type=float, default=0.0, help="sigma of a log-normal latency")
    options.add_argument("--retry-after", type=float, default=1.0)
    options.add_argument("--rejects", default="", help="request fields to refuse, e.g. response_format,tools")
    options.add_argument("--context", type=int, default=None, help="tokens that a prompt may have")
    options.add_argument("--most-in-flight", type=int, default=None)
    options.add_argument("--brain", choices=["words", "embedded"], default="words")
    given = options.parse_args()
    server = Server(
        brain=openai_brains.embedded_here() if given.brain == "embedded" else openai_brains.words,
        faults=Faults.parse(given.faults),
        latency=given.latency,
        spread=given.spread,
        retry_after=given.retry_after,
        rejects=frozenset(filter(None, given.rejects.split(","))),
        context=given.context,
        most_in_flight=given.most_in_flight,
        record=False,
    )
    _runner(server, given.port).run()


if __name__ == "__main__":
    main()
