"""A conversation with the compiled graph: what is said goes in; events by type, and what is waited for, come out."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from goalcover.graph.attachments import DEMO
from goalcover.graph.build import builder
from goalcover.graph.deps import Deps
from goalcover.graph.listen import afresh
from goalcover.graph.state import STORED, Attachment, Heard, Wait
from goalcover.memory.checkpoints import serializer
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

CONFIG = {"configurable": {"thread_id": "one"}}


class Talk:
    """Says things to a graph and keeps what it said back."""

    def __init__(self, deps: Deps, saver=None) -> None:
        self.deps = deps
        self.graph = builder.compile(checkpointer=saver or InMemorySaver(serde=serializer(STORED)))
        self.waiting = Wait()

    @property
    def buttons(self) -> tuple[str, ...]:
        return tuple(one.says for one in self.waiting.suggestions)

    @property
    def asked(self):
        return self.waiting.question

    async def begin(self):
        await self.graph.ainvoke(afresh(), CONFIG, context=self.deps)
        self.waiting = (await self.graph.aget_state(CONFIG)).interrupts[0].value
        return self

    async def say(self, *texts: str):
        """Says one after the other; what came back of the last, by type."""
        for text in texts:
            events = await self._follow(Command(resume=Heard(text=text)))
        return events

    async def hand(self, text: str, *files: Path):
        """Says it with files; what came back, by type."""
        uploaded = tuple(Attachment(name=file.name, path=str(file)) for file in files)
        return await self._follow(Command(resume=Heard(text=text, files=uploaded)))

    async def go_on(self):
        """What a server does that was started again."""
        return await self._follow(None)

    async def state(self):
        return (await self.graph.aget_state(CONFIG)).values

    async def _follow(self, start):
        events = {}
        stream = self.graph.astream(start, CONFIG, context=self.deps, stream_mode=["custom", "updates"])
        async for mode, chunk in stream:
            if mode == "custom":
                events[type(chunk).__name__] = chunk
            elif "__interrupt__" in chunk:
                self.waiting = chunk["__interrupt__"][0].value
        return events


def run(conversation: Callable[[Talk], Awaitable[None]], deps: Deps) -> None:
    """Holds one conversation from its beginning."""

    async def hold() -> None:
        await conversation(await Talk(deps).begin())

    asyncio.run(hold())


def demo_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """The first rows of the demo's data, and its goal file."""
    lines = Path(DEMO[0].path).read_text().splitlines(keepends=True)[:rows]
    (folder / "support.jsonl").write_text("".join(lines))
    (folder / "goal.yaml").write_text(Path(DEMO[1].path).read_text())
    return folder / "support.jsonl", folder / "goal.yaml"
