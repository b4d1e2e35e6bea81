"""Conversations as the server keeps them: uploads stay in their folder, and a person may choose the engine."""

import asyncio
from pathlib import Path

import pytest
from goalcover.graph import events
from goalcover.graph.state import Heard, Wait
from goalcover.ui.session import Sessions
from openai_server import KEY, running
from talking import demo_files


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def opened(home: Path) -> Sessions:
    sessions = Sessions(home, opens_paths=True)
    await sessions.open()
    return sessions


@pytest.mark.parametrize(
    "name",
    ["../../escape.jsonl", "..", "/etc/passwd", "a\x00b.jsonl", "x" * 400 + ".jsonl", "", "C:\\boot.ini", "名前.jsonl"],
)
def test_an_upload_stays_in_its_folder_whatever_it_is_called(name: str, home: Path, tmp_path: Path):
    async def keep():
        sessions = await opened(home)
        (tmp_path / "sent").write_text("content")
        kept = await sessions.begin("one").keep(name, tmp_path / "sent")
        await sessions.close()
        return kept

    kept = asyncio.run(keep())
    assert Path(kept.path).parent.parent == home / "sessions" / "one" / "uploads"
    assert Path(kept.path).read_text() == "content"
    assert kept.name.endswith(".jsonl") == name.endswith(".jsonl")


def test_an_upload_takes_the_place_of_none_that_says_something_else(home: Path, tmp_path: Path):
    async def keep():
        sessions = await opened(home)
        kept = []
        for content in ("the data", "the evaluation set", "the data"):
            (tmp_path / "sent").write_text(content)
            kept.append(await sessions.begin("one").keep("data.jsonl", tmp_path / "sent"))
        await sessions.close()
        return kept

    data, other, again = asyncio.run(keep())
    assert [one.name for one in (data, other)] == ["data.jsonl", "data.jsonl"]
    assert [Path(one.path).read_text() for one in (data, other)] == ["the data", "the evaluation set"]
    assert again == data


def test_two_conversations_know_nothing_of_each_other(home: Path):
    async def talk():
        sessions = await opened(home)
        ann, bob = sessions.begin("ann"), sessions.begin("bob")
        [_ async for _ in ann.hear(Heard(text="Answer questions about the moon"))]
        said = [one async for one in bob.go_on()]
        state = await bob.state()
        await sessions.close()
        return said, state

    said, state = asyncio.run(talk())
    assert isinstance(said[-1], Wait)
    assert state["specification"] is None


def test_stopping_what_is_no_assessment_keeps_the_run_that_is_talked_about(home: Path, tmp_path: Path):
    async def talk():
        sessions = await opened(home)
        session = sessions.begin("one")
        data, goal = demo_files(tmp_path, 20)
        for text in (f"{data} {goal}", "keep all as they are", "Start"):
            [_ async for _ in session.hear(Heard(text=text))]
        work = session.hear(Heard(text="can I trust this?"))
        assert isinstance(await anext(work), events.Testing)
        await work.aclose()
        said = [one async for one in session.stopped()]
        state = await session.state()
        answer = [one async for one in session.hear(Heard(text="coverage"))]
        await sessions.close()
        return said, state, answer

    (stopped, waiting), state, answer = asyncio.run(talk())
    assert stopped.doing == ""
    assert state["run"] is not None
    assert isinstance(waiting, Wait)
    assert isinstance(answer[0], events.Covered)


def test_a_person_may_choose_the_embedded_engine(home: Path, monkeypatch: pytest.MonkeyPatch):
    with running() as server:
        for name, value in (
            ("OPENAI_BASE_URL", server.url),
            ("OPENAI_API_KEY", KEY),
            ("GOALCOVER_MODEL", "test-model"),
        ):
            monkeypatch.setenv(name, value)
        sessions = asyncio.run(opened(home))
        assert (sessions.engine.name, sessions.embedded.name) == ("llm", "embedded")
