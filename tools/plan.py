"""How a request for synthetic samples is spread: over what the gap lacks, difficulty and form (section 3.5).

A gap's groups tell what its low-scoring samples lack. Where most of them do not even touch a subgoal that a share of
the data is to show, they are about other things, and lack all of it: then the request goes over the subgoal's aspects.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from typing import get_args

import numpy as np
from goalcover.agent.embedded.phrases import phrases
from goalcover.agent.embedded.wordings import VERBS
from goalcover.agent.embedder import DIMENSIONS, Embedder, Floats
from goalcover.agent.models import Capability, Frozen, Sample, Subgoal
from goalcover.agent.roles import NEAR_LEVEL
from goalcover.agent.synthesis import Brief, Candidate, Difficulty, Rejected
from goalcover.memory.synthetic import Decision
from goalcover.tools.lows import evenly, read_openings, with_openings
from goalcover.tools.material import Material
from pydantic import Field

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
_FORMS = {
    "a question that is answered with yes or no": r"(?:is|are|was|were|do|does|did|can|could|should|will|has|have)\b",
    "a question that asks how": r"how\b",
    "a question that asks why": r"why\b",
    "a question that asks what or which": r"(?:what|which|who|when|where)\b",
}
_INSTRUCTION = "an instruction that says what to do"
_LEAST_FORM = 0.1
"""Share of the dataset's inputs from which a form is one of its own."""
_TYPICAL = 60
"""Samples of a capability that new ones are compared with."""


class Part(Frozen):
    """A part of a request: one brief, and how many samples it is to give."""

    brief: Brief
    n: int


class Spread(Frozen):
    """How samples are spread: number by capability, difficulty and form."""

    capabilities: dict[str, int]
    """How many came out, each counted for the capability whose samples it is most like."""
    difficulties: dict[str, int]
    forms: dict[str, int]
    wanted: dict[str, int] = Field(default_factory=dict)
    """By capability: how many the plan asked for."""


def plan(material: Material, n: int, *, form: str = "", rejected: Sequence[Decision] = ()) -> list[Part]:
    """Parts that sum to n: what is lacking by its share of the gap, in each the difficulties and forms in turn.

    `form` is the person's own wish for all; without it the dataset's own forms alternate. `rejected` are candidates
    that a person or a discriminator turned down before.
    """
    known = _lacking(material)
    counts = _shares(n, [capability.share for capability in known])
    turns = cycle([form] if form else forms_of(material.samples.values()) or [""])
    told = tuple(Rejected(input=one.input, output=one.output, reason="; ".join(one.reasons)) for one in rejected[-5:])
    parts = []
    for place, (capability, count) in enumerate(zip(known, counts, strict=True)):
        for difficulty, share in zip(DIFFICULTIES, _shares(count, [1, 1, 1]), strict=True):
            if share:
                brief = Brief(
                    capability=_named(capability),
                    difficulty=difficulty,
                    form=next(turns),
                    columns=material.layout.columns,
                    explanations=material.told(capability),
                    exemplars=material.exemplars,
                    sources=material.sources(capability, place, len(known)),
                    rejected=told,
                )
                parts.append(Part(brief=brief, n=share))
    return parts


def forms_of(samples: Iterable[Sample]) -> list[str]:
    """The forms in which this dataset asks, the commonest first; empty when it does not ask."""
    found = Counter(_form_of(sample) for sample in islice(samples, 1_000))
    return [name for name, count in found.most_common() if name and count >= _LEAST_FORM * found.total()]


def _form_of(sample: Sample) -> str:
    opening = sample.input.strip()[:40].lower()
    word = re.match(r"[a-z]+\b", opening)
    if word and VERBS.get(word.group()) == word.group():
        return _INSTRUCTION
    return next((name for name, pattern in _FORMS.items() if re.match(pattern, opening)), "")


def placed(material: Material, made: Sequence[Sample], embedder: Embedder) -> list[str] | None:
    """For each new sample what it is most like of what is lacking, by the vectors of what both begin with.

    None where there is nothing to tell apart: the subgoal is no gap, or its gap is of one piece.
    """
    known = [one for one in _lacking(material) if not one.n or material.of(one.sample_ids)]
    if len(known) < 2 or not made:
        return None
    centres = np.stack([_centre(material, one, embedder) for one in known])
    nearest = (_about(made, embedder) @ centres.T).argmax(axis=1)
    return [_named(known[place]) for place in nearest]


def spread_of(planned: Iterable[Part], candidates: Iterable[Candidate]) -> Spread:
    """What was wanted, and how candidates came out."""
    made, wanted = list(candidates), Counter[str]()
    for part in planned:
        wanted[_title(part.brief.capability)] += part.n
    return Spread(
        capabilities=dict(Counter(_title(one.capability) for one in made)),
        difficulties=dict(Counter(one.difficulty for one in made)),
        forms=dict(Counter(one.form or "as in the dataset" for one in made)),
        wanted=dict(wanted),
    )


def _centre(material: Material, lacking: Capability, embedder: Embedder) -> Floats:
    """(384,), unit length: what a group's samples are about; what an aspect says."""
    if not lacking.n:
        return np.asarray(embedder.vectors([lacking.title])[0], np.float32)
    ids = [lacking.sample_ids[place] for place in evenly(len(lacking.sample_ids), _TYPICAL)]
    centre = _about(material.of(ids), embedder).mean(axis=0)
    return np.asarray(centre / max(float(np.linalg.norm(centre)), 1e-9), np.float32)


def _about(samples: Sequence[Sample], embedder: Embedder) -> Floats:
    """(samples, 384), unit length: what input and output begin with."""
    nothing = np.zeros((len(samples), DIMENSIONS), np.float32)
    return with_openings(nothing, read_openings(samples, embedder).values())


def _named(capability: Capability) -> str:
    return f"{capability.title}. {capability.summary}"


def _title(capability: str) -> str:
    return capability.partition(". ")[0]


def _lacking(material: Material) -> tuple[Capability, ...]:
    """What new samples are to show."""
    known, subgoal = material.gap.capabilities if material.gap else (), material.subgoal
    if not known:
        return (_aspect(subgoal, subgoal.name),)
    elsewhere = sum(one.share for one in known if not _touches(material, one))
    if subgoal.scope == "every" or elsewhere <= sum(one.share for one in known) / 2:
        return known
    return tuple(_aspect(subgoal, phrase[:1].upper() + phrase[1:], known) for phrase in phrases(subgoal))


def _touches(material: Material, capability: Capability) -> bool:
    """Whether a group's samples come near the subgoal, by their levels."""
    levels = [material.levels[one] for one in capability.sample_ids if one in material.levels]
    return 2 * sum(level >= NEAR_LEVEL for level in levels) >= len(levels)


def _aspect(subgoal: Subgoal, title: str, lacked_by: Sequence[Capability] = ()) -> Capability:
    """Something that the subgoal names, which all groups lack alike: it has no samples of its own."""
    ids = tuple(one for group in lacked_by for one in group.sample_ids)
    return Capability(title=title, summary=subgoal.description, share=1.0, n=0, sample_ids=ids, quotes=())


def _shares(n: int, weights: Sequence[float]) -> list[int]:
    """n in whole parts by weight, the largest remainders rounded up; the first of equal ones."""
    total = sum(weights) or 1.0
    exact = [n * weight / total for weight in weights]
    counts = [int(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda place: (counts[place] - exact[place], place))
    for place in order[: n - sum(counts)]:
        counts[place] += 1
    return counts
