"""The side panel: the goal as it stands by now, as the properties of `Plan.jsx`. Pure; the page shows it as text."""

from typing import Any

from goalcover.agent.elicitation import Checks
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.replies import SLOT_WORDS
from goalcover.graph.state import State

SLOT_LABELS = {
    "domain": "Domain and topics",
    "task": "Task and input",
    "output": "Form of the answer",
    "audience": "Audience",
    "safety": "Safety and limits",
    "evidence": "Evidence and sources",
    "out_of_scope": "Out of scope",
}
assert SLOT_LABELS.keys() == SLOT_WORDS.keys()


def panel(state: State) -> dict[str, Any] | None:
    """What the panel shows; None while no goal is named."""
    specification, goal, data = state.get("specification"), state.get("goal"), state.get("data")
    if specification is None:
        return None
    return {
        "goal": specification.goal,
        "data": f"{data.name}, {data.samples:,} samples" if data else None,
        "scope": [
            {
                "label": label,
                "answer": specification.answer_to(slot),  # type: ignore[arg-type]  # the keys are the slots
                "skipped": slot in specification.skipped,
                "says": f"Change my answer about {label.lower().split()[0]}",
            }
            for slot, label in SLOT_LABELS.items()
        ],
        "subgoals": [_subgoal(one, goal, state.get("checks")) for one in goal.subgoals] if goal else [],
        "uncovered": _uncovered(state.get("checks")) if goal else [],
        "overruled": list(goal.overruled) if goal else [],
    }


def _subgoal(one: Subgoal, goal: Goal, checks: Checks | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "description": one.description,
        "wanted": _wanted(one),
        "checked": checks is not None,
        "problems": _problems(one, goal, checks) if checks else [],
        "toggle": f"{'Some samples' if one.scope == 'every' else 'Every sample'} should show {one.name}",
        "drop": f"Drop {one.name}",
    }


def _wanted(one: Subgoal) -> str:
    weight = f", weight {one.weight:g}" if one.weight != 1 else ""
    if one.scope == "every":
        return f"every sample{weight}"
    return (f"{one.share:.0%} of the samples" if one.share else "some samples") + weight


def _problems(one: Subgoal, goal: Goal, checks: Checks) -> list[str]:
    names = {each.id: each.name for each in goal.subgoals}
    atomic = [check.reason for check in checks.atomic if check.id == one.id and not check.ok]
    overlaps = [check for check in checks.disjoint if not check.ok and one.id in {check.a, check.b}]
    others = [names.get(check.b if check.a == one.id else check.a, "") for check in overlaps]
    return atomic + [f"Overlaps with {other}" for other in others if other]


def _uncovered(checks: Checks | None) -> list[str]:
    return [one.clause for one in checks.complete.uncovered] if checks else []
