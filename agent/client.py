"""The door to langchain-openai and openai, which are imported nowhere else: one client for one model.

langchain-openai configures it (key, base URL, Azure, headers, proxies), with the aiohttp transport and without retries
of its own; everything that goes wrong is told as a `ModelError` (agent/errors.py), without key and prompt.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import aiohttp
import httpx2
import openai
from goalcover.agent.errors import InputError, ModelAnswerError, ModelBusyError, ModelError, ModelRefusedError
from goalcover.agent.refusal import Refusal, error_in, told
from goalcover.agent.reply import ToolCall, ToolCalls, is_json, without_markup
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.agent.wire import Response, Wire
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr

OPENAI = "https://api.openai.com/v1"
_LISTING_TIMEOUT = 10.0
_OPENING = 60
"""Characters of a web page that are quoted."""
_JSON: Any = {"headers": {"Content-Type": "application/json"}}
_NO_KEY = SecretStr("none")
"""What a server of one's own is sent when it wants no key; the client insists on some."""
# Held here and not by the model, so that it is the loop that closes them, also when the model is gone before.
_CLOSERS: WeakKeyDictionary[asyncio.AbstractEventLoop, list[AsyncIterator[None]]] = WeakKeyDictionary()


class Client:
    """Sends requests for one model. Safe for many tasks at once, and for several event loops one after the other."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.address = settings.azure_endpoint or settings.base_url or OPENAI
        """May hold a user and a password: not to be shown."""
        self._settings = settings
        self._wires: WeakKeyDictionary[asyncio.AbstractEventLoop, Wire] = WeakKeyDictionary()
        self._chats: WeakKeyDictionary[asyncio.AbstractEventLoop, ChatOpenAI | AzureChatOpenAI] = WeakKeyDictionary()

    @property
    def server(self) -> str:
        """The server's address without its query, which may hold a key."""
        return urlunsplit(urlsplit(self.address)._replace(query=""))

    async def post(self, body: bytes) -> bytes:
        """See `ChatModel.post`."""
        chat = await self._chat()
        wire = self._wires[asyncio.get_running_loop()]
        try:
            if wire.ready:
                return self._received(await wire.post(body))
            async with asyncio.timeout(self._settings.timeout):
                data: bytes = await chat.root_async_client.post(
                    "/chat/completions", cast_to=bytes, content=body, options=_JSON
                )
                return self._json(data)
        except TimeoutError as error:
            raise self._too_slow() from error
        except aiohttp.ClientConnectorError as error:
            raise self._no_connection() from error
        except aiohttp.ClientError as error:
            raise self._broken_off() from error
        except openai.OpenAIError as error:
            raise self._told(error) from error

    async def upload(self, content: bytes) -> str:
        """Hands in a file of requests for the Batch API; its id. Raises ModelError."""
        client = (await self._chat()).root_async_client
        try:
            return str((await client.files.create(file=("goalcover.jsonl", content), purpose="batch")).id)
        except openai.OpenAIError as error:
            raise self._told(error) from error

    async def fetch(self, path: str, body: bytes | None = None) -> bytes:
        """The response to a GET of a path such as /batches; with a body, to a POST. Raises ModelError."""
        try:
            async with asyncio.timeout(_LISTING_TIMEOUT if path == "/models" else self._settings.timeout):
                client = (await self._chat()).root_async_client
                asked = (
                    client.post(path, cast_to=bytes, content=body, options=_JSON)
                    if body
                    else client.get(path, cast_to=bytes)
                )
                data: bytes = await asked
                return self._json(data)
        except TimeoutError as error:
            raise self._too_slow() from error
        except openai.OpenAIError as error:
            raise self._told(error) from error

    async def stream(
        self,
        turns: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        parameters: Mapping[str, Any],
        *,
        counted: bool,
    ) -> AsyncIterator[str | ToolCalls | Usage]:
        """The answer's text piece by piece, then what it used, then the tool calls, when the model makes some.

        `parameters` go into the request as they are; `counted`: whether the server is to tell what it used.
        """
        chat = await self._chat()
        asked: dict[str, Any] = {"tools": list(tools)} if tools else {}
        whole: Any = None
        ended = ""
        try:
            async for chunk in chat.astream(list(turns), stream_usage=counted, extra_body=dict(parameters), **asked):
                whole = chunk if whole is None else whole + chunk
                ended = chunk.response_metadata.get("finish_reason") or ended
                if chunk.text:
                    yield chunk.text
        except openai.OpenAIError as error:
            raise self._told(error) from error
        except (TimeoutError, ValueError, KeyError, TypeError) as error:  # what langchain makes of a broken stream
            raise self._broken_off() from error
        if whole is None:
            raise ModelBusyError(f"{self.server} sent an empty answer")
        if not ended and not whole.usage_metadata:  # some servers never say why an answer ended
            raise self._broken_off()
        yield _streamed(whole)
        _check_whole(ended)
        if whole.tool_calls or whole.invalid_tool_calls:
            yield ToolCalls(tuple(_tool_call(one) for one in (*whole.tool_calls, *whole.invalid_tool_calls)))

    async def _chat(self) -> ChatOpenAI | AzureChatOpenAI:
        """The client of the running event loop: connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        chat = self._chats.get(loop)
        if chat is None:
            http = openai.DefaultAioHttpClient(timeout=self._settings.timeout)
            http.event_hooks["response"] = [*http.event_hooks["response"], self._watch]
            wire = self._wires[loop] = Wire(http, self._settings.timeout)
            chat = self._chats[loop] = self._set_up(http)
            # A loop closes the generators that it has seen when it ends (asyncio.run does), so nobody has to close us.
            closer = _closing(http, wire)
            _CLOSERS.setdefault(loop, []).append(closer)
            await anext(closer)
        return chat

    def _set_up(self, http: Any) -> ChatOpenAI | AzureChatOpenAI:
        try:
            return self._configured(http)
        except (openai.OpenAIError, ValueError) as error:
            said = self._settings.without_keys(str(error)).splitlines()[0]
            raise InputError(
                f"no client for {self.name} at {self.server} can be made of these settings: {said}"
            ) from error

    def _configured(self, http: Any) -> ChatOpenAI | AzureChatOpenAI:
        settings = self._settings
        common: dict[str, Any] = {
            "model": self.name,
            "timeout": settings.timeout,
            "max_retries": 0,
            "use_responses_api": False,
            "http_async_client": http,
        }
        if settings.azure_endpoint:
            return AzureChatOpenAI(
                **common,
                azure_endpoint=settings.azure_endpoint,
                azure_deployment=self.name,
                api_key=settings.azure_api_key or settings.api_key,
                api_version=settings.azure_api_version,
            )
        return ChatOpenAI(**common, base_url=self.address, api_key=settings.api_key or _NO_KEY)

    def _too_slow(self) -> ModelBusyError:
        return ModelBusyError(
            f"{self.name} at {self.server} gave no answer within {self._settings.timeout:g} s (GOALCOVER_TIMEOUT gives "
            "it more, a lower GOALCOVER_CONCURRENCY asks for less at once)",
            crowded=True,
            billed=True,
        )

    def _broken_off(self) -> ModelBusyError:
        return ModelBusyError(f"{self.server} broke off its answer", billed=True)

    def _no_connection(self) -> ModelBusyError:
        return ModelBusyError(f"no connection to {self.server}: does the server run, and is the address right?")

    def _received(self, response: Response) -> bytes:
        if response.status == HTTPStatus.OK:
            return self._json(response.body)
        raise self._refused(response.status, error_in(response.body), "", response.headers)

    async def _watch(self, response: httpx2.Response) -> None:
        """Of a web page in answer to a stream, langchain would only tell that nothing came."""
        if response.status_code == HTTPStatus.OK and "html" in response.headers.get("content-type", ""):
            self._json(await response.aread())

    def _json(self, body: bytes) -> bytes:
        """The response's body as it is. Raises ModelError when it is a web page, or other text that no retry mends."""
        if is_json(body):
            return body
        said = self._settings.without_keys(without_markup(body.decode("utf-8", "replace")))[:_OPENING].strip()
        name = "AZURE_OPENAI_ENDPOINT" if self._settings.azure_endpoint else "OPENAI_BASE_URL"
        raise ModelError(
            f"{self.server} sent a web page or other text, and no answer of a model (“{said}”): check {name}, "
            "or a proxy that stands between"
        )

    def _told(self, error: openai.OpenAIError) -> ModelError:
        """What went wrong, in our words, without key and prompt."""
        if isinstance(error.__cause__, ModelError):  # of `_watch`
            return error.__cause__
        # The transport reports connections that were refused or dropped as timeouts.
        if _comes_from(error, aiohttp.ClientConnectorError):
            return self._no_connection()
        if _comes_from(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError)):
            return self._broken_off()
        match error:
            case openai.APITimeoutError():
                return self._too_slow()
            case openai.APIStatusError():
                return self._refused(error.status_code, error.body, error.message, error.response.headers)
            case openai.APIConnectionError():
                return self._no_connection()
            case openai.APIError(body=dict() as said):  # in the middle of a stream
                status = said.get("code")
                return self._refused(status if isinstance(status, int) else 500, said, error.message, {})
        return self._broken_off()

    def _refused(self, status: int, body: Any, words: str, headers: Mapping[str, str]) -> ModelError:
        said = body if isinstance(body, dict) else {}
        refusal = Refusal(
            status=status,
            code=f"{said.get('code') or ''} {said.get('type') or ''}",
            words=self._settings.without_keys(without_markup(str(said.get("message") or words))),
            headers=headers,
        )
        return told(refusal, self.server, self.name, self._settings.key_name, has_key=self._settings.has_key)


def _comes_from(error: BaseException | None, kinds: type[BaseException] | tuple[type[BaseException], ...]) -> bool:
    return error is not None and (isinstance(error, kinds) or _comes_from(error.__cause__, kinds))


async def _closing(http: Any, wire: Wire) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await wire.close()
        await http.aclose()


def _check_whole(ended: str) -> None:
    """Raises ModelAnswerError or ModelRefusedError when an answer ended before its end."""
    if ended == "length":
        raise ModelAnswerError(
            "the answer was cut off at the limit on one answer (GOALCOVER_MAX_OUTPUT_TOKENS, or the server's own)"
        )
    if ended == "content_filter":
        raise ModelRefusedError("the provider's content filter stopped the answer")


def _tool_call(call: dict[str, Any]) -> ToolCall:
    arguments = call.get("args")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return ToolCall(id=call.get("id") or "call", name=call.get("name") or "", arguments=text)


def _streamed(whole: Any) -> Usage:
    used = whole.usage_metadata or {}
    return Usage(
        calls=1,
        prompt_tokens=used.get("input_tokens", 0),
        cached_tokens=(used.get("input_token_details") or {}).get("cache_read", 0),
        completion_tokens=used.get("output_tokens", 0),
        untold=int(not used),
    )
