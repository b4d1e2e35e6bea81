"""Which columns of a dataset are input and output, as a person says it: in words, or as `--map` takes it."""

import re
from collections.abc import Sequence

from goalcover.graph.speech import agrees, approves
from goalcover.graph.state import Suggestion, Unmapped
from goalcover.tools.typeset import cut

_OPTION = re.compile(r"(?:^|\s)(?:--map[\s=]+)?[\"']?(input\s*=.*?)[\"']?\s*", re.IGNORECASE | re.DOTALL)
_INPUT = re.compile(
    r"\b(?:inputs?|questions?|prompts?|instructions?|quer(?:y|ies)|asked|asks?|users?|customers?|requests?|problems?)\b",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"\b(?:outputs?|answers?|answered|repl(?:y|ies)|responses?|completions?|targets?|solutions?|agents?|assistants?)\b",
    re.IGNORECASE,
)
_LABEL = 60
_Place = tuple[int, str]


def read_mapping(text: str, waiting: Unmapped) -> str | None:
    """`input=COL[+COL],output=COL[+COL]`, as a message says it; None when it names no column."""
    if option := _OPTION.fullmatch(text):
        return option[1]
    if waiting.likely and (agrees(text) or approves(text)):
        return waiting.likely
    columns, rest = _columns_in(text, [one.name for one in waiting.columns])
    if not columns:
        return None
    sides: dict[str, list[str]] = {"input": [], "output": []}
    for place, name in columns:
        sides[_side(place, rest) or ("output" if sides["input"] else "input")].append(name)
    if not sides["input"]:  # only the answers were named
        sides["input"] = [name for name in _likely(waiting) if name not in sides["output"]][:1]
    return ",".join(f"{side}={'+'.join(names)}" for side, names in sides.items() if names) if sides["input"] else None


def offer(waiting: Unmapped) -> tuple[Suggestion, ...]:
    """The mapping that suggests itself, as a button."""
    if not waiting.likely:
        return ()
    label = " · ".join(part.replace("=", " ", 1) for part in waiting.likely.split(",output="))
    return (Suggestion(label=cut(label.replace(" · ", " · output "), _LABEL), says=f"--map {waiting.likely}"),)


def _columns_in(text: str, names: Sequence[str]) -> tuple[list[_Place], str]:
    """(place, column) of each that is named, in the text's order, and the text with them blanked out."""
    found, rest = [], text
    for name in sorted(names, key=len, reverse=True):
        match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", rest, re.IGNORECASE) if name else None
        if match:
            found.append((match.start(), name))
            rest = f"{rest[: match.start()]}{' ' * len(match.group())}{rest[match.end() :]}"
    return sorted(found), rest


def _side(place: int, rest: str) -> str | None:
    """Input or output, by the nearest word that says so in the same clause."""
    start = max((match.end() for match in re.finditer(r"[,;.]|\band\b", rest[:place])), default=0)
    stop = re.search(r"[,;.]|\band\b", rest[place:])
    clause, here = rest[start : place + stop.start() if stop else None], place - start
    near = [
        (abs(match.start() - here), side)
        for side, words in (("input", _INPUT), ("output", _OUTPUT))
        for match in words.finditer(clause)
    ]
    return min(near)[1] if near else None


def _likely(waiting: Unmapped) -> list[str]:
    """The columns of the likely mapping, the input first; then all others."""
    likely = re.findall(r"(?:^input|,output)=(.*?)(?=,output=|$)", waiting.likely)
    return [*likely, *(one.name for one in waiting.columns if one.name not in likely)]
