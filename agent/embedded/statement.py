"""What a subgoal asks for: "Answers questions about heart disease, its diagnosis and its treatment" asks for heart
disease, its diagnosis and its treatment; the words before them frame every subgoal of a goal alike."""

import re

from goalcover.agent.models import Subgoal
from goalcover.agent.words import is_telling, stem

_WORD = re.compile(r"[^\W\d_]+")
_TELLS = (
    r"(?:tells|says|shows|states|reports|names|lists|presents|outlines|mentions|notes|observes|puts|clarifies|specifies"
    r"|indicates|details|points\ (?:out|to)|leaves\ out|refers\ to|talks\ about)"
    # Many are plurals, too: of reports, states and points only those are verbs that are done to something.
    r"(?=\s+(?!(?:and|or|of|for|from|in|with|by|at|to|between|under)\b))"
)
_ASKS = r"\w+s(?=\s+(?:how|what|whether|why)\b)"
"""Whatever verb stands before a question, the question says what it is about: `studies how cells divide`."""
_FRAME = re.compile(
    rf"""(?:(?:^|(?<=\band\s)|(?<=\bor\s)|(?<=\banswer\s)|(?<=\bsummary\s))(?:{_TELLS}|{_ASKS})
        |answers?|covers?|explains?|discuss(?:es)?|summari[sz]es?|describes?|writes?|builds?|handles?|helps?|provides?
        |gives?|interprets?|implements?|designs?|solves?|manipulates?|automates?|finds?|loads?|teaches?|advises?
        |drafts?|identif(?:y|ies)|deals?|stor(?:y|ies)|the\ summary|the\ answer|questions?|bills?|problems?|about|with
        |on|how|to|that|which|in|of|for|users?|customers?|travell?ers?|employees?|students?|patients?|readers?|and|or
        |the|a|an|its|their|such\ as)\b[\s,:]*""",
    re.IGNORECASE | re.VERBOSE,
)


def content(description: str) -> str:
    """The description without the frame at its front; the whole of it when nothing else is left."""
    text = description.strip().rstrip(".")
    position = 0
    while match := _FRAME.match(text, position):
        position = match.end()
    return text[position:].strip() or text


def statement(subgoal: Subgoal) -> str:
    """Name and content in one line: what a sample is compared with."""
    return f"{subgoal.name}: {content(subgoal.description)}"


def heads(subgoal: Subgoal) -> frozenset[str]:
    """Stems of the words that name it: those of its name that its description repeats, or all if it repeats none."""
    named, described = _stems(subgoal.name), _stems(subgoal.description)
    return named & described or named


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text.lower()) if is_telling(word))
