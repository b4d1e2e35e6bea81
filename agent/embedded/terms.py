"""What texts are about, in their own words: key terms of groups of texts by class-based TF-IDF (Grootendorst 2022).

Terms are read off the texts: runs of content words, never a stem, never across punctuation. English; a word is taken
for a noun by the company it keeps ("the meter", "of pregnancy"), because a tagger would be one more model to ship.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log
from pathlib import Path
from typing import NamedTuple

from goalcover.agent.words import stem, weight

_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’](?!s\b)[^\W\d_]+)*|\d[\d.,]*|[^\w\s]|\n\s*\n")
_LONGEST = 3
_LEAST_WEIGHT = 0.9
_RATE = 0.12
"""Share of a group's texts that hold a term before the group can be said to be about it."""
_WHOLE = 0.6
"""A term gives way to a longer one that holds it when the longer one is this often the reason for it."""


def _word_lists() -> tuple[frozenset[str], ...]:
    """The lists of empty_words.txt: determiners, others before nouns, before verbs, the rest, and those after nouns."""
    lines = Path(__file__).with_name("empty_words.txt").read_text("utf-8").split("#")[1:]
    return tuple(frozenset(block.partition("\n")[2].split()) for block in lines)


_DETERMINERS, _PREPOSITIONS, _VERB_LEADS, _REST, _CLOSERS = _word_lists()
_LEADS = _DETERMINERS | _PREPOSITIONS
_EMPTY = _LEADS | _VERB_LEADS | _REST | _CLOSERS
_ENDS = _LEADS | _CLOSERS
_ADJECTIVE = re.compile(r"(?:tive|ous|able|ible|ed|ly|ful|less)$")


class _Word(NamedTuple):
    text: str
    stem: str


Key = tuple[str, ...]


class _Reading(NamedTuple):
    """What one text says; the same for whatever group it is in."""

    terms: tuple[tuple[Key, str], ...]
    """Every occurrence: the term, and how it was spelt."""
    keys: frozenset[Key]
    ends: tuple[str, ...]
    """The stems at the end of a run, as nouns are and adjectives are not."""
    begins: tuple[str, ...]
    """The stems that stood where a noun phrase begins."""
    acts: tuple[str, ...]
    """The stems that stood where a verb stands."""


