"""What a message asks for, by rules and fuzzy subgoal names. Whatever is not clear is asked back, never guessed."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.names import all_spelt_out, named, spelt_out, telling
from goalcover.graph.wishes import read_making
from rapidfuzz.distance import OSA

Kind = Literal[
    "explain",
    "lowest",
    "highest",
    "typical",
    "sample",
    "similar",
    "compare",
    "advice",
    "needed",
    "suppose",
    "coverage",
    "report",
    "plan",
    "assess",
    "restart",
    "anew",
    "help",
    "trust",
    "synthesize",
    "filter",
    "export",
    "meaning",
    "thanks",
    "unsure",
]

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
_RANKED = re.compile(
    r"\W*(?:(?:and|now|so|then|but|about|what|how|which|one|gap|subgoal|why|is|are|show|tell|me|explain|the|my"
    r"|our)\W+){0,8}"
    r"(?P<rank>first|second|third|fourth|fifth|next|other|another|worst|weakest|biggest|largest)"
    r"(?:\W+(?:one|gap|subgoal|weakness|problem|weak|is|it|that|of|them|all)){0,4}\W*",
    re.IGNORECASE,
)
"""One of the gaps by its place among them."""
_RANKS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "next": 0, "other": 0, "another": 0}
TERMS = {
    "alignment": r"(?:mean )?alignments?",
    "support": r"supports?(?:ing)?(?: samples?)?",
    "level": r"levels?",
    "gap": r"gaps?",
    "coverage": r"coverage",
    "interval": r"(?:95 ?% |confidence )?intervals?",
    "wanted": r"wanted(?: of)?",
    "threshold": r"thresholds?",
    "weight": r"weights?",
    "goal score": r"goal scores?",
    "correlation": r"(?:rank )?correlations?",
    "atomic": r"atomic",
    "disjoint": r"disjoint",
    "complete": r"complete",
}
"""Words of the results that can be asked about, and how they are written."""
_TERM = "(?P<term>" + "|".join(TERMS.values()) + ")"
_DEFINED = tuple(
    re.compile(rf"\W*(?:and )?{rule}\W*", re.IGNORECASE)
    for rule in (
        rf"what (?:does|do) (?:the |a |an |this )?(?:word |column )?\W?{_TERM}\W?(?: scores?| column)? (?:mean"
        rf"|stand for)\b.*",
        rf"what is meant by (?:the )?\W?{_TERM}\W?",
        rf"how (?:is|are|do you|does it) (?:the |this |a )?{_TERM}(?: scores?)? (?:computed|calculated|measured|defined"
        r"|determined|found|decided|worked out)\b.*",
        rf"how (?:do|does) (?:you|it) (?:compute|calculate|measure|define|determine|find|decide) (?:the "
        rf"|an? )?{_TERM}.*",
        rf"(?:define|explain the (?:word|term)) \W?{_TERM}\W?",
        r"what(?: is|.s) (?:an? )?(?P<term>alignment|support|interval|confidence interval|goal score)",
        rf"what(?: is|.s) an? {_TERM}",
    )
)
_LIKE = re.compile(
    r"\W*(?:show )?(?:me )?(?:more|samples|others|what is)? ?(?:like|similar to) (?:sample |row )?(\S+?)[?.!]?\s*",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\W*((please|just|now|ok|okay)\W+)*((re-?)?(try|do|repeat|ask|run)\W+((it|that|this)\W+)?)?"
    r"(again|once more|one more time|another try)(\W+please)?\W*|\W*(please\W+)?(retry|repeat)( (it|that|this))?\W*",
    re.IGNORECASE,
)
_RULES: tuple[tuple[Kind, str], ...] = (
    ("anew", r"^\W*(start (all )?over|begin again|new (chat|conversation)|start anew|reset)\W*$"),
    (
        "thanks",
        r"^\W*((many|ok|okay|great|perfect|cool|super|nice)\W+)?(thanks?|thank you|thx|cheers)"
        r"(\W+(a lot|so much|very much|you|for (that|this|your help)))?\W*$|^\W*(great|perfect|cool|nice|got it"
        r"|i see)\W*$",
    ),
    ("restart", r"\b(other|another|new|different) (data|dataset|file)\b"),
    (
        "assess",
        r"^\W*(start|go|go on|go ahead|yes|yep|ok|okay|begin|run|continue|looks? good|(that )?looks (right|fine|good)"
        r"|start (judging|scoring|the assessment)|judge it|score it)\W*$"
        r"|^\W*(judge|assess|score)\W+(all|everything|\d+)\b",
    ),
    (
        "synthesize",
        r"\b(make|generate|create|write|synthesi[sz]e|give me)\b.{0,200}?\b(samples?|examples?|rows?|data)\b",
    ),
    (
        "export",
        r"\bexport\w*\b|\b(training|train) (set|file|mix)\b"
        r"|^\W*((please|now|and|then) )*(push|publish)\b|\b(push|publish) (it|them|that|this|everything|to)\b"
        r"|\bupload\b.{0,200}?(\bhub\b|\bhugging ?face\b|\b(to|as) [\w.-]{1,100}/[\w.-])",
    ),
    ("filter", r"\bfilter\w*\b|\bselect(ion)?\b|\bwhich (rows|samples) (to|should i|can i) (keep|leave out|drop)\b"),
    ("trust", r"\btrust\w*\b|\bself-?test\b|\breliable\b|\bhow do (i|we) know\b|\bprove\b|\bscores mean\b"),
    ("plan", r"\b(goal file|subgoals|decomposition|the plan|my goal|specification)\b"),
    ("report", r"\breport\b|\bdownloads?\b|\bfiles\b"),
    ("suppose", r"\bthreshold\b|\bcut-?off\b"),
    (
        "needed",
        r"\bhow (many|much)\b.{0,200}?\b(needed|need|take|takes|missing|collect|more|close|lift|reach|require)\b"
        r"|\bwhat (should|do|must|can) (i|we) collect\b|\bhow far\b",
    ),
    ("compare", r"\bcompare\b|\bversus\b|\bvs\b|\bdifferences? between\b"),
    ("explain", r"\bwhy\b|\bexplain\b|\breasons?\b|\bcauses?\b"),
    (
        "lowest",
        r"\blowest\b|\blow-?\s?scoring\b|\b(worst|weakest|poorest|bad|low) (samples?|examples?|rows?)\b"
        r"|\bwhich (samples?|examples?|rows?)\b.*\b(worst|weakest|poorest|bad|low)\b"
        r"|^\W*(and )?(which|what) (samples?|examples?|rows?)( (are|is) (they|those|these|that|it))?\W*$",
    ),
    (
        "highest",
        r"\bhighest\b|\bhigh-?\s?scoring\b|\b(best|strongest|top|good|high) (samples?|examples?|rows?)\b"
        r"|\b(which|what|any) (samples?|examples?|rows?)\b.*\b(mentions?|about|teach(es)?|speaks? of|best|strongest"
        r"|good)\b",
    ),
    ("typical", r"\b(typical|average|median|middling|ordinary|usual) (samples?|examples?|rows?|ones?)\b|\btypical\b"),
    (
        "advice",
        r"\b(what|how) (should|can|do|must) (i|we)\b|\bfix\b|\bimprove\b|\brecommend|\badvice\b|\bdo first\b",
    ),
    ("coverage", r"\bcoverage\b|\btable\b|\boverview\b|\bfigures\b|\bscores?\b|\bgaps\b|\bchart\b|\bheat ?map\b"),
    ("help", r"^\W*(help|hi|hello|hey)\W*$|^[^\w?]*\?\W*$|\bwhat can (you|i)\b"),
    ("lowest", r"\b(show|see|list)\b.{0,200}?\b(samples?|examples?|rows?)\b"),
    ("explain", r"\bweak\b|\bwrong\b|\bmissing\b|\blacks?\b|\bgap\b|\btell\b"),
)
FILLER = frozenset(
    "a about all also an and any anything are as at average bad be best between by can cause causes close collect "
    "compare "
    "could covered cut cutoff difference differences do does download each every example examples explain far first "
    "fix for from gap gaps generate give good has have high highest how i if improve in is it its lack lacks lift "
    "list low lowest make many me median mention mentions missing more most much must my need needed no not of off "
    "on one or please "
    "poorest reach reason reasons recommend row rows sample samples score scores scoring see should show so some "
    "strongest subgoal such take takes teach teaches tell than that the their them there these this those threshold "
    "to top typical "
    "us usual versus vs was we weak weaker weakest well were what which who why will with worst would wrong you".split()
)
_WORDS = frozenset(word for word in FILLER if len(word) > 2) | frozenset(
    "which samples table overview figures report downloads files recommend advice needed threshold typical filter "
    "export trust subgoals weakness second third fourth fifth next other thanks mean support alignment level".split()
)
MISSPELT_TWICE = 6
"""Longer words may have two mistakes."""
_WHOLE: frozenset[Kind] = frozenset(
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
"""Kinds that are about no single subgoal."""


@dataclass(frozen=True)
class Ask:
    """What a message asks for."""

    kind: Kind
    subgoal: Subgoal | None = None
    other: Subgoal | None = None
    """For `compare`: the second one."""
    number: float | None = None
    """For `suppose`: the threshold (0 to 1). For `synthesize`: how many."""
    sample: str = ""
    """For `sample` and `similar`: its id, or the number of its row."""
    rank: int | None = None
    """For `explain` without a subgoal: a gap's place, 1 for the worst; 0 for the one after that talked about."""
    term: str = ""
    """For `meaning`: the word, as `TERMS` has it."""
    topic: str | None = None
    """Id of the subgoal talked about last."""
    guessed: bool = False
    """Whether a subgoal was named and nothing else was clear: then it is taken for "why"."""
    maybe: tuple[Subgoal, ...] = ()
    """For `unsure`: the subgoals that it may be about; none when there is no hint."""


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
    if defined := next(filter(None, (rule.fullmatch(text) for rule in _DEFINED)), None):
        written = defined["term"]
        return Ask("meaning", term=next(one for one in TERMS if re.fullmatch(TERMS[one], written, re.IGNORECASE)))
    if ranked := _RANKED.fullmatch(text):
        return Ask("explain", rank=_RANKS.get(ranked["rank"].lower(), 1), topic=topic)
    if like := _LIKE.fullmatch(text):
        return Ask("similar", sample=like[1], topic=topic)
    return None


