"""A chat model in a role: structured answers, streams with tools, a raw post, embeddings.

What is tried again, asked again, counted and found out about a server is decided here; `agent/client.py` sends.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from goalcover.agent import tracing
from goalcover.agent.client import Client
from goalcover.agent.errors import (
    ContextTooLongError,
    InputError,
    ModelAnswerError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    ModelRequestError,
)
from goalcover.agent.pace import LONGEST_WAIT, backoff
from goalcover.agent.probing import LIMITS, probe
from goalcover.agent.prompt import Message, defused
from goalcover.agent.reply import Offered, Reply, ToolCalls, read_listing, read_vectors
from goalcover.agent.settings import Role, Settings
from goalcover.agent.structured import Abilities, Ability, T, read_answer, request
from goalcover.agent.usage import BYTES_A_TOKEN, Usage, afforded, check_given_up, count, give_up, succeeded
from pydantic import BaseModel

ANSWER_TOKENS = 1_000
"""Of an answer, as long as none was longer: what is set aside for it where there is a limit on cost."""
_FIRST_WAIT = 0.5
_QUESTION = 0.75
"""Part of GOALCOVER_CONTEXT_LENGTH that a question may take; the rest is for the answer."""
_ASK_AGAIN = "Your reply cannot be accepted: {}. Answer the question again, in full, in the form that was asked for."
_CALL = Usage(calls=1)
_UNCOUNTED = "stream_usage"
"""What langchain calls a stream that counts its tokens; some servers do not take the option."""
R = TypeVar("R")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An object of the schema that was asked for."""

    value: T
    usage: Usage
    """Of this answer, with all its attempts."""
    seconds: float


