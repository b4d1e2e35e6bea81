"""The browser conversation: Chainlit's hooks, and nothing else. `goalcover chat` serves it."""

import os
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import chainlit as cl
from chainlit.server import UserParam, app, sio, upload_file
from chainlit.session import WebsocketSession
from chainlit.socket import WebSocketSessionAuth, connect
from chainlit.types import ThreadDict
from fastapi import UploadFile
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from goalcover.graph.state import Heard
from goalcover.ui import identity, turns
from goalcover.ui.guard import Guard, plain
from goalcover.ui.history import FILES, History
from goalcover.ui.page import Page
from goalcover.ui.render import SETTLED, STILL_BUSY
from goalcover.ui.session import Session, Sessions, home
from goalcover.ui.welcome import EMBEDDED, MODEL, SWITCH, profiles
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

SAY = "say"
"""The action that all buttons are, Chainlit's and those of our own elements."""
CHAINLIT_STOPS = "Task manually stopped."
WAY = identity.way()
sessions = Sessions(home(), opens_paths=WAY == "browser")
seats: WeakKeyDictionary[Any, tuple[Session, Page]] = WeakKeyDictionary()
"""Who speaks with whom: for each open page (a Chainlit session) its conversation and what it shows.

Not in Chainlit's own `user_session`, which is emptied when a page connects for the second time.
"""


async def forget(thread_id: str) -> None:
    """All that a deleted chat has left, also what is under way in it."""
    await turns.end(thread_id)
    await sessions.forget(thread_id)


history = History(home(), forget)
identity.keep_secret(home())

# No other web page may speak to the chat: Chainlit accepts every origin, and a foreign name that resolves to this
# machine would count as the same one.
sio.eio.cors_allowed_origins = None
app.router.routes.insert(0, Route(FILES, history.serve))


async def let_in(sid: str, environ: dict[str, Any], auth: WebSocketSessionAuth) -> bool:
    """Chainlit makes folders of the ids that a page gives itself, and removes them with all that is in them."""
    try:
        plain(auth["sessionId"])
        plain(auth.get("threadId") or "new")
    except ValueError as error:
        raise ConnectionRefusedError(str(error)) from error
    return bool(await connect(sid, environ, auth))


sio.on("connect", let_in)


async def take_upload(current_user: UserParam, session_id: str, file: UploadFile) -> JSONResponse:
    """Chainlit keeps no empty file and fails; with the file the conversation can say what is wrong with it."""
    try:
        answer: JSONResponse = await upload_file(current_user, session_id, file)
        return answer
    except ValueError:  # by then Chainlit has found that this person may upload here
        session = WebsocketSession.get_by_id(session_id)
        assert session is not None
        kept = await session.persist_file(str(file.filename), str(file.content_type), path=os.devnull)
        return JSONResponse(kept)


app.router.routes.insert(0, APIRoute("/project/file", take_upload, methods=["POST"]))
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
        _, page = _seat()
        await page.say(f"No model is configured, so the embedded engine answers. {SWITCH}")


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None:
    """Goes on where the conversation was, also in the middle of an answer."""
    _join(thread["id"])
    # Chainlit sends the messages of before when this has returned, and they replace what the page shows by then.
    turns.later(_go_on(thread))


@cl.on_message
async def hear(message: cl.Message) -> None:
    if turn := turns.under_way():
        await cl.Message(content=STILL_BUSY).send()
        await turns.until_ended(turn)
        return
    session, page = _seat()
    uploads = [one for one in message.elements if one.path]
    files = [await session.keep(one.name, Path(str(one.path))) for one in uploads]
    await turns.tell(session, page, session.hear(Heard(text=message.content, files=tuple(files))))


@cl.action_callback(SAY)
async def press(action: cl.Action) -> bool:
    """A button says what it stands for; whether that was taken. The browser waits for this call, so it only begins."""
    said, (session, page) = str(action.payload["says"]), _seat()
    asked = action.payload.get("asked")
    is_settled = asked is not None and asked != await session.matter()  # it was answered on another page
    if turn := turns.under_way():  # behind every wait: of two clicks at once the second finds the first
        if turn.says != said:
            await cl.context.emitter.send_toast(STILL_BUSY.replace("*", ""))
        return turn.says == said
    if is_settled:
        await cl.context.emitter.send_toast(SETTLED)
        return False
    turns.tell_later(session, page, session.hear(Heard(text=said)), said)
    return True


@cl.on_stop
async def stop() -> None:
    if turn := turns.under_way():
        turn.ending = True
    for said in cl.chat_context.get():
        if said.content == CHAINLIT_STOPS:  # ours says what that means
            await said.remove()
    session, page = _seat()
    turns.tell_later(session, page, session.stopped())


async def _go_on(thread: ThreadDict) -> None:
    if turn := turns.under_way():
        seats[cl.context.session] = turn.session, turn.page
        await turn.page.move()
        await turns.until_ended(turn)
        return
    session, page = _seat()
    page.resume(thread)
    await turns.tell(session, page, session.go_on())


def _join(thread_id: str) -> None:
    if cl.context.session not in seats:
        embedded = cl.user_session.get("chat_profile") == EMBEDDED
        seats[cl.context.session] = sessions.begin(thread_id, embedded=embedded), Page(SAY)


def _seat() -> tuple[Session, Page]:
    return seats[cl.context.session]
