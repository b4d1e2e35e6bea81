"""Scores -> Gaps: what kind of weakness each gap is, what its low-scoring samples lack, and what to do about it (paper,
steps 7 and 8).

Per gap: low alignments and their vectors -> Chroma -> dense groups of what it gives back -> the analyst names each ->
kind -> the advisor.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import (
    Alignment,
    Capability,
    Confidence,
    CoverageReport,
    Gap,
    GapMap,
    Goal,
    MapPoint,
    Sample,
)
from goalcover.agent.roles import Advisor, Analyst, Cluster
from goalcover.memory.explanations import Explanations
from goalcover.memory.runs import Run
from goalcover.tools.clusters import FEWEST, Floats, find_cores, first_of_each, on_a_plane
from goalcover.tools.held import FAR, NEAR, at_levels, different, hold
from goalcover.tools.levels import read_levels
from goalcover.tools.lows import Low, Openings, choose_lows, evenly, low_count, low_vectors, read_openings, wording
from goalcover.tools.recommend import gaps_first
from goalcover.tools.standing import Weakness, weakness

COMPARED = 1_000
"""Different low-scoring samples of a group that are compared with each other for near-duplicates."""
MOST_CAPABILITIES = 5
OTHERS = 150
TOUCHING = 400
"""Samples that touch a gap's subgoal, which its groups are told from."""
MAPPED = 250
_SURE = (20, 0.6)
_UNSURE = (5, 0.4)
"""Different samples, and cohesion: from the first two a group is trusted, below either of the second it is not."""
_QUOTE = 160


@dataclass(frozen=True)
class Group:
    """Low-scoring samples that belong together."""

    places: tuple[int, ...]
    """Where they stand in `Low.alignments`, the most typical first."""
    near: bool
    n_different: int
    cohesion: float

    @property
    def confidence(self) -> Confidence:
        """How far to trust it."""
        if self.n_different >= _SURE[0] and self.cohesion >= _SURE[1]:
            return "high"
        return "low" if self.n_different < _UNSURE[0] or self.cohesion < _UNSURE[1] else "medium"


@dataclass(frozen=True)
class Found:
    """All that is known of the samples of a run's gaps."""

    lows: tuple[Low, ...]
    weaknesses: tuple[Weakness, ...]
    samples: Mapping[str, Sample]


async def find_gaps(
    run: Run, goal: Goal, coverage: CoverageReport, *, analyst: Analyst, advisor: Advisor, embedder: Embedder
) -> tuple[Gap, ...]:
    """The gaps of an assessment, furthest below what its rule wants first.

    `coverage` knows the broken outputs (tools/broken.py). Reads the run's scores and samples, fills its store of
    explanations anew, and writes its maps. Raises InputError where a Chroma server is asked for and cannot be used.
    """
    found = await asyncio.to_thread(read, run, goal, coverage, embedder)
    grouped = await asyncio.to_thread(_grouped, run, found, embedder)
    gaps = [
        await _gap(goal, low, weak, groups, found.samples, analyst, advisor)
        for low, weak, groups in zip(found.lows, found.weaknesses, grouped, strict=True)
    ]
    run.write_maps([_map(*one) for one in zip(found.lows, grouped, strict=True)])
    return tuple(gaps)


def read(run: Run, goal: Goal, coverage: CoverageReport, embedder: Embedder) -> Found:
    """What is known of the samples of a run's gaps, the furthest below what its rule wants first."""
    weak = [one for one in gaps_first(goal, coverage) if one.gap]
    if not weak:
        return Found((), (), {})
    levels = read_levels(run, goal)
    chosen = {one.id: choose_lows(run, goal, one, len(weak)) for one in weak}
    wanted = {one.sample_id for low in chosen.values() for one in low}
    wanted |= {one for covered in weak for one in levels.touching(covered.id, TOUCHING)}
    samples = {sample.id: sample for sample in run.samples(wanted)}
    openings = read_openings(samples.values(), embedder)
    agreement = {one.id: one for one in coverage.agreement.subgoals} if coverage.agreement else {}
    weaknesses = tuple(
        weakness(goal, one, levels, chosen[one.id], samples, coverage.broken, agreement.get(one.id)) for one in weak
    )
    wordings = {sample_id: wording(sample) for sample_id, sample in samples.items()}
    lows = tuple(
        _low(found, chosen[one.id], low_count(goal, one), wordings, openings, embedder)
        for one, found in zip(weak, weaknesses, strict=True)
    )
    return Found(lows, weaknesses, samples)


def _low(
    found: Weakness,
    chosen: Sequence[Alignment],
    n_low: int,
    wordings: Mapping[str, int],
    openings: Mapping[str, Openings],
    embedder: Embedder,
) -> Low:
    """Without those that cannot show it, because they lack nothing; where it is they that make the gap, all."""
    able = tuple(one for one in chosen if found.standing.kind == "absent" or one.sample_id not in found.unable)
    return Low(
        coverage=found.standing.coverage,
        alignments=able,
        vectors=low_vectors(able, openings, embedder),
        wordings=tuple(wordings[one.sample_id] for one in able),
        n_low=n_low - len(chosen) + len(able),
    )


