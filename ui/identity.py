"""Who sits at the browser. Nobody signs in on one's own machine: there each browser is somebody, by a cookie of ours.

With GOALCOVER_CHAT_USERS, or with one of Chainlit's OAuth providers in the environment, people sign in, and the chat
may be served to other machines.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Literal

from goalcover.agent.errors import InputError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "goalcover_browser"
USERS = "GOALCOVER_CHAT_USERS"
_YEAR_S = 365 * 24 * 3600


def way() -> Literal["browser", "password", "oauth"]:
    """How people are told apart. Raises InputError when GOALCOVER_CHAT_USERS cannot be read."""
    if users():
        return "password"
    # Chainlit writes files into the working directory when it is imported: only where the chat is served.
    from chainlit.oauth_providers import get_configured_oauth_providers

    return "oauth" if get_configured_oauth_providers() else "browser"


def users() -> dict[str, str]:
    """Names and passwords of GOALCOVER_CHAT_USERS: `ann=her password;bob=his`."""
    listed = [one for one in os.environ.get(USERS, "").split(";") if one.strip()]
    pairs = [one.partition("=") for one in listed]
    if any(not name.strip() or len(password) < 8 for name, _, password in pairs):
        raise InputError(f"{USERS} cannot be read: write name=password;name=password, with at least 8 characters each.")
    return {name.strip(): password for name, _, password in pairs}


def is_known(name: str, password: str) -> bool:
    """Whether that is somebody's password, found out in a time that tells nothing."""
    expected = users().get(name)
    same = hmac.compare_digest((expected or "").encode(), password.encode())
    return expected is not None and same


def browser_of(headers: Mapping[str, str]) -> str | None:
    """A name for the browser that sent these headers; None before it has our cookie."""
    key = cookie(headers.get("cookie", ""), COOKIE)
    # The name is stored and sent about, the cookie is the key: the one must not give the other.
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()[:24]


def cookie(header: str, name: str) -> str | None:
    """A cookie of a request, from its header; None where it is not there or the header cannot be read."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return None
    return cookies[name].value if name in cookies else None


def keep_secret(folder: Path) -> None:
    """Has Chainlit sign its tokens with a secret that is made once and kept; one from the environment counts first."""
    if os.environ.get("CHAINLIT_AUTH_SECRET"):
        return
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        os.environ["CHAINLIT_AUTH_SECRET"] = path.read_text()
    except OSError as error:
        raise InputError(
            f"cannot keep a secret in {path} ({error.strerror}), which sessions are signed with"
        ) from error


class BrowserCookie:
    """Gives every browser that opens the page a cookie to be known by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or browser_of({key.decode(): value.decode() for key, value in scope["headers"]}):
            await self._app(scope, receive, send)
            return

        async def giving(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={secrets.token_urlsafe(24)}; Max-Age={_YEAR_S}; Path=/; HttpOnly; SameSite=Strict"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, giving if scope["path"] == "/" or "/thread/" in scope["path"] else send)
