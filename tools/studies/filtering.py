"""The filter study (paper, section 6): what goal-aligned filtering does to every subgoal, against chance.

The filter chooses by the very scores that are compared, so the scores must rise; the study shows by how much more than
by chance, and which subgoal pays for it. Whether a model trained on the rest is better is for a training run to say.
"""

import numpy as np
from goalcover.agent.models import SUPPORT_LEVEL, TOP_LEVEL, Frozen, SubgoalId
from goalcover.agent.validation import Interval
from goalcover.memory.runs import Run
from goalcover.tools.filter import select
from goalcover.tools.studies.corruption import DRAWS, score_matrix
from goalcover.tools.studies.separation import interval, means, random_removal
from goalcover.tools.typeset import count

HAIR = 1e-9
"""Means of the same numbers in another order differ in the last bit."""


class FilterEffect(Frozen):
    """What filtering does to one subgoal."""

    id: SubgoalId
    before: float | None
    """Mean alignment, 0 to 1."""
    after: float | None
    chance: Interval | None
    """Where 95% of the means lie when as many samples are chosen at random."""
    support_before: int
    support_after: int
    """Samples at level 4 or 5."""


class FilterStudy(Frozen):
    """What goal-aligned filtering does."""

    n: int
    kept: int
    min_score: float
    """The cut: the least goal score that is kept (`tools.filter`)."""
    subgoals: tuple[FilterEffect, ...]
    verdict: str


def study_filter(run: Run, min_score: float | None = None) -> FilterStudy:
    """Filters at `min_score` (default: the suggested cut). Raises InputError when nothing was scored."""
    selection, scores = select(run, min_score), score_matrix(run)
    kept_ids = set(selection.sample_ids)
    kept = np.array([sample_id in kept_ids for sample_id in run.sample_ids()])
    control = random_removal(scores, int((~kept).sum()), DRAWS, np.random.default_rng(0)).after
    before, after = means(scores, np.ones((1, len(scores))))[0], means(scores, kept[None].astype(float))[0]
    support = scores >= SUPPORT_LEVEL / TOP_LEVEL
    effects = tuple(
        FilterEffect(
            id=subgoal.id,
            before=_known(before[place]),
            after=_known(after[place]),
            chance=interval(control[:, place]),
            support_before=int(support[:, place].sum()),
            support_after=int(support[kept, place].sum()),
        )
        for place, subgoal in enumerate(run.goal().subgoals)
    )
    return FilterStudy(
        n=len(kept),
        kept=int(kept.sum()),
        min_score=selection.cut.min_score,
        subgoals=effects,
        verdict=_verdict(effects, int(kept.sum()), len(kept)),
    )


def _verdict(effects: tuple[FilterEffect, ...], kept: int, n: int) -> str:
    known = [(one, one.after, one.chance) for one in effects if one.after is not None and one.chance]
    risen = [one.id for one, after, chance in known if after > chance[1] + HAIR]
    fallen = [one.id for one, after, chance in known if after < chance[0] - HAIR]
    rise = f"{len(risen)} of {count(len(known), 'subgoal')} rise"
    fall = f"{', '.join(fallen) or 'none'} {'falls' if len(fallen) < 2 else 'fall'}"
    return f"Of {count(n, 'sample')} {kept:,} are kept. Further than by chance, {rise} and {fall}."


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
