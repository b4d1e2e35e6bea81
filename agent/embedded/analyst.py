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
from goalcover.agent.embedded.cues import Cue, cue_of, plain_noun, show
from goalcover.agent.embedded.evidence import SAID
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.phrases import joined, phrases
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.embedded.subjects import Subjects, Topic
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.embedder import Embedder, Floats, Reading
from goalcover.agent.models import LEVEL_NAMES, Alignment, Capability, Sample, Subgoal
from goalcover.agent.roles import Cluster
from goalcover.agent.words import weight

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
_TERMS = 6
_TELLING = 2.1
"""Weight of a word from which it names a subject alone."""
_DIGEST = 4
"""How many times longer an input is than its output where the output tells it in short."""


@dataclass(frozen=True)
class Said:
    """How much of the subgoal a cluster says."""

    missing: tuple[str, ...]
    """Phrases of the subgoal that few members say, in the subgoal's order; never empty."""
    n_read: int
    n_saying: int
    """Members among those read that say any of the missing phrases."""


@dataclass(frozen=True)
class Subject:
    """What a cluster is about."""

    name: str
    """Told apart from the other clusters' names; "" when it has none."""
    leads: bool
    """Whether the cluster is about it; else it is about this and that, and the name is an example."""
    topics: tuple[str, ...]
    """Those that lead, or as many examples."""
    terms: tuple[str, ...]
    """Key terms that set it apart, in the samples' own words."""


class EmbeddedAnalyst:
    """M of Eq. 8 without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._subjects = Subjects(embedder)

    async def name(
        self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]
    ) -> tuple[Capability, ...]:
        """See `roles.Analyst`. Works in a thread, so that whoever waits for it can go on."""
        return await asyncio.to_thread(self._name, subgoal, clusters, others)

    def _name(self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]) -> tuple[Capability, ...]:
        if not clusters:
            return ()
        described = [_throughout(cluster.samples) for cluster in clusters]
        groups = [[opening(sample) for sample in samples] for samples in described]
        avoid = re.findall(r"\w+", f"{subgoal.name} {subgoal.description}")
        terms = key_terms([*groups, [opening(sample) for sample in others]], avoid)
        vectors = [self._subjects.openings(samples) for samples in described]
        topics = self._subjects.named(vectors, self._subjects.openings(others))
        told = [self._fitting(found, group) for found, group in zip(terms, vectors, strict=False)]
        shown = _told_apart(clusters, topics, told, groups)
        return tuple(self._capability(subgoal, *one) for one in zip(clusters, shown, strict=True))

    def _fitting(self, found: list[tuple[str, float]], group: Floats) -> tuple[str, ...]:
        """Of a cluster's key terms those that mean what its samples mean."""
        subject = group.mean(axis=0)
        vectors = self._embedder.vectors([term for term, _ in found])
        means = vectors @ subject >= _FITS * np.linalg.norm(subject)
        return tuple(term for (term, _), fits in zip(found, means, strict=True) if fits)[:_TERMS]

    def _capability(self, subgoal: Subgoal, cluster: Cluster, subject: Subject) -> Capability:
        n = len(cluster.alignments)
        cue = cue_of(subgoal)
        if cue is None:
            said = self._said(subgoal, cluster)
            title, finding = _subject_title(said, subject, cluster), _subject_finding(said)
        else:
            title, finding = _form_title(cue, subject, cluster, subgoal), _form_finding(cue, subgoal, cluster)
        quotes = self._quotes(cluster, cue)
        return Capability(
            title=title,
            summary=f"{_figures(cluster, subject)} {finding}",
            share=n / cluster.of,
            n=n,
            sample_ids=tuple(alignment.sample_id for alignment in cluster.alignments),
            quotes=tuple(quotes),
            quote_ids=tuple(quotes.values()),
            terms=subject.terms,
            instead="; ".join(subject.topics) if subject.leads else "",
        )

    def _quotes(self, cluster: Cluster, cue: Cue | None) -> dict[str, str]:
        """Verbatim passages of the most typical members, none twice, each with its sample's id.

        A near miss is quoted where it comes near, and a form where it is shown, another sample where it says what it is
        about instead.
        """
        found: dict[str, str] = {}
        for alignment, sample in zip(cluster.alignments, cluster.samples, strict=True):
            shown = cue and cue.shown.search(alignment.evidence)
            is_near = cluster.near or cue is not None
            passage = alignment.evidence if is_near else _subject_of(sample) or alignment.evidence
            if quote := _cut(passage, shown.span() if shown else (0, 0)):
                found.setdefault(quote, sample.id)
            if len(found) == QUOTES:
                break
        return found

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


