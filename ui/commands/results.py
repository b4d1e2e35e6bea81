"""Commands that read a finished run: gaps, explain, samples, report, check, compare."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from goalcover.agent.errors import InputError
from goalcover.ui.commands.options import AsJson, RunPath, SubgoalName, print_json, say

if TYPE_CHECKING:
    from goalcover.memory.runs import Run


def gaps(run: RunPath, json: AsJson = False) -> None:
    """Show the ranked gaps: what is missing, the evidence, what to do."""
    from goalcover.ui import show

    opened = _open(run)
    found = opened.gaps()
    if json:
        print_json([gap.model_dump() for gap in found])
    else:
        show.print_gaps(opened.goal(), opened.coverage(), found)


def explain(
    run: RunPath,
    subgoal: SubgoalName,
    samples: Annotated[int, typer.Option(min=0, help="How many of the lowest samples to show.")] = 5,
    json: AsJson = False,
) -> None:
    """Explain why a subgoal is weak: figures, causes, quotes, samples."""
    from goalcover.tools.explain import explain as explain_run
    from goalcover.ui import show

    found = explain_run(_open(run), subgoal, samples)
    if json:
        print_json(found.model_dump())
    else:
        show.print_explanation(found)


def samples(
    run: RunPath,
    subgoal: SubgoalName,
    lowest: Annotated[int | None, typer.Option(min=1, metavar="K", help="The K lowest (default: 5).")] = None,
    highest: Annotated[int | None, typer.Option(min=1, metavar="K", help="The K highest.")] = None,
    json: AsJson = False,
) -> None:
    """Show the samples that support a subgoal least or most."""
    from goalcover.tools.explain import find_subgoal, judged
    from goalcover.ui import show

    if lowest and highest:
        raise InputError("choose --lowest or --highest, not both")
    opened = _open(run)
    found = judged(
        opened, find_subgoal(opened.goal(), subgoal).id, "highest" if highest else "lowest", highest or lowest or 5
    )
    if json:
        print_json([one.model_dump() for one in found])
    else:
        show.print_samples(found)


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Where to write it.")] = None,
) -> None:
    """Write the report as one HTML file."""
    from goalcover.memory.files import write_bytes
    from goalcover.tools.report import render_run

    opened = _open(run)
    path = out or opened.html_path
    write_bytes(path, render_run(opened).encode("utf-8", "replace"))
    say(f"Report: {path}")


def check(
    run: RunPath,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="X", help="Fail on means below X instead of on gaps.")
    ] = None,
) -> None:
    """Exit with 1, and name them, when there are gaps (for CI jobs)."""
    from goalcover.tools.explain import weak

    failed = list(weak(_open(run), fail_under))
    try:
        for one in failed:
            say(f"{one.id}: {one.rule}" if fail_under is None else f"{one.id}: mean alignment {one.alignment:.3f}")
    finally:  # also when nobody reads to the end
        if failed:
            raise typer.Exit(1)
    say("No gaps." if fail_under is None else f"No mean alignment below {fail_under:g}.")


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The run before.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The run after.")],
    json: AsJson = False,
) -> None:
    """Compare two runs subgoal by subgoal."""
    from goalcover.tools.explain import compare as compare_runs
    from goalcover.ui import show

    changes = compare_runs(_open(run_a), _open(run_b))
    if json:
        print_json([change.model_dump() for change in changes])
    else:
        show.print_changes(changes)


def _open(path: Path) -> "Run":
    from goalcover.memory.runs import Run

    return Run.open(path)
