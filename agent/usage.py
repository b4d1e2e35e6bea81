"""What a model's provider was asked for, who pays for it, and which models gave up within the same piece of work."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, Self

from goalcover.agent.errors import ModelBusyError

BYTES_A_TOKEN = 4.0
"""Of a request's body, roughly, as long as no reply has told."""
REST = 120.0
"""Seconds for which a model that gave no answer, however often it was asked, is not asked again for the same work. One
that had answered before is asked the next question all the same: it may have been the question."""


@dataclass(frozen=True)
class Usage:
    """Counts that add up."""

    calls: int = 0
    """Requests sent, failed ones included."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt tokens, those that the provider's cache held."""
    completion_tokens: int = 0
    retries: int = 0
    """Requests sent again because the server was busy or broken."""
    reasks: int = 0
    """Requests sent again because the answer was not what was asked for."""
    untold: int = 0
    """Answers whose tokens the server did not tell: they are estimated here, and what they cost is not known."""

    def __add__(self, other: Self) -> Self:
        """Both together."""
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, before: Self) -> Self:
        """What came after `before`, which is a part of this."""
        return type(self)(*(getattr(self, one.name) - getattr(before, one.name) for one in fields(self)))


class Account(Protocol):
    """Pays for what models are asked for, each by its name."""

    def holding(self, spender: str, /) -> AbstractContextManager[Any]:
        """What is set aside within is given back at the end."""

    def call(
        self, held: Any, spent: Callable[[], Usage], expected: Callable[[], Usage], /
    ) -> AbstractAsyncContextManager[None]:
        """Sets aside what a call within should cost. StoppedError when that is more than may be spent."""

    def spend(self, spender: str, usage: Usage, /) -> object:
        """This is what it took."""


@dataclass(frozen=True)
class _Work:
    """What one account pays for, with the models that gave up within it: when, and why."""

    account: Account
    given_up: dict[str, tuple[float, ModelBusyError]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    """Models that answered since they last failed."""


# A model may serve many sessions at once: whose call it is, only the task that makes it knows.
_open: ContextVar[_Work | None] = ContextVar("work", default=None)


@contextmanager
def paid_by(account: Account) -> Iterator[None]:
    """What models are asked for within, by this task and those that it begins, goes to this account."""
    token = _open.set(_Work(account))
    try:
        yield
    finally:
        _open.reset(token)


@asynccontextmanager
async def afforded(model: str, expected: Callable[[], Usage]) -> AsyncIterator[None]:
    """Holds what a call within should cost. StoppedError when the account that is open cannot pay for it."""
    work = _open.get()
    if work is None:
        yield
        return
    with work.account.holding(model) as held:
        async with work.account.call(held, Usage, expected):
            yield


def count(model: str, usage: Usage) -> None:
    """Books what a model was asked for on the account that is open; nowhere when there is none."""
    if work := _open.get():
        work.account.spend(model, usage)


def succeeded(model: str) -> None:
    """The model gave an answer: others may ask it."""
    if work := _open.get():
        work.answered.add(model)
        work.given_up.pop(model, None)


def give_up(model: str, error: ModelBusyError) -> None:
    """Lets nobody wait again for what this piece of work has waited for in vain."""
    work = _open.get()
    if work is None:
        return
    if model in work.answered:
        work.answered.remove(model)
    else:
        work.given_up[model] = time.monotonic(), error


def check_given_up(model: str) -> None:
    """Raises the ModelBusyError with which the model gave up a moment ago, for the same piece of work."""
    work = _open.get()
    when, error = work.given_up.get(model, (0.0, None)) if work else (0.0, None)
    if error and time.monotonic() - when < REST:
        raise ModelBusyError(str(error), error.retry_after) from error
