"""The embedded analyst: names what a cluster of low-scoring samples lacks, from the samples' own words (Eq. 8).

Two things make a name: what of the subgoal the samples do not say, and what they are about instead. Every figure is
counted; nothing is made up.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.cues import Cue, cue_of, show
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.phrases import joined, phrases
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.embedder import DIMENSIONS, Embedder, Floats, Reading
from goalcover.agent.models import Alignment, Capability, Sample, Subgoal
from goalcover.agent.roles import Cluster
from goalcover.agent.words import stem, weight

SAID = 0.62
"""Cosine from which a word in its context counts as saying another, as in the judge."""
RARE = 0.25
"""A phrase that fewer of the samples say is missing from them."""
QUOTES = 3
QUOTE_CHARS = 240
_READ = 60
"""Of a large cluster, so many typical members are read for what they say."""
_DESCRIBED = 60
"""And so many for what they are about."""
_OPENING = 350
_MOST_OF = 0.75
"""Weight of a phrase's words that a text has to say: "disease" alone is no heart disease."""
_FITS = 0.25
"""Cosine to what a cluster's samples mean from which a term can name it."""
_IN_TITLE = 2
_ANCHORS = ("none", "poor", "weak", "good", "strong", "perfect")
_KEEPS = re.compile(r"\b(?:keeps?|preserv\w+|retains?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """How much of the subgoal a cluster says."""

    missing: tuple[str, ...]
    """Phrases of the subgoal that few members say, in the subgoal's order; never empty."""
    n_read: int
    n_saying: int
    """Members among those read that say any of the missing phrases."""


class EmbeddedAnalyst:
    """M of Eq. 8 without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def name(
        self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]
    ) -> tuple[Capability, ...]:
        """See `roles.Analyst`. Works in a thread, so that whoever waits for it can go on."""
        return await asyncio.to_thread(self._name, subgoal, clusters, others)

    def _name(self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]) -> tuple[Capability, ...]:
        if not clusters:
            return ()
        groups = [[opening(sample) for sample in cluster.samples[:_DESCRIBED]] for cluster in clusters]
        avoid = re.findall(r"\w+", f"{subgoal.name} {subgoal.description}")
        terms = key_terms([*groups, [opening(sample) for sample in others]], avoid)
        topics = self._topics(clusters, terms[: len(clusters)])
        total = sum(len(cluster.alignments) for cluster in clusters)
        return tuple(
            self._capability(subgoal, cluster, topic if cluster.themed else [], total)
            for cluster, topic in zip(clusters, topics, strict=True)
        )

    def _topics(self, clusters: Sequence[Cluster], terms: list[list[tuple[str, float]]]) -> list[list[str]]:
        """Of each cluster's key terms those that mean what its samples mean, and not what all of them do."""
        subjects = np.stack([self._subject(cluster) for cluster in clusters])
        common = subjects.mean(axis=0)
        chosen = []
        for subject, found in zip(subjects, terms, strict=True):
            vectors = self._embedder.vectors([term for term, _ in found])
            fit = np.maximum(vectors @ (subject - 0.5 * common), 0.01)
            told = np.sqrt([score for _, score in found])
            order = np.argsort(-fit * told, kind="stable")
            means = vectors @ subject >= _FITS * np.linalg.norm(subject)
            chosen.append(_different([found[place][0] for place in order if means[place]]))
        return chosen

    def _subject(self, cluster: Cluster) -> Floats:
        """(384,): what the typical members open with, on the average."""
        first = [passages(text)[:1] for sample in cluster.samples[:_READ] for text in (sample.input, sample.output)]
        vectors = self._embedder.vectors([text for texts in first for text in texts])
        return np.asarray(vectors.mean(axis=0)) if len(vectors) else np.zeros(DIMENSIONS, np.float32)

    def _capability(self, subgoal: Subgoal, cluster: Cluster, topics: list[str], total: int) -> Capability:
        n = len(cluster.alignments)
        cue = cue_of(subgoal)
        if cue is None:
            said = self._said(subgoal, cluster)
            title, finding = _subject_title(said, topics, cluster), _subject_finding(said)
        else:
            title, finding = _form_title(cue, topics, cluster), _form_finding(cue, subgoal, cluster)
        return Capability(
            title=title,
            summary=f"{_figures(cluster, topics, total)} {finding}",
            share=n / total,
            n=n,
            sample_ids=tuple(alignment.sample_id for alignment in cluster.alignments),
            quotes=_quotes(cluster.alignments),
        )

    def _said(self, subgoal: Subgoal, cluster: Cluster) -> Said:
        """Reads the passages that come closest to the subgoal: what they do not say, the samples hardly say at all."""
        wanted = phrases(subgoal)
        texts = [_passage(*one) for one in zip(cluster.alignments, cluster.samples, strict=True)][:_READ]
        asked = self._embedder.read(wanted)
        says = np.array([[_says(reading, phrase) for phrase in asked] for reading in self._embedder.read(texts)])
        rates = says.mean(axis=0)
        rare = [place for place, rate in enumerate(rates) if rate < RARE] or [int(rates.argmin())]
        shown = rare[:3]
        return Said(tuple(wanted[place] for place in shown), len(texts), int(says[:, shown].any(axis=1).sum()))


def opening(sample: Sample) -> str:
    """Where a sample says what it is about: the beginnings of its input and of its output."""
    return f"{sample.input[:_OPENING]}\n\n{sample.output[:_OPENING]}"


def _says(text: Reading, phrase: Reading) -> bool:
    """Whether the text says most of what the phrase's words tell."""
    if not text.words or not phrase.words:
        return False
    best = (phrase.word_vectors.astype(np.float32) @ text.word_vectors.astype(np.float32).T / 127**2).max(axis=1)
    weights = np.array([weight(word) for word in phrase.words])
    return bool(weights @ (best >= SAID) >= _MOST_OF * weights.sum())


def _passage(alignment: Alignment, sample: Sample) -> str:
    return alignment.evidence or opening(sample)


def _different(terms: list[str]) -> list[str]:
    """The first two that share no word."""
    roots = [{stem(word.lower()) for word in term.split()} for term in terms]
    second = next((place for place in range(1, len(terms)) if not roots[place] & roots[0]), None)
    return terms[:1] if second is None else [terms[0], terms[second]]


def _subject_title(said: Said, topics: list[str], cluster: Cluster) -> str:
    missing = joined(said.missing[:_IN_TITLE], "or")
    if cluster.near:
        about = f" about {joined(topics)}" if topics else ""
        return f"Near misses{about}: little or nothing on {missing}"
    return f"{'Little' if said.n_saying else 'Nothing'} on {missing}: {_samples_about(topics, cluster)}"


def _samples_about(topics: list[str], cluster: Cluster) -> str:
    if topics:
        return f"these samples are about {joined(topics)}"
    return "samples on various subjects" if cluster.themed else "samples without a common theme"


def _subject_finding(said: Said) -> str:
    missing = joined(said.missing, "or")
    which = "all" if said.n_read == 1 else f"the {said.n_read:,}"
    if said.n_read == 1:
        return f"Its closest passage {'mentions' if said.n_saying else 'does not mention'} {missing}."
    count = "none" if not said.n_saying else f"only {said.n_saying:,}"
    return f"Of {which} closest passages read, {count} mention{'s' if said.n_saying < 2 else ''} {missing}."


def _form_title(cue: Cue, topics: list[str], cluster: Cluster) -> str:
    noun = re.sub(r"^an? ", "", cue.noun).replace(" and ", " or ")
    about = f" about {joined(topics)}" if topics else "" if cluster.themed else " without a common theme"
    return f"{'Few' if cluster.near else 'No'} {noun} in answers{about}"


def _form_finding(cue: Cue, subgoal: Subgoal, cluster: Cluster) -> str:
    if not _KEEPS.search(f"{subgoal.name} {subgoal.description}"):
        return f"Their answers {'hardly show' if cluster.near else 'do not show'} {cue.noun}."
    dropped = sum(show(cue, sample, subgoal).n_input > 0 for sample in cluster.samples)
    none = len(cluster.samples) - dropped
    parts = [
        f"in {dropped:,} the input names {cue.noun} that the answer leaves out" if dropped else "",
        f"in {none:,} the input names none to keep" if none else "",
    ]
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}."


