"""Quotes that somebody made up: passages in quotation marks that stand nowhere in what a text was written from."""

import re
from collections.abc import Iterable

LEAST = 25
"""Characters from which words in quotation marks count as a quote, and not as a name or an emphasis."""
_QUOTED = re.compile(r"[\"“„«「]([^\"“”„«»「」\n]+)[\"”“»」]")
_ELLIPSIS = re.compile(r"\s*(?:\[?\.\.\.\]?|\[?…\]?)\s*")


def misquoted(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """The quotes of a text that no source holds. White space, case and marked omissions are not significant."""
    known = [_plain(source) for source in sources]
    quotes = (quote for quote in _QUOTED.findall(text) if len(quote) >= LEAST)
    return tuple(quote for quote in quotes if not any(_holds(source, quote) for source in known))


def _holds(source: str, quote: str) -> bool:
    return all(_plain(part).rstrip(".,;:!?") in source for part in _ELLIPSIS.split(quote))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
