"""Several judges of the same samples: their median, and how far they agree (Krippendorff's alpha, ordinal)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean, median_low

import krippendorff
import numpy as np
from goalcover.agent.models import TOP_LEVEL, Agreement, Alignment, SubgoalAgreement

RELIABLE = 0.667
"""Krippendorff's lowest alpha for tentative conclusions."""
FAR = 2
"""Levels."""
Votes = tuple[int | None, ...]


def median_of(votes: Sequence[Alignment]) -> Alignment:
    """One alignment for all judges' alignments of a pair: the median level, in the words of a judge who gave it.

    Of an even number the lower middle one, because nothing is supported that half of the judges do not see. Unscored
    unless at least half of the judges gave a level.
    """
    name = " + ".join(one.judge for one in votes)
    scored = [one for one in votes if one.level is not None]
    if 2 * len(scored) < len(votes):
        failed = next(one for one in votes if one.level is None)
        return failed.model_copy(update={"judge": name})
    level = median_low([one.level for one in scored if one.level is not None])
    speaker = next(one for one in scored if one.level == level)
    return speaker.model_copy(update={"judge": name})


class Panel:
    """Counts who gave which level as judgements stream in: one counter for every pattern of votes."""

    def __init__(self, judges: Sequence[str]) -> None:
        self._judges = tuple(judges)
        self._votes: dict[str, Counter[Votes]] = defaultdict(Counter)

    def add(self, subgoal_id: str, votes: Sequence[Alignment]) -> None:
        """All judges' alignments of a pair, in the judges' order."""
        self._votes[subgoal_id][tuple(one.level for one in votes)] += 1

    def agreement(self) -> Agreement:
        """Over all samples so far."""
        together = sum(self._votes.values(), Counter[Votes]())
        rows = tuple(self._subgoal(name, votes) for name, votes in self._votes.items())
        lacking = {judge: n for place, judge in enumerate(self._judges) if (n := _lacking(together, place))}
        return Agreement(
            judges=self._judges, alpha=alpha(together), subgoals=rows, pairs=together.total(), lacking=lacking
        )

    def _subgoal(self, subgoal_id: str, votes: Counter[Votes]) -> SubgoalAgreement:
        found = alpha(votes)
        compared = Counter({pattern: n for pattern, n in votes.items() if len(_levels(pattern)) > 1})
        far = sum(n for pattern, n in compared.items() if max(_levels(pattern)) - min(_levels(pattern)) >= FAR)
        return SubgoalAgreement(
            id=subgoal_id,
            alpha=found,
            n=compared.total(),
            means={
                judge: mean for place, judge in enumerate(self._judges) if (mean := _mean(votes, place)) is not None
            },
            far_apart=far / compared.total() if compared else None,
            disputed=found is not None and found < RELIABLE,
        )


def alpha(votes: Counter[Votes]) -> float | None:
    """Krippendorff's alpha for ordered levels; None when there is nothing to compare, or only one level was given."""
    patterns = [(pattern, n) for pattern, n in votes.items() if len(_levels(pattern)) > 1]
    given = {level for pattern, _ in patterns for level in _levels(pattern)}
    if len(given) < 2:
        return None
    counts = np.array([np.bincount(_levels(pattern), minlength=TOP_LEVEL + 1) for pattern, _ in patterns])
    repeated = np.repeat(counts, [n for _, n in patterns], axis=0)
    found = krippendorff.alpha(
        value_counts=repeated, value_domain=list(range(TOP_LEVEL + 1)), level_of_measurement="ordinal"
    )
    return round(float(found), 4)


def _levels(pattern: Votes) -> list[int]:
    return [level for level in pattern if level is not None]


def _mean(votes: Counter[Votes], place: int) -> float | None:
    levels = [level / TOP_LEVEL for pattern, n in votes.items() for level in [pattern[place]] * n if level is not None]
    return fmean(levels) if levels else None


def _lacking(votes: Counter[Votes], place: int) -> int:
    return sum(n for pattern, n in votes.items() if pattern[place] is None)
