"""Eq. 2: do two subgoals ask for different things?"""

import re
from collections.abc import Sequence

from goalcover.agent.elicitation import Disjointness, Edit, merged
from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.domains import everywhere, key
from goalcover.agent.embedded.phrases import joined
from goalcover.agent.embedded.statement import statement
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Subgoal
from goalcover.agent.words import stem, weight

SAME = 0.55
"""Cosine of the statements from which two subgoals ask for the same."""
SAME_NAMED = 0.68
"""The same for two that go by names which practitioners keep apart."""
_TELLING = 1.2
_SHOWN = 3
_SYNONYMS = {"summarize": "summarise", "analyze": "analyse", "draft": "write", "generate": "write", "fix": "debug"}


class Comparison:
    """Subgoals of one goal, read once and compared pair by pair."""

    def __init__(self, subgoals: Sequence[Subgoal], embedder: Embedder) -> None:
        self._subgoals = subgoals
        vectors = embedder.vectors([statement(one) for one in subgoals])
        self._cosines = vectors @ vectors.T
        self._known = [_known(one.name) for one in subgoals]

    def check(self, i: int, j: int) -> Disjointness:
        """The verdict on the pair of these places, and where it is bad news a merge."""
        a, b = self._subgoals[i], self._subgoals[j]
        similarity = round(min(1.0, max(-1.0, float(self._cosines[i, j]))), 3)
        same = self._same(i, j, similarity)
        reason = _shared(a, b) if same else "They ask for different things."
        repair = merge(a, b) if same else None
        return Disjointness(a=a.id, b=b.id, ok=not same, similarity=similarity, reason=reason, repair=repair)

    def _same(self, i: int, j: int, similarity: float) -> bool:
        a, b = self._subgoals[i], self._subgoals[j]
        if key(a.name) == key(b.name) or self._known[i] & self._known[j]:
            return True
        if _other_task(a, b):
            return False
        return similarity >= (SAME_NAMED if self._known[i] and self._known[j] else SAME)


def merge(a: Subgoal, b: Subgoal) -> Edit:
    """One subgoal in place of two: the one that says more."""
    kept = max(a, b, key=lambda one: (one.name in _known(one.name), len(one.description)))
    return Edit(label=f"Merge them into “{kept.name}”", out=(a.id, b.id), put=(merged(kept, (a, b)),))


def _known(name: str) -> frozenset[str]:
    """Names of the capabilities, in any field, that go by this name."""
    return frozenset(one.name for one in everywhere(name))


def _other_task(a: Subgoal, b: Subgoal) -> bool:
    """Whether both do something to the same things, and not the same: drafting clauses, explaining clauses."""
    (verb, what), (other, other_what) = _task(a.name), _task(b.name)
    return bool(verb and other and verb != other and set(key(what).split()) & set(key(other_what).split()))


def _task(name: str) -> tuple[str, str]:
    first, _, rest = name.partition(" ")
    verb = wordings.VERBS.get(first.lower(), "")
    return _SYNONYMS.get(verb, verb), rest


def _shared(a: Subgoal, b: Subgoal) -> str:
    both = _words(statement(a)).keys() & _words(statement(b)).keys()
    words = sorted((_words(statement(a))[one] for one in both), key=lambda word: -weight(word))[:_SHOWN]
    on = f" (both speak of {joined(words)})" if words else ""
    return f"“{a.name}” and “{b.name}” ask for the same{on}: the samples of one would count for the other."


def _words(text: str) -> dict[str, str]:
    """Telling words by their stem."""
    return {stem(word): word for word in re.findall(r"[^\W\d_]+", text.lower()) if weight(word) >= _TELLING}
