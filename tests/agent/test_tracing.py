"""Traces arrive whole where they are asked for, hold no key, cost nothing where they are not, and stop nothing."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import langsmith
import pytest
import trace_server
from goalcover.agent import tracing
from goalcover.agent.errors import ModelBusyError, ModelError
from judging_cases import judged, sample
from openai_faults import Faults
from openai_server import KEY
from scripted import chat_model, serving
from trace_server import LANGSMITH_KEY

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Who?"}]}).encode()


@pytest.fixture
def traces() -> Iterator[trace_server.Traces]:
    with trace_server.sending() as server:
        yield server


@pytest.mark.parametrize(
    ("variables", "who"),
    [
        ({}, None),
        ({"LANGSMITH_API_KEY": "k", "LANGSMITH_ENDPOINT": "http://x"}, None),
        ({"LANGSMITH_TRACING": "true"}, "langsmith"),
        ({"LANGCHAIN_TRACING_V2": "true"}, "langsmith"),
        ({"LANGSMITH_TRACING_V2": "false", "LANGSMITH_TRACING": "true"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, "otel"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "LANGSMITH_TRACING": "true"}, "langsmith"),
    ],
)
def test_the_usual_variables_decide_who_gets_traces(monkeypatch, variables, who):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tracing.wanted() == who


def test_without_them_nothing_is_made_to_send_traces(tmp_path):
    assert tracing.sender() is None
    with tracing.run("assess", {}) as outputs:
        outputs["a"] = 1
    assert langsmith.get_current_run_tree() is None
    assert not langsmith.utils.tracing_is_enabled()
    with serving() as server:
        assert not chat_model(server, tmp_path)._traced


def test_a_judging_call_tells_model_messages_answer_tokens_and_sample(traces, tmp_path):
    with serving() as server:
        found = judged(server, tmp_path, sample(row=17))
        asked, used = server.chats[-1], found.usage
    traces.wait(2)
    run = traces.named("judge")[-1]
    assert (run["run_type"], run.get("error")) == ("llm", None)
    assert run["inputs"] == asked
    assert json.loads(run["outputs"]["choices"][0]["message"]["content"])["judgements"]
    assert run["outputs"]["usage_metadata"] == {
        "input_tokens": used.prompt_tokens,
        "output_tokens": used.completion_tokens,
        "total_tokens": used.prompt_tokens + used.completion_tokens,
        "input_token_details": {"cache_read": used.cached_tokens},
    }
    told = run["extra"]["metadata"]
    assert (told["ls_model_name"], told["ls_temperature"], told["sample_id"]) == ("test-model", 0.0, "row-17")
    assert KEY.encode() not in traces.raw
    assert LANGSMITH_KEY.encode() not in traces.raw


def test_calls_are_children_of_the_run_around_them_and_are_not_kept_in_memory(traces, tmp_path):
    async def work():
        with tracing.run("assess", {"goal": "G"}) as outputs:
            parent = langsmith.get_current_run_tree()
            model = chat_model(server, tmp_path)
            await asyncio.gather(*(asyncio.create_task(model.post(BODY)) for _ in range(5)))
            outputs["found"] = 1
            return len(parent.child_runs)

    with serving() as server:
        assert asyncio.run(work()) == 0
    traces.wait(6)
    (parent,) = traces.named("assess")
    assert (parent["inputs"], parent["outputs"], parent["run_type"]) == ({"goal": "G"}, {"found": 1}, "chain")
    assert [one["parent_run_id"] for one in traces.named("analyst")] == [parent["id"]] * 5


def test_every_try_is_a_run_and_those_that_failed_say_why(traces, tmp_path):
    with serving(faults=Faults(script=["ok", "500", "not-json"])) as server:
        assert judged(server, tmp_path).unscored == {"cannot be assessed": 0}
    traces.wait(4)
    _, broken, odd, answered = sorted(traces.named("judge"), key=lambda one: one["start_time"])
    assert "is busy or broken (HTTP 500)" in broken["error"]
    assert "Traceback" not in broken["error"]
    assert odd["outputs"]["response"].startswith('{"choices"')
    assert "choices" in answered["outputs"]


def test_an_error_is_told_without_what_lies_behind_it(traces):
    async def post(body: bytes) -> bytes:
        raise ModelBusyError("busy") from ValueError(f"sent with {KEY}")

    with pytest.raises(ModelBusyError):
        asyncio.run(tracing.call(post, "judge", BODY, ""))
    traces.wait(1)
    assert traces.named("judge")[0]["error"] == "busy"
    assert KEY.encode() not in traces.raw


def test_a_key_that_a_server_repeats_is_struck_out_of_what_langchain_traces(traces, tmp_path):
    async def talk():
        return [piece async for piece in model.stream([{"role": "user", "content": "Who?"}])]

    with serving() as server:
        known = asyncio.run(chat_model(server, tmp_path, "companion").ability())
    with repeating() as url:
        model = chat_model(server, tmp_path, "companion", base_url=url)
        model._ability = known
        with pytest.raises(ModelError):
            asyncio.run(talk())
    traces.wait(2)
    assert "no such key: ***" in traces.named("ChatOpenAI")[0]["error"]
    assert KEY.encode() not in traces.raw


def test_a_short_key_is_struck_out_where_it_stands_alone(traces, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k-1")
    with tracing.run("assess", {"said": ["no such key: k-1", "task-11"]}):
        pass
    traces.wait(1)
    assert traces.named("assess")[0]["inputs"] == {"said": ["no such key: ***", "task-11"]}


def test_a_backend_that_fails_stops_nothing_and_is_complained_of_once(traces, tmp_path, caplog):
    traces.status = 422
    with serving() as server:
        for row in range(3):
            assert judged(server, tmp_path, sample(row=row)).usage.calls == 1
            tracing.sender().deliver()
    said = [one.getMessage() for one in caplog.records if one.name.startswith("langsmith")]
    assert len(said) == 1
    assert said[0].startswith("Traces are not delivered, and the work goes on without them: ")
    assert "heart" not in said[0]


SCRIPT = """
import asyncio
from goalcover.agent import tracing
async def post(body):
    return b'{"model": "m", "choices": [{"message": {"content": "Me."}}], "usage": {"prompt_tokens": 3}}'
async def main():
    with tracing.run("assess", {"goal": "G"}):
        await tracing.call(post, "judge", %r, "row-1")
asyncio.run(main())
"""


def test_a_collector_alone_gets_spans_by_opentelemetrys_own_variables():
    with trace_server.running() as collector:
        environment = {
            **os.environ,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "LANGSMITH_API_KEY": LANGSMITH_KEY,
        }
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT % BODY], env=environment, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    spans = {one["name"]: one for one in collector.spans}
    judge = spans["judge"]
    assert (judge["parent"], judge["trace"]) == (spans["assess"]["id"], spans["assess"]["trace"])
    told = judge["attributes"]
    assert (told["gen_ai.operation.name"], told["gen_ai.request.model"]) == ("chat", "m")
    assert told["gen_ai.usage.input_tokens"] == 3
    assert "Who?" in told["gen_ai.prompt"]
    assert "Me." in told["gen_ai.completion"]
    assert told["langsmith.metadata.sample_id"] == "row-1"
    assert not collector.runs
    assert LANGSMITH_KEY not in str(collector.headers)


@contextmanager
def repeating() -> Iterator[str]:
    """A server that refuses a key, and says which."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            key = self.headers["Authorization"].removeprefix("Bearer ")
            said = json.dumps({"error": {"message": f"no such key: {key}"}}).encode()
            self.send_response(401)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()