def _understood(text: str, goal: Goal, topic: str | None) -> Ask:
    if particular := _particular(text, topic):
        return particular
    whole = spelt_out(text, goal.subgoals)
    # A subgoal may be called "Says what happens next": its words are no request.
    rest = re.sub(re.escape(whole.name), " ", text, flags=re.IGNORECASE) if whole else text
    kind = _kind(rest)
    if kind == "compare":
        return _comparison(text, goal, topic)
    if kind in _WHOLE:
        return Ask(kind, number=_share_in(rest) if kind == "suppose" else None)
    number = _count_in(rest) if kind == "synthesize" else None
    # How the samples should be names no subgoal.
    words = re.sub(r"\d+", " ", read_making(rest).rest if kind == "synthesize" else rest)
    candidates = (whole,) if whole else named(words, goal.subgoals, FILLER)
    if len(candidates) == 1:
        if kind == "unsure":
            return Ask("explain", candidates[0], guessed=True)
        return Ask(kind, candidates[0], number=number)
    if candidates or kind == "unsure":
        return Ask("unsure", maybe=candidates)
    if kind in {"advice", "needed"}:
        return Ask(kind, number=number)
    if topic is not None and not telling(words, FILLER):
        return Ask(kind, goal.subgoal(topic), number=number)
    return Ask("unsure")


