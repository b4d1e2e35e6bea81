"""What groups of samples are about, in words that a person would use: the topics of topics.txt that set a group apart.

Key terms are the samples' own words and vary with their wording; a topic is one of some 350 names made by hand, and is
said of a group only when enough of its samples vote for it and clearly more than of all samples do.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedder import Embedder, Floats
from goalcover.agent.models import Sample

MOST = 2
_VOTES = 3
"""Topics that a sample votes for."""
_SHARE = 0.25
_LIFT = 1.5
"""A group's share of votes for a topic, at the least, and over that of all samples."""
_LEADS = 0.5
"""And a group's share from which it is said to be about a topic; below, the topic is one of several."""
_FITS = 0.3
"""Cosine to what a group's samples mean from which a topic names it: the closest of 350 is none for every group."""


class Topic(NamedTuple):
    """What sets a group apart."""

    name: str
    share: float
    """Of the group's samples that have it among their closest topics."""

    @property
    def leads(self) -> bool:
        """Whether the group is about it, and not one part of it alone."""
        return self.share >= _LEADS


class Subjects:
    """Names what groups of samples are about."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def named(self, groups: Sequence[Floats], others: Floats) -> list[list[Topic]]:
        """Up to two topics for each group of samples' vectors (n, 384), those that lead first, then the most telling;
        none where nothing sets it apart. `others` (m, 384) are samples outside all of them."""
        whole = np.concatenate([*groups, others])
        usual, common = self._votes(whole), whole.mean(axis=0)
        return [self._of(group, usual, common, alone=len(group) == len(whole)) for group in groups]

    def openings(self, samples: Sequence[Sample]) -> Floats:
        """(samples, 384), unit length: where input and output begin, they say what they are about."""
        first = [passages(text)[:1] for sample in samples for text in (sample.input, sample.output)]
        vectors = iter(self._embedder.vectors([text for texts in first for text in texts]))
        rows = np.zeros((len(samples), self._topics[1].shape[1]), np.float32)
        for place, texts in enumerate(first):
            for _ in texts:
                rows[place // 2] += next(vectors)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))

    def _of(self, group: Floats, usual: Floats, common: Floats, *, alone: bool) -> list[Topic]:
        names, topics = self._topics
        if not len(group):
            return []
        votes = self._votes(group)
        centre = group.mean(axis=0)
        telling = (votes >= _SHARE) & (alone | (votes >= _LIFT * usual))
        telling &= topics @ centre >= _FITS * np.linalg.norm(centre)
        order = np.argsort(-(topics @ (centre - 0.5 * common)), kind="stable")
        found = [Topic(names[place], float(votes[place])) for place in order if telling[place]]
        return sorted(found, key=lambda topic: not topic.leads)[:MOST]

    def _votes(self, vectors: Floats) -> Floats:
        """(topics,): the share of samples that have each topic among their closest."""
        names, topics = self._topics
        closest = np.argpartition(-(vectors @ topics.T), _VOTES, axis=1)[:, :_VOTES]
        return (np.bincount(closest.ravel(), minlength=len(names)) / max(len(vectors), 1)).astype(np.float32)

    @cached_property
    def _topics(self) -> tuple[list[str], Floats]:
        names = topic_names()
        return names, self._embedder.vectors(names)


def topic_names() -> list[str]:
    """The topics of topics.txt."""
    return [one for one in Path(__file__).with_name("topics.txt").read_text("utf-8").split("\n") if one]
