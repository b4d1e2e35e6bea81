"""`goalcover plan` and `goalcover verify`: a decomposition and its checks, for people and for machines."""

import asyncio
from pathlib import Path
from typing import Any

from goalcover.agent.elicitation import Checks, Specification
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.memory.files import check_writable
from goalcover.memory.goals import load_goal
from goalcover.memory.runs import Run
from goalcover.tools import elicit
from goalcover.tools.coverage import wanted_in_words
from goalcover.tools.elicit import Plan
from goalcover.tools.load import open_dataset
from goalcover.tools.profile import profile
from goalcover.tools.verify import as_json
from goalcover.tools.verify import verify as verify_goal
from goalcover.ui.engines import engine_named
from goalcover.ui.show import console, table, whole
from rich.table import Table
from rich.text import Text


def run_plan(text: str, answers: Path | None, data: str | None, out: Path) -> tuple[Plan, Path | None]:
    """Plans and writes the goal file; returns also where an older file went. Raises InputError."""
    if not text.strip():
        raise InputError("the goal is empty: say what the model should do")
    elicit.check_goal(text)
    check_writable(out)  # before a model is asked
    specification = elicit.read_answers(answers, text) if answers else Specification(goal=text)
    looked = profile(open_dataset(data)) if data else None
    engine = engine_named("auto")
    made = asyncio.run(elicit.plan(specification, looked, engine.clarifier, engine.decomposer))
    return made, elicit.write_goal(made.goal, out)


def run_verify(goal_path: Path, run_path: Path | None, engine: str) -> Checks:
    """Checks a goal file, with a run also on its levels. Raises InputError."""
    goal = load_goal(goal_path)
    run = Run.open(run_path) if run_path else None
    return asyncio.run(verify_goal(goal, engine_named(engine).decomposer, run))


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """What `goalcover plan --json` prints."""
    return {
        "goal": plan.goal.text,
        "subgoals": [one.model_dump() for one in plan.goal.subgoals],
        "checks": as_json(plan.checks),
        "note": plan.note,
        "open_questions": [
            {"slot": one.slot, "question": one.text, "suggestions": list(one.suggestions)} for one in plan.questions
        ],
    }


def print_plan(plan: Plan, path: Path, kept: Path | None) -> None:
    """The subgoals, what was repaired, what still fails, and what is open."""
    console.print(_table(plan.goal))
    if plan.note:
        console.print(Text(plan.note, style="yellow"))
    for one in plan.repaired:
        console.print(Text.assemble(("repaired  ", "yellow"), f"{one.reason} → {one.label}."))
    print_checks(plan.checks)
    if plan.questions:
        console.print("\nStill open. Answer in the file for --answers, and plan again:", style="bold")
    for question in plan.questions:
        console.print(Text.assemble((f"  {question.slot}: ", "bold"), question.text))
        if question.suggestions:
            console.print(Text(f"    e.g. {'; '.join(question.suggestions)}", style="dim"))
    if kept is not None:
        console.print(f"\nWhat stood in {path} before is now {kept}.", soft_wrap=True)
    console.print(f"\nGoal: {path}", soft_wrap=True)


def print_checks(checks: Checks) -> None:
    """One line a check, and what fails with its reason and what would mend it."""
    for name, failed, total in (
        ("atomic", sum(not one.ok for one in checks.atomic), f"{len(checks.atomic)} subgoals"),
        ("disjoint", sum(not one.ok for one in checks.disjoint), f"{len(checks.disjoint)} pairs"),
        ("complete", len(checks.complete.uncovered), "the goal's clauses"),
    ):
        verdict = ("holds", "green") if not failed else (f"{failed} fail" if failed > 1 else "1 fails", "red")
        console.print(Text.assemble(f"{name:<9} ", verdict, f"  ({total})"))
    if checks.noted:
        console.print(f"not scored: the judge cannot see {', '.join(checks.noted)}")
    if checks.note:
        console.print(Text(checks.note, style="yellow"))
    for failure in checks.failures:
        mend = f" → {failure.repair.label}?" if failure.repair else ""
        console.print(Text(f"  {failure.reason}{mend}"))


def _table(goal: Goal) -> Table:
    shown = table(*whole("Subgoal", "Wanted"), "What it asks")
    for one in goal.subgoals:
        shown.add_row(one.name, wanted_in_words(goal, one), one.description)
    return shown
