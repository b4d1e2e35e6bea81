"""Figures that somebody made up: the numbers of a text that occur nowhere in what it was written from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SCALE = "0 1 2 3 4 5 0.2 0.4 0.6 0.8 1.0"
"""Levels and their scores: nobody has to have told them."""
_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# A word made of numbers alone: 0.31, 1,200, 30%, 3-5, 12/60, $40, n=30. Names such as row-17 or B12 are none.
_FIGURE = re.compile(r"[^\w\n]*(?:n=)?\d+(?:[.,]\d+)*(?:[^\w\s]+\d+(?:[.,]\d+)*)*[^\w\n]*")
_ITEM = re.compile(r"(?:^|\n)[ \t>#*-]*\Z")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
_MARKER = re.compile(r"\d{1,2}[.)]")


@dataclass(frozen=True)
class Figure:
    """A number as it stands in a text."""

    text: str
    start: int


def unsupported(text: str, sources: Iterable[str]) -> tuple[Figure, ...]:
    """The figures of a text that no source holds, in order.

    One is held that stands there to the letter or is rounded from it, and a share told in percent. Not counted are the
    numbers of a list's items.
    """
    told = {one for source in sources for one in _NUMBER.findall(source)}
    known = {value for one in told for value in _values(one)}
    return tuple(one for one in _figures(text) if one.text not in told and not _held(one.text, known))


def struck(text: str, figures: Iterable[Figure]) -> str:
    """The text with these figures taken out."""
    for one in sorted(figures, key=lambda figure: -figure.start):
        text = f"{text[: one.start]}[figure removed]{text[one.start + len(one.text) :]}"
    return text


def _figures(text: str) -> Iterator[Figure]:
    for word in _WORD.finditer(text):
        is_marker = _MARKER.fullmatch(word[0]) and _ITEM.search(text, 0, word.start())
        if not is_marker and _FIGURE.fullmatch(word[0]):
            yield from (Figure(one[0], word.start() + one.start()) for one in _NUMBER.finditer(word[0]))


def _held(text: str, known: set[float]) -> bool:
    digits = len(text) - max(text.rfind("."), text.rfind(",")) - 1 if re.search(r"[.,]", text) else 0
    return any(
        abs(shown - value * factor) <= 0.5 * 10**-digits + 1e-9
        for shown in _values(text)
        for value in known
        for factor in (1, 100)
        if (digits or factor == 100 or shown == value) and (factor == 1 or value <= 1)
    )


def _values(text: str) -> set[float]:
    """What a number may mean: 1,200 is a thousand in one language and a bit more than one in another; 0,135 is not."""
    marks = re.sub(r"\d", "", text)
    plain = {text.replace(",", ".")}
    if _THOUSANDS.fullmatch(text):
        plain.add(re.sub(r"[.,]", "", text))
    if len(set(marks)) == 2:  # 1,234.5: the last mark begins the decimals
        plain.add(text.replace(marks[0], "").replace(",", "."))
    return {float(one) for one in plain if one.count(".") < 2}
