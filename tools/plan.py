"""How a request for synthetic samples is spread: over what the gap lacks, difficulty and form (section 3.5)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from typing import get_args

from goalcover.agent.models import Capability, Frozen, Sample, Subgoal
from goalcover.agent.synthesis import Brief, Candidate, Difficulty, Rejected
from goalcover.memory.synthetic import Decision
from goalcover.tools.material import Material

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
_FORMS = {
    "a question that is answered with yes or no": r"(?:is|are|was|were|do|does|did|can|could|should|will|has|have)\b",
    "a question that asks how": r"how\b",
    "a question that asks why": r"why\b",
    "a question that asks what or which": r"(?:what|which|who|when|where)\b",
}
_LEAST_FORM = 0.1
"""Share of the dataset's inputs from which a form is one of its own."""


class Part(Frozen):
    """A part of a request: one brief, and how many samples it is to give."""

    brief: Brief
    n: int


class Spread(Frozen):
    """How samples are spread: number by capability, difficulty and form."""

    capabilities: dict[str, int]
    difficulties: dict[str, int]
    forms: dict[str, int]


def plan(material: Material, n: int, *, form: str = "", rejected: Sequence[Decision] = ()) -> list[Part]:
    """Parts that sum to n: capabilities by their share of the gap, in each the difficulties and forms in turn.

    `form` is the person's own wish for all; without it the dataset's own forms alternate. `rejected` are candidates
    that a person or a discriminator turned down before.
    """
    gap, subgoal = material.gap, material.subgoal
    known = gap.capabilities if gap is not None and gap.capabilities else (_whole(subgoal),)
    counts = _shares(n, [capability.share for capability in known])
    turns = cycle([form] if form else forms_of(material.samples.values()) or [""])
    told = tuple(Rejected(input=one.input, output=one.output, reason="; ".join(one.reasons)) for one in rejected[-5:])
    parts = []
    for place, (capability, count) in enumerate(zip(known, counts, strict=True)):
        for difficulty, share in zip(DIFFICULTIES, _shares(count, [1, 1, 1]), strict=True):
            if share:
                brief = Brief(
                    capability=f"{capability.title}. {capability.summary}",
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
    counts: Counter[str] = Counter()
    n = 0
    for n, sample in enumerate(islice(samples, 1_000), 1):  # noqa: B007 (counted)
        opening = sample.input.strip()[:40].lower()
        counts.update(name for name, pattern in _FORMS.items() if re.match(pattern, opening))
    return [name for name, count in counts.most_common() if count >= _LEAST_FORM * n]


def spread_of(candidates: Iterable[Candidate]) -> Spread:
    """How candidates came out."""
    made = list(candidates)
    return Spread(
        capabilities=dict(Counter(one.capability.partition(". ")[0] for one in made)),
        difficulties=dict(Counter(one.difficulty for one in made)),
        forms=dict(Counter(one.form or "as in the dataset" for one in made)),
    )


def _whole(subgoal: Subgoal) -> Capability:
    return Capability(title=subgoal.name, summary=subgoal.description, share=1.0, n=0, sample_ids=(), quotes=())


def _shares(n: int, weights: Sequence[float]) -> list[int]:
    """n in whole parts by weight, the largest remainders rounded up; the first of equal ones."""
    total = sum(weights) or 1.0
    exact = [n * weight / total for weight in weights]
    counts = [int(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda place: (counts[place] - exact[place], place))
    for place in order[: n - sum(counts)]:
        counts[place] += 1
    return counts
