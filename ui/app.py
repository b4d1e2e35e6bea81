"""The browser conversation: Chainlit's hooks, and nothing else. `goalcover chat` serves it."""

import asyncio
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.logger import logger
from chainlit.server import app, sio
from chainlit.types import ThreadDict
from goalcover.graph.events import Corrected, LookedUp, Making, Progress, Spoken
from goalcover.graph.state import Heard, Wait
from goalcover.ui import identity
from goalcover.ui.guard import Guard
from goalcover.ui.history import FILES, History
from goalcover.ui.page import Page, is_narrow
from goalcover.ui.render import FAILED, STILL_BUSY, STOPPED
from goalcover.ui.session import Said, Session, Sessions, home
from goalcover.ui.welcome import EMBEDDED, MODEL, SWITCH, profiles
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

SAY = "say"
WAY = identity.way()
sessions = Sessions(home(), opens_paths=WAY == "browser")
history = History(home())
identity.keep_secret(home())

# No other web page may speak to the chat: Chainlit accepts every origin, and a foreign name that resolves to this
# machine would count as the same one.
sio.eio.cors_allowed_origins = None
app.router.routes.insert(0, Route(FILES, history.serve))
app.add_middleware(Guard)
if WAY == "browser":
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    app.add_middleware(identity.BrowserCookie)

    @cl.header_auth_callback
    async def recognise(headers: Any) -> cl.User | None:
        """On one's own machine a browser is somebody: its chats are its own."""
        name = identity.browser_of(headers)
        return cl.User(identifier=name, display_name="You") if name else None


if WAY == "password":

    @cl.password_auth_callback
    async def sign_in(name: str, password: str) -> cl.User | None:
        """People of GOALCOVER_CHAT_USERS."""
        return cl.User(identifier=name) if identity.is_known(name, password) else None


if WAY == "oauth":

    @cl.oauth_callback
    async def sign_in_elsewhere(
        _provider: str, _token: str, _raw: dict[str, str], user: cl.User, _id_token: str | None
    ) -> cl.User | None:
        """Whoever the provider lets in."""
        return user


@cl.data_layer
def keep_history() -> History:
    return history


@cl.on_app_startup
async def open_sessions() -> None:
    await sessions.open()


@cl.on_app_shutdown
async def close_sessions() -> None:
    await sessions.close()


@cl.set_chat_profiles
async def choose_engine(_: cl.User | None) -> list[cl.ChatProfile]:
    """The badge: which engine is in use, and how to switch."""
    return profiles(sessions.engine)


@cl.on_chat_start
async def begin() -> None:
    _join(cl.context.session.thread_id)
    if cl.user_session.get("chat_profile") == MODEL:
        await _page().say(f"No model is configured, so the embedded engine answers. {SWITCH}")


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None:
    """Goes on where the conversation was, also in the middle of an assessment."""
    session = _join(thread["id"])
    messages = [step["id"] for step in thread["steps"] if step["type"] == "assistant_message"]
    _page().resume(messages[-1] if messages else None)
    cl.context.session.current_task = asyncio.create_task(_work(session.go_on()))


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
    cl.context.session.current_task = asyncio.create_task(_working(Heard(text=said)))


@cl.on_stop
async def stop() -> None:
    # What is being worked on ends first; it is the session that waits for it.
    waiting = await _session().stopped()
    await _page().say(STOPPED)
    await _page().wait(waiting)


async def _working(heard: Heard) -> None:
    await cl.context.emitter.task_start()
    try:
        await _answer(heard)
    except Exception:  # noqa: BLE001 the edge
        # A task's error would be lost. Chainlit tells and logs those of typed messages likewise.
        logger.exception("a button's answer failed")
        await cl.ErrorMessage(content=FAILED).send()
    finally:
        await cl.context.emitter.task_end()


async def _answer(heard: Heard) -> None:
    session = _session()
    if session.busy:
        await cl.Message(content=STILL_BUSY).send()
        return
    await _page().withdraw()
    await _work(session.hear(heard))


async def _work(answer: Any) -> None:
    page = _page()
    said: Said
    async for said in answer:
        if isinstance(said, Progress | Making):
            await page.progress(said)
        elif isinstance(said, Spoken | LookedUp | Corrected):
            await page.stream(said)
        elif isinstance(said, Wait):
            await page.wait(said)
        else:
            await page.show(said)
    await page.panel(await _session().state())


def _join(thread_id: str) -> Session:
    session = sessions.begin(thread_id, embedded=cl.user_session.get("chat_profile") == EMBEDDED)
    cl.user_session.set("session", session)
    cl.user_session.set("page", Page(SAY, narrow=is_narrow(cl.context.session.environ)))
    return session


def _session() -> Session:
    session: Session = cl.user_session.get("session")
    return session


def _page() -> Page:
    page: Page = cl.user_session.get("page")
    return page
