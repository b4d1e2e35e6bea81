"""What a message asks for, by rules and fuzzy subgoal names. Whatever is not clear is asked back, never guessed."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.agent.models import Goal, Subgoal
from goalcover.agent.words import stem
from rapidfuzz import fuzz

Kind = Literal["explain", "lowest", "highest", "advice", "coverage", "report", "assess", "restart", "help", "unsure"]

_RULES: tuple[tuple[Kind, str], ...] = (
    ("restart", r"\b(other|another|new|different) (data|dataset|goal|file)\b|\bstart over\b"),
    ("assess", r"^\W*(start|go|go on|go ahead|yes|begin)\W*$|^\W*(judge|assess|score)\W+(all|everything|\d+)\b"),
    ("report", r"\breport\b|\bdownload\b"),
    ("explain", r"\bwhy\b|\bexplain\b|\breasons?\b|\bcauses?\b"),
    ("lowest", r"\blowest\b|\blow-?\s?scoring\b|\b(worst|weakest|poorest|bad|low) (samples?|examples?|rows?)\b"),
    ("highest", r"\bhighest\b|\bhigh-?\s?scoring\b|\b(best|strongest|top|good|high) (samples?|examples?|rows?)\b"),
    (
        "advice",
        r"\b(what|how) (should|can|do|must) (i|we)\b|\bfix\b|\bimprove\b|\brecommend|\badvice\b|\bdo first\b",
    ),
    ("coverage", r"\bcoverage\b|\btable\b|\boverview\b|\bfigures\b|\bscores?\b|\bgaps\b"),
    ("help", r"^\W*(help|hi|hello|hey|\?+)\W*$|\bwhat can (you|i)\b"),
    ("explain", r"\bweak\b|\bwrong\b|\bmissing\b|\blacks?\b|\bgap\b|\btell\b"),
)
_FILLER = frozenset(
    "a about all also an and any are as at bad be best by can cause causes could covered do does download example "
    "examples explain first fix for from gap gaps give good has have high highest how i improve in is it its lack "
    "lacks low lowest me missing most much must my no not of on one or please poorest reason reasons recommend row "
    "rows sample samples score scores scoring see should show so some strongest subgoal such tell that the there "
    "these this those to top us was we weak weaker weakest well were what which who why with worst wrong you".split()
)
_NEAR = 85.0
"""Similarity (0 to 100) from which the asked words count as those of a name."""
_TIE = 5.0
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Ask:
    """What a message asks for."""

    kind: Kind
    subgoal: Subgoal | None = None
    maybe: tuple[Subgoal, ...] = ()
    """For `unsure`: the subgoals that it may be about; none when there is no hint."""


def understand(text: str, goal: Goal, topic: str | None = None) -> Ask:
    """What a message about a finished run asks for; `topic` is the id of the subgoal talked about last."""
    named = _spelt_out(text, goal)
    # A subgoal may be called "Says what happens next": its words are no request.
    rest = re.sub(re.escape(named.name), " ", text, flags=re.IGNORECASE) if named else text
    kind = _kind(rest)
    if kind in {"restart", "assess", "report", "help", "coverage"}:
        return Ask(kind)
    candidates = (named,) if named else _candidates(rest, goal)
    if len(candidates) == 1:
        return Ask("explain" if kind == "unsure" else kind, candidates[0])
    if candidates or kind == "unsure":
        return Ask("unsure", maybe=candidates)
    if kind == "advice":
        return Ask(kind)
    if topic is not None and not _telling(rest):
        return Ask(kind, goal.subgoal(topic))
    return Ask("unsure")


def wants_start(text: str) -> bool:
    """Whether a message asks to assess what is attached."""
    return _kind(text) == "assess"


def wants_other(text: str) -> bool:
    """Whether a message asks to put the dataset away for another one."""
    return _kind(text) == "restart"


def wants_demo(text: str) -> bool:
    """Whether a message asks for the demo."""
    return re.match(r"\W*((try|use|run|open|show)( me)? )?((the|a) )?demo\b", text, re.IGNORECASE) is not None


def limit_in(text: str) -> int | None:
    """How many samples to judge first, e.g. 200 in "judge 200 first"; None for all of them."""
    number = re.search(r"\b(?:judge|assess|score)\W+(\d{1,9})\b", text, re.IGNORECASE)
    return max(1, int(number[1])) if number else None


def _kind(text: str) -> Kind:
    return next((kind for kind, rule in _RULES if re.search(rule, text, re.IGNORECASE)), "unsure")


def _spelt_out(text: str, goal: Goal) -> Subgoal | None:
    """The subgoal whose whole name stands in the text; the longest, because one name may be part of another."""
    said = text.casefold()
    found = [one for one in goal.subgoals if one.name.casefold() in said]
    return max(found, key=lambda one: len(one.name), default=None)


def _candidates(text: str, goal: Goal) -> tuple[Subgoal, ...]:
    """The subgoals whose name or id holds the text's telling words, spelling mistakes allowed."""
    asked = _telling(text)
    if not asked:
        return ()
    scores = {one.id: _likeness(asked, one) for one in goal.subgoals}
    best = max(scores.values())
    return tuple(one for one in goal.subgoals if best >= _NEAR and scores[one.id] >= best - _TIE)


def _likeness(asked: list[str], subgoal: Subgoal) -> float:
    """How well, 0 to 100, the asked words are found among the subgoal's: the mean of each word's best match."""
    known = {stem(word) for word in _WORD.findall(f"{subgoal.name} {subgoal.id}".lower())}
    return sum(max(fuzz.ratio(word, other) for other in known) for word in asked) / len(asked)


def _telling(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in _FILLER]
