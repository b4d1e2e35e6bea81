"""A question that no rule understands goes to the language model, which reads the run through tools."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from goalcover.agent.engine import Engine, build_engine
from goalcover.graph.deps import Deps
from goalcover.memory.runs import Run
from openai_faults import Faults
from openai_server import Server, running
from scripted import serving, settings
from talking import Talk, run


def talkative(messages, schema, tools):
    """Calls the coverage tool once; then says a figure that nobody gave, until it is told that this will not do."""
    if tools and not any(one["role"] == "tool" for one in messages):
        return {"tool": "coverage", "arguments": {}}
    asked = next(one["content"] for one in reversed(messages) if one["role"] == "user")
    invents = "tomatoes" in asked and "cannot be shown" not in asked
    return "77777 of them do." if invents else "None of them does."


@pytest.fixture
def server() -> Iterator[Server]:
    with running(brain=talkative) as server:
        yield server


@pytest.fixture
def deps(engine: Engine, server: Server, tmp_path: Path) -> Deps:
    """The embedded engine, but for a language model that talks."""
    companion = build_engine("llm", settings(server, tmp_path)).companion
    return Deps(replace(engine, companion=companion), tmp_path / "runs")


def test_a_free_question_is_answered_from_the_run_and_stands_on_its_bill(files, server: Server, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        said = await talk.say("do customers of this supplier also write about potatoes?")
        assert said["LookedUp"].what == "coverage"
        assert said["Spoken"].text
        assert Run.open(Path((await talk.state())["run"])).info().usage.calls == len(server.chats) > 1
        assert tuple((await talk.state())["turns"][-1]) == ("assistant", "None of them does.")
        assert talk.buttons[0].startswith("Why is")
        assert "Explained" in await talk.say(talk.buttons[0])

    run(conversation, deps)


def test_what_a_broken_server_did_not_do_is_asked_once_more_in_the_same_words(files, engine: Engine, tmp_path: Path):
    potatoes, make = "do customers of this supplier also write about potatoes?", "Make 2 samples for Moving home"

    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        server.faults = Faults({"page": 1.0})
        for said in (potatoes, make):
            assert "sent a web page" in (await talk.say(said))["Problem"].text
            assert talk.buttons[0] == said
            assert sum(one.label == "Try again" for one in talk.waiting.suggestions) == 1
        server.faults = Faults()
        made = (await talk.say("try again"))["Proposed"].batch
        assert made.shortfall.startswith("No candidate was made. ")
        assert talk.buttons[0] == make
        assert "Spoken" in await talk.say(potatoes)
        assert talk.buttons[0] != make

    with serving(brain=talkative) as server:
        model = build_engine("llm", settings(server, tmp_path, attempts=1))
        mixed = replace(engine, companion=model.companion, generator=model.generator)
        run(conversation, Deps(mixed, tmp_path / "runs"))


def test_a_figure_that_nothing_holds_is_taken_back(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        said = await talk.say("do customers of this supplier also write about tomatoes?")
        assert said["Corrected"].text == "None of them does."
        assert "asked for again" in said["Corrected"].notice

    run(conversation, deps)
