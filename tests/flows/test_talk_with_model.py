"""A question that no rule understands goes to the language model, which reads the run through tools."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from goalcover.agent.engine import Engine, build_engine
from goalcover.graph.deps import Deps
from openai_server import running
from scripted import settings
from talking import Talk, run


def talkative(messages, schema, tools):
    """Calls the coverage tool once; then says a figure that nobody gave, until it is told that this will not do."""
    if tools and not any(one["role"] == "tool" for one in messages):
        return {"tool": "coverage", "arguments": {}}
    asked = next(one["content"] for one in reversed(messages) if one["role"] == "user")
    invents = "tomatoes" in asked and "cannot be shown" not in asked
    return "77777 of them do." if invents else "None of them does."


@pytest.fixture
def deps(engine: Engine, tmp_path: Path) -> Iterator[Deps]:
    """The embedded engine, but for a language model that talks."""
    with running(brain=talkative) as server:
        companion = build_engine("llm", settings(server, tmp_path)).companion
        yield Deps(replace(engine, companion=companion), tmp_path / "runs")


def test_a_free_question_is_answered_from_the_run(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        said = await talk.say("do customers of this supplier also write about potatoes?")
        assert said["LookedUp"].what == "coverage"
        assert said["Spoken"].text
        assert tuple((await talk.state())["turns"][-1]) == ("assistant", "None of them does.")
        assert talk.buttons[0].startswith("Why is")
        assert "Explained" in await talk.say(talk.buttons[0])

    run(conversation, deps)


def test_a_figure_that_nothing_holds_is_taken_back(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        said = await talk.say("do customers of this supplier also write about tomatoes?")
        assert said["Corrected"].text == "None of them does."
        assert "asked for again" in said["Corrected"].notice

    run(conversation, deps)
