"""The paper's roles as protocols. Each engine plays all of them, and what uses one does not ask which engine it is."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from goalcover.agent.elicitation import Checks, DataProfile, Draft, Question, Specification
from goalcover.agent.models import Alignment, Capability, Kind, Recommendation, Sample, Subgoal, SubgoalCoverage
from goalcover.agent.synthesis import Anchors, Brief, Candidate, Generated, Verdict
from goalcover.agent.talk import Spoken, Tool, Turn
from goalcover.agent.usage import Usage


class Clarifier(Protocol):
    """What to ask next (section 3.2, steps 2 and 3)."""

    async def ask(self, specification: Specification, profile: DataProfile | None) -> tuple[Question, ...]:
        """One to three questions about open slots, the most telling first; none when no slot is open.

        They depend on the goal and on all answers so far, and repeat nothing that was answered or skipped. With a
        profile of the dataset, suggested answers come from it.
        """


class Decomposer(Protocol):
    """The subgoals of a refined goal (step 4, Eq. 5), and whether they are a valid decomposition (Eq. 1 to 3)."""

    async def decompose(self, specification: Specification, profile: DataProfile | None) -> Draft:
        """Two to twelve subgoals with scope and, for `some`, the share wanted: a proposal, the person decides."""

    async def check(self, specification: Specification, subgoals: Sequence[Subgoal]) -> Checks:
        """Every check with a reason that a person can act on and, where it failed, an offered repair."""


class Judge(Protocol):
    """E in Eq. 6: how well does a sample support a subgoal, and why?"""

    @property
    def id(self) -> str:
        """Engine, model and version; part of every judgement's key in the ledger."""

    @property
    def batch_size(self) -> int:
        """How many samples one call takes."""

    async def judge(self, samples: Sequence[Sample], subgoals: Sequence[Subgoal]) -> list[Alignment]:
        """One alignment for every (sample, subgoal), samples outermost, both in the order given."""


@dataclass(frozen=True)
class Effort:
    """What one judgement took: its part of the calls that it was made with."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempt: int = 1
    """Number of the call that gave the answer, counted from 1."""
    latency_ms: int = 0


@dataclass(frozen=True)
class JudgedPart:
    """One sample's alignments with some of the subgoals, as they come in, and what they took."""

    alignments: tuple[Alignment, ...]
    efforts: tuple[Effort, ...]
    """Of each alignment."""
    usage: Usage
    unscored: Counter[str] = field(default_factory=Counter)
    """Why there is no level -> how many times."""
    busy: bool = False
    """Whether the server gave no answer at all, however often it was asked."""


MayCall = Callable[[Callable[[], Usage], Callable[[], Usage]], AbstractAsyncContextManager[None]]
"""Around every call: given what the sample took that was not handed on yet, and what the call should take.

Raises StoppedError when it may not be made.
"""


def always(_spent: Callable[[], Usage], _expected: Callable[[], Usage]) -> AbstractAsyncContextManager[None]:
    """The `MayCall` of work that nobody stops."""
    return nullcontext()


@runtime_checkable
class RemoteJudge(Judge, Protocol):
    """A judge that waits for a server, and so works on many samples at a time."""

    @property
    def model_name(self) -> str:
        """As its server and price lists call the model."""

    @property
    def concurrency(self) -> int:
        """Most samples to be judged at once."""

    @property
    def timeout(self) -> float:
        """Seconds that one call may take."""

    async def prepare(self) -> None:
        """Finds out, once, what the server can do. Raises ModelError when the judge cannot work at all."""

    def expected(self, sample: Sample, subgoals: Sequence[Subgoal]) -> Usage:
        """What judging a sample should take."""

    def judge_one(
        self, sample: Sample, subgoals: Sequence[Subgoal], may_call: MayCall = always
    ) -> AsyncGenerator[JudgedPart]:
        """One sample against all subgoals, each in one of the parts; what fails is unscored, with its reason.

        Raises ModelError when nothing can work (no such model, a key that is not accepted), and StoppedError instead of
        a call that may not be made; before either, a part says what was spent in vain.
        """


