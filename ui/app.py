"""The browser conversation: Chainlit's hooks, and nothing else. `goalcover chat` serves it."""

import asyncio
import time
from pathlib import Path

import chainlit as cl
from chainlit.server import app, sio
from goalcover.graph.events import Progress, Reported
from goalcover.graph.state import Heard, Suggestion
from goalcover.ui.render import STILL_BUSY, STOPPED, render
from goalcover.ui.session import Session, Sessions, home
from starlette.middleware.trustedhost import TrustedHostMiddleware

# The chat opens files by their path, so no other web page may speak to it: Chainlit accepts every origin, and a
# foreign name that resolves to this machine would count as the same one.
sio.eio.cors_allowed_origins = None
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])

SAY = "say"
EVERY_S = 0.5
"""Seconds between two updates of the progress, at least."""
sessions = Sessions(home())


@cl.on_app_startup
async def open_sessions() -> None:
    await sessions.open()


@cl.on_app_shutdown
async def close_sessions() -> None:
    await sessions.close()


@cl.set_starters
async def starters(_: cl.User | None) -> list[cl.Starter]:
    return [
        cl.Starter(label="Try the demo: an energy supplier's support assistant", message="Try the demo"),
        cl.Starter(label="Assess my data", message="Assess my data"),
    ]


@cl.on_chat_start
async def begin() -> None:
    cl.user_session.set("session", sessions.begin(cl.context.session.id))


@cl.on_message
async def hear(message: cl.Message) -> None:
    session = _session()
    uploads = [one for one in message.elements if one.path]
    files = [await session.keep(one.name, Path(str(one.path))) for one in uploads]
    await _answer(Heard(text=message.content, files=tuple(files)))


@cl.action_callback(SAY)
async def press(action: cl.Action) -> None:
    """A button says what it stands for. The browser waits for this call, so the work goes into a task of its own."""
    said = str(action.payload["says"])
    await cl.Message(content=said, type="user_message", author="You").send()
    cl.context.session.current_task = asyncio.create_task(_work(Heard(text=said)))


async def _work(heard: Heard) -> None:
    await cl.context.emitter.task_start()
    try:
        await _answer(heard)
    finally:
        await cl.context.emitter.task_end()


@cl.on_stop
async def stop() -> None:
    # What is being worked on ends first; it is the session that waits for it.
    suggestions = await _session().stopped()
    await _offer(await cl.Message(content=STOPPED).send(), suggestions)


async def _answer(heard: Heard) -> None:
    session = _session()
    if session.busy:
        await cl.Message(content=STILL_BUSY).send()
        return
    await _withdraw()
    message: cl.Message | None = None
    meter = Meter()
    async for said in session.hear(heard):
        if isinstance(said, Progress):
            await meter.show(said)
        elif isinstance(said, tuple):
            await _offer(message, said)
        else:
            await meter.hide()
            elements = [_file(said)] if isinstance(said, Reported) else []
            message = await cl.Message(content=render(said), elements=elements).send()


class Meter:
    """One message that says how far the work is, while it lasts."""

    def __init__(self) -> None:
        self._message: cl.Message | None = None
        self._shown = 0.0

    async def show(self, progress: Progress) -> None:
        """Now and then; always the beginning and the end."""
        now = time.monotonic()
        if self._message is None:
            self._message = await cl.Message(content=render(progress)).send()
        elif now - self._shown >= EVERY_S or progress.done == progress.total:
            self._message.content = render(progress)
            await self._message.update()
        self._shown = now

    async def hide(self) -> None:
        if self._message is not None:
            await self._message.remove()
            self._message = None


def _file(said: Reported) -> cl.File:
    return cl.File(name="report.html", path=str(said.path), mime="text/html", display="inline")


async def _offer(message: cl.Message | None, suggestions: tuple[Suggestion, ...]) -> None:
    """Buttons under the last message."""
    if message is None:
        return
    message.actions = [cl.Action(name=SAY, payload={"says": one.says}, label=one.label) for one in suggestions]
    for action in message.actions:
        await action.send(for_id=message.id)
    cl.user_session.set("offered", message)


async def _withdraw() -> None:
    """Buttons of an earlier answer would be out of place."""
    message: cl.Message | None = cl.user_session.get("offered")
    if message is not None:
        await message.remove_actions()
        cl.user_session.set("offered", None)


def _session() -> Session:
    session: Session = cl.user_session.get("session")
    return session
