"""What a model's provider was asked for, and who pays for it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

BYTES_A_TOKEN = 4.0
"""Of a request's body, roughly, as long as no reply has told."""


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


# A model may serve many sessions at once: whose call it is, only the task that makes it knows.
_open: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def paid_by(account: Account) -> Iterator[None]:
    """What models are asked for within, by this task and those that it begins, goes to this account."""
    token = _open.set(account)
    try:
        yield
    finally:
        _open.reset(token)


@asynccontextmanager
async def afforded(model: str, expected: Callable[[], Usage]) -> AsyncIterator[None]:
    """Holds what a call within should cost. StoppedError when the account that is open cannot pay for it."""
    account = _open.get()
    if account is None:
        yield
        return
    with account.holding(model) as held:
        async with account.call(held, Usage, expected):
            yield


def count(model: str, usage: Usage) -> None:
    """Books what a model was asked for on the account that is open; nowhere when there is none."""
    if account := _open.get():
        account.spend(model, usage)