@dataclass
class _Counts:
    """What all groups together say about each term."""

    documents: list[Counter[Key]] = field(default_factory=list)
    """Per group: the number of texts that hold the term."""
    terms: Counter[tuple[Key, str]] = field(default_factory=Counter)
    nouns: Counter[str] = field(default_factory=Counter)
    """Per stem: how often it stood where a noun phrase begins, less how often where a verb stands."""
    ends: Counter[str] = field(default_factory=Counter)
    surfaces: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Per term: how often it was spelt in which way."""


def key_terms(
    groups: Sequence[Sequence[str]], avoid: Collection[str] = (), most: int = 12
) -> list[list[tuple[str, float]]]:
    """Up to `most` terms of every group of texts, frequent in it and rare in the others, best first, with scores.

    Terms made of the words in `avoid` alone, in whatever form, are left out. A group may come out with no term.
    """
    counts = _count(groups)
    sizes = [len(group) for group in groups]
    avoided = {stem(word.lower()) for word in avoid}
    return [_best(counts, sizes, place, avoided, most) for place in range(len(groups))]


def _count(groups: Sequence[Sequence[str]]) -> _Counts:
    counts = _Counts()
    for group in groups:
        documents: Counter[Key] = Counter()
        for reading in map(_read, group):
            documents.update(reading.keys)
            counts.terms.update(reading.terms)
            counts.nouns.update(reading.begins)
            counts.nouns.subtract(reading.acts)
            counts.ends.update(reading.ends)
        counts.documents.append(documents)
    for (key, surface), n in counts.terms.items():
        counts.surfaces[key][surface] = n
    return counts


@lru_cache(maxsize=20_000)
def _read(text: str) -> _Reading:
    """The terms of one text and the places of their words. Kept: every gap of a run asks about the same samples."""
    terms: list[tuple[Key, str]] = []
    ends: list[str] = []
    begins: list[str] = []
    acts: list[str] = []
    run: list[_Word] = []
    before = ""
    for token in [*_TOKEN.findall(text), "."]:
        lower = token.lower().replace("’", "'")
        if _parts(token, lower):
            terms += _terms(run)
            ends += [word.stem for word in run[-1:] if not lower[0].isalpha() or lower in _ENDS]
            run = []
        else:
            root = stem(lower)
            if before in (_DETERMINERS if lower.endswith("ing") else _LEADS):
                begins.append(root)
            elif before in _VERB_LEADS:
                acts.append(root)
            run.append(_Word(token, root))
        before = lower
    return _Reading(tuple(terms), frozenset(key for key, _ in terms), tuple(ends), tuple(begins), tuple(acts))


def _parts(token: str, lower: str) -> bool:
    """Whether a token ends a run of telling words."""
    return (
        lower in _EMPTY
        or not lower[0].isalpha()
        or (len(lower) < 3 and not token.isupper())
        or weight(lower.replace("-", "").replace("'", "")) < _LEAST_WEIGHT
    )


def _terms(run: list[_Word]) -> Iterator[tuple[Key, str]]:
    for start in range(len(run)):
        for end in range(start + 1, min(start + _LONGEST, len(run)) + 1):
            words = run[start:end]
            yield tuple(word.stem for word in words), " ".join(word.text for word in words)


def _best(
    counts: _Counts, sizes: Sequence[int], place: int, avoided: Collection[str], most: int
) -> list[tuple[str, float]]:
    size, total = sizes[place], sum(sizes)
    least = 1 if size < 4 else max(2, round(_RATE * size))
    scored: list[tuple[float, Key]] = []
    for key, inside in counts.documents[place].items():
        if inside < least or not _names(key, counts) or all(root in avoided for root in key):
            continue
        outside = sum(group[key] for group in counts.documents) - inside
        rate, elsewhere = inside / size, (outside + 1) / (total - size + 2)
        # One group alone has nothing to stand out from: the words' own weight decides.
        told = log(rate / elsewhere) if total > size else 1.0
        own = sum(weight(root) for root in key) / len(key)
        scored.append((rate * told * (1 + 0.6 * (len(key) - 1)) * min(own, 4.0), key))
    keys = [key for _, key in scored]
    chosen: dict[Key, float] = {}
    for score, key in sorted(scored, key=lambda one: (-one[0], one[1])):
        if score > 0 and len(chosen) < most:
            chosen.setdefault(_longer(key, counts.documents[place], keys), score)
    return [(_surface(counts.surfaces[key]), score) for key, score in chosen.items()]


def _names(key: Key, counts: _Counts) -> bool:
    """Whether a term reads as the name of something: it ends in a noun, and says no word twice."""
    last = key[-1]
    is_noun = (counts.nouns[last] > 0 or len(key) > 1) and 2 * counts.ends[last] >= counts.surfaces[(last,)].total()
    is_noun = is_noun and not _ADJECTIVE.search(_surface(counts.surfaces[key]).lower())
    return is_noun and len(set(key)) == len(key) and (len(key) == 1 or counts.nouns[key[0]] >= 0)


def _longer(key: Key, documents: Counter[Key], keys: Sequence[Key]) -> Key:
    """The longest term that holds this one and stands in most of its texts: "direct debit" for "debit"."""
    held = [other for other in keys if set(key) < set(other) and documents[other] >= _WHOLE * documents[key]]
    return max(held, key=lambda other: (len(other), documents[other], other), default=key)


def _surface(seen: Counter[str]) -> str:
    """The commonest spelling; in lower case where the texts have it so, as a capital may be a sentence's."""
    common = max(seen, key=lambda text: (seen[text], text))
    lower = common.lower()
    often = 4 * seen[lower] >= sum(seen.values())
    return lower if often or (common.isupper() and len(common) > 5) else common
