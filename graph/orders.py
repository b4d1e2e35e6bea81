"""Which training set a person orders, in plain words: which rows, for which trainer, how split, and where to."""

import re
from typing import Any

from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen
from goalcover.graph.parts import Parts
from goalcover.tools.export import ALIASES, DISK, FORMATS

USUAL_VALIDATION = 0.1
WITH_KEPT = "synthetic+goal-aligned"
UNNAMED = "?"
"""In place of a dataset's id, where an upload is asked for and not said where to."""
_PERCENT = r"(?<![\d.])(?P<share>\d{1,3}(?:\.\d{1,9})?) ?(?:%|per ?cent)"
_HELD = r"(?:validation|validat(?:e|ing)|evaluat(?:ion|e|ing)|eval|dev|test(?:ing)?|hold[- ]?out|held[- ]out)"
_SMALL = (
    r"(?:(?:a|an|the|as|for|of|to|in|into|be|is|it|them|rows|data|samples|set|split|aside|out|held|keep|put|away)\W+)*"
)
_VALIDATION = (
    rf"{_PERCENT}\W+{_SMALL}{_HELD}\b(?: (?:set|split|rows|data|with))*",
    rf"\b{_HELD}(?: (?:set|split|share|part|rows|of|at|is))*[ =:]{{0,5}}{_PERCENT}",
    rf"\b(?:hold(?:ing)? out|held out|set(?:ting)? aside|keep(?:ing)? back) {_PERCENT}(?: of (?:it|them|the \w+))?",
    rf"\b{_HELD}(?: (?:set|split|share|part|of|at|is))*[ =:]{{0,5}}(?P<fraction>0?\.\d+)",
    r"\b(?P<train>[1-9]\d) ?[/:-] ?(?P<rest>\d\d)\b(?: split)?",
    rf"\b(?:train(?:ing)?[ /-](?:and )?)?{_HELD}(?: (?:set|split|part|rows))+",
)
_SEED = r"\b(?:random )?seed {0,3}(?:=|:|of|number|is)? {0,3}(?P<n>\d{1,9})"
_UP = r"(?: (?:on|up|upwards|or (?:more|better|higher)))*"
_SCORE_LEAD = r"\b(?:(?:from|above|over|at|with|of|min(?:imum)?|least|cut|a) )*"
_SCORE = (
    r"\b(?:goal[- ])?score {0,3}"
    rf"(?:(?:of|from|at least|above|over|[>=≥:]{{1,2}}) {{0,3}}){{0,4}}(?P<score>0?\.\d+|[01](?:\.0+)?)\b{_UP}"
)
_BARE_SCORE = rf"\b(?:from|above|over|at least|cut at) (?P<score>0?\.\d+|1\.0+)\b{_UP}"
_QUOTA = (
    r"\b(?:best|top) (?P<n>\d{1,6})(?: (?:rows|samples|ones))? (?:of|for|per|in) (?:each|every|all)(?: subgoals?)?\b"
)
_PUSH = r"\b(?:push|publish|upload(?!ed (?:ones|samples|rows|examples|data)\b))\w*\b"
_HUB = (
    r"\b(?:to|as|into|onto|under|called|named) (?:the )?(?:(?:hub|hugging ?face|hf)(?: hub)?,? (?:as |under )?)?"
    r"(?P<id>[a-z0-9][\w.-]*/[a-z0-9](?:[\w.-]*\w)?)(?![\w/])"
)
_PUBLIC = r"\b(?:in public|public(?:ly)?|open to everyone|for everyone)\b"
_PRIVATE = r"\b(?:private(?:ly)?|not public(?:ly)?)\b"
_IT = r"\b(?:it|that|them|this|the same|again)\b"
_WHOLE = r"\boriginal\b|\ball (of )?((the|my|our) )?(data|rows)\b|\beverything\b|\bfull\b"
_DATASET = r"(?:my|our|the)(?: own| whole)? (?:data|dataset|rows)\b"
_BESIDE = rf"\b{_DATASET}\W+(?:and|with|plus|together|including|along|\+)|(?:\b(?:and|with|plus|to)|\+)\W+{_DATASET}"
"""The dataset itself, named as what something is added to."""
_ALIGNED = r"goal.?aligned|filtered|\baligned|selected"
_ROWS = r"(?:ones|samples|rows|examples|data)"
_SYNTHETIC = (
    rf"(?:(?:synthetic|generated)(?: {_ROWS})?|\b(?:new|added|extra) {_ROWS}"
    rf"|\b(?:kept|accepted) (?:ones|samples|examples)"
    rf"|\b(?:{_ROWS}|those|what)(?: that| which)? (?:i|we|you) (?:made|kept|accepted|added)\b)"
)
_OWN = rf"\b(?:(?:own|real|uploaded) {_ROWS}|my (?:data|rows))\b"
"""None but the dataset's, unless others are named beside them."""
_WITHOUT = (
    r"\b(?:without|excluding|except(?: for)?|minus|no|not(?! only| just)|leav(?:e|ing) out"
    r"|(?:do not|don.?t) (?:include|add)|(?:all|everything) (?:but|except(?: for)?))"
    r"(?: (?:any|all|of|the|my|our|those|these|include|including))* "
)
_PLAIN = frozenset(("same", "jsonl", "parquet"))
"""Formats that are a way to write rows, in a trainer's form or not."""
_KNOWN = frozenset(
    "a accepted added aligned all also an and are as aside at be both by can combined could create csv data dataset "
    "datasetdict everything export exported exports extra face factory file files filtered fine finetune finetuning "
    "for format from full generated get give goal hf hub hugging huggingface i in include including into is it json "
    "just keep kept like llama llamafactory made make me messages mine mix my need new now of on ones only or "
    "original our own please plus publish push ready real row rows same sample samples save selected set sets shuffle "
    "shuffled so synthetic that the their them then these they this those to together train trainer training tsv tune "
    "tuned tuning upload uploaded us use used want we what which whole will with would write you".split()
) | {part for name in (*FORMATS, *ALIASES) for part in name.split("-")}


