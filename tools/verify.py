"""The checks of a finished decomposition (Eq. 1 to 3), and on a run the fourth: do two levels move together?"""

from itertools import combinations
from typing import Any

from goalcover.agent.elicitation import Checks, Disjointness, Specification
from goalcover.agent.embedded.disjointness import merge
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.agent.roles import Decomposer
from goalcover.memory.runs import Run
from goalcover.tools.levels import rank_correlation, read_levels
from goalcover.tools.slots import slotted

TOGETHER = 0.9
"""Rank correlation above which two subgoals are not disjoint in practice."""
FEWEST = 10
"""Samples scored for both, below which a correlation says nothing."""


async def verify(goal: Goal, decomposer: Decomposer, run: Run | None = None) -> Checks:
    """All checks. With a run, pairs whose levels move together on its samples are not disjoint, whatever they say.

    Raises InputError when the run judged none of the goal's subgoals.
    """
    checks = await decomposer.check(specification_of(goal), goal.subgoals)
    if run is None:
        return checks
    judged = {one.id for one in run.goal().subgoals}
    if not judged & {one.id for one in goal.subgoals}:
        raise InputError(f"{run.path} judged none of these subgoals (it has {', '.join(sorted(judged))})")
    together = {frozenset({one.a, one.b}): one for one in moving_together(run)}
    found = [together.get(frozenset({one.a, one.b})) for one in checks.disjoint]
    disjoint = tuple(
        one if on_run is None or not one.ok else on_run for one, on_run in zip(checks.disjoint, found, strict=True)
    )
    return checks.model_copy(update={"disjoint": disjoint})


def as_json(checks: Checks) -> dict[str, Any]:
    """What `goalcover verify --json` prints (contract), and a note where there is one."""
    return {
        "atomic": [one.model_dump(include={"id", "ok", "reason"}) for one in checks.atomic],
        "disjoint": [one.model_dump(include={"a", "b", "ok", "similarity", "reason"}) for one in checks.disjoint],
        "complete": {"ok": checks.complete.ok, "uncovered": [one.clause for one in checks.complete.uncovered]},
        **({"note": checks.note} if checks.note else {}),
    }


def specification_of(goal: Goal) -> Specification:
    """The refined goal that a goal file tells of; an answer without a slot gets the one that its question is about."""
    return Specification(goal=goal.text, answers=tuple(slotted(one) for one in goal.context))


def moving_together(run: Run) -> tuple[Disjointness, ...]:
    """Pairs of the run's subgoals whose levels have a rank correlation (Spearman) above 0.9, each with a merge offered.

    Pairs that fewer than ten samples are scored for, and subgoals whose samples all have one level, tell nothing.
    """
    goal = run.goal()
    levels = read_levels(run, goal)
    found = []
    for a, b in combinations(goal.subgoals, 2):
        pairs = levels.paired(a.id, b.id)
        correlation = rank_correlation(*pairs.T) if len(pairs) >= FEWEST else None
        if correlation is not None and correlation > TOGETHER:
            reason = (
                f"On the {len(pairs):,} samples of {run.path} the levels of “{a.name}” and “{b.name}” rise and fall "
                f"together (rank correlation {correlation:.2f}): in practice they are not disjoint."
            )
            similarity = round(correlation, 3)
            found.append(
                Disjointness(a=a.id, b=b.id, ok=False, similarity=similarity, reason=reason, repair=merge(a, b))
            )
    return tuple(found)
