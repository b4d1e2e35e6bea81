"""What a person wishes of new samples, in plain words: how many, of what form, unlike what; which to keep."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from goalcover.graph.parts import Parts
from goalcover.graph.speech import IN_WORDS, bare, places

Verb = Literal["keep", "accept", "only", "reject", "edit", "more", "again", "drop", "why", "show"]
USUAL = 20
MOST = 500
_TAKE = r"(?:accept|keep|take|use|save)"
_LEAVE = r"(?:reject|drop|remove|discard|delete)"
_LOOKS_GOOD = re.compile(
    r"\W*((looks?|all|they( are|.re)?|that.?s) )*(good|fine|great|ok|okay)( to me)?\W*"
    rf"|\W*{_TAKE}( (them|all( of them)?|these|the (others|rest)|everything))*\W*"
    r"|\W*(yes|yep|done)\W*",
    re.IGNORECASE,
)
_ONE = r"(?:(?:the )?(?:numbers?|samples?|no\.) ?)?#?\d{1,4}"
_NUMBER = rf"{_ONE}(?: ?(?:-|–|to) ?#?\d{{1,4}}\b)?"
_NUMBERS = rf"{_NUMBER}(?:[,\s]+(?:(?:and|&) )?{_NUMBER})*"
_SOME = rf"(?:{_NUMBERS}|{IN_WORDS})"
_OTHERS = r"the (?:rest|others?|remaining(?: ones)?)"
_REST = rf"(?:{_OTHERS}|(?:all|everything)(?: of)?(?: my)?(?: {_OTHERS}| others?)?)"
_ACCEPT = re.compile(rf"(?P<verb>{_TAKE}) (?P<who>{_SOME})", re.IGNORECASE)
_FOR_REASON = r"(?P<why>\s*(?:[,:;.!–-].*| (?:because|since|they)\b.*)?)"
_REJECT = tuple(
    re.compile(rule, re.IGNORECASE | re.DOTALL)
    for rule in (
        rf"{_LEAVE} (?P<who>{_NUMBERS})(?!\d)(?P<why>(?:\W.*)?)",
        rf"{_LEAVE} (?P<who>{IN_WORDS}){_FOR_REASON}",  # not "drop the first sentence"
    )
)
_DROP = re.compile(
    rf"{_LEAVE} (?:them|all|all of them|everything){_FOR_REASON}",
    re.IGNORECASE | re.DOTALL,
)
_ALL_BUT = re.compile(
    rf"(?:{_TAKE} )?(?:them all|all of them|all|everything) (?:but|except(?: for)?) (?P<who>{_SOME})",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:only(?! (?:the )?(?:first|second|third|last|\d))|again|another|others|different|more|once more)\b",
    re.IGNORECASE,
)
_SPARES = re.compile(rf"\b(?:but|except|{_TAKE})\b", re.IGNORECASE)
"""In what is said of a rejection: it is none of all."""
_JUST = re.compile(r"^\W*just\b ?", re.IGNORECASE)
_ONLY = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        rf"(?:(?:only|just)(?: {_TAKE})?|{_TAKE} (?:only|just)) (?P<who>{_SOME})(?:\W+(?:and )?{_LEAVE} {_REST})?",
        rf"{_TAKE} (?P<who>{_SOME})(?: only|\W+(?:(?:and|but) )?{_LEAVE} {_REST})",
        rf"{_LEAVE} {_REST}(?: (?:but|except(?: for)?)|\W+(?:(?:and|but) )?{_TAKE}) (?P<who>{_SOME})",
        rf"{_LEAVE} (?:all )?{_OTHERS}(?P<who>)",
    )
)
_EDIT = re.compile(
    rf"(?:edit|change|rewrite) (?:(?P<who>{_ONE})\b(?: (?:to|as))?[:,]?|(?P<place>{IN_WORDS})(?: (?:to|as))?:)"
    r" *(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_ASKED = r"(?:(?:i|we|you|can|could|want|need|like|have|make|give|show|create|generate|write|me|us|some|a few)\W+){0,5}"
_MORE = re.compile(
    rf"{_ASKED}(?:(?P<n>\d{{1,4}}) )?(?:more|additional)(?: (?:samples?|examples?|rows?|ones))?"
    r"(?: (?:of (?:them|these|those|it)|for (?:it|this|that)))?",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"(?:why (?:\w+ ){0,4}(?:so )?(?:few|only|not more)\b.{0,60}|only \d{1,4} ?\?)",
    re.IGNORECASE,
)
_WHY_ONE = re.compile(
    rf"why (?:is|was|are|did|does|has) (?P<who>{_SOME})\b(?!.*\b(?:gap|weak|subgoal)).{{0,80}}", re.IGNORECASE
)
_SHOW = re.compile(
    r"(?:show|list|see|read)(?: me)?(?: (?:them|these|those|the (?:new )?(?:samples|proposals|candidates|ones)))?"
    r"(?: all)?(?: again)?\W*",
    re.IGNORECASE,
)
_FOR = re.compile(r"(?:(?:do|make)\W+)?(?:(?:the )?same\W+|it\W+|that\W+)?(?=for\b)", re.IGNORECASE)
_STRICT = r"\b(strict(er)?|only perfect|higher (level|bar)|better ones)\b"
_FORM = r"\b(?:only|but|just|as|more like)\b +(?P<form>.{4,200})"
_TONGUE = (
    r"(?:(?:plain|simple|formal) )?(?:english|german|french|spanish|italian|portuguese|dutch|polish|czech|greek|danish"
    r"|swedish|norwegian|finnish|hungarian|romanian|russian|ukrainian|turkish|arabic|hebrew|hindi|bengali|chinese"
    r"|mandarin|japanese|korean|vietnamese|thai|indonesian|latin|json|xml|yaml|html|markdown)"
)
_OTHERWISE = (
    r"(?:(?:a (?:bit|little)|much|even) )?(?:shorter|longer|simpler|harder|easier|clearer|politer|friendlier"
    rf"|(?:more|less) [^\W\d][\w-]{{3,30}})|in {_TONGUE}"
)
_SHAPE = (
    rf"^\W*(?:(?:make|write|rephrase) (?:them|these|those)(?: all)? (?=(?:{_OTHERWISE}|about \w+"
    rf"|as (?!(?:an? )?(?:\w+ )?(?:files?|csv|tsv|jsonl|parquet|xlsx)\b)\w+)\b)"
    rf"|(?=(?:{_OTHERWISE})[\s.!]*$))(?P<form>.{{4,200}})"
)
"""How the proposals should be instead."""
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
_OPENER = r"(?:(?:and|but|so|ok|okay|hi|hey|hm+|well|then|thanks|sorry|wait|no|yes|oh)\W{1,5}){0,4}"
_QUESTION = (
    rf"\W{{0,5}}{_OPENER}(?:(?:what|which|who\w*|when|where|why|how|should|shall|do|does|did|is|are|was|were|am|has"
    r"|have|had|if|whether|may|must)\b|(?:would|will) (?!you\b)|(?:can|could) (?!(?:you|we)\b))"
)
_UNASKED = (
    r"(?:should|shall|whether|wonder\w*|if|before|don.?t|do not|not|never|without|instead of|rather than|how|why|what"
    r"|which|or|costs?|i (?:can|could|might|may|must|will|make|generate|create|write)|i.ll)\b"
)
_ORDER = rf"(?:^|[.!?;\n])(?!{_QUESTION})(?:[^.!?;\n]{{0,200}}[,:])?(?:(?!\b{_UNASKED})[^.!?;,:\n]){{0,200}}?"
"""A sentence up to what it orders: neither a question, nor an opinion, nor a ban."""
_MADE = r"(?:samples?|examples?|rows?|data)\b"
MAKES = (
    rf"{_ORDER}\b(?:make|generate|create|write|synthesi[sz]e)\b(?! (?:of|up|sure|sense)\b).{{0,200}}?"
    rf"\b(?:{_MADE}|\d{{1,4}} (?:more |new )?for\b)"
)
"""A request for new samples. What only asks about them must not fit: it may cost money."""
GIVES = (
    rf"{_ORDER}\bgive me (?:\w+ ){{0,2}}?(?:\d{{1,4}} (?:(?:new|more|other|synthetic|good) )*samples?\b(?! of\b)"
    rf"|(?:\w+ ){{0,3}}?(?:new|synthetic) (?:\w+ ){{0,2}}?{_MADE})"
)
"""The same, where samples that are there may be meant: only a number or "new" tells that they are not."""


@dataclass(frozen=True)
class Wish:
    """What becomes of proposed samples."""

    verb: Verb
    numbers: tuple[int, ...] = ()
    """Of the proposals it is about, counted from 1; none: all. For `only` those that are kept, for `more` how many.

    `keep` with numbers is `only` that leaves what was accepted or edited before.
    """
    text: str = ""
    """The reason of a rejection, or the new output of an edit."""


def read_review(text: str, n: int = 0, *, with_file: bool = False) -> Wish | None:
    """What a message wants done with n proposals; None when it is about something else."""
    if match := _EDIT.fullmatch(text.strip()):
        return Wish("edit", _numbers(match["who"] or match["place"], n)[:1], match["text"].strip())
    said = bare(_JUST.sub("only ", text)).strip(" .!")
    decides = not said.endswith("?") or ":" in said  # what is asked decides nothing; a reason may ask
    if decides and (wish := _about_some(said, n)):
        return wish
    if decides and _LOOKS_GOOD.fullmatch(said):
        return Wish("keep")
    if match := _WHY_ONE.fullmatch(said):
        return Wish("why", _numbers(match["who"], n))
    if match := _MORE.fullmatch(said):
        return Wish("more", _numbers(match["n"] or ""))
    if _WHY.fullmatch(said):
        return Wish("why")
    if _SHOW.fullmatch(said):
        return Wish("show")
    making = read_making(text, with_file=with_file)
    is_other = (
        making.strict or making.holdout is not None or _OTHER.match(said) or re.search(_SHAPE, said, re.IGNORECASE)
    )
    return Wish("again") if is_other else None


def _about_some(text: str, n: int) -> Wish | None:
    """A word on single proposals, or on all but some."""
    if match := _fitting(_ONLY, text):
        return Wish("only", _numbers(match["who"], n))
    if match := _ALL_BUT.fullmatch(text):
        return Wish("reject", _numbers(match["who"], n))
    if match := _fitting(_REJECT, text):
        return Wish("reject", _numbers(match["who"], n), _reason(match["why"]))
    if (match := _DROP.fullmatch(text)) and not _SPARES.search(match["why"]):
        return Wish("drop", text=_reason(match["why"]))
    if match := _ACCEPT.fullmatch(text):
        return Wish("accept" if match["verb"].lower() == "accept" else "keep", _numbers(match["who"], n))
    return None


def _fitting(rules: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next(filter(None, (rule.fullmatch(text) for rule in rules)), None)


def _reason(said: str) -> str:
    """Why something is rejected; nothing where it is only said what becomes of the others."""
    why = said.strip(" .,;:!-–\n")
    return "" if re.fullmatch(rf"(?:and )?{_TAKE} {_OTHERS}", why, re.IGNORECASE) else why


def _numbers(said: str, n: int = 0) -> tuple[int, ...]:
    """Single ones and ranges: 1, 3, 4 and 5 in "1, 3-5"; of n things also "the last two"."""
    if not re.search(r"(?<!\w)#?\d+(?![\da-z])", said):
        return places(said, n)
    found = dict[int, None]()
    for first, last in re.findall(r"(\d+)(?: ?(?:-|–|to) ?#?(\d+))?", said):
        ends = sorted((int(first), int(last or first)))
        found |= dict.fromkeys(range(ends[0], ends[1] + 1))
    return tuple(found)


def in_full(text: str) -> str:
    """A wish of the review for another subgoal ("and for the second gap") as the whole request that it stands for."""
    said = bare(text)
    return _FOR.sub("make samples ", said, count=1) if _FOR.match(said) else text


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
    if form is None and (form := (asked := Parts(bare(parts.left.rstrip(" ?")))).take(_SHAPE)):
        parts = asked
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