class Order(Frozen):
    """A training set as it was ordered."""

    mix: str = "goal-aligned"
    format: str = "same"
    ending: str = ""
    """Extension of the file that was asked for; empty: the usual one."""
    validation: float = 0.0
    """Share of the rows to validate with."""
    seed: int = 0
    min_score: float | None = None
    """Of the goal-aligned rows; None: the suggested cut."""
    quota: int = 0
    """Best rows of every subgoal that are kept whatever their goal score."""
    hub: str = ""
    """Dataset on the Hugging Face Hub to upload to; `UNNAMED` when it was not said which."""
    public: bool = False
    unread: tuple[str, ...] = ()
    """What was not understood."""


def read_order(text: str, before: Order | None = None, *, has_kept: bool = False) -> Order:
    """The training set that a message asks for; `before` is the last one, which "it" means.

    Where synthetic samples were kept they are in it, unless the message says what it is to hold.
    """
    parts = Parts(text)
    hub = _hub(parts)
    given = {"validation": _validation(parts), "seed": _number(parts, _SEED), **read_cut(parts)}
    score = parts.take(_BARE_SCORE) if given["min_score"] is None else None
    if score:
        given["min_score"] = float(score["score"])
    less_new = parts.take(_WITHOUT + _SYNTHETIC) is not None
    less_old = parts.take(rf"{_WITHOUT}original(?: {_ROWS})?") is not None
    given |= {"mix": _mix(parts.left), "format": _format(parts.left, hub["hub"]), "ending": _ending(parts.left)}
    is_same = before is not None and given["mix"] is None and re.search(_IT, text, re.IGNORECASE)
    if given["mix"] is None and (less_new or less_old):
        given["mix"] = _rest(before.mix if before and is_same else "", less_new=less_new)
    named = {key: value for key, value in given.items() if value is not None}
    unread = parts.unread(_KNOWN)
    if "min_score" in named and "goal-aligned" not in named.get("mix", "goal-aligned"):
        unread = (*unread, "a goal score, which cuts goal-aligned rows alone")
    if "format" in named or "ending" in named:  # one without the other is not the one of before
        named = {"format": "same", "ending": ""} | named
    usual = Order(mix=WITH_KEPT) if has_kept and not re.search(_OWN, text, re.IGNORECASE) else Order()
    return (before if before and is_same else usual).model_copy(update={**named, **hub, "unread": unread})


