"""Commands that read a finished run: gaps, explain, samples, report, check, compare."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from goalcover.agent.errors import InputError
from goalcover.ui.commands.options import AsJson, RunPath, SubgoalName, open_run, print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from goalcover.agent.models import SubgoalCoverage
    from goalcover.memory.runs import Run


def gaps(run: RunPath, json: AsJson = False) -> None:
    """Show the ranked gaps: what is missing, the evidence, what to do."""
    from goalcover.ui import show

    opened = open_run(run)
    found = opened.gaps()
    if json:
        print_json([gap.model_dump() for gap in found])
    else:
        show.print_gaps(opened.goal(), opened.coverage(), found)


def explain(
    run: RunPath,
    subgoal: SubgoalName,
    samples: Annotated[int, typer.Option(min=0, help="How many samples to show.")] = 5,
    like: Annotated[
        str | None, typer.Option(metavar="SAMPLE_ID", help="Show the samples that are weak in the same way instead.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Explain why a subgoal is weak: figures, causes, quotes, the lowest samples."""
    from goalcover.tools.explain import explain as explain_run
    from goalcover.ui import show

    if like is not None:
        _neighbours(open_run(run), subgoal, like, samples, json=json)
        return
    found = explain_run(open_run(run), subgoal, samples)
    if json:
        print_json(found.model_dump())
    else:
        show.print_explanation(found)


def _neighbours(run: "Run", subgoal: str, sample_id: str, n: int, *, json: bool) -> None:
    from goalcover.agent.engine import build_engine
    from goalcover.agent.settings import Settings
    from goalcover.tools.explain import similar
    from goalcover.ui import show

    found = similar(run, subgoal, sample_id, n, build_engine("auto", Settings()).embedder)
    if json:
        print_json(found.model_dump())
    else:
        show.print_neighbours(sample_id, run.goal(), found)


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
    opened = open_run(run)
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
    from goalcover.tools.destination import check_out
    from goalcover.tools.report import render_run

    opened = open_run(run)
    path = out or opened.html_path
    if path.resolve() != opened.html_path.resolve():
        check_out(opened, path)
    write_bytes(path, render_run(opened).encode("utf-8", "replace"))
    say(f"Report: {path}")


def check(
    run: RunPath,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="X", help="Fail on means below X instead of on gaps.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Exit with 1, and name them, when there are gaps or subgoals without a verdict (for CI jobs)."""
    from goalcover.tools.explain import weak

    opened = open_run(run)
    failed = list(weak(opened, fail_under))
    # What could not be judged is not known to be covered.
    unknown = [one for one in opened.coverage().subgoals if (one.gap if fail_under is None else one.alignment) is None]
    try:
        if json:
            found = {
                "failed": [one.model_dump() for one in failed],
                "no_verdict": [one.model_dump() for one in unknown],
            }
            print_json({"passed": not failed and not unknown, **found})
        else:
            _tell_check(failed, unknown, fail_under)
    finally:  # also when nobody reads to the end
        if failed or unknown:
            raise typer.Exit(1)


def _tell_check(
    failed: "Sequence[SubgoalCoverage]", unknown: "Sequence[SubgoalCoverage]", fail_under: float | None
) -> None:
    for one in failed:
        say(f"{one.id}: {one.rule}" if fail_under is None else f"{one.id}: mean alignment {one.alignment:.3f}")
    for one in unknown:
        say(f"{one.id}: {one.rule}" if fail_under is None else f"{one.id}: no mean alignment, nothing was scored")
    if unknown:
        say("What has no verdict does not pass: `goalcover assess` tries again what failed.")
    elif not failed:
        say("No gaps." if fail_under is None else f"No mean alignment below {fail_under:g}.")


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The run before.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The run after.")],
    json: AsJson = False,
) -> None:
    """Compare two runs subgoal by subgoal."""
    from goalcover.tools.compare import compare as compare_runs
    from goalcover.tools.compare import differences
    from goalcover.ui import show

    before, after = open_run(run_a), open_run(run_b)
    changes, notes = compare_runs(before, after), list(differences(before, after))
    if json:
        for note in notes:
            say(f"note: {note}")
        print_json([change.model_dump() for change in changes])
    else:
        show.print_changes(changes, notes)