def _throughout(samples: Sequence[Sample]) -> Sequence[Sample]:
    """At most `_DESCRIBED`, from the most typical to the least."""
    return samples[:: max(1, -(-len(samples) // _DESCRIBED))]


def opening(sample: Sample) -> str:
    """Where a sample says what it is about: the beginnings of its input and of its output."""
    return f"{sample.input[:_OPENING]}\n\n{sample.output[:_OPENING]}"


def _subject_of(sample: Sample) -> str:
    """The passage that says what a sample is about: the question; where a long text is made short, what it was made."""
    asks, says = passages(sample.input)[:1], passages(sample.output)[:1]
    is_digest = len(sample.input) > _DIGEST * len(sample.output) and not any("?" in text for text in asks)
    return next(iter([*says, *asks] if is_digest else [*asks, *says]), "")


def _says(text: Reading, phrase: Reading) -> bool:
    """Whether the text says most of what the phrase's words tell."""
    if not text.words or not phrase.words:
        return False
    best = (phrase.word_vectors.astype(np.float32) @ text.word_vectors.astype(np.float32).T / 127**2).max(axis=1)
    weights = np.array([weight(word) for word in phrase.words])
    return bool(weights @ (best >= SAID) >= _MOST_OF * weights.sum())


def _passage(alignment: Alignment, sample: Sample) -> str:
    return alignment.evidence or opening(sample)


def _told_apart(
    clusters: Sequence[Cluster],
    topics: Sequence[list[Topic]],
    terms: Sequence[tuple[str, ...]],
    texts: Sequence[list[str]],
) -> list[Subject]:
    """What each cluster is called: its topic; where a larger one has taken that, with its first term."""
    taken: set[tuple[str, bool]] = set()
    found = []
    for cluster, of_cluster, own, said in zip(clusters, topics, terms, texts, strict=True):
        leading = [one for one in of_cluster if one.leads] or of_cluster
        topic = next(iter(leading), None) or _first_telling(own, said)
        again = (topic.name, cluster.near) in taken
        taken.add((topic.name, cluster.near))
        name = f"{topic.name} ({own[0]})" if again and of_cluster and own else topic.name
        found.append(Subject(name, topic.leads, tuple(one.name for one in leading), own))
    return found


def _first_telling(terms: Sequence[str], texts: Sequence[str]) -> Topic:
    """A cluster's own word in place of a topic, with the share of texts that say it."""
    term = next(filter(_is_telling, terms), "")
    return Topic(term, sum(term.lower() in text.lower() for text in texts) / len(texts) if term else 0.0)


def _is_telling(term: str) -> bool:
    """Whether a term alone says what samples are about: "direct debit" and "pregnancy" do, "programs" does not."""
    return " " in term or weight(term.lower()) >= _TELLING


def _subject_title(said: Said, subject: Subject, cluster: Cluster) -> str:
    missing = joined(said.missing[:_IN_TITLE], "or")
    about = _about(subject, subject.name)
    if cluster.near:
        return f"Near misses {about}: little or nothing on {missing}"
    samples = "these samples are" if subject.leads else "samples"
    return f"{'Little' if said.n_saying else 'Nothing'} on {missing}: {samples} {about}"


def _about(subject: Subject, named: str) -> str:
    if subject.leads:
        return f"about {named}"
    return f"on various subjects, such as {named}" if named else "on various subjects"


def _subject_finding(said: Said) -> str:
    missing = joined(said.missing, "or")
    which = "all" if said.n_read == 1 else f"the {said.n_read:,}"
    if said.n_read == 1:
        return f"Its closest passage {'mentions' if said.n_saying else 'does not mention'} {missing}."
    count = "none" if not said.n_saying else f"only {said.n_saying:,}"
    return f"Of {which} closest passages read, {count} mention{'s' if said.n_saying < 2 else ''} {missing}."


def _form_title(cue: Cue, subject: Subject, cluster: Cluster, subgoal: Subgoal) -> str:
    about = _about(subject, subject.name)
    dropped = sum(show(cue, sample, subgoal).dropped for sample in cluster.samples)
    if 2 * dropped > len(cluster.samples):
        return f"{cue.noun.capitalize()} that the input names, left out of answers {about}"
    return f"{'Few' if cluster.near else 'No'} {plain_noun(cue)} in answers {about}"


def _form_finding(cue: Cue, subgoal: Subgoal, cluster: Cluster) -> str:
    shown = [show(cue, sample, subgoal) for sample in cluster.samples]
    if not any(one.keeps for one in shown):
        return f"Their answers {'hardly show' if cluster.near else 'do not show'} {cue.noun}."
    dropped = sum(one.n_input > one.n_kept for one in shown)
    none = sum(one.nothing_to_keep for one in shown)
    parts = [
        f"in {dropped:,} the input names {cue.noun} that the answer leaves out" if dropped else "",
        f"in {none:,} the input names none to keep" if none else "",
    ]
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}." if text else f"Their answers keep few {plain_noun(cue)}."


def _figures(cluster: Cluster, subject: Subject) -> str:
    n, total = len(cluster.alignments), cluster.of
    level = Counter(one.level for one in cluster.alignments).most_common(1)[0][0] or 0
    whole = (
        f"{n:,} of the {total:,} low-scoring samples ({n / total:.0%})" if total > 1 else "The one low-scoring sample"
    )
    mostly = f"mostly at level {level} ({LEVEL_NAMES[level]})" if n > 1 else f"at level {level} ({LEVEL_NAMES[level]})"
    about = _about(subject, "; ".join(subject.topics) or subject.name)
    return f"{whole}, {mostly}, {('are largely' if subject.leads else 'are') if n > 1 else 'is'} {about}."


def _cut(passage: str, part: tuple[int, int]) -> str:
    """At most QUOTE_CHARS of a passage, from the sentence on that holds the part, which is never cut off."""
    start = next((first for first, last in sentences(passage) if first <= part[0] < last), 0)
    if part[1] - start > QUOTE_CHARS:
        start = passage.find(" ", max(part[1] - QUOTE_CHARS * 3 // 4, 0), part[0]) + 1 or part[0]
    most = passage[start : start + QUOTE_CHARS + 1]
    if len(most) <= QUOTE_CHARS:
        return most
    whole = [last for _, last in sentences(most) if QUOTE_CHARS // 2 < last < QUOTE_CHARS]
    end = whole[-1] if whole and start + whole[-1] >= part[1] else most.rfind(" ")
    return most[: end if end > 0 else QUOTE_CHARS].rstrip()
