"""The domain, in frozen types: what the paper's symbols are called here.

    G  Goal    s_j  Subgoal    x_i  Sample    a(x_i, s_j)  Alignment (Definition 3)    A(D, s_j)  SubgoalCoverage
    E  low-scoring explanations (Eq. 7)    Capability (Eq. 8)    Recommendation (Eq. 9)    Gap (Definition 1)

The module imports nothing of this project and does nothing but describe and validate.
"""

import hashlib
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Level = Annotated[int, Field(ge=0, le=5)]
"""The rubric's six anchors as integers; level / 5 is the paper's 0.0 to 1.0 (section 4.4)."""

TOP_LEVEL = 5
SUPPORT_LEVEL = 4
"""A sample supports a subgoal from this level on."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SubgoalId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=80)]
Scope = Literal["some", "every"]
Slot = Literal["domain", "task", "output", "audience", "safety", "evidence", "out_of_scope"]
"""The parts of the operational scope (section 3.2, step 3): what a goal has to say before it can be taken apart."""
SLOTS: tuple[Slot, ...] = get_args(Slot)


class Frozen(BaseModel):
    """Values never change: a changed one is a new one (`model_copy(update=...)`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def digest(*parts: str) -> str:
    """A stable name for texts: sha256 over the length-prefixed parts, in hex, 32 characters."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()[:32]


class Sample(Frozen):
    """One training example as the judge reads it."""

    id: str
    row: int
    """Number of the row in its source, counted from 1."""
    input: str
    """What the model will be given: instruction, question, context, or the dialogue before the last assistant turn."""
    output: str
    """What the model is to answer; empty for plain text."""
    original: str = "{}"
    """The row as it was read, as JSON."""

    @property
    def digest(self) -> str:
        """Names what is judged: equal texts have equal judgements."""
        return digest(self.input, self.output)


class Subgoal(Frozen):
    """One atomic capability that the goal asks for (Definition 2)."""

    id: SubgoalId
    name: Text
    description: Text
    weight: float = Field(default=1.0, gt=0)
    scope: Scope = "some"
    """`some`: a share of the samples should show it. `every`: each sample should."""
    share: float | None = Field(default=None, gt=0, le=1)
    """For `some`: the share of samples that should support it."""

    @model_validator(mode="after")
    def _share_is_for_some(self) -> Self:
        if self.scope == "every" and self.share is not None:
            raise ValueError("share goes with scope 'some', not with 'every'")
        return self

    @property
    def digest(self) -> str:
        """Names what is judged against: weight, scope and share do not change a judgement."""
        return digest(self.name, self.description)


class Clarification(Frozen):
    """A question of the elicitation and its answer (section 3.2, step 2 and 3)."""

    question: Text
    answer: Text
    slot: Slot | None = None
    """The part of the scope that it settles; None when it settles something else, such as a failed check."""


class Goal(Frozen):
    """The goal as assessed: the paper's G with its decomposition S_G."""

    text: Text = Field(alias="goal")
    threshold: float | None = Field(default=None, gt=0, le=1)
    """The paper's one threshold for all subgoals; without it the rule follows each subgoal's scope."""
    low_score: float = Field(default=0.4, ge=0, lt=1)
    """A judgement at or below it is low-scoring (Eq. 7)."""
    context: tuple[Clarification, ...] = ()
    subgoals: tuple[Subgoal, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [subgoal.id for subgoal in self.subgoals]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"subgoal ids must be unique; used twice: {', '.join(twice)}")
        return self

    def subgoal(self, subgoal_id: str) -> Subgoal:
        """The subgoal of that id; KeyError when there is none."""
        for subgoal in self.subgoals:
            if subgoal.id == subgoal_id:
                return subgoal
        raise KeyError(subgoal_id)


class Alignment(Frozen):
    """One judgement a(x_i, s_j): level and explanation (Definition 3), or the reason why there is none."""

    sample_id: str
    subgoal_id: str
    level: Level | None
    """None: unscored. A failed judgement is never a number."""
    explanation: str
    evidence: str = ""
    """A verbatim quote from the sample, or nothing."""
    judge: str
    """Engine, model and version that judged, e.g. `embedded/all-MiniLM-L6-v2/3`."""

    @property
    def score(self) -> float | None:
        """The paper's 0.0 to 1.0, or None when unscored."""
        return None if self.level is None else self.level / TOP_LEVEL


class SubgoalCoverage(Frozen):
    """How well a dataset supports one subgoal: A(D, s_j) with what is needed to trust it."""

    id: str
    name: str
    scope: Scope
    alignment: float | None
    """Mean score over the scored samples, 0 to 1; None when nothing was scored."""
    ci_low: float | None
    ci_high: float | None
    """95 % interval of the mean."""
    support: int
    """Number of samples at level 4 or 5."""
    support_share: float | None
    share_wanted: float | None
    """For scope `some`: the share of samples that the gap rule asks for."""
    n_scored: int
    n_unscored: int
    histogram: tuple[int, int, int, int, int, int]
    """Number of samples at level 0, 1, 2, 3, 4, 5."""
    gap: bool | None
    """None: no verdict, because too many judgements failed."""
    rule: str
    """The rule that decided, in words and figures."""


class CoverageReport(Frozen):
    """Coverage of all subgoals (paper, phase 2)."""

    subgoals: tuple[SubgoalCoverage, ...]
    overall: float | None
    """Weighted mean of the subgoals' alignments."""
    n_samples: int
    n_gaps: int


class Capability(Frozen):
    """A capability that a gap's low-scoring samples lack (Eq. 8)."""

    title: str
    summary: str
    share: float
    """Share of the gap's low-scoring samples."""
    n: int
    sample_ids: tuple[str, ...]
    quotes: tuple[str, ...]


class Recommendation(Frozen):
    """What to do about a gap (Eq. 9)."""

    action: str
    detail: str
    sample_ids: tuple[str, ...] = ()


class Gap(Frozen):
    """A subgoal with insufficient support (Definition 1), why, and what to do."""

    subgoal_id: str
    alignment: float | None
    capabilities: tuple[Capability, ...]
    recommendations: tuple[Recommendation, ...]