NEAR_LEVEL = 2
"""The rubric's "weak", some relevance. Level 1, "minimal connection", is in practice a sample about something else."""
EXEMPLAR_LEVEL = 3
"""The rubric's "good": from here on a sample can serve as a model."""


@dataclass(frozen=True)
class Cluster:
    """Low-scoring samples of one gap that belong together: a part of E in Eq. 8."""

    alignments: tuple[Alignment, ...]
    """Most typical first; each with its explanation and the passage it rests on."""
    samples: tuple[Sample, ...]
    """The sample of each alignment."""
    near: bool
    """Whether these samples touch the subgoal (level 2 and above) or miss it (0 and 1): the remedies differ."""
    of: int
    """Low-scoring samples of the gap in all clusters and in none."""


class Analyst(Protocol):
    """M in Eq. 8: which capability do these low-scoring samples lack?"""

    async def name(
        self, subgoal: Subgoal, clusters: Sequence[Cluster], others: Sequence[Sample]
    ) -> tuple[Capability, ...]:
        """One capability for every cluster, in order. `others` are samples of the dataset to tell the clusters from."""


@dataclass(frozen=True)
class Standing:
    """Where a gap's subgoal stands: the figures and samples that its recommendations rest on."""

    coverage: SubgoalCoverage
    needed: int
    """New samples at level 4 that would close the gap, at the least."""
    to_rewrite: int | None
    """For scope `every`: low-scoring samples which, rewritten to level 4, would close the gap, or all that can be
    rewritten where they are too few; None for `some`."""
    exemplars: tuple[str, ...]
    """Ids of samples that show the subgoal best (level 3 and above), best first, at most ten."""
    near_misses: tuple[str, ...]
    """Ids of samples that come close (level 2), at most ten."""
    off_topic: tuple[str, ...]
    """Ids of samples at level 0, at most ten."""
    kind: Kind | None = None
    """What kind of weakness it is."""
    in_input: tuple[str, ...] = ()
    """Ids of all samples whose input holds what their output leaves out."""
    broken: tuple[str, ...] = ()
    """Ids of all samples that touch the subgoal and whose output is empty, cut off or another input's."""
    faults: tuple[str, ...] = ()
    """What is wrong with each of these: "empty", "cut off" or "another input's"."""
    not_applicable: int = 0
    """Samples that cannot show it; not to be rewritten."""
    rewriting_closes: bool = True
    """Whether rewriting so many closes the gap."""


class Advisor(Protocol):
    """R in Eq. 9: what closes the gap?"""

    async def recommend(
        self, subgoal: Subgoal, standing: Standing, capabilities: Sequence[Capability]
    ) -> tuple[Recommendation, ...]:
        """Two to four recommendations, the most effective first."""


class Generator(Protocol):
    """The generator of section 3.5: samples that show what the dataset lacks."""

    @property
    def id(self) -> str:
        """Engine, model and version."""

    async def generate(self, subgoal: Subgoal, brief: Brief, n: int) -> Generated:
        """At most n candidates, in the form of the brief's exemplars; fewer, with the reason, if need be."""


class Discriminator(Protocol):
    """The discriminator of section 3.5: which candidates are good enough to train on?"""

    @property
    def id(self) -> str:
        """Engine, model and version."""

    async def judge(self, subgoal: Subgoal, candidates: Sequence[Candidate], anchors: Anchors) -> tuple[Verdict, ...]:
        """One verdict for every candidate, in order. Judged in groups of 4 to 8 with the anchors hidden among them.

        Equal candidates are judged once. A judgement that failed is a verdict without levels.
        """


class Companion(Protocol):
    """Talks about a finished run."""

    def answer(self, turns: Sequence[Turn], facts: str, tools: Sequence[Tool]) -> AsyncIterator[Spoken]:
        """The answer to the last turn, as it comes. `facts` is what is known about the run without a tool, as text.

        Figures come from facts and tool results alone: an answer that holds others is corrected.
        """
