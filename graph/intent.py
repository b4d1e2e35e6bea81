"""What a message asks for, by rules and fuzzy subgoal names. Whatever is not clear is asked back, never guessed."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.names import all_spelt_out, named, spelt_out, telling
from goalcover.graph.rules import AskKind, ask_kind, sees_plan
from goalcover.graph.speech import ORDINAL, ORDINALS, agrees, asks, bare
from goalcover.graph.terms import asked_about
from goalcover.graph.wishes import read_making
from rapidfuzz.distance import OSA

_SAMPLE = re.compile(
    r"\W*(?:show|open|see|read)(?: me)? (?:the )?(?:sample|row|example) (\S+?)[?.!]?\s*", re.IGNORECASE
)
_NUMBERED = re.compile(
    r"\W*(?:(?:and|now|please|show|open|see|read|me|what about|how about|what is|the)\s+){0,4}"
    r"(?:(?:sample|row|example)s?\s(?:number\s|no\.?\s)?#?(\d+)|#(\d+)"
    r"|([a-z]+(?:[-_][a-z]+){0,3}[-_]\d[\w-]*))[?.!]*\s*",
    re.IGNORECASE,
)
"""A sample by its row or by an id that reads like one, with or without the word that asks for it."""
_RANK = rf"(?P<rank>{ORDINAL}|next|other|another|worst|weakest|biggest|largest)"
_NTH = r"(?:gap|subgoal|number|no\.?)\W{0,2}(?P<n>[1-9]\d?)\b"
_RANKED = re.compile(
    r"\W*(?:(?:and|now|so|then|but|about|what|how|which|one|gap|subgoal|why|is|are|show|tell|me|explain|the|my"
    rf"|our)\W+){{0,8}}(?:{_NTH}|(?:why(?: is)?|explain)\W+(?P<bare>[1-9]\d?)\b|{_RANK})"
    r"(?:\W+(?:one|gap|subgoal|weakness|problem|so|weak|is|it|that|of|them|all)){0,4}\W*",
    re.IGNORECASE,
)
"""One of the gaps by its place among them."""
_FOR_RANKED = re.compile(
    rf"\b(?:for|of|on|about|in|to)\W+(?:(?:the|my|our)\W+)?(?:{_NTH}|{_RANK}(?:\W+(?:one|gap|subgoal|weakness|problem))?)"
    r"(?=\W*$|[,.;!?]|\W+(?:and|but|please|now|only|that|which|with)\b)",
    re.IGNORECASE,
)
RANKS = {
    **{word: place for place, word in enumerate(ORDINALS, 1)},
    **dict.fromkeys(("worst", "weakest", "biggest", "largest"), 1),
    **dict.fromkeys(("next", "other", "another"), 0),
    "last": -1,
}
_OF_IT = re.compile(
    r"\b(?:for|of|on|about|in|with|to|fix|improve|close|lift|reach)\W+(?:it|this|that)(?: one| gap| subgoal)?\b",
    re.IGNORECASE,
)
"""The subgoal talked about, where "it" may as well be nothing: what would it take?"""
_IT = re.compile(r"\b(?:it|this|that)\b|\bcompare (?:with|to)\b", re.IGNORECASE)
"""What is talked about, with which something is compared."""
_THAN = re.compile(r"\b(?:worse|better|weaker|stronger|lower|higher) than\b", re.IGNORECASE)
_LIKE = re.compile(
    r"\W*(?:show )?(?:me )?(?:more|samples|others|what is)? ?(?:like|similar to) "
    rf"(?:(?:(?P<this>this|that|it)|(?:the )?(?P<nth>{ORDINAL}))(?: one| sample| row)?|(?:sample |row )?(?P<id>\S+?))"
    r"[?.!]?\s*",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\W*((please|just|now|ok|okay)\W+)*((re-?)?(try|do|repeat|ask|run)\W+((it|that|this)\W+)?)?"
    r"(again|once more|one more time|another try)(\W+please)?\W*|\W*(please\W+)?(retry|repeat)( (it|that|this))?\W*",
    re.IGNORECASE,
)
FILLER = frozenset(
    "a about all also an and any anything are as at average bad be best better between broken by can cause causes "
    "close collect compare could covered cut cutoff difference differences do does download each every example "
    "examples explain far first fix for from gap gaps generate give good has have high highest how i if improve in is "
    "it its lack lacks lift list low lowest make many me median mention mentions missing more most much must my need "
    "needed no not of off on one ones or please poorest reach reason reasons recommend row rows sample samples "
    "score scores scoring see should show so some strong stronger strongest subgoal such take takes teach teaches "
    "tell than that the their them there these this those threshold to top typical us usual versus vs was we weak "
    "weaker weakest well were what which who why will with worse worst would wrong you".split()
)
MAKING = FILLER | frozenset(
    "additional again ahead create extra fine go great just let lets looks new now ok okay synthesise synthesize "
    "synthetic then want write yes".split()
)
"""Words of a request for samples that do not say for what."""
_ALL = (
    r"\b(all|each|every|both)\b( (of|the|my|our|these|those|other))* (gaps?|subgoals?|them)\b"
    r"|\bfor (all|each|both|everything)\b"
)
_TRUSTING = FILLER | frozenset(
    "accurate accuracy did inaccurate judge know limits limitations only planted prove reliable really remove removed "
    "right self selftest sure test then trust trusted trustworthy untrustworthy".split()
)
"""Words of a question about trust that do not say which subgoal's."""
_CHANGING = FILLER | frozenset(
    "applied applies apply change changes delete drop dropped happen happens just merge only remove removed rename "
    "reword split weigh".split()
)
"""Words of a question about a change of the goal that do not say of which subgoal."""
_WORDS = frozenset(word for word in FILLER if len(word) > 2) | frozenset(
    "which samples table overview figures report downloads files recommend advice needed threshold typical filter "
    "export trust subgoals weakness second third fourth fifth next other thanks mean support alignment level".split()
)
MISSPELT_TWICE = 6
"""Longer words may have two mistakes."""
_STANDING: frozenset[AskKind] = frozenset(("explain", "lowest", "highest", "typical", "coverage", "advice", "unsure"))
"""Kinds that ask how something stands: that may be said beside something else."""
_WHOLE: frozenset[AskKind] = frozenset(
    {
        "thanks",
        "restart",
        "anew",
        "assess",
        "report",
        "help",
        "coverage",
        "plan",
        "suppose",
        "trust",
        "export",
        "filter",
    }
)
"""Kinds that are about no single subgoal; only trust may be."""


