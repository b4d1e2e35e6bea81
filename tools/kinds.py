"""What kind of weakness a gap is. Six kinds, told apart by counting; the first rule that holds decides.

1. unsure      the failed judgements could close the gap, had all of them supported the subgoal; or there are several
               judges, who disagree too much for their median to be relied on (tools/agreement.py)
2. broken      of the samples that touch it (level 2 and above), 15% and at least 3 have an output that is empty, cut
               off or another input's (tools/outputs.py)
3. absent      of 90% of the samples nothing of it can be asked: no amount in the input, where amounts are to be kept
4. shallow     of the low-scoring samples, half hold it in their input and leave it out of their output
5. shallow     many samples touch it, and most of them stay at level 2 or 3, where they are no fewer than at level 1
               (else it is other subjects that come near). Many: as many at level 3 as the rule wants at level 4, or
               at level 2 a quarter of all, and as many as the rule wants or half of all
6. absent      at most 2% of the samples reach level 4, and these do not stand out: they are fewer than five, or the
               levels thin out upwards as steadily as near misses do; off-target instead, where every sample should be
               about it, or 95% serve no subgoal at all
7. off-target  every sample should be about it, and half of them are not (level 0 and 1)
8. rare        what is left: there are good samples, and too few of them

Samples that cannot show it are counted in the third rule alone.
"""

from dataclasses import dataclass

from goalcover.agent.models import SUPPORT_LEVEL, Gap, Kind, Scope
from goalcover.agent.roles import EXEMPLAR_LEVEL, NEAR_LEVEL
from goalcover.tools.typeset import count

BROKEN = 0.15
LEAST_BROKEN = 3
UNABLE = 0.9
IN_INPUT = 0.5
ABSENT_SUPPORT = 0.02
LEAST_RARE = 5
"""Good samples, below which there may be none: so many a judge takes for good ones by mistake."""
UNSERVED = 0.95
OFF_TARGET = 0.5


MEANINGS: dict[Kind, str] = {
    "absent": "hardly a sample supports it at level 4 or 5",
    "rare": "good samples, but too few",
    "shallow": "samples touch it without depth",
    "off-target": "the samples are about something else",
    "broken": "outputs are empty, cut off or another input's",
    "unsure": "too little was judged to be sure",
}
"""Each kind in a few words, as it follows a colon."""


@dataclass(frozen=True)
class Facts:
    """What the rules look at."""

    scope: Scope
    is_form: bool
    """Whether it asks for a form, such as amounts of money, rather than a subject."""
    histogram: tuple[int, ...]
    """Samples at level 0 to 5, without those that cannot show it."""
    wanted: int
    """Samples at level 4 that the gap rule asks for."""
    n_broken: int
    n_checked: int
    """Broken outputs, among so many of the samples that touch it."""
    n_in_input: int
    n_low: int
    """Low-scoring samples whose input holds it, among so many."""
    unserved: float
    """Share of all samples at level 0 or 1 for every subgoal of the goal."""
    n_unable: int = 0
    """Samples that cannot show it."""
    n_unscored: int = 0
    unscored_decide: bool = False
    """Whether the gap would be closed if all unscored samples supported it."""
    disputed: float | None = None
    """Where several judges disagree too much: the share of samples on which they are two levels or more apart."""

    @property
    def n(self) -> int:
        """Samples that could show it."""
        return sum(self.histogram)

    @property
    def near(self) -> int:
        """Samples that touch it."""
        return sum(self.histogram[NEAR_LEVEL:])

    @property
    def good(self) -> int:
        """Samples that can serve as a model."""
        return sum(self.histogram[EXEMPLAR_LEVEL:])

    @property
    def support(self) -> int:
        """Samples at level 4 or 5."""
        return sum(self.histogram[SUPPORT_LEVEL:])

    @property
    def stuck(self) -> int:
        """Samples that touch it and do not support it."""
        return self.near - self.support

    @property
    def stands_out(self) -> bool:
        """Whether the samples at level 4 and 5 are more than the tail of those below them. In a tail every step up
        keeps no larger a share than the step before: from level 1 to 2 and 3, and from there to 4 and 5."""
        return self.support >= LEAST_RARE and self.support * (self.histogram[1] + 1) > self.stuck**2

    @property
    def is_shallow(self) -> bool:
        """Whether many samples touch it, and are about it, but most do not support it."""
        many = self.good >= self.wanted or self.near >= max(min(self.wanted, self.n / 2), self.n / 4)
        return many and self.stuck > self.support and self.stuck >= self.histogram[1]


