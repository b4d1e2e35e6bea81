"""Traces of what models are asked and answer, for LangSmith and OpenTelemetry: off unless their variables are set.

LANGSMITH_TRACING=true sends them to LangSmith (LANGSMITH_TRACING_MODE=otel: to OpenTelemetry instead, hybrid: to both);
OTEL_EXPORTER_OTLP_ENDPOINT alone sends them to that collector. A run holds the request and the answer as they are, so
samples too: LANGSMITH_HIDE_INPUTS=true and LANGSMITH_HIDE_OUTPUTS=true leave them out. It never holds a model's key.
"""

import atexit
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

from goalcover.agent.errors import GoalCoverError, ModelBusyError
from goalcover.agent.reply import Reply
from goalcover.agent.settings import Settings

FLUSH_SECONDS = 10.0
"""How long the end of the process waits for traces that are not delivered yet."""
_LANGSMITH = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
_COLLECTOR = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_LOGGERS = (
    "langsmith.client",
    "langsmith._internal.otel._otel_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
)
_REASON = 200
"""Characters of the reason why traces are not delivered."""


def wanted() -> Literal["langsmith", "otel"] | None:
    """Who is to have traces: LangSmith (as its own variables say in full), a collector alone, or nobody."""
    if _variable(*_LANGSMITH) == "true":
        return "langsmith"
    off = _variable("OTEL_SDK_DISABLED").lower() == "true" or _variable("OTEL_TRACES_EXPORTER") == "none"
    return "otel" if _variable(*_COLLECTOR) and not off else None


class Sender(logging.Filter):
    """Sends what is traced, in threads of its own, and says once when it cannot be delivered."""

    def __init__(self) -> None:
        from langsmith import Client, configure  # takes most of a second to import

        super().__init__()
        self.complaint = ""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)
        # Else the end of the process waits for a server that does not answer, as long as there is something to send.
        os.environ.setdefault("LANGSMITH_USE_DAEMON", "true")
        alone = wanted() == "otel"
        if alone:
            _set_up_collector()
        self._settings = Settings()
        self.client = Client(anonymizer=self._without_keys, tracing_mode="otel" if alone else None)
        configure(client=self.client, enabled=True)  # also for what LangChain and LangGraph trace by themselves
        atexit.register(self.deliver)

    @property
    def where(self) -> str:
        """Where traces go, for a person."""
        places = {"langsmith": f"LangSmith ({self.client.api_url})", "otel": "OpenTelemetry"}
        if collector := _variable(*_COLLECTOR):
            places["otel"] += f" ({collector})"
        return _shown(places.get(self.client.tracing_mode) or " and ".join(places.values()))

    def deliver(self) -> None:
        """Sends what is waiting, for ten seconds at the most; where that failed before, it is hardly tried again."""
        self.client.flush(timeout=1.0 if self.complaint else FLUSH_SECONDS)
        if self.client.tracing_queue and self.client.tracing_queue.unfinished_tasks:
            logging.getLogger(_LOGGERS[0]).warning("no answer within %g s", FLUSH_SECONDS)
        if self.client.otel_exporter and not self.complaint:
            from opentelemetry import trace
            from opentelemetry.sdk.trace import TracerProvider

            if isinstance(provider := trace.get_tracer_provider(), TracerProvider):
                provider.force_flush(round(1000 * FLUSH_SECONDS))

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets the first complaint through, shortened: every request that fails would say so in many lines."""
        if self.complaint or record.levelno < logging.WARNING:
            return False
        self.complaint = _shown(record.getMessage().splitlines()[0])[:_REASON]
        record.msg, record.args = f"Traces are not delivered, and the work goes on without them: {self.complaint}", ()
        record.exc_info = None
        return True

    def _without_keys(self, content: Any) -> Any:
        """LangChain traces an error with all that the server said, which may be the key that it was sent."""
        match content:
            case str():
                return self._settings.without_keys(content)
            case dict():
                return {name: self._without_keys(part) for name, part in content.items()}
            case list():
                return [self._without_keys(part) for part in content]
        return content


@cache
def sender() -> Sender | None:
    """What sends traces, from the first time on that it is asked for; None when nobody is to have any."""
    return Sender() if wanted() else None


async def call(post: Callable[[bytes], Awaitable[bytes]], role: str, body: bytes, about: str) -> bytes:
    """Posts a chat completion, traced: model, parameters, messages, answer, tokens, or what went wrong.

    `about` is the id of the sample that it is about, "" for none.
    """
    asked = json.loads(body)
    details = {
        "ls_provider": "openai",  # its protocol, by which viewers read requests
        "ls_model_type": "chat",
        "ls_model_name": asked["model"],
        "ls_temperature": asked.get("temperature"),
        "sample_id": about or None,
    }
    given = {name: value for name, value in details.items() if value is not None}
    with run(role, asked, "llm", given) as outputs:
        data = await post(body)
        outputs.update(_completion(data))
    return data


@contextmanager
def run(
    name: str, inputs: dict[str, Any], kind: Literal["chain", "llm"] = "chain", metadata: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """One run, the parent of those within; its outputs are what is put into the dictionary. Nothing when nobody asked.

    What goes wrong is told without a traceback: it could hold what a server said before keys were struck out.
    """
    outputs: dict[str, Any] = {}
    if sender() is None:
        yield outputs
        return
    from langsmith import get_current_run_tree, trace

    parent = get_current_run_tree()
    with trace(name, kind, inputs=inputs, metadata=metadata, exceptions_to_handle=(BaseException,)) as traced:
        try:
            yield outputs
        except BaseException as error:
            traced.end(error=str(error) if isinstance(error, GoalCoverError) else type(error).__name__)
            raise
        else:
            traced.end(outputs=outputs)
        finally:
            if parent:  # a parent keeps its children, with all that they read, though each is sent on its own
                parent.child_runs[:] = [one for one in parent.child_runs if one is not traced]


def _set_up_collector() -> None:
    """By OpenTelemetry's own variables alone; langsmith would hand LangSmith's key to the collector."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # else whoever started us has done it
        name = {} if _variable("OTEL_SERVICE_NAME") else {SERVICE_NAME: "goalcover"}
        provider = TracerProvider(resource=Resource.create(name))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)


def _completion(data: bytes) -> dict[str, Any]:
    try:
        used = Reply.read(data).counted()
    except ModelBusyError:
        return {"response": data.decode("utf-8", "replace")}
    if used.untold:
        return dict(json.loads(data))
    tokens = {
        "input_tokens": used.prompt_tokens,
        "output_tokens": used.completion_tokens,
        "total_tokens": used.prompt_tokens + used.completion_tokens,
        "input_token_details": {"cache_read": used.cached_tokens},
    }
    return {**json.loads(data), "usage_metadata": tokens}


def _shown(text: str) -> str:
    """Without the users and passwords that addresses may hold."""
    return re.sub(r"//[^/@\s]+@", "//", text)


def _variable(*names: str) -> str:
    """The first of these variables that is set."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")
