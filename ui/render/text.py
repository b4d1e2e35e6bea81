"""Untrusted text and figures as Markdown. Nothing of a dataset gets through as markup."""

import re
from collections.abc import Iterable

from goalcover.tools.typeset import cut, markdown_text

SAMPLE = 500
"""Characters of a sample's input or output that are shown."""
# Chainlit's Markdown turns `:name` into a directive, and links bare addresses after reading, when escapes are gone.
_BREAK = "\u2060"


def text(raw: str, limit: int = 10_000) -> str:
    """Untrusted text on one line, as nothing but text."""
    line = markdown_text(cut(" ".join(raw.split()), limit))
    broken = line.replace("\\/", f"{_BREAK}/").replace("\\@", f"{_BREAK}@").replace("\\.", f"{_BREAK}.")
    return str(broken).replace(":", "\\:")


class Stream:
    """Text of a language model that comes in pieces: Markdown, but for links, images and directives.

    It may repeat a sample, and a sample may hold anything. What could be the beginning of such markup is held back
    until the next piece tells.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown by now."""
        whole = self._held + piece
        kept = len(whole.rstrip("]:/<w@"))
        self._held, shown = whole[kept:], whole[:kept]
        return _plain_links(shown)

    def rest(self) -> str:
        """What was held back, at the end."""
        held, self._held = self._held, ""
        return _plain_links(held)


def _plain_links(markdown: str) -> str:
    shown = markdown.replace("](", f"]{_BREAK}(").replace("<", "&lt;").replace("://", f":{_BREAK}//")
    shown = re.sub(r"(?i)\bwww\.", f"www{_BREAK}.", shown)
    return re.sub(r":(?=[A-Za-z])", "\\:", re.sub(r"@(?=\w)", f"{_BREAK}@", shown))


def bar(share: float, cells: int) -> str:
    """A share, 0 to 1, as a bar of so many cells."""
    filled = round(share * cells)
    return "█" * filled + "░" * (cells - filled)


def engine(name: str, model: str) -> str:
    """Which engine made a result, and what that means."""
    plain = " (no language model, runs on this machine)" if name == "embedded" else ""
    return f"{text(name)} engine, {text(model)}{plain}"


def notes(told: Iterable[str]) -> str:
    """What to know before believing the figures, as paragraphs to go behind others; nothing when there is nothing."""
    return "".join(f"\n\n**Note:** {text(one)}" for one in told)


def sample(input_text: str, output_text: str, limit: int = SAMPLE) -> str:
    """What goes in and what comes out, as a quote."""
    return f"> **Input** {text(input_text, limit)}\n>\n> **Output** {text(output_text, limit) or '(none)'}"
