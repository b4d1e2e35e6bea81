"""How text and figures are set in a report, as HTML and as Markdown.

All text is untrusted. `html_text` and `markdown_text` are the two doors through which it enters a document; `code` and
`fence` are Markdown's other two. What they return is `Markup`: safe to place, and not to be escaped again.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup, escape

_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_ACTING = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def visible(text: str) -> str:
    """The text with every character that would act rather than show replaced by something visible.

    Control characters become their pictures (U+2400 on), the embedding and override marks of right-to-left text their
    code point in brackets, lone surrogates U+FFFD; line ends become line feeds.
    """
    return _ACTING.sub(_shown, _LINE_END.sub("\n", text))


def inert(json: str) -> str:
    """The same JSON with every character that would act on a terminal as its escape: a parser reads what it read."""
    return _ACTING.sub(lambda match: f"\\u{ord(match.group()):04x}", json)


def _shown(match: re.Match[str]) -> str:
    char = match.group()
    if char < " ":
        return chr(0x2400 + ord(char))
    return f"[U+{ord(char):04X}]" if unicodedata.category(char) in {"Cc", "Cf"} else "\ufffd"


def squeeze(text: str) -> str:
    """The text on one line, with single blanks."""
    return " ".join(text.split())


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` characters; an ellipsis says that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def html_text(text: str) -> Markup:
    """The text for an HTML element or attribute."""
    return escape(visible(text))


def markdown_text(text: str) -> Markup:
    """The text on one line, such that no Markdown or HTML parser finds markup in it."""
    line = squeeze(visible(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_\[\]|~#$@])", r"\\\1", line)
    # Bare addresses turn into links in GitHub's Markdown without any bracket.
    line = re.sub(r"(?i)(?<=:)/(?=/)|(?<=\bwww)\.", r"\\\g<0>", line)
    # List markers and underlines act only at the start of a line, which is where a template may put the text.
    line = re.sub(r"^(\d+)(?=[.)]( |$))|^(?=[-+]( |$)|[-=]+$)", r"\1\\", line)
    return Markup(line)  # noqa: S704 escaped above


def code(text: str) -> Markup:
    """A Markdown code span: the backticks around it are more than any run inside."""
    line = squeeze(visible(text)) or "(empty)"
    ticks = "`" * (1 + _longest_run(line))
    pad = " " if "`" in (line[0], line[-1]) else ""
    return Markup(f"{ticks}{pad}{line}{pad}{ticks}")  # noqa: S704 nothing inside such a span is markup


def fence(text: str) -> Markup:
    """A Markdown code block whose fence is longer than any run of backticks in the text."""
    body = visible(text)
    ticks = "`" * max(3, 1 + _longest_run(body))
    return Markup(f"{ticks}text\n{body}\n{ticks}")  # noqa: S704 nothing inside such a fence is markup


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def score(value: float | None) -> str:
    """An alignment, 0 to 1, in two decimals."""
    return "unknown" if value is None else f"{value:.2f}"


def percent(share: float) -> str:
    """A share (0 to 1) as a person reads it: with its one decimal, as the gap rule tells it, and never 0% or 100% for
    what is not."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1%"
    if 99.9 < value < 100:
        return "over 99.9%"
    return f"{f'{value:.1f}'.removesuffix('.0')}%"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 sample`, `1,200 samples`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """The first of these names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def date(iso: str) -> str:
    """`22 November 2025`; a text that is no ISO 8601 time is left as it is."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when.day} {when:%B %Y}"