@dataclass(frozen=True)
class Ask:
    """What a message asks for."""

    kind: AskKind
    subgoal: Subgoal | None = None
    other: Subgoal | None = None
    """For `compare`: the second one."""
    number: float | None = None
    """For `suppose`: the threshold (0 to 1). For `synthesize`: how many."""
    sample: str = ""
    """For `sample` and `similar`: its id, or the number of its row."""
    shown: int = 0
    """For `similar` without a sample: its place among those shown last, 1 for the first, -1 for the last; 0 for the one
    that is shown."""
    rank: int | None = None
    """For what is about one subgoal and names none: a gap's place, 1 for the worst; 0 for the one after that talked
    about, -1 for the last."""
    term: str = ""
    """For `meaning`: the word, as `terms.TERMS` has it."""
    topic: str | None = None
    """Id of the subgoal talked about last."""
    guessed: bool = False
    """Whether a subgoal was named and nothing else was clear: then it is taken for "why"."""
    maybe: tuple[Subgoal, ...] = ()
    """For `unsure` the subgoals that it may be about, none when there is no hint; for `synthesize` without a subgoal
    several that it is about."""


def understand(text: str, goal: Goal, topic: str | None = None) -> Ask:
    """What a message about a finished run asks for; `topic` is the id of the subgoal talked about last."""
    ask = _understood(text, goal, topic)
    if ask.kind != "unsure" or ask.maybe or (spelt := _spelt(text, goal)) == text:
        return ask
    again = _understood(spelt, goal, topic)
    return ask if again.guessed else again


def _spelt(text: str, goal: Goal) -> str:
    """With words that are nearly one of those that requests are made of; names of subgoals stay as they are."""
    kept = _WORDS | set(re.findall(r"[a-z]+", " ".join(one.name for one in goal.subgoals).lower()))

    def mend(match: re.Match[str]) -> str:
        word = match.group().lower()
        most = 1 + (len(word) > MISSPELT_TWICE)
        near = [
            (far, -len(one), one)
            for one in _WORDS
            if one[0] == word[0] and (far := OSA.distance(word, one, score_cutoff=most)) <= most
        ]
        return min(near)[2] if near and word not in kept else match.group()

    return re.sub(r"[^\W\d_]{3,}", mend, text)


