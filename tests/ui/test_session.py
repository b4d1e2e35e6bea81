"""Conversations as the server keeps them: uploads stay in their folder, and a person may choose the engine."""

import asyncio
from pathlib import Path

import pytest
from goalcover.graph import events
from goalcover.graph.state import Heard, Wait
from goalcover.memory.explanations import Explanations
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


def test_a_deleted_chat_leaves_nothing_behind(home: Path, tmp_path: Path):
    async def talk():
        sessions = await opened(home)
        for name in ("ann", "bob"):
            [_ async for _ in sessions.begin(name).hear(Heard(text="Answer questions about the moon"))]
            (tmp_path / "sent").write_text("content")
            await sessions.begin(name).keep("data.jsonl", tmp_path / "sent")
        await sessions.forget("ann")
        await sessions.forget("carl")  # who never said anything
        states = [await sessions.begin(name).state() for name in ("ann", "bob")]
        await sessions.close()
        return states

    ann, bob = asyncio.run(talk())
    assert not ann
    assert bob["specification"].goal == "Answer questions about the moon"
    assert [one.name for one in (home / "sessions").iterdir()] == ["bob"]


def test_a_deleted_chat_leaves_nothing_on_a_chroma_server(home: Path, chroma_server: str, monkeypatch):
    async def forget():
        sessions = await opened(home)
        await sessions.forget("ann")
        await sessions.close()

    monkeypatch.setenv("GOALCOVER_CHROMA_URL", chroma_server)
    path = home / "sessions" / "ann" / "runs" / "one" / "chroma"
    path.parent.mkdir(parents=True)
    with Explanations(path, "scores", chroma_server) as store:
        store.fill([])
    asyncio.run(forget())
    path.parent.mkdir(parents=True)
    with Explanations(path, "scores", chroma_server) as store:
        assert not store.is_filled
        store.remove()


@pytest.mark.parametrize("name", ["../bob", "/etc", "a/b", "..", "", "a\x00"])
def test_a_conversation_is_named_by_plain_words_alone(name: str, home: Path):
    with pytest.raises(ValueError, match="no plain name"):
        Sessions(home, opens_paths=True).begin(name)


def test_a_question_that_waits_is_known_until_it_is_answered(home: Path):
    async def talk():
        sessions = await opened(home)
        session = sessions.begin("ann")
        asked = [await session.matter()]
        for text in ("A medical question-answering assistant", "skip"):
            said = [one async for one in session.hear(Heard(text=text))]
            assert said[-1].question.text == await session.matter()
            asked.append(await session.matter())
        await sessions.close()
        return asked

    nothing, first, second = asyncio.run(talk())
    assert nothing == ""
    assert first != second


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