class ChatModel:
    """One model in one role. Safe for many tasks at once, and for several event loops one after the other."""

    def __init__(self, settings: Settings, role: Role, name: str | None = None) -> None:
        """`name` overrides the settings' model. Raises InputError when no model or no server is configured."""
        chosen = name or settings.model_for(role)
        if not chosen:
            raise InputError(f"no model for the {role}: set GOALCOVER_MODEL (or GOALCOVER_{role.upper()}_MODEL)")
        if not settings.has_server:
            raise InputError("no server for the model: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own")
        if settings.azure_endpoint and not settings.azure_api_version:
            raise InputError("AZURE_OPENAI_ENDPOINT is set without OPENAI_API_VERSION, e.g. 2024-10-21")
        self.name = chosen
        self.role = role
        self._longest = ANSWER_TOKENS
        self._settings = settings
        self._temperature = settings.generator_temperature if role == "generator" else settings.temperature
        self._client = Client(settings, chosen)
        self._place = f"{chosen} at {self._client.address}"
        self._traced = tracing.sender() is not None
        self._abilities = Abilities(settings.cache_dir / "models.json")
        self._ability: Ability | None = None
        self._probing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @property
    def server(self) -> str:
        """The server's address without its query, which may hold a key."""
        return self._client.server

    async def structured(
        self, messages: Sequence[Message], schema: type[T], check: Callable[[T], None] | None = None
    ) -> Answer[T]:
        """The model's answer as an object of `schema`; `check` may refuse it with a ModelAnswerError.

        Tried again while the server is busy (settings.attempts), and asked once more, with the reason, when the answer
        does not hold. Raises ModelError and its kinds; StoppedError when the account cannot pay (agent/usage.py).
        """
        started, turns, used = time.monotonic(), tuple(messages), Usage()
        while True:
            said = ""
            try:
                reply, usage = await self._reply(turns, schema)
                said, used = reply.text, used + usage
                value = read_answer(reply, schema)
                if check:
                    check(value)
            except ModelRefusedError as error:
                raise ModelRefusedError(f"{self.name}: {error}; another model may answer (GOALCOVER_MODEL)") from error
            except ModelAnswerError as error:
                if used.reasks:
                    failed = f"no usable answer from {self.name}, also when asked again: {error}"
                    raise ModelAnswerError(f"{failed}; another model may do better (GOALCOVER_MODEL)") from error
                turns = (*turns, Message("assistant", defused(said) or "-"), Message("user", _ASK_AGAIN.format(error)))
                used += self._count(Usage(reasks=1))
            else:
                return Answer(value, used, time.monotonic() - started)

    async def stream(
        self, turns: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()
    ) -> AsyncIterator[str | ToolCalls]:
        """The answer's text piece by piece, and at the end the tool calls, when the model makes some.

        `turns` and `tools` are as in OpenAI's chat completions. Tried again while the server is busy, as long as
        nothing has been handed out. Raises ModelError and its kinds; ModelRequestError when it takes no tools.
        """
        self._weigh(len(json.dumps([*turns, *tools], ensure_ascii=False).encode("utf-8", "replace")))
        attempt, is_fresh = 1, False
        while True:
            check_given_up(self._place)
            handed_out, ability = False, await self.ability()
            parameters, counted = self._parameters(ability), _UNCOUNTED not in ability.dropped
            try:
                async for piece in self._client.stream(turns, tools, parameters, counted=counted):
                    if isinstance(piece, Usage):
                        self._count(piece)
                    else:
                        handed_out = True
                        yield piece
            except ModelRequestError as error:
                if "stream_options" in str(error) and counted:
                    self._remember(ability.model_copy(update={"dropped": (*ability.dropped, _UNCOUNTED)}))
                elif is_fresh or not await self._found_out_anew(ability, error):
                    raise
                else:
                    is_fresh = True
            except ModelBusyError as error:
                self._count(Usage(calls=1, retries=1))
                if handed_out:
                    raise
                await self._wait(error, attempt)
                attempt += 1
            else:
                succeeded(self._place)
                return

    async def _found_out_anew(self, before: Ability, error: ModelRequestError) -> bool:
        """Whether the parameters that the server refuses are found to be others now."""
        refused = any(one in str(error) for one in {*self._parameters(before)} - {"model"})
        return refused and await self.ability(fresh=True) != before

    async def post(self, body: bytes, about: str = "") -> bytes:
        """One chat completion, raw: the request's JSON body in, the response's JSON body out.

        As the client that langchain-openai configured sends it (key, base URL, Azure, headers, proxies, timeout): the
        first through that client, the others by `Wire`. Nothing is tried again, counted, parsed or checked: `body`
        makes the request's bytes, `Reply.read` reads the response, `Reply.counted()` what it took. Any number of tasks
        may post at once. `about` is the id of the sample that it is about, for its trace (agent/tracing.py).

        Raises ModelBusyError (429, 5xx, timeout, broken connection; `retry_after` in seconds when the server said so)
        and other kinds of ModelError, which waiting does not mend.
        """
        if self._traced:
            return await tracing.call(self._client.post, self.role, body, about)
        return await self._client.post(body)

    async def fetch(self, path: str, body: bytes | None = None) -> bytes:
        """The response to a GET of a path such as /batches; with a body, to a POST. Raises ModelError."""
        return await self._client.fetch(path, body)

    async def upload(self, content: bytes) -> str:
        """Hands in a file of requests for the Batch API; its id. Raises ModelError."""
        return await self._client.upload(content)

    async def body(self, messages: Sequence[Message], schema: type[BaseModel]) -> dict[str, Any]:
        """The request for an object of `schema`, in the form that this server honours (probed when not known)."""
        ability = await self.ability()
        return self._parameters(ability) | request(messages, schema, ability.mode)

    async def ability(self, *, fresh: bool = False) -> Ability:
        """What the model on this server can do: from memory, or, when nothing is known or `fresh`, found out now."""
        if self._ability and not fresh:
            return self._ability
        loop = asyncio.get_running_loop()
        async with self._probing.setdefault(loop, asyncio.Lock()):
            known = None if fresh else self._ability or self._abilities.get(self._client.address, self.name)
            if known:
                self._ability = known
                return known
            return self._remember(await probe(self._probed, self._parameters))

    def _remember(self, ability: Ability) -> Ability:
        self._ability = ability
        self._abilities.put(self._client.address, self.name, ability)
        return ability

    async def offered(self) -> tuple[Offered, ...]:
        """The models that the server lists. Raises ModelError."""
        return read_listing(await self.fetch("/models"))

    async def context(self) -> int | None:
        """Tokens of a question and its answer: GOALCOVER_CONTEXT_LENGTH, else what the server tells; None: unknown."""
        if self._settings.context_length:
            return self._settings.context_length
        with suppress(ModelError):  # many servers do not tell, and all else works without
            return next((one.context for one in await self.offered() if one.id == self.name), None)
        return None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for every text, in order, as the embeddings endpoint gives them. Raises ModelError."""
        body = json.dumps({"model": self.name, "input": list(texts), "encoding_format": "float"}).encode()
        vectors, _ = await self._tried(
            lambda: self.fetch("/embeddings", body), lambda data: read_vectors(data, len(texts))
        )
        return vectors

    async def _reply(self, turns: Sequence[Message], schema: type[BaseModel]) -> tuple[Reply, Usage]:
        """A reply, whatever it says. A form of request that worked once and is refused now is found out anew, once."""
        body = await self.body(turns, schema)
        try:
            return await self._send(body)
        except ModelRequestError:
            before, self._ability = self._ability, None
            after = await self.ability(fresh=True)
            if after == before:
                raise
            return await self._send(self._parameters(after) | request(turns, schema, after.mode))

    async def _send(self, body: dict[str, Any]) -> tuple[Reply, Usage]:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        self._weigh(len(data))
        async with afforded(self.name, lambda: self._expected(len(data))):
            reply, used = await self._tried(lambda: self.post(data), Reply.read, self._expected(len(data)))
            answered = self._count(reply.counted(len(data)))
        self._longest = max(self._longest, answered.completion_tokens)
        return reply, used + answered

    def _expected(self, size: int) -> Usage:
        return Usage(calls=1, prompt_tokens=round(size / BYTES_A_TOKEN), completion_tokens=self._longest)

    def _weigh(self, size: int) -> None:
        """A server that cuts a question without a word would answer another one. Raises ContextTooLongError."""
        tokens, most = size / BYTES_A_TOKEN, self._settings.context_length
        if most and tokens > _QUESTION * most:
            raise ContextTooLongError(
                f"the question is longer than {self.name} can read: about {tokens:,.0f} tokens, of a context of "
                f"{most:,} (GOALCOVER_CONTEXT_LENGTH)"
            )

    async def _tried(
        self, ask: Callable[[], Awaitable[bytes]], read: Callable[[bytes], R], billed: Usage = _CALL
    ) -> tuple[R, Usage]:
        """What `read` makes of the response, as often asked for as settings.attempts allow.

        `billed` is what a call takes of which no whole answer comes back.
        """
        used = Usage()
        for attempt in range(1, self._settings.attempts + 1):
            check_given_up(self._place)
            try:
                found = read(await ask())
            except ModelAnswerError:
                self._count(_CALL)
                raise
            except ModelBusyError as error:
                used += self._count((billed if error.billed else _CALL) + Usage(retries=1))
                await self._wait(error, attempt)
            else:
                succeeded(self._place)
                return found, used
        raise AssertionError("the last attempt either returns or raises")

    async def _wait(self, error: ModelBusyError, attempt: int) -> None:
        """Until the next attempt; raises the error when there is none, or when the server wants too long a pause."""
        pause = error.retry_after
        why = f" (tried {attempt} times)" if attempt >= self._settings.attempts else ""
        if not why and pause is not None and pause > LONGEST_WAIT:
            why = f"; it asks to wait {pause:.0f} s"
        if why:
            last = ModelBusyError(f"{error}{why}", pause)
            give_up(self._place, last)
            raise last from error
        await asyncio.sleep(backoff(_FIRST_WAIT, attempt) if pause is None else pause)

    async def _probed(self, body: dict[str, Any]) -> Reply:
        return (await self._send(body))[0]

    def _parameters(self, ability: Ability) -> dict[str, Any]:
        names = LIMITS if self._settings.base_url else LIMITS[::-1]
        limit = next((one for one in names if one not in ability.dropped), names[0])
        wanted = {
            "temperature": self._temperature,
            "seed": self._settings.seed,
            limit: self._settings.max_output_tokens,
        }
        given = {key: value for key, value in wanted.items() if value is not None and key not in ability.dropped}
        return {"model": self.name, **given}

    def _count(self, usage: Usage) -> Usage:
        count(self.name, usage)
        return usage
