"""Words, their stems and how much they tell. English; other languages pass through with every word telling."""

from functools import lru_cache
from math import log10

import Stemmer

_COMMONEST = 6.5
"""Zipf frequency (log10 of occurrences in 10^9 words) from which a word tells nothing: "about", "people"."""
_RAREST = 1.8
"""Zipf frequency below which a word may as well be a slip of the keyboard."""
_LEAST = 0.5
"""Weight from which a word tells something: "home", "work" and "school" name subjects, "time" and "new" none."""
_FIGURE_WEIGHT = 1.5
_CURRENCY_WEIGHT = 3.0


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a lower-case word (Snowball English); all whole numbers share one."""
    if word.isdigit():
        return "0"
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=200_000)
def weight(word: str) -> float:
    """How much a lower-case word tells, 0 for the commonest to about 6.5 for one that nobody uses."""
    if word.isdigit():
        return _FIGURE_WEIGHT
    if word == "$":
        return _CURRENCY_WEIGHT
    if not word.isalpha() or len(word) < 2:
        return 0.0
    frequency = _frequencies().get(word)
    return _COMMONEST if frequency is None else max(0.0, _COMMONEST - round(log10(frequency) + 9, 2))


def is_telling(word: str) -> bool:
    """Whether a lower-case word carries meaning of its own."""
    return weight(word) >= _LEAST


def is_known(word: str) -> bool:
    """Whether a lower-case word is one that people use, in English or as a name; what fingers type at random is not."""
    return weight(word) <= _COMMONEST - _RAREST


@lru_cache(maxsize=1)
def _frequencies() -> dict[str, float]:
    """Share of each word among all words of English."""
    # The table itself: `wordfreq.zipf_frequency` takes every word apart first, a second for an assessment's words.
    from wordfreq import get_frequency_dict  # reads its tables when first used: not at start-up

    found: dict[str, float] = get_frequency_dict("en")
    return found


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
