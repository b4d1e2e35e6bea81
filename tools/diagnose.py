"""Scores -> Gaps: what the low-scoring samples of every gap lack, and what to do about it (paper, steps 7 and 8).

Per gap: low alignments -> their vectors in Chroma -> dense groups -> the analyst names each -> the advisor.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedder import DIMENSIONS, Embedder, Floats
from goalcover.agent.models import TOP_LEVEL, Alignment, Capability, CoverageReport, Gap, Goal, Sample, SubgoalCoverage
from goalcover.agent.roles import NEAR_LEVEL, Advisor, Analyst, Cluster
from goalcover.memory.explanations import Explanations
from goalcover.memory.runs import Run
from goalcover.tools.clusters import find_cores
from goalcover.tools.recommend import recommend, shortfall

MOST_READ = 4_000
"""Low-scoring samples of a gap that are looked at; of more, as many, evenly spaced."""
HELD = 1_000
HELD_LEAST = 100
HELD_MOST = 1_000
"""Explanations that Chroma holds of all gaps together, and of each. It takes 2,000 a second on 2 cores, so the dense
groups are found among these, and the other samples join the group that they are nearest to."""
MOST_CAPABILITIES = 5
LEFTOVER = 0.1
"""Share of a gap's low-scoring samples from which those without a common theme are worth a mention."""
OTHERS = 150


@dataclass(frozen=True)
class Low:
    """A gap's low-scoring samples."""

    coverage: SubgoalCoverage
    alignments: tuple[Alignment, ...]
    vectors: Floats
    """(alignments, d), unit length: what the sample is about, and the passage that comes closest to the subgoal."""
    held: tuple[int, ...]
    """Places of those that the store of explanations holds."""
    n_low: int
    """How many there are in all."""


@dataclass(frozen=True)
class Group:
    """Low-scoring samples that belong together."""

    places: tuple[int, ...]
    """Where they stand in `Low.alignments`, the most typical first."""
    near: bool


@dataclass(frozen=True)
class Grouping:
    """A gap's low-scoring samples, taken apart."""

    groups: tuple[Group, ...]
    """The largest first."""
    left: tuple[int, ...]
    """Places of those in no group."""


async def find_gaps(
    run: Run, goal: Goal, coverage: CoverageReport, *, analyst: Analyst, advisor: Advisor, embedder: Embedder
) -> tuple[Gap, ...]:
    """The gaps of an assessment, furthest below what its rule wants first.

    Reads the run's scores and samples; fills its store of explanations anew.
    """
    weak = sorted((one for one in coverage.subgoals if one.gap), key=lambda one: (-shortfall(goal, one), one.id))
    chosen = {one.id: _choose(run, goal, one) for one in weak}
    samples = {sample.id: sample for sample in run.samples({one.sample_id for low in chosen.values() for one in low})}
    lows = await asyncio.to_thread(_read, weak, chosen, samples, goal, embedder)
    grouped = await asyncio.to_thread(_group, run, lows)
    gaps = []
    for low, grouping in zip(lows, grouped, strict=True):
        capabilities = await _name(goal, low, grouping, samples, analyst)
        recommendations = await recommend(run, goal, low.coverage, capabilities, advisor)
        gaps.append(
            Gap(
                subgoal_id=low.coverage.id,
                alignment=low.coverage.alignment,
                capabilities=capabilities,
                recommendations=recommendations,
            )
        )
    return tuple(gaps)


def _choose(run: Run, goal: Goal, coverage: SubgoalCoverage) -> tuple[Alignment, ...]:
    """A subgoal's low alignments, evenly chosen where there are very many."""
    chosen = set(_evenly(_count(goal, coverage), MOST_READ))
    low = run.alignments(coverage.id, goal.low_score)
    return tuple(alignment for place, alignment in enumerate(low) if place in chosen)


def _count(goal: Goal, coverage: SubgoalCoverage) -> int:
    return sum(n for level, n in enumerate(coverage.histogram) if level / TOP_LEVEL <= goal.low_score)


