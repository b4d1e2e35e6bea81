"""Which candidates are new, clean and in form, before anybody judges them: the checks by code, each with its reason."""

from collections.abc import Sequence

from goalcover.agent.models import Sample
from goalcover.agent.synthesis import Brief, Candidate
from goalcover.tools.checks import problems, strays
from goalcover.tools.leakage import Passages
from goalcover.tools.material import Material
from goalcover.tools.novelty import Duplicate, Known, common_span, repeated

NEAR_INPUT = 0.9
"""Similarity from which an input asks what another asks; below it the same document may be asked something else."""
_LEAST_ASKED = 8
"""Words: a shorter input is a phrase that many rows share."""
_LEAST_SAID = 20
"""Words: a shorter answer may be right for many questions."""


class Screen:
    """Compares candidates with the training data, the evaluation set, and the candidates before them."""

    def __init__(self, material: Material, holdout: Sequence[Sample] = (), before: Sequence[Sample] = ()) -> None:
        """`holdout` is the evaluation set; `before` are synthetic samples of earlier requests."""
        self._material = material
        self._known = list(material.samples.values())
        self._holdout = list(holdout)
        self._texts, self._inputs = Known(_texts(self._known)), Known([one.input for one in self._known])
        self._held_out = Known(_texts(self._holdout))
        self._passages = Passages(_texts(self._holdout), _texts(self._known) if self._holdout else ())
        self._passed = list(before)

    def check(self, brief: Brief, candidates: Sequence[Candidate], samples: Sequence[Sample]) -> list[list[str]]:
        """For each candidate why it cannot be taken; empty when it can."""
        prompt = "\n".join([brief.capability, *brief.explanations])
        found = [
            list(
                problems(
                    sample,
                    self._material.subgoal,
                    self._material.bounds,
                    [*self._material.of(candidate.parents), *brief.exemplars],
                    prompt,
                )
            )
            for candidate, sample in zip(candidates, samples, strict=True)
        ]
        for reasons, candidate in zip(found, candidates, strict=True):
            reasons.extend(strays(candidate.columns, self._material.layout.columns))
        for place, reason in self._repetitions(samples):
            found[place].append(reason)
        return found

    def keep(self, sample: Sample) -> None:
        """Takes note of one that passed: later ones must not repeat it."""
        self._passed.append(sample)

    def _repetitions(self, samples: Sequence[Sample]) -> list[tuple[int, str]]:
        texts = _texts(samples)
        found = [(one.place, self._known_reason(one)) for one in self._texts.duplicates(texts)]
        asked = [sample.input if len(sample.input.split()) >= _LEAST_ASKED else "" for sample in samples]
        alike = self._inputs.duplicates(asked, NEAR_INPUT)
        found += [(one.place, self._known_reason(one)) for one in alike if asked[one.place]]
        return [*found, *self.leaks(samples).items(), *self._among_candidates(samples)]

    def leaks(self, samples: Sequence[Sample]) -> dict[int, str]:
        """By place what gives the evaluation set away: a passage of it, or the whole in other words."""
        texts = _texts(samples)
        shared = {one.place: (one.known, one.span) for one in self._held_out.duplicates(texts)}
        for place, text in enumerate(texts):
            if passage := self._passages.longest(text):
                shared[place] = passage.held, passage.span
        return {
            place: f"it shares a passage with {self._holdout[known].id} of the evaluation set: “{_cut(span)}”"
            for place, (known, span) in shared.items()
        }

    def _among_candidates(self, samples: Sequence[Sample]) -> list[tuple[int, str]]:
        """Candidates that nearly repeat one before them, as a whole or in their answer alone."""
        both, first = [*self._passed, *samples], len(self._passed)
        found = {}
        for texts in ([one.output if len(one.output.split()) >= _LEAST_SAID else "" for one in both], _texts(both)):
            for place, earlier in repeated(texts).items():
                if place >= first and texts[place]:
                    span = _cut(common_span(texts[place], texts[earlier]))
                    found[place - first] = f"it nearly repeats another candidate or synthetic sample: “{span}”"
        return list(found.items())

    def _known_reason(self, one: Duplicate) -> str:
        where = self._known[one.known].id
        return f"it nearly repeats {where} of the training data ({one.similarity:.0%} alike): “{_cut(one.span)}”"


def _texts(samples: Sequence[Sample]) -> list[str]:
    return [f"{sample.input}\n{sample.output}" for sample in samples]


def _cut(span: str) -> str:
    return span if len(span) <= 160 else f"{span[:160].rstrip()} …"