def many_broken(n_broken: int, n_checked: int) -> bool:
    """Whether so many broken outputs are no accident."""
    return n_broken >= max(LEAST_BROKEN, BROKEN * n_checked)


def kind_of(facts: Facts) -> tuple[Kind, str]:
    """The kind, and the rule that decided in figures."""
    n, near, good, support = facts.n, facts.near, facts.good, facts.support
    if facts.unscored_decide:
        return "unsure", f"{facts.n_unscored:,} judgements failed; were all of them good, this would be no gap."
    if facts.disputed is not None:
        return "unsure", f"The judges are two levels or more apart on {facts.disputed:.0%} of the samples."
    if many_broken(facts.n_broken, facts.n_checked):
        return "broken", (
            f"Of {facts.n_checked:,} samples that touch it, {facts.n_broken:,} have an output that is empty, cut off "
            "or another input's."
        )
    if facts.n_unable and facts.n_unable >= UNABLE * (n + facts.n_unable):
        return "absent", f"{facts.n_unable:,} of {n + facts.n_unable:,} samples have nothing of it in their input."
    if facts.n_in_input and facts.n_in_input >= IN_INPUT * facts.n_low:
        return "shallow", (
            f"Of {facts.n_low:,} low-scoring samples, {facts.n_in_input:,} hold it in the input and leave it out of "
            "the output."
        )
    if facts.is_shallow:
        return "shallow", (
            f"{near:,} of {n:,} samples touch it, but {facts.stuck:,} of them stay at level 2 or 3; "
            f"{facts.wanted:,} are wanted at level 4."
        )
    if support <= ABSENT_SUPPORT * n and not facts.stands_out:
        return _absent(facts)
    if facts.scope == "every" and not facts.is_form and n - near >= OFF_TARGET * n:
        return "off-target", f"Every sample should be about it; {n - near:,} of {n:,} are not (level 0 or 1)."
    return "rare", (
        f"{good:,} of {n:,} samples are good (level 3 and above), {support:,} of them at level 4 or 5, "
        f"where {facts.wanted:,} are wanted."
    )


def _absent(facts: Facts) -> tuple[Kind, str]:
    found = f"{facts.near:,} of {facts.n:,} samples touch it, {facts.good:,} of them at level 3 or above."
    if facts.support >= LEAST_RARE:
        found += f" The {facts.support:,} at level 4 or 5 are no more than so many near misses lead one to expect."
    if facts.scope == "every" and not facts.is_form:
        return "off-target", f"Every sample should be about it; {found}"
    if facts.unserved >= UNSERVED:
        return "off-target", f"{found} {facts.unserved:.0%} of the samples serve no subgoal of this goal."
    return "absent", found


def closing(gap: Gap) -> str:
    """How much is missing, and what of it the data already holds; "" for a gap that an older version wrote."""
    if gap.needed is None:
        return ""
    n = len(gap.in_input)
    already = f"{count(n, 'sample')} already {_hold(n)} it in the input but not in the output"
    held = f" {already}: no new material is needed for that."
    return f"At least {count(gap.needed, 'sample')} more at level 4 would close the gap.{held if n else ''}"


def left_over(gap: Gap) -> str:
    """The low-scoring samples that no capability is about, and those that repeat another; "" when there are none."""
    parts = []
    if gap.n_outliers:
        parts.append(f"{count(gap.n_outliers, 'sample')} of {gap.n_low or 0:,} low-scoring ones belong to no group.")
    if gap.n_repeated:
        parts.append(f"{count(gap.n_repeated, 'sample')} {'repeats' if gap.n_repeated == 1 else 'repeat'} another one.")
    return " ".join(parts)


def _hold(n: int) -> str:
    return "holds" if n == 1 else "hold"
