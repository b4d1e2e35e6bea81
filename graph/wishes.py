"""What a person wishes of training data, in plain words: how many, of what form; which to keep; which mix for whom."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.tools.export import ALIASES, FORMATS

Verb = Literal["keep", "reject", "edit", "again", "drop"]
USUAL = 20
MOST = 500
_LOOKS_GOOD = re.compile(
    r"\W*((looks?|all|they( are|.re)?|that.?s) )*(good|fine|great|ok|okay)\W*"
    r"|\W*(accept|keep|take|use|save)( (them|all( of them)?|these|the (others|rest)|everything))*\W*"
    r"|\W*(yes|yep|done)\W*",
    re.IGNORECASE,
)
_REJECT = re.compile(
    r"\W*(?:reject|drop|remove|discard) (?P<who>all|everything|\d[\d,\s]*(?:and \d+)?)\W*(?P<why>.*)",
    re.IGNORECASE | re.DOTALL,
)
_EDIT = re.compile(
    r"\W*(?:edit|change|rewrite) (?P<who>\d+)(?: (?:to|as))?[:,]? *(?P<text>.+)", re.IGNORECASE | re.DOTALL
)
_STRICT = re.compile(r"\b(strict(er)?|only perfect|higher (level|bar)|better ones)\b", re.IGNORECASE)
_FORM = re.compile(r"\b(?:only|but|just|as|more like)\b +(?P<form>.{4,200})", re.IGNORECASE | re.DOTALL)
_TRAINERS = (*FORMATS, *ALIASES)


@dataclass(frozen=True)
class Wish:
    """What becomes of proposed samples."""

    verb: Verb
    numbers: tuple[int, ...] = ()
    """Of the proposals it is about, counted from 1; none: all."""
    text: str = ""
    """The reason of a rejection, the new output of an edit, or the form wished for."""
    strict: bool = False


def read_review(text: str) -> Wish | None:
    """What a message wants done with the proposals; None when it is about something else."""
    if match := _REJECT.fullmatch(text):
        numbers = tuple(int(one) for one in re.findall(r"\d+", match["who"]))
        return Wish("reject" if numbers else "drop", numbers, (match["why"] or "").strip())
    if match := _EDIT.fullmatch(text):
        return Wish("edit", (int(match["who"]),), match["text"].strip())
    if _LOOKS_GOOD.fullmatch(text):
        return Wish("keep")
    if _STRICT.search(text) or re.match(r"\W*(only|again|another|more|once more)\b", text, re.IGNORECASE):
        return Wish("again", text=form_in(text), strict=_STRICT.search(text) is not None)
    return None


def form_in(text: str) -> str:
    """The form that samples should have: "questions from nurses" in "only questions from nurses"; empty for none."""
    match = _FORM.search(text)
    form = match["form"].strip(" .!") if match else ""
    return "" if _STRICT.search(form) else form


def how_many(number: float | None) -> int:
    """How many samples are asked for."""
    return min(MOST, max(1, int(number))) if number else USUAL


def mix_in(text: str) -> str:
    """The training set that a message names (Table 3 of the paper); what it does not name is left out."""
    said = text.lower()
    synthetic = "synthetic" in said or "generated" in said
    aligned = re.search(r"goal.?aligned|filtered|aligned|selected", said) is not None
    whole = re.search(r"\boriginal\b|\ball (the )?(data|rows)\b|\beverything\b|\bfull\b", said) is not None
    if synthetic:
        return "synthetic+goal-aligned" if aligned else "synthetic+original" if whole else "synthetic"
    return "original" if whole and not aligned else "goal-aligned"


def format_in(text: str) -> str:
    """The trainer's format that a message names; `same` when it names none."""
    said = re.sub(r"[\s_-]+", "-", text.lower())
    named = [
        one
        for one in _TRAINERS
        if one not in {"same", "jsonl"} and re.search(rf"(?<![a-z]){re.escape(one)}(?![a-z])", said)
    ]
    hugging = "huggingface" if re.search(r"hugging-?face|datasetdict", said) else ""
    llama = "llama-factory" if "llamafactory" in said else ""
    return max(named, key=len, default=hugging or llama or "same")
