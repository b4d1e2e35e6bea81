"""The types of the conversation about a run: what the companion is given, and what it says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Turn:
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Tool:
    """A function that the companion may call. It reads; it changes nothing."""

    name: str
    description: str
    """What it gives and when to use it, for the model."""
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    call: Callable[[Mapping[str, Any]], Awaitable[Any]]
    """The arguments, checked or not, to something that JSON can hold. GoalCoverError: told to the model as it is."""


@dataclass(frozen=True)
class Said:
    """A piece of the answer's text, to be shown as it comes."""

    text: str


@dataclass(frozen=True)
class Called:
    """A tool was called."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Returned:
    """A tool has returned."""

    name: str
    result: Any


@dataclass(frozen=True)
class Corrected:
    """The whole answer, to be shown in place of everything said before."""

    text: str
    notice: str
    """Why it was replaced, for the person."""


Spoken = Said | Called | Returned | Corrected
