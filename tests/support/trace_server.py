"""Plays the two that take traces, on loopback: LangSmith's ingest endpoint and an OpenTelemetry collector.

In a test:      with trace_server.running() as traces: ... traces.url, traces.runs, traces.spans, traces.raw
For this process: with trace_server.sending() as traces: ...
"""

import atexit
import gzip
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import langsmith
import pytest
import zstandard
from goalcover.agent import tracing
from openai_server import KEY
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from request_bodies import read_body
from requests_toolbelt.multipart.decoder import MultipartDecoder

LANGSMITH_KEY = "lsv2-test-0123456789"
ABILITIES = {
    "version": "1.0",
    "instance_flags": {"zstd_compression_enabled": True},
    "batch_ingest_config": {
        "use_multipart_endpoint": True, "size_limit": 100, "size_limit_bytes": 20_000_000,
        "scale_up_nthreads_limit": 16, "scale_up_qsize_trigger": 1000, "scale_down_nempty_trigger": 4,
    },
}  # fmt: skip


@dataclass
class Traces:
    """What has arrived."""

    url: str = ""
    status: int = 200
    """Of every answer from now on."""
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """LangSmith's, by id: what was posted and patched, put together."""
    spans: list[Any] = field(default_factory=list)
    """OpenTelemetry's, as dictionaries, with their attributes as one."""
    raw: bytes = b""
    """Everything, unpacked: to look for what must not be there."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of every request."""

    def named(self, name: str) -> list[dict[str, Any]]:
        """LangSmith's runs of a name."""
        return [one for one in self.runs.values() if one.get("name") == name]

    def wait(self, n: int) -> None:
        """Until so many of LangSmith's runs have ended."""
        deadline = time.monotonic() + 10
        while sum("end_time" in one for one in list(self.runs.values())) < n:
            assert time.monotonic() < deadline, self.runs
            time.sleep(0.01)

    def take_runs(self, kind: str, body: bytes) -> None:
        """One multipart request: parts called post.ID, patch.ID, and ID's fields such as post.ID.inputs."""
        for part in MultipartDecoder(body, kind).parts:
            name = part.headers[b"Content-Disposition"].decode().split('name="')[1].split('"')[0]
            _, run, *fields = name.split(".")
            content = json.loads(part.content)
            self.runs.setdefault(run, {}).update({fields[0]: content} if fields else content)

    def take_spans(self, body: bytes) -> None:
        """One OTLP request."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                said = {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
                self.spans.append({
                    "name": span.name, "id": span.span_id, "parent": span.parent_span_id, "trace": span.trace_id,
                    "attributes": said, "errors": [one.name for one in span.events],
                })  # fmt: skip


@contextmanager
def running() -> Iterator[Traces]:
    """A server for as long as the block lasts."""
    traces = Traces()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(json.dumps(ABILITIES).encode())

        def do_POST(self) -> None:
            body = _unpacked(self.headers.get("Content-Encoding", ""), read_body(self))
            traces.raw += body
            traces.headers.append(dict(self.headers))
            if traces.status < 400:
                if self.path.endswith("/v1/traces"):
                    traces.take_spans(body)
                else:
                    traces.take_runs(self.headers["Content-Type"], body)
            self._answer(b"{}")

        def _answer(self, content: bytes) -> None:
            self.send_response(traces.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    traces.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield traces
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def sending() -> Iterator[Traces]:
    """LangSmith's ingest endpoint, to which this process sends its traces for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch, running() as traces:
        for name, value in {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_ENDPOINT": traces.url,
            "LANGSMITH_API_KEY": LANGSMITH_KEY,
            "LANGSMITH_USE_DAEMON": "true",
            "OPENAI_API_KEY": KEY,
        }.items():
            patch.setenv(name, value)
        _forget()
        yield traces
        if sender := tracing.sender():
            sender.client.close(timeout=1)
            atexit.unregister(sender.deliver)
            for name in tracing._LOGGERS:
                logging.getLogger(name).removeFilter(sender)
        langsmith.configure(client=None, enabled=None)
    _forget()


def _forget() -> None:
    """What was read of the environment, by us and by langsmith."""
    tracing.sender.cache_clear()
    langsmith.utils.get_env_var.cache_clear()


def _unpacked(encoding: str, body: bytes) -> bytes:
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return gzip.decompress(body) if encoding == "gzip" else body
