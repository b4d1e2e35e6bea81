"""The side panel: the goal and its result as they stand by now, as the properties of `Goal.jsx`. Pure."""

from typing import Any

from goalcover.agent.elicitation import Checks, Specification
from goalcover.agent.models import SLOT_NAMES, SLOTS, CoverageReport, Goal, Subgoal, SubgoalCoverage
from goalcover.graph.state import State
from goalcover.tools.coverage import wanted_in_words
from goalcover.tools.typeset import score


def panel(state: State, coverage: CoverageReport | None = None) -> dict[str, Any] | None:
    """What the panel shows; None while no goal is named. `coverage` is that of the run that is talked about."""
    specification, goal, data = state.get("specification"), state.get("goal"), state.get("data")
    if specification is None:
        return None
    # A goal file may come without any of it.
    told = specification.answers or specification.skipped or not goal
    rows = {one.id: one for one in coverage.subgoals} if coverage else {}
    return {
        "goal": specification.goal,
        "data": f"{data.name}, {data.samples:,} samples" if data else None,
        "scope": _scope(specification) if told else [],
        "subgoals": [_subgoal(one, goal, state.get("checks"), rows.get(one.id)) for one in goal.subgoals]
        if goal
        else [],
        "uncovered": _uncovered(state.get("checks")) if goal else [],
        "overruled": list(goal.overruled) if goal else [],
    }


def _scope(known: Specification) -> list[dict[str, Any]]:
    return [
        {
            "label": SLOT_NAMES[slot].removeprefix("the ").capitalize(),
            "answer": known.answer_to(slot),
            "skipped": slot in known.skipped,
            "says": f"Change my answer about {slot.replace('_', ' ')}",
        }
        for slot in SLOTS
    ]


def _subgoal(one: Subgoal, goal: Goal, checks: Checks | None, row: SubgoalCoverage | None) -> dict[str, Any]:
    problems = _problems(one, goal, checks) if checks else []
    return {
        "name": one.name,
        "description": one.description,
        "wanted": wanted_in_words(goal, one),
        "badge": _badge(row, problems) if row or checks else "",
        "problems": problems,
        "figures": _figures(row) if row else "",
        "toggle": f"{'Some samples' if one.scope == 'every' else 'Every sample'} should show {one.name}",
        "drop": f"Drop {one.name}",
    }


def _badge(row: SubgoalCoverage | None, problems: list[str]) -> str:
    """How the data does, where it was judged; before that, whether the checks hold."""
    if row is not None:
        return "no verdict" if row.gap is None else "gap" if row.gap else "covered"
    return "to decide" if problems else "holds"


def _figures(row: SubgoalCoverage) -> str:
    interval = f" ({score(row.ci_low)} to {score(row.ci_high)})" if row.ci_low is not None else ""
    return f"alignment {score(row.alignment)}{interval}, supported by {row.support:,} of {row.n_scored:,}"


def _problems(one: Subgoal, goal: Goal, checks: Checks) -> list[str]:
    names = {each.id: each.name for each in goal.subgoals}
    atomic = [check.reason for check in checks.atomic if check.id == one.id and not check.ok]
    overlaps = [check for check in checks.disjoint if not check.ok and one.id in {check.a, check.b}]
    others = [names.get(check.b if check.a == one.id else check.a, "") for check in overlaps]
    return atomic + [f"Overlaps with {other}" for other in others if other]


def _uncovered(checks: Checks | None) -> list[str]:
    return [one.clause for one in checks.complete.uncovered] if checks else []