def wants_start(text: str) -> bool:
    """Whether a message asks to assess what is attached."""
    return _kind(text) == "assess"


def wants_other(text: str) -> bool:
    """Whether a message asks to put the dataset away for another one."""
    return _kind(text) == "restart"


def wants_anew(text: str) -> bool:
    """Whether a message asks to begin the whole conversation again."""
    return _kind(text) == "anew"


def wants_again(text: str) -> bool:
    """Whether a message asks to do once more what did not work."""
    return _AGAIN.fullmatch(text.strip()) is not None


def wants_help(text: str) -> bool:
    """Whether a message asks what can be said."""
    return _kind(text) == "help"


def wants_plan(text: str) -> bool:
    """Whether a message asks to see the subgoals."""
    return _kind(text) == "plan"


def wants_demo(text: str) -> bool:
    """Whether a message asks for the demo."""
    return re.match(r"\W*((try|use|run|open|show)( me)? )?((the|a) )?demo\b", text, re.IGNORECASE) is not None


def names_goal(text: str, with_files: bool) -> bool:
    """Whether a message says what the model should do, rather than greeting or handing something over."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if word not in FILLER | _COURTESY]
    return len(words) >= (2 if with_files else 1) and _kind(text) not in {"help", "assess", "restart", "anew"}


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


def _comparison(text: str, goal: Goal, topic: str | None) -> Ask:
    """Two subgoals: both spelt out, or named on either side of the word between them."""
    both = list(all_spelt_out(text, goal.subgoals))
    for part in re.split(r"\b(?:and|with|to|versus|vs)\b", text, flags=re.IGNORECASE) if len(both) < 2 else ():
        found = named(part, goal.subgoals, FILLER)
        both += [one for one in found if len(found) == 1 and one not in both]
    if len(both) == 1 and topic is not None and topic != both[0].id:
        both.insert(0, goal.subgoal(topic))
    return Ask("compare", both[0], both[1]) if len(both) >= 2 else Ask("unsure", maybe=tuple(both))


def _share_in(text: str) -> float | None:
    found = re.search(r"(\d*\.\d+|\d+) ?(%|percent)?", text)
    if found is None:
        return None
    value = float(found[1]) / (100 if found[2] or float(found[1]) > 1 else 1)
    return value if 0 < value <= 1 else None


def _count_in(text: str) -> float | None:
    found = re.search(r"(?<!seed )\b\d{1,4}\b", text)
    return float(found[0]) if found else None


def _kind(text: str) -> Kind:
    return next((kind for kind, rule in _RULES if re.search(rule, text, re.IGNORECASE)), "unsure")
