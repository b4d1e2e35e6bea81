"""What a model's provider was asked for."""

from dataclasses import dataclass, fields
from typing import Self


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

    def __add__(self, other: Self) -> Self:
        """Both together."""
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, before: Self) -> Self:
        """What came after `before`, which is a part of this."""
        return type(self)(*(getattr(self, one.name) - getattr(before, one.name) for one in fields(self)))
