"""Where a gap's subgoal stands: its samples by level, what kind of weakness that is, and what would close the gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from goalcover.agent.embedded.cues import Cue, cue_of, show
from goalcover.agent.models import (
    SUPPORT_LEVEL,
    TOP_LEVEL,
    Alignment,
    Fault,
    Goal,
    Sample,
    SubgoalAgreement,
    SubgoalCoverage,
)
from goalcover.agent.roles import EXEMPLAR_LEVEL, NEAR_LEVEL, Standing
from goalcover.tools.coverage import cover
from goalcover.tools.kinds import Facts, kind_of
from goalcover.tools.levels import LISTED, Levels
from goalcover.tools.recommend import mean_wanted, needed, rewriting_closes, samples_wanted, to_rewrite

_STRONG = SUPPORT_LEVEL / TOP_LEVEL


@dataclass(frozen=True)
class Weakness:
    """What is weak about a gap's subgoal."""

    standing: Standing
    why: str
    unable: frozenset[str]
    """Low-scoring samples that cannot show it."""


def weakness(
    goal: Goal,
    coverage: SubgoalCoverage,
    levels: Levels,
    low: Sequence[Alignment],
    samples: Mapping[str, Sample],
    broken: Mapping[str, Fault],
    agreement: SubgoalAgreement | None = None,
) -> Weakness:
    """What is weak about a gap. `low` are its low-scoring samples, of `samples`; `broken` those of the whole run."""
    in_input, unable = _by_input(goal, coverage, low, samples)
    touching = levels.touching(coverage.id, len(levels.sample_ids))
    found = {one: broken[one] for one in touching if one in broken}
    facts = Facts(
        scope=coverage.scope,
        is_form=_cue(goal, coverage) is not None,
        histogram=(coverage.histogram[0] - len(unable), *coverage.histogram[1:]),
        wanted=_wanted(goal, coverage),
        n_broken=coverage.outputs.broken,
        n_checked=coverage.outputs.checked,
        n_in_input=len(in_input),
        n_low=len(low) - len(unable),
        unserved=levels.unserved,
        n_unable=len(unable),
        n_unscored=coverage.n_unscored,
        unscored_decide=_unscored_decide(goal, coverage),
        disputed=agreement.far_apart if agreement and agreement.disputed else None,
    )
    kind, why = kind_of(facts)
    if unable and kind != "absent":
        why += f" {len(unable):,} more low-scoring samples have nothing of it to show, and are left out of this."
    off_topic = (one for one in levels.first(coverage.id, 0, LISTED + len(unable)) if one not in unable)
    standing = Standing(
        coverage=coverage,
        needed=needed(goal, coverage),
        to_rewrite=to_rewrite(goal, coverage, len(unable)),
        rewriting_closes=rewriting_closes(goal, coverage, len(unable)),
        exemplars=_exemplars(levels, coverage.id, [one for one in touching if one not in found]),
        near_misses=tuple(levels.first(coverage.id, NEAR_LEVEL)),
        off_topic=tuple(islice(off_topic, LISTED)),
        kind=kind,
        in_input=in_input,
        broken=tuple(found),
        faults=tuple(found.values()),
        not_applicable=len(unable),
    )
    return Weakness(standing, why, unable)


def _exemplars(levels: Levels, subgoal_id: str, sound: Sequence[str]) -> tuple[str, ...]:
    """The best of these samples."""
    level_of = dict(zip(levels.sample_ids.tolist(), levels.of(subgoal_id).tolist(), strict=True))
    best = sorted(sound, key=lambda one: -level_of[one])
    return tuple(one for one in best if level_of[one] >= EXEMPLAR_LEVEL)[:LISTED]


def _by_input(
    goal: Goal, coverage: SubgoalCoverage, low: Sequence[Alignment], samples: Mapping[str, Sample]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Of the low-scoring samples: those whose input shows the form that the output lacks, and those that cannot."""
    cue = _cue(goal, coverage)
    if cue is None:
        return (), frozenset()
    subgoal = goal.subgoal(coverage.id)
    shown = {one.sample_id: show(cue, samples[one.sample_id], subgoal) for one in low}
    return (
        tuple(sample_id for sample_id, one in shown.items() if one.dropped or (one.keeps and one.n_input > one.n_kept)),
        frozenset(sample_id for sample_id, one in shown.items() if one.nothing_to_keep),
    )


def _cue(goal: Goal, coverage: SubgoalCoverage) -> Cue | None:
    return cue_of(goal.subgoal(coverage.id))


def _wanted(goal: Goal, coverage: SubgoalCoverage) -> int:
    """Samples at level 4 that the rule asks for."""
    mean = mean_wanted(goal, coverage)
    if mean is None:
        return samples_wanted(coverage)
    return round(min(1.0, mean / _STRONG) * coverage.n_scored)


def _unscored_decide(goal: Goal, coverage: SubgoalCoverage) -> bool:
    if not coverage.n_unscored:
        return False
    best = (*coverage.histogram[:TOP_LEVEL], coverage.histogram[TOP_LEVEL] + coverage.n_unscored)
    return not cover(goal, goal.subgoal(coverage.id), best, 0, coverage.outputs).gap
