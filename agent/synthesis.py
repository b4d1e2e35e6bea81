"""The types of goal-conditioned synthesis (section 3.5): what is wanted, what was made of it, what it is worth.

Brief -> Generator -> Candidate -> Discriminator -> Verdict -> Proposal -> an ordinary Sample; the loop is
`tools/synthesize.py`.
"""

from typing import Literal

from goalcover.agent.models import SUPPORT_LEVEL, Frozen, Level, Sample, Text
from pydantic import Field

Difficulty = Literal["basic", "intermediate", "advanced"]
WRITTEN_A_CALL = 4
"""Candidates that are asked for at once: more of them resemble each other."""
GROUP_MOST = 8
"""Candidates that are judged together, at the most (design: judge.md, "RULER-style judging")."""


class Rejected(Frozen):
    """A candidate that was turned down: what the next round learns from."""

    input: str
    output: str
    reason: Text


class Column(Frozen):
    """A column of the dataset, and the side of a sample that it belongs to."""

    name: str
    side: Literal["input", "output"]
    values: tuple[str, ...] = ()
    """The texts that the dataset has there, where they are few, such as labels: a new sample has one of them."""


class Brief(Frozen):
    """What a generator is to make: one part of a request that is spread over capabilities, difficulty and form."""

    capability: Text
    """The gap's missing capability that the samples are to show, title and summary."""
    difficulty: Difficulty = "intermediate"
    form: str = ""
    """In words, e.g. `a question a nurse would ask`; empty: as in the exemplars."""
    columns: tuple[Column, ...] = ()
    """The dataset's own text columns to fill, in order; empty: one text for the input, one for the output."""
    explanations: tuple[str, ...] = ()
    """What the judge said about low-scoring samples of this capability (Eq. 7), at most ten."""
    exemplars: tuple[Sample, ...] = ()
    """Real samples of the dataset: examples of format and voice."""
    sources: tuple[Sample, ...] = ()
    """Real samples whose input may hold what is wanted: what the embedded generator takes its answers from."""
    made: tuple[str, ...] = ()
    """Ids of the candidates that this request has seen already: a generator that repeats itself passes over them."""
    rejected: tuple[Rejected, ...] = ()


class Candidate(Frozen):
    """A synthetic sample before anybody has accepted it."""

    id: str
    """Unique within its request."""
    input: str
    """With several columns: their texts in order, a blank line between them; likewise the output."""
    output: str
    columns: dict[str, str] = Field(default_factory=dict)
    """The text of every column that the brief asked for; empty when it asked for none."""
    capability: str
    difficulty: Difficulty
    form: str
    parents: tuple[str, ...] = ()
    """Ids of the real samples that it was made from or after."""


class Generated(Frozen):
    """What a generator made of one brief."""

    candidates: tuple[Candidate, ...]
    shortfall: str = ""
    """Why they are fewer than asked for; empty when they are not."""


class Anchors(Frozen):
    """Real samples that are hidden among the candidates, so that levels mean the same in every group."""

    strong: Sample | None
    """At level 4 or 5 for the subgoal; None when the dataset has none."""
    weak: Sample | None
    """At level 0 or 1."""


class Verdict(Frozen):
    """What a discriminator thinks of one candidate. A failed verdict has no levels: it is never a number."""

    candidate_id: str
    level: Level | None
    """How well it supports the subgoal, on the rubric's scale."""
    correctness: Level | None
    completeness: Level | None
    faithfulness: Level | None
    """Nothing in the output that the input or common knowledge does not bear out."""
    format: Level | None
    """As the dataset's own samples."""
    rationale: str
    above_weak: bool | None = None
    """Whether it ranks above the hidden weak sample of its group; None without one."""
    judge: str

    @property
    def passes(self) -> bool:
        """Level 4 or more for the subgoal, above the weak anchor, and nothing lost on any dimension."""
        dimensions = (self.level, self.correctness, self.completeness, self.faithfulness, self.format)
        return self.above_weak is not False and all(one is not None and one >= SUPPORT_LEVEL for one in dimensions)


class Proposal(Frozen):
    """A candidate that passed, waiting for a person."""

    candidate: Candidate
    sample: Sample
    """As it would stand in the dataset."""
    verdict: Verdict
    flags: tuple[str, ...]
    """What a person should look at: kinds of personal data."""
