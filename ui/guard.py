"""What a page of the chat may load, who may show it, what it may name: dataset text is untrusted, and so are pages."""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# 'unsafe-eval': our elements (.chainlit/public/elements) are compiled in the browser; 'unsafe-inline' for its settings.
# connect-src 'self' is the chat's WebSocket, too. Safari before 15.4 reads it otherwise: there the chat is polled.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

_PLAIN = re.compile(r"[\w-]{1,64}")


def plain(name: str) -> str:
    """A name from outside that is to be part of a path; ValueError when it could lead elsewhere."""
    if not _PLAIN.fullmatch(name):
        raise ValueError(f"no plain name: {name[:100]!r}")
    return name


class Guard:
    """Adds the policy to every answer that has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def guarding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "no-referrer")
            await send(message)

        await self._app(scope, receive, guarding if scope["type"] == "http" else send)
