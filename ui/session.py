"""Conversations that run in one server: a graph, a file of checkpoints, an engine, and a folder for each of them."""

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from goalcover.agent.engine import Engine, build_engine
from goalcover.agent.settings import Settings
from goalcover.graph import build
from goalcover.graph.deps import Deps
from goalcover.graph.events import Event, Stopped
from goalcover.graph.listen import afresh
from goalcover.graph.state import STORED, Attachment, Heard, State, Wait
from goalcover.memory.checkpoints import open_checkpoints
from goalcover.memory.explanations import Explanations
from goalcover.memory.files import digest_of
from goalcover.memory.runs import Run
from goalcover.ui.guard import plain
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command
from platformdirs import user_data_path

Said = Event | Wait
"""What comes of a message: events and, at the end, what the person is waited for with."""


THREADS = 64
_UNSAFE = re.compile(r"[^\w .()-]")
_LONGEST = 120
"""Characters of an upload's name; its end is kept, which says what it is."""


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

    async def hear(self, heard: Heard) -> AsyncGenerator[Said, None]:
        """Yields what is said in answer and, at the end, what is waited for."""
        async with self._turn:
            await self._wait()
            said: Command[None] = Command(resume=heard)
            async for one in self._follow(said):
                yield one

    async def go_on(self) -> AsyncGenerator[Said, None]:
        """After the server was started again: does what it was at, and yields what is waited for."""
        async with self._turn:
            snapshot = await self._graph.aget_state(self._config)
            if snapshot.next and not snapshot.interrupts:
                async for one in self._follow(None):
                    yield one
            else:
                yield await self._wait()

    async def stopped(self) -> AsyncGenerator[Said, None]:
        """After its task was cancelled: yields what that means, and what is waited for."""
        async with self._turn:
            at = (await self._graph.aget_state(self._config)).next
            yield Stopped(doing="judging" if "assess" in at else "making" if "synthesize" in at else "")
            yield await self._wait()

    async def matter(self) -> str:
        """What waits for a word, as `Wait` names it; empty when nothing does."""
        interrupts = (await self._graph.aget_state(self._config)).interrupts
        waiting: Wait = interrupts[0].value if interrupts else Wait()
        return waiting.matter

    async def state(self) -> State:
        """What is remembered."""
        values: Any = (await self._graph.aget_state(self._config)).values
        remembered: State = values
        return remembered

    async def keep(self, name: str, path: Path) -> Attachment:
        """An upload under its own name: the server calls it something else, and a name's ending says what it is.

        Another upload of that name stands beside it, because a dataset is read again with every assessment.
        """
        content = await asyncio.to_thread(digest_of, path)
        kept = self._folder / "uploads" / content / (_UNSAFE.sub("_", name).strip(". ")[-_LONGEST:] or "upload")
        kept.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.copyfile, path, kept)
        return Attachment(name=kept.name, path=str(kept))

    async def _follow(self, start: Command[None] | None) -> AsyncIterator[Said]:
        answer: AsyncIterator[Any] = self._graph.astream(
            start, self._config, context=self._deps, stream_mode=["custom", "updates"]
        )
        async for mode, chunk in answer:
            if mode == "custom":
                yield chunk
            elif "__interrupt__" in chunk:
                yield chunk["__interrupt__"][0].value

    async def _wait(self) -> Wait:
        """Brings the graph to where it waits for a person: at the start, and after work that was cut off."""
        snapshot = await self._graph.aget_state(self._config)
        if not snapshot.interrupts:
            if snapshot.next:
                await build.stop(self._graph, self._config)
            await self._graph.ainvoke(None if snapshot.next else afresh(), self._config, context=self._deps)
            snapshot = await self._graph.aget_state(self._config)
        waiting: Wait = snapshot.interrupts[0].value
        return waiting


class Sessions:
    """What all conversations of a server share."""

    def __init__(self, folder: Path, *, opens_paths: bool) -> None:
        self._folder = folder
        self._opens_paths = opens_paths
        self._engine = build_engine("auto", Settings())
        self._stack = AsyncExitStack()

    @property
    def engine(self) -> Engine:
        """Who plays the roles, unless a person chose otherwise."""
        return self._engine

    @cached_property
    def embedded(self) -> Engine:
        """The engine without a model; MissingPartError when it is not installed."""
        return self._engine if self._engine.name == "embedded" else build_engine("embedded", Settings())

    async def open(self) -> None:
        """To be called before the first conversation. Raises InputError when the folder cannot be used."""
        # Python's own pool has six threads on two cores: ten assessments would leave none to answer the others with.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="goalcover"))
        url = Settings().checkpoints_url
        checkpoints = open_checkpoints(
            self._folder / "conversations.sqlite", STORED, url.get_secret_value() if url else None
        )
        saver = await self._stack.enter_async_context(checkpoints)
        self._saver = saver
        self._graph = build.builder.compile(checkpointer=saver)

    async def close(self) -> None:
        """Lets go of the file of checkpoints."""
        await self._stack.aclose()

    def begin(self, thread_id: str, *, embedded: bool = False) -> Session:
        """A conversation; the id of an earlier one goes on with it. ValueError when it is no plain name."""
        folder = self._folder_of(thread_id)
        deps = Deps(self.embedded if embedded else self._engine, folder / "runs", opens_paths=self._opens_paths)
        return Session(self._graph, deps, folder, thread_id)

    async def forget(self, thread_id: str) -> None:
        """Removes what there is of a conversation: its state, uploads, runs, exports."""
        await asyncio.to_thread(_remove, self._folder_of(thread_id))
        await self._saver.adelete_thread(thread_id)

    def _folder_of(self, thread_id: str) -> Path:
        return self._folder / "sessions" / plain(thread_id)


def _remove(folder: Path) -> None:
    if url := Settings().chroma_url:
        for path in (folder / "runs").glob("*"):
            Explanations(Run(path).explanations_path, "", url).remove()
    if folder.is_dir():
        shutil.rmtree(folder)
