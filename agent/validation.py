"""The types of the validation (paper, sections 4 and 5): do the scores mean anything?

rho  Removal (Definition 4)    D'  what a removal leaves    a row of Table 2  SubgoalEffect    section 5.2  Summary
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

import regex as re  # a person's pattern may take for ever, and this one has a time limit
from goalcover.agent.models import Frozen, Sample, SubgoalId, Text
from pydantic import Field, field_validator, model_validator

Interval = tuple[float, float]
"""The ends of a 95% interval."""
PATIENCE = 2.0
"""Seconds that a pattern may take on one text; an honest one takes thousandths."""


class Where(Frozen):
    """Rows labelled in a column of their own."""

    column: Text
    equals: str | int | float | bool


class Removal(Frozen):
    """What is taken away, and which subgoal is expected to fall: the pattern rho of Definition 4."""

    id: Text
    target: SubgoalId
    terms: tuple[Text, ...] = ()
    """Whole words in either case, with or without a plural ending; a trailing * matches what begins so."""
    pattern: str | None = None
    """A regular expression (of Python's `regex`), in either case; with terms, what either matches is removed."""
    where: Where | None = None
    """Instead of terms and pattern."""
    fields: tuple[Literal["input", "output"], ...] = Field(default=("input", "output"), min_length=1)
    """Where terms and pattern are looked for."""

    @field_validator("pattern")
    @classmethod
    def _pattern_is_one(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _says_what_to_remove(self) -> Self:
        if (self.where is None) == (not self.terms and not self.pattern):
            raise ValueError("needs either `terms` (or `pattern`) or `where`, one of them")
        return self

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Terms and pattern as one."""
        # All that begin with a letter behind one \b: a look behind for each takes four times as long.
        words = [_term(term) for term in self.terms if re.match(r"\w", term)]
        signs = [_term(term) for term in self.terms if not re.match(r"\w", term)]
        parts = [rf"\b(?:{'|'.join(words)})"] if words else []
        return re.compile("|".join([*parts, *signs, *([f"(?:{self.pattern})"] if self.pattern else [])]), re.IGNORECASE)

    def matches(self, sample: Sample) -> bool:
        """Whether a text of the sample holds a term or the pattern (`where` is read by `tools.studies.removals`).

        Raises TimeoutError where the pattern takes longer than `PATIENCE`.
        """
        return any(self.regex.search(getattr(sample, field), timeout=PATIENCE) for field in self.fields)


def _term(term: str) -> str:
    words = r"\s+".join(map(re.escape, term.removesuffix("*").split()))
    if not re.search(r"\w$", term):  # a prefix, or a sign such as $ or C++
        return words
    plural = rf"(?:{words[:-1]}ies|{words})" if words.endswith("y") else words
    return rf"{plural}(?:e?s)?(?!\w)"


class Design(Frozen):
    """What a study was asked: enough to compute it again from the run's judgements."""

    removals: tuple[Removal, ...]
    size: int
    """Samples of each draw."""
    draws: Mapping[int, tuple[int, ...]]
    """Seed -> numbers of the rows drawn, in their shuffled order (section 4.3)."""
    paper: Mapping[str, "Published"] = Field(default_factory=dict)
    """Removal id -> what the paper reports for it."""


class Published(Frozen):
    """A removal's rows in the paper's Table 2: another judge on other rows, for orientation only."""

    retention: float
    """0 to 1."""
    subgoals: Mapping[SubgoalId, tuple[float, float]]
    """Id -> mean alignment before and after."""


class SubgoalEffect(Frozen):
    """How a removal moves one subgoal's mean alignment: a row of Table 2. Means over the seeds."""

    id: SubgoalId
    before: float | None
    after: float | None
    """None when a removal leaves no sample."""
    delta_abs: float | None
    delta_rel: float | None
    """A fraction: -0.31 is a fall of 31%. None when there was nothing to fall."""
    ci: Interval | None
    """Of delta_rel: samples drawn anew within each seed's draw, the same before and after."""
    is_target: bool
    control: Interval | None = None
    """Where 95% of delta_rel lie when as many samples are removed at random."""
    paper: Interval | None = None
    """The paper's mean alignment before and after, where it has this row."""

    @property
    def paper_rel(self) -> float | None:
        """The paper's relative change."""
        return self.paper[1] / self.paper[0] - 1 if self.paper else None

    @property
    def furthest(self) -> float:
        """How far from no change any of its figures lies: what an axis has to hold."""
        figures = (self.delta_rel, self.paper_rel, *(self.ci or ()), *(self.control or ()))
        return max((abs(one) for one in figures if one is not None), default=0.0)


class RemovalEffect(Frozen):
    """What one removal did."""

    id: Text
    target: SubgoalId
    retention: float
    """Share of the samples that are left."""
    n_samples: float
    n_removed: float
    """Both means over the seeds."""
    subgoals: tuple[SubgoalEffect, ...]
    separated: bool | None
    """The target falls further than by chance, and most in 95% of the draws; None: nothing to be learnt from it."""
    falls_most: float | None
    """Share of the bootstrap draws in which the target falls most."""
    verdict: str
    paper_retention: float | None = None


class SeedSummary(Frozen):
    """The same figures from one seed's draw alone."""

    seed: int
    target_mean_drop: float | None
    nontarget_mean_abs_change: float | None
    cohens_d: float | None


class Summary(Frozen):
    """Target against non-target over all removals (section 5.2)."""

    target_mean_drop: float | None
    """A fraction: 0.31 is a mean fall of 31%."""
    target_mean_drop_ci: Interval | None
    nontarget_mean_abs_change: float | None
    nontarget_mean_abs_change_ci: Interval | None
    nontarget_mean_fall: float | None
    """The same with every rise counted as 0: falls alone would be false alarms, rises are arithmetic of the mean."""
    target_mean_delta: float | None = None
    """The targets' mean change on the scale of 0 to 1: relative changes of small means look large."""
    nontarget_mean_abs_delta: float | None = None
    separated: str
    """`6 of 6`: of the removals that anything can be learnt from."""
    cohens_d: float | None
    cohens_d_ci: Interval | None
    cohens_d_formula: str
    paired_p: float | None
    paired_test: str
    seeds: tuple[int, ...]
    by_seed: tuple[SeedSummary, ...] = ()
    """Empty where studies with different seeds were put together."""
    verdict: str

    @property
    def p_shown(self) -> str:
        """`= 0.031`, or `< 0.001`."""
        return "< 0.001" if self.paired_p is not None and self.paired_p < 0.001 else f"= {self.paired_p or 1:.3f}"


class Validation(Frozen):
    """The content of validation.json."""

    assessed_at: str
    """`created_at` of the assessment that it rests on: after another one it tells nothing."""
    judge: str
    n_judged: int
    """Samples judged once, all seeds together."""
    removals: tuple[RemovalEffect, ...]
    summary: Summary
    notes: tuple[str, ...] = ()


TrustGrade = Literal["trustworthy", "weak", "untrustworthy"]
NaturalKind = Literal["rare", "shallow", "swapped"]


class NaturalGap(Frozen):
    """A weakness as data have it, planted in the run's own samples: is it seen?"""

    kind: NaturalKind
    n: int
    """Samples it was planted in."""
    before: float
    after: float
    """Mean alignment: of the whole dataset for `rare`, of those samples for the others."""
    seen: bool
    detail: str


class Trust(Frozen):
    """How far one subgoal's diagnosis carries on this data, and why."""

    id: SubgoalId
    name: str
    grade: TrustGrade
    reason: str
    terms: tuple[str, ...] = ()
    """What marks its high-scoring samples, apart from the subgoal's own words."""
    natural: tuple[NaturalGap, ...] = ()


class SelfTest(Frozen):
    """The content of selftest.json."""

    assessed_at: str
    """`created_at` of the assessment that it rests on: after another one it tells nothing."""
    judge: str
    verdict: str
    """Which diagnoses carry, in one or two sentences."""
    subgoals: tuple[Trust, ...]
    removals: tuple[RemovalEffect, ...]
    summary: Summary
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    """What to know of the run as a whole before believing any of it."""
