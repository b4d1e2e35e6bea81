"""A brain for the test server that says what the test tells it to, by the form that is asked for."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import openai_brains
import openai_server
from goalcover.agent.model import ChatModel
from goalcover.agent.settings import Role, Settings
from openai_server import KEY, Server

PARIS = {"city": "Paris", "continent": "Europe"}
"""What the probe of a server's abilities wants to hear."""


def scripted(*, otherwise: openai_brains.Brain = openai_brains.words, **answers: Any) -> openai_brains.Brain:
    """Answers by the first property of the schema asked for, e.g. `questions=[...]` for {"questions": ...}.

    A value is the property's content, or a function of the user's first message that makes it; a tuple holds one for
    each call, the last one for all that follow. What is not among them is answered by `otherwise`.
    """
    left = {name: list(value) if isinstance(value, tuple) else [value] for name, value in answers.items()}

    def answer(
        messages: openai_brains.Messages, schema: openai_brains.Schema, tools: Sequence[Mapping[str, Any]]
    ) -> Any:
        first = next(iter((schema or {}).get("properties", {})), None)
        if first == "city":
            return PARIS
        if first not in left:
            return otherwise(messages, schema, tools)
        said = left[first].pop(0) if len(left[first]) > 1 else left[first][0]
        content = said(messages[1]["content"]) if callable(said) else said
        return content if isinstance(content, dict) and first in content else {first: content}

    return answer


def one_a_group(user: str, title: str, summary: str, instead: str) -> list[dict[str, Any]]:
    """The analyst's answer to a message: a capability for each group, quoting its first sample's opening.

    `{}` in the title is the group's number.
    """
    groups = json.loads(re.findall(r"<data-([0-9a-f]{16})>\n(.*?)\n</data-\1>", user, re.DOTALL)[2][1])
    return [
        {
            "group": one["group"],
            "title": title.format(one["group"]),
            "summary": summary,
            "instead": instead,
            "quotes": [{"sample_id": one["samples"][0]["id"], "quote": one["samples"][0]["output"][:60]}],
        }
        for one in groups
    ]


@contextmanager
def serving(**switches: Any) -> Iterator[Server]:
    """As `openai_server.running`, but one server for the whole session, its switches set anew: 0.2 s saved a test."""
    server, _ = _server()
    server.__dict__.update({**vars(Server(**switches)), "url": server.url})
    yield server


@cache
def _server() -> tuple[Server, ExitStack]:
    """With what would stop it when nobody held it any more."""
    stack = ExitStack()
    return stack.enter_context(openai_server.running()), stack


def settings(server: Server, folder: Path, **more: Any) -> Settings:
    """Settings for a model on this server, quick to give up."""
    given = {"api_key": KEY, "base_url": server.url, "model": "test-model", "timeout": 2.0, "cache_dir": folder}
    return Settings(**{**given, **more})


def chat_model(server: Server, folder: Path, role: Role = "analyst", **more: Any) -> ChatModel:
    """A model in a role on this server."""
    return ChatModel(settings(server, folder, **more), role)


def probed(server, folder, **more):
    """A model whose server's abilities are known, so that faults meet the question and not the probe."""
    model = chat_model(server, folder, **more)
    asyncio.run(model.ability())
    server.requests.clear()
    return model


def collected(stream):
    """All pieces of a streamed answer."""

    async def all_pieces():
        return [piece async for piece in stream]

    return asyncio.run(all_pieces())