def _particular(text: str, topic: str | None) -> Ask | None:
    """What a message means that is understood as a whole: a sample, a word, a gap by its place."""
    if opened := _SAMPLE.fullmatch(text) or _NUMBERED.fullmatch(text):
        return Ask("sample", sample=next(filter(None, opened.groups())), topic=topic)
    if term := asked_about(text):
        return Ask("meaning", term=term)
    if ranked := _RANKED.fullmatch(text):
        return Ask("explain", rank=_rank(ranked), topic=topic)
    if like := _LIKE.fullmatch(text):
        return Ask("similar", sample=like["id"] or "", shown=_place(like["nth"]), topic=topic)
    return None


def _rank(found: re.Match[str]) -> int:
    return _place(next(filter(None, map(found.groupdict().get, ("n", "bare", "rank")))))


def _place(said: str | None) -> int:
    """As `RANKS` has it; 0 where none is said."""
    word = (said or "").lower()
    return RANKS[word] if word in RANKS else int(re.sub(r"\D", "", word) or 0)


def _understood(text: str, goal: Goal, topic: str | None) -> Ask:
    if particular := _particular(text, topic):
        return particular
    whole = spelt_out(text, goal.subgoals)
    rest = _unnamed(text, [whole] if whole else ())
    kind = ask_kind(rest)
    if beside := _beside(text, rest, kind, goal, topic):
        return beside
    if kind in _WHOLE:
        return Ask(
            kind, _trusting(kind, whole, rest, goal, topic), number=_share_in(rest) if kind == "suppose" else None
        )
    if kind == "synthesize":
        return _making(text, goal, topic)
    words = re.sub(r"\d+", " ", rest)
    candidates = (whole,) if whole else named(words, goal.subgoals, _CHANGING if kind == "change" else FILLER)
    if len(candidates) == 1:
        if kind == "unsure":
            return Ask("explain", candidates[0], guessed=True)
        return Ask(kind, candidates[0])
    if (candidates and kind not in {"search", "change"}) or kind == "unsure":
        return Ask("unsure", maybe=candidates)
    return _nameless(kind, rest, not telling(words, FILLER), goal, topic)


def _nameless(kind: AskKind, rest: str, is_bare: bool, goal: Goal, topic: str | None) -> Ask:
    """What is asked where no subgoal is named: of a gap by its place, of the subgoal talked about, or of all."""
    if kind in {"search", "change"}:
        return Ask(kind)
    if ranked := _FOR_RANKED.search(rest):
        return Ask(kind, rank=_rank(ranked), topic=topic)
    about_all = kind in {"advice", "needed"}
    if topic is not None and is_bare and (not about_all or _OF_IT.search(rest)):
        return Ask(kind, goal.subgoal(topic))
    return Ask(kind if about_all else "unsure")


def _trusting(kind: AskKind, whole: Subgoal | None, rest: str, goal: Goal, topic: str | None) -> Subgoal | None:
    """Whose diagnosis a question about trust is about; None: everybody's."""
    if kind != "trust" or whole is not None:
        return whole if kind == "trust" else None
    meant = named(rest, goal.subgoals, _TRUSTING)
    last = goal.subgoal(topic) if topic is not None and "only weak" in rest.lower() else None
    return meant[0] if len(meant) == 1 else last


def _making(text: str, goal: Goal, topic: str | None) -> Ask:
    """For which subgoal samples are to be made, and how many; for one alone, since each costs time or money."""
    # How the samples should be names no subgoal.
    rest = read_making(text).rest
    words = re.sub(r"\d+|\bdata\b(?= (?:for|on|about|that)\b)", " ", rest)
    several = _each(words, goal, r"\b(?:and|or|plus)\b|[,;&+]", MAKING)
    number = _count_in(_unnamed(_FOR_RANKED.sub(" ", rest), goal.subgoals))
    if len(several) > 1:
        return Ask("synthesize", number=number, maybe=tuple(several))
    if candidates := tuple(several) or named(words, goal.subgoals, MAKING):
        one = candidates[0] if len(candidates) == 1 else None
        return Ask("synthesize", one, number=number, maybe=() if one else candidates)
    if ranked := _FOR_RANKED.search(rest):
        return Ask("synthesize", number=number, rank=_rank(ranked), topic=topic)
    is_sure = number is not None or "?" not in text  # "can you make samples?" orders none
    if topic is not None and is_sure and not telling(words, MAKING) and not re.search(_ALL, words, re.IGNORECASE):
        return Ask("synthesize", goal.subgoal(topic), number=number)
    return Ask("synthesize", number=number)


def wants_start(text: str) -> bool:
    """Whether a message asks to assess what is attached."""
    return ask_kind(text) == "assess" or agrees(text) is True


