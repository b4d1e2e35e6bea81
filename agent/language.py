"""Tells English from other languages: what is computed without a language model reads English alone."""

import re
from collections.abc import Sequence

from goalcover.agent.elicitation import Specification
from goalcover.agent.errors import InputError
from goalcover.agent.models import Subgoal
from goalcover.agent.words import is_known, weight

KNOWN = 0.6
"""Share of a text's words that English uses often, from which it counts as English. Code passes: its names are English
words."""
_FEWEST = 6
_RARE = 3.5
_WORD = re.compile(r"[^\W\d_]{3,}")
_OTHER_SCRIPT = re.compile(r"[^\W\d_\x00-\u024f]{2,}")
_READ = 2_000


def is_english(text: str) -> bool:
    """Whether most words are English; true of a text with too few words to tell, when its letters are Latin."""
    words = _WORD.findall(text[:_READ].lower())
    if len(words) < _FEWEST:
        return not _OTHER_SCRIPT.search(text[:_READ])
    return sum(weight(word) <= _RARE for word in words) >= KNOWN * len(words)


def in_english(specification: Specification, subgoals: Sequence[Subgoal] = ()) -> bool:
    """Whether a goal with its answers is English, and so are its subgoals."""
    named = "\n".join(f"{one.name}. {one.description}" for one in subgoals)
    return is_english(own_words(specification)) and is_english(named)


def own_words(specification: Specification) -> str:
    """The goal and its answers in the practitioner's own words."""
    return "\n".join([specification.goal, *(one.answer for one in specification.answers)])


def refuse_unread(goal: str, text: str = "") -> None:
    """InputError when no word of a goal, or of a text that holds it, is one that GoalCover has ever read."""
    words = re.findall(r"[^\W\d_]{2,}", text or goal)
    if not any(is_known(word.lower()) for word in words):
        raise InputError(
            f"the goal {goal[:60]!r} holds no word that GoalCover knows: say in English what the model should do, e.g. "
            '"Answer customers\' questions about bills and tariffs" (other languages need the LLM engine)'
        )