def read_cut(parts: Parts) -> dict[str, Any]:
    """The least goal score that is asked for, and how many rows each subgoal is to keep; None for what is not said."""
    score = parts.take(_SCORE, _SCORE_LEAD)
    return {"min_score": float(score["score"]) if score else None, "quota": _number(parts, _QUOTA)}


def _hub(parts: Parts) -> dict[str, Any]:
    if not re.search(_PUSH, parts.left, re.IGNORECASE):
        return {"hub": "", "public": False}
    found = parts.take(_HUB)
    parts.take(_PRIVATE)
    return {"hub": found["id"] if found else UNNAMED, "public": parts.take(_PUBLIC) is not None}


def _validation(parts: Parts) -> float | None:
    for pattern in _VALIDATION:
        if match := parts.take(pattern):
            found = match.groupdict()
            if found.get("fraction"):
                return float(found["fraction"])
            if found.get("train"):
                return int(found["rest"]) / (int(found["train"]) + int(found["rest"]))
            return float(found["share"]) / 100 if found.get("share") else USUAL_VALIDATION
    return None


def _number(parts: Parts, pattern: str) -> int | None:
    match = parts.take(pattern)
    return int(match["n"]) if match else None


def _mix(text: str) -> str | None:
    """One of Table 3 of the paper; None when none is named."""
    parts = (_SYNTHETIC, _ALIGNED, _WHOLE, _BESIDE)
    synthetic, aligned, whole, beside = (re.search(one, text, re.IGNORECASE) for one in parts)
    if synthetic:
        whole = whole or beside
        return "synthetic+goal-aligned" if aligned else "synthetic+original" if whole else "synthetic"
    return "goal-aligned" if aligned else "original" if whole else None


def _rest(mix: str, *, less_new: bool) -> str:
    """What a mix, or all there is, leaves without its synthetic samples, or without the dataset's own."""
    return mix.removeprefix("synthetic").removeprefix("+") or "original" if less_new else "synthetic"


def _format(text: str, hub: str) -> str | None:
    """The format of the trainer that is named, else that of the rows' own shape; None when none is named.

    Raises InputError when two are. Where rows go to the Hub, its name is no format.
    """
    said = re.sub(r"[\s_-]+", "-", text.lower())
    said = re.sub(r"llama-?factory", "llama-factory", re.sub(r"hugging-?face|datasetdict", "huggingface", said))
    named = [one for one in (*FORMATS, *ALIASES) if re.search(rf"(?<![a-z]){one}(?![a-z])", said)]
    trainers = [one for one in named if one not in _PLAIN and not (hub and ALIASES.get(one, one) == DISK)]
    parts = [one for one in trainers for other in trainers if one != other and one in other]
    found = {ALIASES.get(one, one): one for one in trainers if one not in parts}
    if len(found) > 1:
        raise InputError(
            f"A training set is written in one format at a time, and I read {' and '.join(found.values())}: export for "
            f"one of them, then say “export it for” the other."
        )
    return next(iter(found.values()), "parquet" if "parquet" in named else None)


def _ending(text: str) -> str | None:
    """The kind of file that is named."""
    found = re.search(r"(?<![\w.])(jsonl|json|csv|tsv|parquet)\b", text, re.IGNORECASE)
    return f".{found[1].lower()}" if found else None