def _grouped(run: Run, found: Found, embedder: Embedder) -> list[tuple[Group, ...]]:
    """The groups of every gap; of a shallow one the near misses first, because there the work begins."""
    if not found.lows:  # chromadb takes half a second to import
        return []
    with run.explanations(embedder.name) as store:
        hold(store, found.lows)
        grouped = [_groups(low, store) for low in found.lows]
    return [
        tuple(sorted(groups, key=lambda group: not group.near)) if weak.standing.kind == "shallow" else groups
        for groups, weak in zip(grouped, found.weaknesses, strict=True)
    ]


def _groups(low: Low, store: Explanations) -> tuple[Group, ...]:
    """The largest groups, of near misses and of others at least one, because their remedies differ; largest first."""
    if not low.alignments:
        return ()
    found = [
        _group(low, places, near=levels == NEAR)
        for levels in (NEAR, FAR)
        for places in _dense(low, at_levels(low, levels), store.vectors(low.coverage.id, levels))
    ]
    found = sorted(found, key=lambda group: -len(group.places))
    told = [group for group in found if group.n_different >= min(FEWEST, len(low.alignments))] or found[:1]
    first = {group.near: group for group in reversed(told)}
    chosen = [*first.values(), *(group for group in told if group not in first.values())][:MOST_CAPABILITIES]
    return tuple(sorted(chosen, key=lambda group: -len(group.places)))


def _dense(low: Low, places: list[int], held: Floats) -> list[tuple[int, ...]]:
    """The low-scoring samples at these places by the dense groups among those that Chroma holds (n, 384), each group
    from its most typical member on."""
    if not places:
        return []
    labels, cosines = find_cores(held).join(low.vectors[places])
    order = np.argsort(-cosines, kind="stable")
    groups = [tuple(places[place] for place in order[labels[order] == label]) for label in range(labels.max() + 1)]
    return [group for group in groups if group]


def _group(low: Low, places: tuple[int, ...], *, near: bool) -> Group:
    vectors = low.vectors[different(low, places)]
    n_different = len(vectors) if len(vectors) > COMPARED else len(first_of_each(vectors))
    centre = vectors.mean(axis=0)
    cohesion = float((vectors @ centre).mean() / max(float(np.linalg.norm(centre)), 1e-9))
    return Group(places, near, n_different, round(cohesion, 3))


async def _gap(
    goal: Goal,
    low: Low,
    found: Weakness,
    groups: Sequence[Group],
    samples: Mapping[str, Sample],
    analyst: Analyst,
    advisor: Advisor,
) -> Gap:
    clusters = [_cluster(low, group, samples) for group in groups]
    subgoal = goal.subgoal(low.coverage.id)
    standing, named = found.standing, await analyst.name(subgoal, clusters, _others(low, samples))
    n = len(low.alignments)
    capabilities = tuple(_sized(*one) for one in zip(named, groups, strict=True))
    return Gap(
        subgoal_id=low.coverage.id,
        alignment=low.coverage.alignment,
        capabilities=capabilities,
        recommendations=await advisor.recommend(subgoal, standing, capabilities),
        kind=standing.kind,
        why=found.why + _selection(low),
        needed=standing.needed,
        in_input=standing.in_input,
        broken=standing.broken,
        not_applicable=standing.not_applicable,
        n_low=low.n_low,
        n_outliers=n - sum(len(group.places) for group in groups),
        n_repeated=n - len(set(low.wordings)),
    )


def _cluster(low: Low, group: Group, samples: Mapping[str, Sample]) -> Cluster:
    alignments = tuple(low.alignments[place] for place in group.places)
    return Cluster(
        alignments, tuple(samples[one.sample_id] for one in alignments), near=group.near, of=len(low.alignments)
    )


def _others(low: Low, samples: Mapping[str, Sample]) -> list[Sample]:
    inside = {alignment.sample_id for alignment in low.alignments}
    return [sample for sample_id, sample in samples.items() if sample_id not in inside][:OTHERS]


def _sized(capability: Capability, group: Group) -> Capability:
    sizes = {"n_different": group.n_different, "cohesion": group.cohesion, "confidence": group.confidence}
    return capability.model_copy(update=sizes)


def _selection(low: Low) -> str:
    """Says so when the groups are of a selection."""
    n = len(low.alignments)
    return f" Its groups are of {n:,} of the {low.n_low:,} low-scoring samples, evenly chosen." if n < low.n_low else ""


def _map(low: Low, groups: Sequence[Group]) -> GapMap:
    group_of = {place: number for number, group in enumerate(groups) for place in group.places}
    if not groups:
        return GapMap(subgoal_id=low.coverage.id, points=())
    shown = list(evenly(len(low.alignments), MAPPED))
    centres = [low.vectors[list(group.places)].mean(axis=0) for group in groups]
    flat = on_a_plane(low.vectors[shown], np.array(centres))
    points = tuple(
        MapPoint(
            sample_id=low.alignments[place].sample_id,
            x=round(float(x), 3),
            y=round(float(y), 3),
            group=group_of.get(place),
            quote=" ".join(low.alignments[place].evidence.split())[:_QUOTE],
        )
        for place, (x, y) in zip(shown, flat, strict=True)
    )
    return GapMap(subgoal_id=low.coverage.id, points=points)
