"""Which of a run's outputs are broken: found once, with the coverage, for all who count on a sample.

A sample whose output is known to be empty, cut off or another input's supports nothing: it closes no gap, no selection
keeps it, and nobody is told to write after it. Its level stays the judge's. Swapped and cut-off outputs are known where
they are many of those that touch a subgoal: one alone may be an answer that would do for many inputs, or a signature.
"""

from collections import Counter
from collections.abc import Iterator

from goalcover.agent.embedder import Embedder
from goalcover.agent.models import SUPPORT_LEVEL, CoverageReport, Fault, Goal, Outputs, Sample
from goalcover.memory.runs import Run
from goalcover.tools.coverage import cover
from goalcover.tools.kinds import many_broken
from goalcover.tools.levels import Levels, read_levels
from goalcover.tools.lows import evenly
from goalcover.tools.outputs import Pairs, faults

CHECKED = 400
"""Samples that touch a subgoal whose outputs are looked at; all of them, where many of these are broken."""
USUAL = 150
"""Samples that say what is usual in the data."""


def with_broken(run: Run, goal: Goal, coverage: CoverageReport, embedder: Embedder) -> CoverageReport:
    """The coverage of a run whose samples and scores are written, with what is known of its outputs.

    Only samples that touch a subgoal are looked at: the others support nothing anyway.
    """
    levels = read_levels(run, goal)
    checked = _checked(run, levels, embedder)
    rows = tuple(
        cover(goal, goal.subgoal(one.id), one.histogram, one.n_unscored, _outputs(levels, one.id, checked))
        for one in coverage.subgoals
    )
    broken = {one: fault for one in levels.sample_ids.tolist() if (fault := checked.get(one))}
    n_gaps = sum(row.gap is True for row in rows)
    return coverage.model_copy(update={"subgoals": rows, "n_gaps": n_gaps, "broken": broken})


def broken_notes(coverage: CoverageReport) -> tuple[str, ...]:
    """What a person has to know of subgoals that are no gap, although many of their outputs are broken."""
    return tuple(
        f"{one.name} is {'covered' if one.gap is False else 'without a verdict'}, but of {one.outputs.checked:,} "
        f"samples that touch it {one.outputs.broken:,} have an output that is empty, cut off or another input's: look "
        "for a fault in how the data was made."
        for one in coverage.subgoals
        if one.gap is not True and many_broken(one.outputs.broken, one.outputs.checked)
    )


def _checked(run: Run, levels: Levels, embedder: Embedder) -> dict[str, Fault | None]:
    """By sample id what is wrong with the outputs that were looked at; None: nothing."""
    of_all = [str(levels.sample_ids[place]) for place in evenly(len(levels.sample_ids), USUAL)]
    first = {one: levels.touching(one, CHECKED) for one in levels.subgoal_ids}
    samples = {one.id: one for one in run.samples({*of_all, *(one for ids in first.values() for one in ids)})}
    usual, pairs = [samples[one] for one in of_all], Pairs(embedder)
    found: dict[str, Fault | None] = {}
    deeper: dict[str, set[Fault]] = {}
    for subgoal_id, ids in first.items():
        broken = faults([samples[one] for one in ids], usual, pairs)
        if many := {fault for fault, n in Counter(broken.values()).items() if many_broken(n, len(ids))}:
            deeper[subgoal_id] = many
        found = dict.fromkeys(ids) | found | _known(broken, many)
    for subgoal_id, many in deeper.items():
        for part in _others(run, levels, subgoal_id, found):
            # Read anew each time: the vectors of 100,000 samples would not be held.
            found |= dict.fromkeys(one.id for one in part) | _known(faults(part, usual, Pairs(embedder)), many)
    return found


def _known(broken: dict[str, Fault], many: set[Fault]) -> dict[str, Fault]:
    """An empty output is beyond doubt; a few that would do for other inputs, or end without a stop, are in all data."""
    return {one: fault for one, fault in broken.items() if fault == "empty" or fault in many}


def _others(run: Run, levels: Levels, subgoal_id: str, found: dict[str, Fault | None]) -> Iterator[list[Sample]]:
    """The samples that touch this subgoal and were not looked at, in parts."""
    ids = [one for one in levels.touching(subgoal_id, len(levels.sample_ids)) if one not in found]
    for start in range(0, len(ids), CHECKED):
        yield list(run.samples(ids[start : start + CHECKED]))


def _outputs(levels: Levels, subgoal_id: str, checked: dict[str, Fault | None]) -> Outputs:
    looked_at = [one for one in levels.touching(subgoal_id, len(levels.sample_ids)) if one in checked]
    level_of = dict(zip(levels.sample_ids.tolist(), levels.of(subgoal_id).tolist(), strict=True))
    broken = [one for one in looked_at if checked[one]]
    supporting = sum(level_of[one] >= SUPPORT_LEVEL for one in broken)
    return Outputs(checked=len(looked_at), broken=len(broken), supporting=supporting)
