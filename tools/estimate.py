"""What models will be asked for, before the first call: by the first samples, and without what is judged already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Self

from goalcover.agent.material import EXEMPLAR_CHARACTERS, MEMBER_CHARACTERS, MEMBERS
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Role
from goalcover.agent.synthesis import GROUP_MOST, WRITTEN_A_CALL
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import Ledger
from goalcover.tools.budget import Budget
from goalcover.tools.diagnose import MOST_CAPABILITIES
from goalcover.tools.typeset import count

_READ = 200
"""Samples that stand for all."""
_BESIDES, _SAID = 2_500, 600
"""Tokens of all else in a question about a gap, and of the answer, roughly."""
_CHARACTERS = 4
"""A token."""
_CANDIDATES, _VERDICT = 1.5, 150
"""Of synthetic samples: written for each that is wanted; tokens of a verdict."""


@dataclass(frozen=True)
class Estimate:
    """What judging the samples, and naming the gaps, should take."""

    usage: Usage
    cost: float | None
    """USD; None: the price is not known."""
    reused: int = 0
    """Judgements that are there already."""

    def __add__(self, other: Self) -> Self:
        """Both together."""
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return type(self)(self.usage + other.usage, cost, self.reused + other.reused)

    def words(self) -> str:
        """For a person."""
        used = self.usage
        cost = "price not known" if self.cost is None else f"about {self.cost:.2f} USD"
        there = f"; {count(self.reused, 'judgement')} there already" if self.reused else ""
        return (
            f"about {used.calls:,} calls, {used.prompt_tokens:,} prompt and {used.completion_tokens:,} completion "
            f"tokens, {cost}{there}"
        )


def estimate(
    samples: Iterable[Sample],
    n: int,
    subgoals: Sequence[Subgoal],
    judges: Iterable[RemoteJudge],
    budget: Budget,
    models: Mapping[Role, str] | None = None,
    discount: float = 1.0,
    ledger: Ledger | None = None,
) -> Estimate:
    """By the first 200 of n samples; with a ledger, by the first 200 that it does not hold all judgements of.

    `models` name and advise, on every subgoal at the most; judging is discounted. Where the ledger holds anything, all
    samples are read, once a judge.
    """
    work = [(judge, _Work.ahead(judge, samples, n, subgoals, ledger)) for judge in judges]
    parts = [(judge.id, ahead.expected(judge), discount) for judge, ahead in work]
    namers = [(role, name) for role, name in (models or {}).items() if role in ("analyst", "advisor")]
    read = list(islice(samples, _READ)) if namers else []
    parts += [(name, _about_gaps(role, read, len(subgoals)), 1.0) for role, name in namers]
    return _priced(parts, budget, sum(ahead.reused for _, ahead in work))


def estimate_synthesis(
    samples: Iterable[Sample],
    n: int,
    subgoals: Sequence[Subgoal],
    n_parts: int,
    judge: Judge,
    budget: Budget,
    models: Mapping[Role, str],
) -> Estimate:
    """One round in which all n samples are found, like those of the run, in so many parts; and judging them."""
    read = list(islice(samples, _READ))
    sizes = [min(len(text), EXEMPLAR_CHARACTERS) for one in read for text in (one.input, one.output)]
    size, written = sum(sizes) / max(len(read), 1) / _CHARACTERS, ceil(_CANDIDATES * n)
    parts: list[_Part] = []
    if "generator" in models:
        calls = max(n_parts, ceil(written / WRITTEN_A_CALL))
        parts.append((models["generator"], _calls(calls, _BESIDES + WRITTEN_A_CALL * size, written * size), 1.0))
    if "discriminator" in models:
        calls = max(n_parts, ceil(written / GROUP_MOST))
        judged = written / calls + 2  # the anchors
        parts.append((models["discriminator"], _calls(calls, _BESIDES + judged * size, calls * judged * _VERDICT), 1.0))
    if isinstance(judge, RemoteJudge):
        parts.append((judge.id, _Work([(one, subgoals) for one in read], n).expected(judge), 1.0))
    return _priced(parts, budget)


def _calls(n: int, prompt_each: float, completion: float) -> Usage:
    return Usage(calls=n, prompt_tokens=round(n * prompt_each), completion_tokens=round(completion))


_Part = tuple[str, Usage, float]
"""Who is asked, for what, and the part of the price that it costs."""


def _priced(parts: Sequence[_Part], budget: Budget, reused: int = 0) -> Estimate:
    prices = [budget.prices.get(spender) for spender, _, _ in parts]
    costs = [price.of(used) * part for price, (_, used, part) in zip(prices, parts, strict=True) if price]
    used = sum((one for _, one, _ in parts), Usage())
    return Estimate(used, sum(costs) if all(prices) else None, reused)


@dataclass
class _Work:
    """What one judge has before it."""

    read: list[tuple[Sample, Sequence[Subgoal]]]
    """Samples that stand for all, each with the subgoals that it is to be judged on."""
    n: int
    """Samples to be judged, these included."""
    reused: int = 0

    @classmethod
    def ahead(
        cls, judge: RemoteJudge, samples: Iterable[Sample], n: int, subgoals: Sequence[Subgoal], ledger: Ledger | None
    ) -> Self:
        if ledger is None or not ledger.count():
            return cls([(sample, subgoals) for sample in islice(samples, _READ)], n)
        work = cls([], 0)
        for sample, _, lacking in ledger.lacking(judge.id, samples, subgoals):
            work.reused += len(subgoals) - len(lacking)
            if lacking:
                work.n += 1
                work.read += [(sample, lacking)] if len(work.read) < _READ else []
        return work

    def expected(self, judge: RemoteJudge) -> Usage:
        total = sum((judge.expected(*one) for one in self.read), Usage())
        factor = self.n / max(len(self.read), 1)
        return Usage(
            calls=round(total.calls * factor),
            prompt_tokens=round(total.prompt_tokens * factor),
            completion_tokens=round(total.completion_tokens * factor),
        )


def _about_gaps(role: Role, read: Sequence[Sample], n: int) -> Usage:
    """Questions about n gaps; the analyst's hold samples."""
    sizes = [min(len(text), MEMBER_CHARACTERS) for one in read for text in (one.input, one.output)]
    sample = sum(sizes) / max(len(read), 1) + MEMBER_CHARACTERS // 2
    samples = MOST_CAPABILITIES * MEMBERS * sample if role == "analyst" else 0
    tokens = round(_BESIDES + samples / _CHARACTERS)
    return Usage(calls=n, prompt_tokens=n * tokens, completion_tokens=n * _SAID)
