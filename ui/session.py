"""Conversations that run in one server: a graph, a file of checkpoints, an engine, and a folder for each of them."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from goalcover.agent.engine import build_engine
from goalcover.agent.settings import Settings
from goalcover.graph import build
from goalcover.graph.deps import Deps
from goalcover.graph.events import Event
from goalcover.graph.state import STORED, Attachment, Heard, State, Suggestion
from goalcover.memory.checkpoints import open_checkpoints
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command
from platformdirs import user_data_path


def home() -> Path:
    """Where the chat keeps its files: conversations, uploads, runs."""
    return user_data_path("goalcover", appauthor=False) / "chat"


class Session:
    """One conversation: what a person says goes in, what is to be said comes out."""

    def __init__(self, graph: build.Conversation, deps: Deps, folder: Path, thread_id: str) -> None:
        self._graph = graph
        self._deps = deps
        self._folder = folder
        self._config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a message is being worked on."""
        return self._turn.locked()

    async def hear(self, heard: Heard) -> AsyncIterator[Event | tuple[Suggestion, ...]]:
        """Yields what is said in answer and, at the end, the buttons that go with it."""
        async with self._turn:
            await self._wait()
            said: Command[None] = Command(resume=heard)
            answer: AsyncIterator[Any] = self._graph.astream(
                said, self._config, context=self._deps, stream_mode=["custom", "updates"]
            )
            async for mode, chunk in answer:
                if mode == "custom":
                    yield chunk
                elif "__interrupt__" in chunk:
                    yield tuple(chunk["__interrupt__"][0].value)

    async def stopped(self) -> tuple[Suggestion, ...]:
        """After its task was cancelled: waits again. Returns the buttons."""
        async with self._turn:
            await self._wait()
            snapshot = await self._graph.aget_state(self._config)
            return tuple(snapshot.interrupts[0].value)

    async def keep(self, name: str, path: Path) -> Attachment:
        """An upload under its own name: the server calls it something else, and a name's ending says what it is."""
        kept = self._folder / "uploads" / Path(name).name
        kept.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.copyfile, path, kept)
        return Attachment(name=kept.name, path=str(kept))

    async def _wait(self) -> None:
        """Brings the graph to where it waits for a person: at the start, and after work that was cut off."""
        snapshot = await self._graph.aget_state(self._config)
        if snapshot.interrupts:
            return
        if snapshot.next:
            await build.stop(self._graph, self._config)
        start: State | None = None if snapshot.next else {"suggestions": ()}
        await self._graph.ainvoke(start, self._config, context=self._deps)


class Sessions:
    """What all conversations of a server share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = build_engine("auto", Settings())
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """To be called before the first conversation. Raises InputError when the folder cannot be used."""
        checkpoints = open_checkpoints(self._folder / "conversations.sqlite", STORED)
        saver = await self._stack.enter_async_context(checkpoints)
        self._graph = build.builder.compile(checkpointer=saver)

    async def close(self) -> None:
        """Lets go of the file of checkpoints."""
        await self._stack.aclose()

    def begin(self, thread_id: str) -> Session:
        """A conversation; the id of an earlier one goes on with it."""
        folder = self._folder / "sessions" / thread_id
        return Session(self._graph, Deps(self._engine, folder / "runs"), folder, thread_id)
