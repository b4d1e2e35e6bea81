"""The low-scoring judgements of a gap with their vectors: what the analysis clusters and what is searched (Eq. 7)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedder import Embedder, Floats
from goalcover.agent.models import TOP_LEVEL, Alignment, Goal, Sample, SubgoalCoverage
from goalcover.memory.runs import Run

MOST_READ = 100_000
"""Low-scoring samples that are looked at, of all gaps together; of more, as many, evenly spaced."""
LEAST_READ = 4_000
_FIGURES = re.compile(r"\d+")


@dataclass(frozen=True)
class Openings:
    """What a sample's input and output begin with, as vectors (384,); None where there is no text."""

    input: Floats | None
    output: Floats | None


@dataclass(frozen=True)
class Low:
    """A gap's low-scoring samples."""

    coverage: SubgoalCoverage
    alignments: tuple[Alignment, ...]
    vectors: Floats
    """(alignments, 384), unit length: what the sample is about, and the passage that comes closest to the subgoal."""
    wordings: tuple[int, ...]
    """(alignments,): equal for samples that repeat each other."""
    n_low: int
    """How many there are in all."""


def low_count(goal: Goal, coverage: SubgoalCoverage) -> int:
    """How many of a subgoal's samples score low."""
    return sum(n for level, n in enumerate(coverage.histogram) if level / TOP_LEVEL <= goal.low_score)


def choose_lows(run: Run, goal: Goal, coverage: SubgoalCoverage, n_gaps: int) -> tuple[Alignment, ...]:
    """A subgoal's low alignments, evenly chosen where there are very many."""
    chosen = set(evenly(low_count(goal, coverage), max(LEAST_READ, MOST_READ // max(n_gaps, 1))))
    low = run.alignments(coverage.id, goal.low_score)
    return tuple(alignment for place, alignment in enumerate(low) if place in chosen)


def read_openings(samples: Iterable[Sample], embedder: Embedder) -> dict[str, Openings]:
    """What each sample's input and output begin with. Both were read while judging."""
    held = list(samples)
    first = [passages(text)[:1] for sample in held for text in (sample.input, sample.output)]
    vectors = iter(embedder.vectors([text for texts in first for text in texts]))
    read = [next(vectors) if texts else None for texts in first]
    return {sample.id: Openings(read[2 * place], read[2 * place + 1]) for place, sample in enumerate(held)}


def low_vectors(alignments: Sequence[Alignment], openings: Mapping[str, Openings], embedder: Embedder) -> Floats:
    """(alignments, 384). The evidence alone would not do: a sample about something else has only its least telling
    passage to show for the subgoal."""
    vectors = embedder.vectors([alignment.evidence or alignment.explanation for alignment in alignments])
    return with_openings(vectors, (openings[alignment.sample_id] for alignment in alignments))


def with_openings(vectors: Floats, openings: Iterable[Openings]) -> Floats:
    """The vectors (n, 384) changed to what they and the openings of their n samples are about, unit length."""
    for row, both in enumerate(openings):
        for part in (both.input, both.output):
            if part is not None:
                vectors[row] += part
    # In place: of 100,000 samples every copy is 150 MB.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.maximum(lengths, 1e-9)[:, np.newaxis]
    return vectors


def evenly(n: int, most: int) -> Iterator[int]:
    """Up to `most` of the numbers below n, evenly spaced."""
    return (place * n // min(n, most) for place in range(min(n, most)))


def wording(sample: Sample) -> int:
    """Equal for samples that differ in figures, case and white space alone."""
    return hash(_FIGURES.sub("0", " ".join(f"{sample.input}\n{sample.output}".lower().split())))
