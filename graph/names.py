"""Which subgoal a person means: spelt out, misspelt, or by some of its words."""

import re
from collections.abc import Collection, Sequence

from goalcover.agent.embedded.domains import everywhere
from goalcover.agent.models import Subgoal
from goalcover.agent.words import stem
from rapidfuzz import fuzz

_NEAR = 85.0
"""Similarity (0 to 100) from which the asked words count as those of a name."""
_TIE = 5.0
_WORD = re.compile(r"(?<!\w['’])(?<![^\W_])[^\W_]+")
"""Without what is cut short behind it: the "s" in "what's"."""
_ARTICLES = frozenset("a an the of for and or to in on about subgoal subgoals capability goal one".split())


def spelt_out(text: str, subgoals: Sequence[Subgoal]) -> Subgoal | None:
    """The subgoal whose whole name stands in the text; the longest, because one name may be part of another."""
    said = text.casefold()
    found = [one for one in subgoals if one.name.casefold() in said]
    return max(found, key=lambda one: len(one.name), default=None)


def all_spelt_out(text: str, subgoals: Sequence[Subgoal]) -> tuple[Subgoal, ...]:
    """Every subgoal whose whole name stands in the text, in its order; a name inside another's does not count."""
    said, found = text.casefold(), []
    for one in sorted(subgoals, key=lambda one: -len(one.name)):
        place = said.find(one.name.casefold())
        if place >= 0:
            found.append((place, one))
            said = said.replace(one.name.casefold(), "\0" * len(one.name), 1)
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def named(text: str, subgoals: Sequence[Subgoal], filler: Collection[str] = _ARTICLES) -> tuple[Subgoal, ...]:
    """The subgoals that a text may mean, mistakes in spelling allowed: none, one, or several that fit alike."""
    exact = [one for one in subgoals if text.strip().casefold() in {one.name.casefold(), one.id}]
    if exact:
        return tuple(exact[:1])
    asked = telling(text, filler)
    if not asked:
        return ()
    scores = {one.id: _likeness(asked, one) for one in subgoals}
    best = max(scores.values(), default=0.0)
    if best < _NEAR:
        return tuple(one for one in subgoals if asked in _other_names(one, filler))
    return tuple(one for one in subgoals if scores[one.id] >= best - _TIE)


def _other_names(subgoal: Subgoal, filler: Collection[str]) -> list[list[str]]:
    """What people call it whose own words it goes by: "psychiatry" for Mental health."""
    known = (one for one in everywhere(subgoal.name) if one.name == subgoal.name)
    return [telling(call, filler) for one in known for call in one.says]


def telling(text: str, filler: Collection[str] = _ARTICLES) -> list[str]:
    """The stems of the text's words that are no filler."""
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in filler]


def _likeness(asked: list[str], subgoal: Subgoal) -> float:
    """How well, 0 to 100, the asked words are found among the subgoal's: the mean of each word's best match."""
    known = {stem(word) for word in _WORD.findall(f"{subgoal.name} {subgoal.id}".lower())}
    return sum(max(fuzz.ratio(word, other) for other in known) for word in asked) / len(asked)
