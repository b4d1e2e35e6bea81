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
LEVEL_NAMES = ("none", "poor", "weak", "good", "strong", "perfect")
"""The paper's names of the levels 0 to 5 (section 4.4)."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SubgoalId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=80)]
Scope = Literal["some", "every"]
Slot = Literal["domain", "task", "output", "audience", "safety", "evidence", "out_of_scope"]
"""The parts of the operational scope (section 3.2, step 3): what a goal has to say before it can be taken apart."""
SLOTS: tuple[Slot, ...] = get_args(Slot)
SLOT_NAMES: dict[Slot, str] = {
    "domain": "the topics",
    "task": "the task",
    "output": "the form of the answers",
    "audience": "the audience",
    "safety": "safety",
    "evidence": "the evidence",
    "out_of_scope": "what is out of scope",
}
"""What each is called to a person, within a sentence."""


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
    overruled: tuple[Text, ...] = ()
    """Checks that failed and that the practitioner let pass, in words; the report says so."""
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


Fault = Literal["empty", "cut off", "another input's"]
"""What is wrong with an output (tools/outputs.py)."""


class Outputs(Frozen):
    """What is known of the outputs of the samples that touch a subgoal (level 2 and above)."""

    checked: int = 0
    """How many were looked at; 0 where an older version wrote it."""
    broken: int = 0
    """Of these, with a broken output."""
    supporting: int = 0
    """Of these again, at level 4 or 5: they support nothing."""


class SubgoalCoverage(Frozen):
    """How well a dataset supports one subgoal: A(D, s_j) with what is needed to trust it."""

    id: str
    name: str
    scope: Scope
    alignment: float | None
    """Mean score over the scored samples, 0 to 1; None when nothing was scored."""
    ci_low: float | None
    ci_high: float | None
    """95% interval of the mean."""
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
    outputs: Outputs = Outputs()

    @property
    def sound_support(self) -> int:
        """The support that counts: without the samples whose output is known to be broken."""
        return self.support - self.outputs.supporting


class SubgoalAgreement(Frozen):
    """How far several judges agree about one subgoal."""

    id: str
    alpha: float | None
    """Krippendorff's alpha for ordered levels: 1 agreement, 0 chance; None when no level differs from any other."""
    n: int
    """Samples that at least two judges scored."""
    means: dict[str, float]
    """Judge -> its mean score."""
    far_apart: float | None
    """Share of these samples on which two judges are two levels or more apart; None when there are none."""
    disputed: bool
    """Whether the judges disagree too much for their median to be relied on."""


class Agreement(Frozen):
    """How far several judges agree; the score is their median."""

    judges: tuple[str, ...]
    alpha: float | None
    """Over all subgoals together."""
    subgoals: tuple[SubgoalAgreement, ...]
    pairs: int = 0
    """Of a sample and a subgoal, each put before every judge."""
    lacking: dict[str, int] = {}
    """Judge -> pairs to which it gave no level, where there are any; the score of these is the other judges' alone."""


class CoverageReport(Frozen):
    """Coverage of all subgoals (paper, phase 2)."""

    subgoals: tuple[SubgoalCoverage, ...]
    overall: float | None
    """Weighted mean of the subgoals' alignments."""
    n_samples: int
    n_gaps: int
    agreement: Agreement | None = None
    """With several judges."""
    notes: tuple[str, ...] = ()
    """What to know before believing these figures."""
    broken: dict[str, Fault] = {}
    """The samples whose output is known to be broken, by id, and what is wrong with it: they support nothing."""


Kind = Literal["absent", "rare", "shallow", "off-target", "broken", "unsure"]
"""What kind of weakness a gap is, because the remedy differs (the rules: tools/kinds.py).

absent: no sample touches it. rare: few samples, but good ones. shallow: many touch it, none deeply. off-target: the
samples are about something else. broken: outputs are empty, cut off or another input's. unsure: to be read by hand.
"""
Confidence = Literal["low", "medium", "high"]


class Capability(Frozen):
    """A capability that a gap's low-scoring samples lack (Eq. 8)."""

    title: str
    summary: str
    share: float
    """Share of the gap's low-scoring samples."""
    n: int
    sample_ids: tuple[str, ...]
    quotes: tuple[str, ...]
    quote_ids: tuple[str, ...] = ()
    """The sample of each quote; empty where an older version wrote it."""
    terms: tuple[str, ...] = ()
    """Key terms that set these samples apart from the others."""
    instead: str = ""
    """What the samples are about, in words; "" when they have no common subject."""
    n_different: int | None = None
    """How many of the n are left when near-duplicates count once."""
    cohesion: float | None = None
    """Mean cosine of the samples to their centre: 1 when all say the same."""
    confidence: Confidence | None = None
    """How far to trust the group, by the number of different samples and by cohesion."""
    note: str = Field(default="", exclude=True)
    """Why the embedded analyst named it in a model's place; else empty. In files the summary alone says it."""

    @model_validator(mode="after")
    def _every_quote_has_its_sample(self) -> Self:
        if self.quote_ids and len(self.quote_ids) != len(self.quotes):
            raise ValueError("quote_ids goes with quotes, one for each")
        return self


class Recommendation(Frozen):
    """What to do about a gap (Eq. 9)."""

    action: str
    detail: str
    sample_ids: tuple[str, ...] = ()
    note: str = Field(default="", exclude=True)
    """Why the embedded advisor gave it in a model's place; else empty. In files the detail alone says it."""


class Gap(Frozen):
    """A subgoal with insufficient support (Definition 1), why, and what to do."""

    subgoal_id: str
    alignment: float | None
    capabilities: tuple[Capability, ...]
    recommendations: tuple[Recommendation, ...]
    kind: Kind | None = None
    """None where an older version wrote it."""
    why: str = ""
    """The rule that decided on the kind, in words and figures."""
    needed: int | None = None
    """New samples at level 4 that close the gap by its rule, at the least."""
    in_input: tuple[str, ...] = ()
    """Samples whose input holds what their output leaves out: to be mended without new material."""
    broken: tuple[str, ...] = ()
    """Samples whose output is empty, cut off or another input's, among those that touch the subgoal."""
    not_applicable: int = 0
    """Samples that cannot show it, such as a text without an amount where amounts are to be kept."""
    n_low: int | None = None
    """Low-scoring samples, without those that cannot show it."""
    n_outliers: int = 0
    """Low-scoring samples that belong to none of the capabilities."""
    n_repeated: int = 0
    """Low-scoring samples that repeat another one."""


class MapPoint(Frozen):
    """A low-scoring sample on a gap's map."""

    sample_id: str
    x: float
    y: float
    """0 to 1 on both axes; near is alike."""
    group: int | None
    """Place of its capability in the gap's; None for one that belongs to none."""
    quote: str


class GapMap(Frozen):
    """A gap's low-scoring samples in two dimensions; of very many a part, evenly chosen."""

    subgoal_id: str
    points: tuple[MapPoint, ...]