def wants_other(text: str) -> bool:
    """Whether a message asks to put the dataset away for another one."""
    return ask_kind(text) == "restart"


def wants_anew(text: str) -> bool:
    """Whether a message asks to begin the whole conversation again."""
    return ask_kind(text) == "anew"


def wants_again(text: str) -> bool:
    """Whether a message asks to do once more what did not work."""
    return _AGAIN.fullmatch(text.strip()) is not None


def wants_help(text: str) -> bool:
    """Whether a message asks what can be said."""
    return ask_kind(text) == "help"


def wants_plan(text: str) -> bool:
    """Whether a message asks to see the goal or its subgoals, not why they are what they are."""
    return sees_plan(text) or sees_plan(bare(text))


def wants_demo(text: str) -> bool:
    """Whether a message asks for the demo."""
    return re.match(r"\W*((try|use|run|open|show)( me)? )?((the|a) )?demo\b", text, re.IGNORECASE) is not None


_MODEL = re.compile(r"\b(?:model|assistant|chat ?bot|bot|llm|copilot)s? (?:that|which|for|to)\b", re.IGNORECASE)


def names_goal(text: str, with_files: bool) -> bool:
    """Whether a message says what the model should do, rather than greeting, asking, or handing something over."""
    if asks(bare(text)) and not _MODEL.search(text):
        return False
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if word not in FILLER | _COURTESY]
    return len(words) >= (2 if with_files else 1) and ask_kind(text) not in {"help", "assess", "restart", "anew"}


def speaks_of_files(text: str) -> bool:
    """Whether a message says that something is handed over, and nothing else: "here is my data"."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    handing = {"data", "dataset", "file", "files", "attached", "uploaded"} & set(words)
    return len(words) > 1 and bool(handing) and set(words) <= (FILLER | _COURTESY) - {"no", "not", "any"}


_COURTESY = frozenset(
    "assess attached data dataset evaluate file files hello help here hey hi is it judge mine my please sure thank "
    "thanks test try upload uploaded yes".split()
)


def limit_in(text: str) -> int | None:
    """How many samples to judge first, e.g. 200 in "judge 200 first"; None for all of them."""
    number = re.search(r"\b(?:judge|assess|score)\W+(\d{1,9})\b", text, re.IGNORECASE)
    return max(1, int(number[1])) if number else None


def _beside(text: str, rest: str, kind: AskKind, goal: Goal, topic: str | None) -> Ask | None:
    """A comparison, as such or as "is A worse than B"; None where it is none, with something else, or only beside a
    request."""
    if kind == "compare":
        return _comparison(text, goal, topic)
    if kind not in _STANDING or not _THAN.search(rest):
        return None
    compared = _comparison(text, goal, topic)
    return compared if compared.other else None


def _comparison(text: str, goal: Goal, topic: str | None) -> Ask:
    """Two subgoals: both spelt out, or named on either side of the word between them; one alone is compared with that
    talked about where "it" is, or nothing: somebody who names two means no third."""
    both = _each(text, goal, r"\b(?:between|and|with|to|than|versus|vs)\b", FILLER)
    if len(both) == 1 and topic not in {None, both[0].id} and _IT.search(_unnamed(text, both)):
        both.insert(0, goal.subgoal(topic))
    return Ask("compare", both[0], both[1]) if len(both) >= 2 else Ask("unsure", maybe=tuple(both))


def _each(text: str, goal: Goal, between: str, filler: Collection[str]) -> list[Subgoal]:
    """All subgoals that are spelt out, or named on either side of the words between them."""
    found = list(all_spelt_out(text, goal.subgoals))
    for part in re.split(between, _unnamed(text, found), flags=re.IGNORECASE):
        meant = named(part, goal.subgoals, filler)
        found += [one for one in meant if len(meant) == 1 and one not in found]
    return found


def _unnamed(text: str, subgoals: Iterable[Subgoal]) -> str:
    """Without the names of these subgoals: one may be called "Says what happens next", which is no request."""
    for one in subgoals:
        text = re.sub(re.escape(one.name), " ", text, flags=re.IGNORECASE)
    return text


def _share_in(text: str) -> float | None:
    found = re.search(r"(\d*\.\d+|\d+) ?(%|percent)?", text)
    if found is None:
        return None
    value = float(found[1]) / (100 if found[2] or float(found[1]) > 1 else 1)
    return value if 0 < value <= 1 else None


def _count_in(text: str) -> float | None:
    found = re.search(r"(?<!seed )\b\d{1,4}\b", text)
    return float(found[0]) if found else None
