"""Untrusted text and figures as Markdown. Nothing of a dataset gets through as markup."""

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


def bar(share: float, cells: int) -> str:
    """A share, 0 to 1, as a bar of so many cells."""
    filled = round(share * cells)
    return "█" * filled + "░" * (cells - filled)


def engine(name: str, model: str) -> str:
    """Which engine made a result, and what that means."""
    plain = " (no language model, runs on this machine)" if name == "embedded" else ""
    return f"{text(name)} engine, {text(model)}{plain}"


def sample(input_text: str, output_text: str, limit: int = SAMPLE) -> str:
    """What goes in and what comes out, as a quote."""
    return f"> **Input** {text(input_text, limit)}\n>\n> **Output** {text(output_text, limit) or '(none)'}"
