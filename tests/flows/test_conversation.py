"""The whole conversation through the compiled graph, on 60 rows of the demo."""

import asyncio
from pathlib import Path

import pytest
from goalcover.agent.engine import build_engine
from goalcover.agent.settings import Settings
from goalcover.graph.attachments import DEMO
from goalcover.graph.build import builder, stop
from goalcover.graph.deps import Deps
from goalcover.graph.state import STORED, Heard
from goalcover.memory.checkpoints import open_checkpoints, serializer
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

CONFIG = {"configurable": {"thread_id": "one"}}


def lose(folder: Path, name: str) -> None:
    next(folder.glob(f"*/{name}")).unlink()


class Talk:
    """Says things to the graph and keeps what it said back, by type, and the buttons it offered."""

    def __init__(self, graph, deps: Deps) -> None:
        self.graph, self.deps, self.buttons = graph, deps, ()

    async def begin(self):
        await self.graph.ainvoke({"suggestions": ()}, CONFIG, context=self.deps)

    async def say(self, text: str):
        events = {}
        stream = self.graph.astream(
            Command(resume=Heard(text=text)), CONFIG, context=self.deps, stream_mode=["custom", "updates"]
        )
        async for mode, chunk in stream:
            if mode == "custom":
                events[type(chunk).__name__] = chunk
            elif "__interrupt__" in chunk:
                self.buttons = tuple(one.says for one in chunk["__interrupt__"][0].value)
        return events


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return build_engine("embedded", Settings(cache_dir=tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = Path(DEMO[0].path).read_text().splitlines(keepends=True)[:60]
    (folder / "support.jsonl").write_text("".join(rows))
    (folder / "goal.yaml").write_text(Path(DEMO[1].path).read_text())
    return folder


def test_from_files_to_a_named_gap_and_its_reason(engine, files: Path, tmp_path: Path):
    async def talk():
        graph = builder.compile(checkpointer=InMemorySaver(serde=serializer(STORED)))
        talk = Talk(graph, Deps(engine, tmp_path))
        await talk.begin()

        asked = (await talk.say("Assess my data"))["Understood"]
        assert asked.data is asked.goal is None
        assert talk.buttons == ("Try the demo",)

        assert "no file" in (await talk.say("/nowhere/at-all.jsonl"))["Problem"].text

        half = (await talk.say(str(files / "support.jsonl")))["Understood"]
        assert (half.data.samples, half.goal, half.reading.preview.id) == (60, None, "lf-0001")
        assert "Start" not in talk.buttons
        ready = (await talk.say(str(files / "goal.yaml")))["Understood"]
        assert (len(ready.goal.subgoals), ready.reading) == (9, None)
        assert talk.buttons == ("Start", "Other data")

        found = await talk.say("Start")
        assert (found["Progress"].done, found["Progress"].total) == (60, 60)
        diagnosed = found["Diagnosed"]
        worst = diagnosed.goal.subgoal(diagnosed.gaps[0].subgoal_id)
        assert talk.buttons[0] == f"Why is {worst.name} weak?"

        why = (await talk.say(talk.buttons[0]))["Explained"].explanation
        assert why.gap == diagnosed.gaps[0]
        assert why.gap.capabilities[0].title
        assert talk.buttons[0] == f"Show the lowest samples of {worst.name}"

        highest = (await talk.say("and the highest?"))["Shown"]
        levels = [one.level for one in highest.samples]
        assert (highest.name, levels) == (worst.name, sorted(levels, reverse=True))

        advice = (await talk.say("What should I do first?"))["Advised"]
        assert (advice.name, advice.gap) == (worst.name, diagnosed.gaps[0])
        assert (await talk.say("coverage"))["Covered"].coverage == diagnosed.coverage
        assert (await talk.say("report"))["Reported"].path.is_file()
        assert (await talk.say("why is cybersecurity weak?"))["Unsure"].names == ()
        assert len(talk.buttons) == 9

        again = (await talk.say("Judge 20 first"))["Diagnosed"]
        assert again.info.counts.reused == again.info.counts.pairs == 180
        assert (await talk.say("Other data"))["Understood"].data is None

    asyncio.run(talk())


def test_a_run_that_disappears_is_told_and_asked_on(engine, files: Path, tmp_path: Path):
    async def talk():
        talk = Talk(builder.compile(checkpointer=InMemorySaver(serde=serializer(STORED))), Deps(engine, tmp_path))
        await talk.begin()
        await talk.say(f"{files / 'support.jsonl'} {files / 'goal.yaml'}")
        await talk.say("Judge 20 first")
        lose(tmp_path, "gaps.json")
        assert "has not finished" in (await talk.say("coverage"))["Problem"].text
        assert "Helped" not in await talk.say("Judge all")

    asyncio.run(talk())


def test_stopped_work_waits_for_the_word_to_go_on(engine, files: Path, tmp_path: Path):
    async def talk():
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            talk = Talk(builder.compile(checkpointer=saver), Deps(engine, tmp_path / "runs"))
            await talk.begin()
            await talk.say(f"{files / 'support.jsonl'} {files / 'goal.yaml'}")
            work = asyncio.create_task(talk.say("Start"))
            await asyncio.sleep(0.3)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            await stop(talk.graph, CONFIG)
            await talk.graph.ainvoke(None, CONFIG, context=talk.deps)
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            talk = Talk(builder.compile(checkpointer=saver), talk.deps)
            assert (await talk.say("Start"))["Diagnosed"].coverage.n_samples == 60

    asyncio.run(talk())


def test_only_listed_types_come_back_from_a_checkpoint(caplog: pytest.LogCaptureFixture):
    kept = serializer(STORED)
    heard = Heard(text="hello")
    assert kept.loads_typed(kept.dumps_typed(heard)) == heard
    bare = serializer(())
    assert bare.loads_typed(bare.dumps_typed(heard)) == {"text": "hello", "files": []}
