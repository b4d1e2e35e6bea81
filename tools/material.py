"""What a run gives to a request for synthetic samples, read once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from goalcover.agent.errors import InputError
from goalcover.agent.models import SUPPORT_LEVEL, Capability, Gap, Sample, Subgoal
from goalcover.agent.roles import EXEMPLAR_LEVEL
from goalcover.agent.synthesis import Anchors
from goalcover.memory.runs import Run
from goalcover.tools.checks import Bounds, bounds_of
from goalcover.tools.explain import find_subgoal
from goalcover.tools.layout import Layout, layout_of, with_values

MOST_SOURCES = 2_000
EXEMPLARS = 4
EXPLANATIONS = 10


@dataclass(frozen=True)
class Material:
    """One subgoal's side of a run."""

    subgoal: Subgoal
    gap: Gap | None
    samples: Mapping[str, Sample]
    levels: Mapping[str, int]
    """Of the scored samples."""
    broken: frozenset[str]
    """Those whose output is known to be broken: nobody is to write after them."""
    explanations: Mapping[str, str]
    layout: Layout
    bounds: Bounds

    @cached_property
    def sound(self) -> tuple[str, ...]:
        """Ids of the scored samples whose output is not known to be broken, the best first."""
        return tuple(sorted((one for one in self.levels if one not in self.broken), key=lambda one: -self.levels[one]))

    @property
    def anchors(self) -> Anchors:
        """A known strong and a known weak sample."""
        best, worst = next(iter(self.sound), None), min(self.sound, key=lambda one: self.levels[one], default=None)
        return Anchors(
            strong=self.samples[best] if best is not None and self.levels[best] >= SUPPORT_LEVEL else None,
            weak=self.samples[worst] if worst is not None and self.levels[worst] <= 1 else None,
        )

    @property
    def exemplars(self) -> tuple[Sample, ...]:
        """The samples that show the subgoal best; where none does, some of the dataset."""
        shown = [one for one in self.sound[:EXEMPLARS] if self.levels[one] >= EXEMPLAR_LEVEL]
        others = (one for one in self.samples if one not in self.broken)
        return tuple(self.samples[one] for one in shown or islice(others, EXEMPLARS))

    def sources(self, capability: Capability, place: int, n: int) -> tuple[Sample, ...]:
        """Samples whose input may hold what the capability lacks, the likeliest first, at most 2,000.

        For scope `every` those that lack it. For `some` those that come closest, since others are about something else:
        the n capabilities deal them out, this one being at `place`, and go on with the rest.
        """
        own = set(capability.sample_ids)
        by_level = sorted(self.levels, key=lambda one: -self.levels[one])
        if self.subgoal.scope == "every":
            by_level.reverse()
            by_level.sort(key=lambda one: one not in own)
        else:
            dealt = set(by_level[place::n])
            by_level.sort(key=lambda one: one not in dealt)
        return tuple(self.samples[one] for one in by_level[:MOST_SOURCES])

    def told(self, capability: Capability) -> tuple[str, ...]:
        """What the judge said about the capability's samples (Eq. 7)."""
        known = (self.explanations[one] for one in capability.sample_ids if one in self.explanations)
        return tuple(dict.fromkeys(known))[:EXPLANATIONS]

    def of(self, ids: Iterable[str]) -> list[Sample]:
        """The samples of these ids that are there."""
        return [self.samples[one] for one in ids if one in self.samples]


def read_material(run: Run, asked: str) -> Material:
    """The material for a subgoal (id or name). Raises InputError for an unknown one, and for a run without samples."""
    subgoal = find_subgoal(run.goal(), asked)
    samples = {sample.id: sample for sample in run.samples()}
    if not samples:
        raise InputError(f"{run.path} holds no samples: there is nothing to go by")
    judged = [one for one in run.alignments(subgoal.id) if one.level is not None]
    return Material(
        subgoal=subgoal,
        gap=next((gap for gap in run.gaps() if gap.subgoal_id == subgoal.id), None),
        samples=samples,
        levels={one.sample_id: one.level or 0 for one in judged},
        broken=frozenset(run.coverage().broken),
        explanations={one.sample_id: one.explanation for one in judged},
        layout=layout_in(run, list(samples.values())),
        bounds=bounds_of(samples.values()),
    )


def layout_in(run: Run, samples: Sequence[Sample]) -> Layout:
    """The layout of the run's rows, which are `samples`: at least one."""
    layout = layout_of(_typical(samples), mapped=run.info().dataset.shape.startswith("mapped"))
    return with_values(layout, samples)


def _typical(samples: Sequence[Sample]) -> Sample:
    """A row with an answer, of middling length: its columns are all filled, where the dataset fills them."""
    answered = [sample for sample in samples if sample.output.strip()] or list(samples)
    return sorted(answered, key=lambda one: len(one.original))[len(answered) // 2]
