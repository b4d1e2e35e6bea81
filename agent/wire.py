"""Posting as fast as the event loop goes: the request that langchain-openai's client makes, sent by aiohttp itself.

The client's own first request shows its address and its headers (key, organisation, Azure's deployment and version);
those after it repeat them with another body. Each layer above aiohttp builds URL, headers and response objects anew for
every call: that is two thirds of the CPU of `post`, and the limit at several hundred calls in flight.
"""

import ssl
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
import httpx2

_OWN = frozenset({"host", "connection", "content-length", "accept-encoding", "x-stainless-retry-count"})
"""Headers that belong to one connection or one request."""


class Response(NamedTuple):
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A connection pool of one event loop, for one address."""

    def __init__(self, client: httpx2.AsyncClient, timeout: float) -> None:
        """Watches what `client` sends; `timeout` in seconds, for a whole response."""
        self._timeout = timeout
        self._address = ""
        self._headers: dict[str, str] = {}
        self._proxy: str | None = None
        self._session: aiohttp.ClientSession | None = None
        client.event_hooks["request"] = [*client.event_hooks["request"], self._watch]

    @property
    def ready(self) -> bool:
        """Whether the client has sent a chat completion that can be repeated."""
        return bool(self._address)

    async def post(self, body: bytes) -> Response:
        """Sends another body. Raises TimeoutError and aiohttp.ClientError."""
        session = self._session or self._open()
        async with session.post(self._address, data=body, headers=self._headers, proxy=self._proxy) as response:
            return Response(response.status, response.headers, await response.read())

    async def close(self) -> None:
        """Closes the connections."""
        if self._session:
            await self._session.close()

    async def _watch(self, request: httpx2.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/chat/completions"):
            self._address = str(request.url)
            self._headers = {name: value for name, value in request.headers.items() if name not in _OWN}
            self._proxy = _proxy(request.url)

    def _open(self) -> aiohttp.ClientSession:
        secure: ssl.SSLContext | bool = httpx2.create_ssl_context() if self._address.startswith("https") else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=secure),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
        )
        return self._session


def _proxy(url: httpx2.URL) -> str | None:
    """The proxy that the environment names for an address; aiohttp would look for it again with every request."""
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(url.host):
        return None
    return proxies.get(url.scheme) or proxies.get("all")
