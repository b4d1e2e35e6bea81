"""The paper's roles as protocols. Each engine plays all of them; nothing else in the code asks which engine it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from goalcover.agent.elicitation import Checks, DataProfile, Question, Specification
from goalcover.agent.models import Alignment, Capability, Recommendation, Sample, Subgoal, SubgoalCoverage


class Clarifier(Protocol):
    """What to ask next (section 3.2, steps 2 and 3)."""

    async def ask(self, specification: Specification, profile: DataProfile | None) -> tuple[Question, ...]:
        """One to three questions about open slots, the most telling first; none when no slot is open.

        They depend on the goal and on all answers so far, and repeat nothing that was answered or skipped. With a
        profile of the dataset, suggested answers come from it.
        """


class Decomposer(Protocol):
    """The subgoals of a refined goal (step 4, Eq. 5), and whether they are a valid decomposition (Eq. 1 to 3)."""

    async def decompose(self, specification: Specification, profile: DataProfile | None) -> tuple[Subgoal, ...]:
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
    themed: bool = True
    """False for what is left over: samples that are like no others."""


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
    """For scope `every`: low-scoring samples which, rewritten to level 4, would close the gap; None for `some`."""
    exemplars: tuple[str, ...]
    """Ids of samples that show the subgoal best (level 3 and above), best first, at most ten."""
    near_misses: tuple[str, ...]
    """Ids of samples that come close (level 2), at most ten."""
    off_topic: tuple[str, ...]
    """Ids of samples at level 0, at most ten."""


class Advisor(Protocol):
    """R in Eq. 9: what closes the gap?"""

    async def recommend(
        self, subgoal: Subgoal, standing: Standing, capabilities: Sequence[Capability]
    ) -> tuple[Recommendation, ...]:
        """Two to four recommendations, the most effective first."""
