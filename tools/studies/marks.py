"""What marks a subgoal's high-scoring samples, in words that are not the subgoal's own.

A removal made from a run's own scores would prove nothing: of course a mean falls when its highest scores go. So the
words are learnt on one half of the samples and taken to the other half, where no score decides what goes, and they are
never words of the subgoal, which is what the judge looks for. Scores that follow nothing in the texts find no such
words, or words that take nothing away in the other half. There the subgoal's own words tell whether the scores follow
the texts at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from goalcover.agent.embedded.cues import cue_of, show
from goalcover.agent.embedded.phrases import speaks_of
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import is_telling, stem
from goalcover.tools.studies.separation import Mask, Numbers
from sklearn.feature_extraction.text import CountVectorizer

HIGH, LOW = 0.6, 0.2
"""Scores (level 3 and above, 1 and below) that are compared."""
TERMS = 8
"""Terms taken of each half."""
LEAST_RATE = 0.04
"""Share of the high-scoring samples that hold a term, at the least."""
LEAST_LIFT = 3.0
"""How much more often than in the low-scoring samples, at the least."""
LEAST_Z = 2.5
"""Standard errors that a term's two rates are apart, at the least."""
_CHARS = 4_000
"""Characters read of the input and of the output: enough to know what a long bill is about."""
_WORD = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)*")


@dataclass(frozen=True)
class Vocabulary:
    """Which sample holds which term: words and pairs of words in the order in which they stand."""

    terms: tuple[str, ...]
    holds: Any
    """Sparse, (samples, terms), 0 or 1."""


@dataclass(frozen=True)
class Marks:
    """Terms that mark high-scoring samples, and the samples that hold a term that the other half has taught."""

    terms: tuple[str, ...]
    mask: Mask
    """(samples,)"""


def read_vocabulary(samples: Sequence[Sample]) -> Vocabulary | None:
    """The terms of these samples; None where there is hardly any text."""
    counter = CountVectorizer(
        analyzer=_terms, binary=True, min_df=min(3, len(samples)), max_df=0.5 if len(samples) > 3 else 1.0
    )
    try:
        holds = counter.fit_transform(map(_beginning, samples))
    except ValueError:  # sklearn's word for an empty vocabulary
        return None
    return Vocabulary(tuple(counter.get_feature_names_out()), holds.tocsr())


def find_marks(vocabulary: Vocabulary, scores: Numbers, subgoal: Subgoal, first: Mask) -> Marks:
    """The marks of a subgoal from its scores (samples,), NaN for the unscored; `first` (samples,) is one half."""
    own = {stem(word.lower()) for word in _WORD.findall(f"{subgoal.name} {subgoal.description}")}
    foreign = np.array([not any(stem(word) in own for word in term.split()) for term in vocabulary.terms])
    mask, found = np.zeros(len(scores), dtype=bool), dict[str, None]()
    for taught in (first, ~first):
        places = _telling_apart(vocabulary.holds, taught & (scores >= HIGH), taught & (scores <= LOW), foreign)
        mask |= ~taught & (np.asarray(vocabulary.holds[:, places].sum(axis=1)).ravel() > 0)
        found |= dict.fromkeys(vocabulary.terms[place] for place in places)
    return Marks(tuple(found), mask)


def own_marks(samples: Sequence[Sample], subgoal: Subgoal) -> Marks:
    """The form that a subgoal asks for, or else its own words, whatever it scores: which samples show or hold these."""
    if cue := cue_of(subgoal):
        return Marks((cue.noun,), np.array([show(cue, one, subgoal).n_output > 0 for one in samples], dtype=bool))
    return Marks((subgoal.name,), np.array([speaks_of(_beginning(one), subgoal) for one in samples], dtype=bool))


def _beginning(sample: Sample) -> str:
    return f"{sample.input[:_CHARS]}\n{sample.output[:_CHARS]}"


def _telling_apart(holds: Any, high: Mask, low: Mask, allowed: Mask) -> list[int]:
    """Places of the terms that are common in the high and rare in the low, the most significant first."""
    if not high.any() or not low.any():
        return []
    in_high, in_low = (np.asarray(holds[one].mean(axis=0)).ravel() for one in (high, low))
    # Half a sample more in each: a term that no low sample holds is not infinitely telling.
    lift = (in_high + 0.5 / high.sum()) / (in_low + 0.5 / low.sum())
    pooled = (in_high * high.sum() + in_low * low.sum()) / (high.sum() + low.sum())
    z = (in_high - in_low) / np.sqrt(np.maximum(pooled * (1 - pooled), 1e-9) * (1 / high.sum() + 1 / low.sum()))
    good = allowed & (in_high >= LEAST_RATE) & (lift >= LEAST_LIFT) & (z >= LEAST_Z)
    order = [int(place) for place in np.argsort(-z, kind="stable") if good[place]]
    return order[:TERMS]


def _terms(text: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(text)]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if is_telling(a) and is_telling(b)]
    return [*filter(is_telling, words), *pairs]