def _read(
    weak: Sequence[SubgoalCoverage],
    chosen: Mapping[str, Sequence[Alignment]],
    samples: Mapping[str, Sample],
    goal: Goal,
    embedder: Embedder,
) -> list[Low]:
    most_held = min(HELD_MOST, max(HELD_LEAST, HELD // max(len(weak), 1)))
    subjects = _subjects(samples, embedder)
    lows = []
    for one in weak:
        low = tuple(chosen[one.id])
        evidence = embedder.vectors([alignment.evidence or alignment.explanation for alignment in low])
        vectors = evidence + np.array([subjects[alignment.sample_id] for alignment in low]).reshape(evidence.shape)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        lows.append(Low(one, low, vectors, tuple(_evenly(len(low), most_held)), _count(goal, one)))
    return lows


def _subjects(samples: Mapping[str, Sample], embedder: Embedder) -> dict[str, Floats]:
    """For every sample the sum of its input's and its output's first passage: what it is about.

    Both were read while judging. The evidence alone would not do: a sample about something else has only its least
    telling passage to show for the subgoal.
    """
    first = [passages(text)[:1] for sample in samples.values() for text in (sample.input, sample.output)]
    vectors = iter(embedder.vectors([text for texts in first for text in texts]))
    read = [sum((next(vectors) for _ in texts), np.zeros(DIMENSIONS, np.float32)) for texts in first]
    return {sample_id: read[2 * place] + read[2 * place + 1] for place, sample_id in enumerate(samples)}


def _evenly(n: int, most: int) -> Iterator[int]:
    """Up to `most` of the numbers below n, evenly spaced."""
    return (place * n // min(n, most) for place in range(min(n, most)))


def _group(run: Run, lows: Sequence[Low]) -> list[Grouping]:
    with run.explanations() as store:
        store.drop()
        for low in lows:
            store.add([low.alignments[place] for place in low.held], low.vectors[list(low.held)])
        return [_grouping(low, store) for low in lows]


def _grouping(low: Low, store: Explanations) -> Grouping:
    """Near misses and the rest are grouped apart, because their remedies differ."""
    ids, vectors = store.vectors(low.coverage.id)
    held = dict(zip(ids, vectors, strict=True))
    near = [place for place, one in enumerate(low.alignments) if (one.level or 0) >= NEAR_LEVEL]
    off = [place for place, one in enumerate(low.alignments) if (one.level or 0) < NEAR_LEVEL]
    found: list[Group] = []
    left: list[int] = []
    for places, is_near in ((near, True), (off, False)):
        groups, outliers = _groups(low, places, held)
        found += [Group(group, is_near) for group in groups]
        left += outliers
    return _largest(found, left)


def _groups(low: Low, places: list[int], held: Mapping[str, Floats]) -> tuple[list[tuple[int, ...]], list[int]]:
    """The groups among these low-scoring samples, each from its most typical member on, and those in no group."""
    if not places:
        return [], []
    vectors = [held[low.alignments[place].sample_id] for place in places if low.alignments[place].sample_id in held]
    members = low.vectors[places]
    cores = find_cores(np.stack(vectors) if vectors else members[:HELD_LEAST], MOST_CAPABILITIES - 1)
    labels, cosines = cores.join(members)
    order = np.argsort(-cosines, kind="stable")
    groups = [tuple(places[place] for place in order if labels[place] == label) for label in range(labels.max() + 1)]
    return [group for group in groups if group], [places[place] for place in order if labels[place] < 0]


def _largest(found: list[Group], left: list[int]) -> Grouping:
    """The largest groups, of near misses and of others at least one; the small ones go to those left over."""
    found = sorted(found, key=lambda group: -len(group.places))
    first = {group.near: group for group in reversed(found)}
    chosen = [*first.values(), *(group for group in found if group not in first.values())][: MOST_CAPABILITIES - 1]
    left = left + [place for group in found if group not in chosen for place in group.places]
    return Grouping(tuple(sorted(chosen, key=lambda group: -len(group.places))), tuple(left))


async def _name(
    goal: Goal, low: Low, grouping: Grouping, samples: Mapping[str, Sample], analyst: Analyst
) -> tuple[Capability, ...]:
    clusters = [_cluster(low, group.places, samples, near=group.near) for group in grouping.groups]
    if grouping.left:
        near = all((low.alignments[place].level or 0) >= NEAR_LEVEL for place in grouping.left)
        clusters.append(_cluster(low, grouping.left, samples, near=near, themed=False))
    inside = {alignment.sample_id for alignment in low.alignments}
    others = [sample for sample_id, sample in samples.items() if sample_id not in inside][:OTHERS]
    named = await analyst.name(goal.subgoal(low.coverage.id), clusters, others)
    if grouping.left and grouping.groups and len(grouping.left) < LEFTOVER * len(low.alignments):
        named = named[:-1]
    return tuple(_with_selection(capability, low) for capability in named)


def _cluster(
    low: Low, places: Sequence[int], samples: Mapping[str, Sample], *, near: bool, themed: bool = True
) -> Cluster:
    alignments = tuple(low.alignments[place] for place in places)
    return Cluster(alignments, tuple(samples[one.sample_id] for one in alignments), near=near, themed=themed)


def _with_selection(capability: Capability, low: Low) -> Capability:
    """Says so when the figures are of a selection."""
    if low.n_low <= len(low.alignments):
        return capability
    note = f"These figures are of {len(low.alignments):,} of the {low.n_low:,} low-scoring samples, evenly chosen."
    return capability.model_copy(update={"summary": f"{capability.summary} {note}"})
