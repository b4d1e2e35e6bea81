"""Commands that settle the goal: plan, verify."""

from pathlib import Path
from typing import Annotated

import typer
from goalcover.ui.commands.options import AsJson, print_json


def plan(
    goal: Annotated[str, typer.Argument(metavar="GOAL TEXT", help="What the model should do, in your words.")],
    out: Annotated[Path, typer.Option(metavar="GOAL", help="The goal file to write; an older one is kept beside it.")],
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Answers: a list of {question or slot, answer}."),
    ] = None,
    data: Annotated[str | None, typer.Option(metavar="DATA", help="A dataset to take topics and shares from.")] = None,
    json: AsJson = False,
) -> None:
    """Turn a goal into subgoals that are atomic, disjoint and complete, and write the goal file."""
    from goalcover.ui.planning import plan_as_json, print_plan, run_plan

    made, kept = run_plan(goal, answers, data, out)
    if json:
        print_json(plan_as_json(made))
    else:
        print_plan(made, out, kept)


def verify(
    goal: Annotated[Path, typer.Argument(metavar="GOAL", help="The goal file.")],
    run: Annotated[
        Path | None, typer.Option(metavar="RUN", help="A run: do the levels of two subgoals move together on it?")
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, embedded or llm.")] = "auto",
    json: AsJson = False,
) -> None:
    """Check that subgoals are atomic, disjoint and complete; exit with 1 when a check fails."""
    from goalcover.tools.verify import as_json
    from goalcover.ui.planning import print_checks, run_verify

    checks = run_verify(goal, run, engine)
    if json:
        print_json(as_json(checks))
    else:
        print_checks(checks)
    if checks.failures:
        raise typer.Exit(1)
