"""The things that a subgoal names, as noun phrases that fit into a sentence: what can be said to be missing."""

import re
from collections.abc import Sequence
from functools import lru_cache

from goalcover.agent.embedded.statement import content, heads, statement
from goalcover.agent.models import Subgoal
from goalcover.agent.words import is_telling, stem, weight

_CUT = re.compile(
    r"[,;:().]|\b(?:and|or|such as|including|like|by|with|through|during|so that|because)\b|[–—]", re.IGNORECASE
)
_FRONT = re.compile(
    r"^(?:(?:a|an|the|its|their|his|her|any|all|responds? to|deals? with|correctly|clearly|when|about|of|for|in)\s+)+",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"^(?:do|be|how|why|what|when|where|which|who|whom|that|to|not|than|from|under|within|at|it|they|ones?)\b"
    r"|^\w+ing\b(?! \w)|^(?:telling|sending|setting|choosing|getting|using|making"
    r"|helping|asking|giving|reading|opening|correcting)\b"
    r"|\b(?:is|are|was|were|can|cannot|who|whom|which|that|how|why|ones)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"^(?:\w+(?:es|s)\s+(?=(?:a|an|the|its|their|to|with|about|on)\b)|(?:choose|compare|change|get|set up|find|fix"
    r"|write|chooses|compares|gets|sets up|finds|fixes|writes|explains|trains|designs|plots|cleans|aggregates"
    r"|moving|closing|opening|switching)(?:\s+|$)(?!of\b)|(?:in|out|up|off|changes|faulty)$)",
    re.IGNORECASE,
)
_LONGEST = 5
_FEW = 3
"""With fewer phrases in the description, those of the name come first."""
_OWN = 1.75
"""Weight from which any word of a subgoal stands for it: "teachers" and "loans" do, "bill" and "benefits" do not."""
_WORD = re.compile(r"[^\W\d_]+")


def phrases(subgoal: Subgoal) -> list[str]:
    """Noun phrases of the description in its order, e.g. heart disease, diagnosis, treatment; at least the name."""
    found: dict[str, str] = {}
    for part in _CUT.split(content(subgoal.description)):
        phrase = _FRONT.sub("", _VERB.sub("", _VERB.sub("", part.strip()))).strip()
        if phrase and len(phrase) > 1 and len(phrase.split()) <= _LONGEST and not _CLAUSE.search(phrase):
            starts = subgoal.description.strip().startswith(phrase)  # elsewhere a capital is the word's own: Android
            found.setdefault(phrase.lower(), lower_first(phrase) if starts else phrase)
    if len(found) < _FEW and not _CLAUSE.search(subgoal.name):
        named = [_FRONT.sub("", part.strip()) for part in re.split(r",|\band\b", subgoal.name)]
        found = {phrase.lower(): lower_first(phrase) for phrase in named if phrase} | found
    return _apart(list(found.values())) or [lower_first(subgoal.name)]


def speaks_of(text: str, subgoal: Subgoal) -> bool:
    """Whether a text holds, in whatever form, a word that stands for the subgoal: one of its name, one of the first
    thing that it names, or another of its own that tells enough. A word that merely means alike does not count."""
    own = _own(subgoal)
    return not own or not own.isdisjoint(map(stem, _words(text)))


@lru_cache(maxsize=4096)
def _own(subgoal: Subgoal) -> frozenset[str]:
    first = {stem(word) for word in _words(phrases(subgoal)[0]) if is_telling(word)}
    return heads(subgoal) | first | {stem(word) for word in _words(statement(subgoal)) if weight(word) >= _OWN}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _apart(found: Sequence[str]) -> list[str]:
    """Without what another one says in full: `angry` beside `angry customers`."""
    words = [set(phrase.lower().split()) for phrase in found]
    earlier = [any(one == mine for one in words[:place]) for place, mine in enumerate(words)]
    return [
        phrase
        for phrase, mine, again in zip(found, words, earlier, strict=True)
        if not again and not any(mine < one for one in words)
    ]


def lower_first(text: str) -> str:
    """The text as it stands within a sentence: VAT stays VAT, Direct Debits stay Direct Debits."""
    head, _, rest = text.partition(" ")
    if head[1:2] == "-" or head[1:] != head[1:].lower() or rest[:1].isupper():
        return text
    return text[:1].lower() + text[1:]


def joined(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"
