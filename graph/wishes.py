"""What a person wishes of new samples, in plain words: how many, of what form, unlike what; which to keep."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.graph.parts import Parts

Verb = Literal["keep", "accept", "reject", "edit", "again", "drop"]
USUAL = 20
MOST = 500
_LOOKS_GOOD = re.compile(
    r"\W*((looks?|all|they( are|.re)?|that.?s) )*(good|fine|great|ok|okay)\W*"
    r"|\W*(accept|keep|take|use|save)( (them|all( of them)?|these|the (others|rest)|everything))*\W*"
    r"|\W*(yes|yep|done)\W*",
    re.IGNORECASE,
)
_NUMBERS = r"\d{1,4}(?:[,\s]+(?:and )?\d{1,4})*"
_ACCEPT = re.compile(rf"\W*(?:accept|keep|take) (?P<who>{_NUMBERS})\W*", re.IGNORECASE)
_REJECT = re.compile(
    rf"\W*(?:reject|drop|remove|discard) (?P<who>all|everything|{_NUMBERS}\b)\W*(?P<why>.*)",
    re.IGNORECASE | re.DOTALL,
)
_EDIT = re.compile(
    r"\W*(?:edit|change|rewrite) (?P<who>\d{1,4})\b(?: (?:to|as))?[:,]? *(?P<text>.+)", re.IGNORECASE | re.DOTALL
)
_STRICT = r"\b(strict(er)?|only perfect|higher (level|bar)|better ones)\b"
_FORM = r"\b(?:only|but|just|as|more like)\b +(?P<form>.{4,200})"
_SET = r"(?:evaluation|eval|test|hold-?out|held-?out|benchmark) ?(?:set|data|dataset|file)"
_LEAD = (
    r"(?:\b(?:please|but|and|that|which|they|them|it|must|should|shall|may|can|do|does|did|don.?t|doesn.?t|not|no|never|"
    r"without|avoid|any|use|take|with|here|this|is|as|against|to|the|my|our|an?)\W+)*"
)
_NOT = r"\b(?:don.?t|doesn.?t|not|no|never|none|nothing|without|avoid\w*)\b[^,;]{0,30}?\b"
_ALIKE = r"(?:overlap\w*|repeat\w*|leak\w*|contaminat\w*|copy|copied|in)\b"
_FILE = (
    r"(?<![^\s,;:])(?P<file>\"[^\"]{1,300}\"|'[^']{1,300}'"
    r"|[^\s,;'\"]{1,300}\.(?:jsonl?|ndjson|csv|tsv|parquet|arrow|xlsx)(?:\.gz)?"
    r"|(?<![\w./])(?!(?:and/or|yes/no|his/her|he/she)\b)[a-z0-9][\w.-]{0,100}/[\w-][\w.-]{0,100}\w"
    r"|[~.]{0,2}/[^\s,;]{1,300})"
)
_HOLDOUT = (
    rf"(?:{_NOT}{_ALIKE}|\bhold out\b|\b{_SET})[^,;]{{0,40}}?{_FILE}",
    rf"{_FILE} (?:is|as|for|are|be)\b[^,;]{{0,20}}?\b(?:{_SET}|evaluation|benchmark)",
)
_UNNAMED = rf"{_NOT}(?:overlap\w*|repeat\w*|leak\w*|copy|copied)\b(?:\W{{1,5}}\w{{1,40}}){{0,4}}?\W{{1,5}}{_SET}"
_UPLOADED = (
    rf"{_NOT}{_ALIKE}(?: (?:with|from|in|it|this|that|any|anything|of|the|them|attached|file)\b)*",
    rf"\b(?:{_SET}|evaluation|benchmark)",
)


@dataclass(frozen=True)
class Wish:
    """What becomes of proposed samples."""

    verb: Verb
    numbers: tuple[int, ...] = ()
    """Of the proposals it is about, counted from 1; none: all."""
    text: str = ""
    """The reason of a rejection, or the new output of an edit."""


def read_review(text: str, *, with_file: bool = False) -> Wish | None:
    """What a message wants done with the proposals; None when it is about something else."""
    if match := _REJECT.fullmatch(text):
        numbers = tuple(int(one) for one in re.findall(r"\d+", match["who"]))
        return Wish("reject" if numbers else "drop", numbers, (match["why"] or "").strip())
    if match := _ACCEPT.fullmatch(text):
        return Wish("accept", tuple(int(one) for one in re.findall(r"\d+", match["who"])))
    if match := _EDIT.fullmatch(text):
        return Wish("edit", (int(match["who"]),), match["text"].strip())
    if _LOOKS_GOOD.fullmatch(text):
        return Wish("keep")
    making = read_making(text, with_file=with_file)
    others = re.match(r"\W*(only|again|another|more|once more)\b", text, re.IGNORECASE)
    return Wish("again") if making.strict or making.holdout is not None or others else None


@dataclass(frozen=True)
class Making:
    """How new samples should be."""

    form: str = ""
    """In words; empty: as the dataset's own."""
    strict: bool = False
    holdout: str | None = None
    """File or Hugging Face id of the evaluation set that they must not repeat; empty when it is not said which file it
    is; None when there is no talk of one."""
    rest: str = ""
    """The message without all this."""


def read_making(text: str, *, with_file: bool = False) -> Making:
    """How new samples are wished for; `with_file` when a file came with the message."""
    parts = Parts(text)
    holdout = _holdout(parts, with_file)
    strict = parts.take(_STRICT, _LEAD) is not None
    form = parts.take(_FORM)
    wished = form["form"].partition("¦")[0].strip(" .,;!") if form else ""
    wished = re.sub(r"^(?:only|just) ", "", wished, flags=re.IGNORECASE)
    return Making(form=wished, strict=strict, holdout=holdout, rest=parts.left)


def _holdout(parts: Parts, with_file: bool) -> str | None:
    for pattern in _HOLDOUT:
        if match := parts.take(pattern, _LEAD):
            return match["file"].strip("'\"").rstrip(".")
    return "" if any(parts.take(one, _LEAD) for one in (_UNNAMED, *(_UPLOADED if with_file else ()))) else None


def how_many(number: float | None) -> int:
    """How many samples are asked for."""
    return min(MOST, max(1, int(number))) if number else USUAL