def _figures(cluster: Cluster, topics: list[str], total: int) -> str:
    n = len(cluster.alignments)
    level = Counter(one.level for one in cluster.alignments).most_common(1)[0][0] or 0
    whole = (
        f"{n:,} of the {total:,} low-scoring samples ({n / total:.0%})" if total > 1 else "The one low-scoring sample"
    )
    mostly = f"mostly at level {level} ({_ANCHORS[level]})" if n > 1 else f"at level {level} ({_ANCHORS[level]})"
    if not cluster.themed:
        return f"{whole}, {mostly}, have no common theme." if n > 1 else f"{whole}, {mostly}, is like no other."
    about = f"about {joined(topics)}" if topics else "on various subjects"
    return f"{whole}, {mostly}, {'are' if n > 1 else 'is'} {about}."


def _quotes(alignments: Sequence[Alignment]) -> tuple[str, ...]:
    """Verbatim, the most typical first, none twice."""
    cut = (_cut(alignment.evidence) for alignment in alignments)
    return tuple(dict.fromkeys(quote for quote in cut if quote))[:QUOTES]


def _cut(quote: str) -> str:
    if len(quote) <= QUOTE_CHARS:
        return quote
    end = quote.rfind(" ", 0, QUOTE_CHARS)
    return quote[: end if end > 0 else QUOTE_CHARS].rstrip()
