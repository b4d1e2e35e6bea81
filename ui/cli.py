"""The command line (README, "On your own data"). Thin: every command is a few lines around `tools`.

Only typer is imported at the top: `goalcover --help` has to answer at once, and pandas, chromadb and torch take
seconds. Each command imports what it works with.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from goalcover.agent.errors import GoalCoverError, InputError

if TYPE_CHECKING:
    from goalcover.memory.runs import Run

app = typer.Typer(
    name="goalcover",
    help="Find the capability gaps in fine-tuning data before you pay for the training run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory that `goalcover assess` made.")]
SubgoalName = Annotated[str, typer.Argument(metavar="SUBGOAL", help="The subgoal's id or name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


@app.command()
def chat(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to serve on; this machine's own only.")] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser window.")] = False,
) -> None:
    """Talk in the browser: hand over data and a goal, see the gaps, ask why."""
    from goalcover.ui.chat import serve

    serve(host, port, headless)


@app.command()
def assess(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A file, a folder of files, or a Hugging Face dataset id.")
    ],
    goal: Annotated[Path, typer.Option(help="The goal file (YAML or JSON): goal and subgoals.")],
    out: Annotated[Path, typer.Option(help="The run directory; made when it is not there, continued when it is.")],
    engine: Annotated[str, typer.Option(help="auto, embedded or llm.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Judge this many samples, picked at random.")] = None,
    sample_seed: Annotated[int, typer.Option(help="Seed of the random pick.")] = 0,
    mapping: Annotated[
        str | None, typer.Option("--map", metavar="input=COL[+COL],output=COL[+COL]", help="Which columns to read.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="The split to read, where there are several.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start a long assessment without asking.")] = False,
) -> None:
    """Score every sample against every subgoal, find the gaps and write the report."""
    from goalcover.ui.assessing import run_assessment

    run_assessment(data, goal, out, engine, limit=limit, seed=sample_seed, mapping=mapping, split=split, yes=yes)


@app.command()
def gaps(run: RunPath, json: AsJson = False) -> None:
    """Show the ranked gaps: what is missing, the evidence, what to do."""
    from goalcover.ui import show

    opened = _open(run)
    found = opened.gaps()
    if json:
        _print_json([gap.model_dump() for gap in found])
    else:
        show.print_gaps(opened.goal(), opened.coverage(), found)


@app.command()
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
        _print_json(found.model_dump())
    else:
        show.print_explanation(found)


@app.command()
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
        _print_json([one.model_dump() for one in found])
    else:
        show.print_samples(found)


@app.command()
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
    _say(f"Report: {path}")


@app.command()
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
            _say(f"{one.id}: {one.rule}" if fail_under is None else f"{one.id}: mean alignment {one.alignment:.3f}")
    finally:  # also when nobody reads to the end
        if failed:
            raise typer.Exit(1)
    _say("No gaps." if fail_under is None else f"No mean alignment below {fail_under:g}.")


@app.command()
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
        _print_json([change.model_dump() for change in changes])
    else:
        show.print_changes(changes)


@app.command()
def doctor() -> None:
    """Say what works here: engine, model, embedder, store."""
    from goalcover.tools.doctor import examine
    from goalcover.ui import show

    findings = examine()
    show.print_findings(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """The entry point: turns errors that have something to say into one line and an exit code."""
    # Our matrices are many and small: more threads spend their time waiting for each other (a warm assessment of 1,000
    # rows took 23 s of CPU with two, 6 s with one). numpy reads it once, when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = app(standalone_mode=False)
    except GoalCoverError as error:
        _say(f"goalcover: {error}")
        code = error.exit_code
    except typer.TyperException as error:
        _say(f"goalcover: {error.format_message()} (goalcover --help lists what there is)")
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        _say("goalcover: interrupted")
        code = 3
    except SystemExit as stopped:
        # typer and rich turn a reader of our output that went away (`| head`) into exit code 1: "a check failed".
        if not isinstance(stopped.__context__, BrokenPipeError):
            raise
        code = 0
    sys.exit(code or 0)


def _open(path: Path) -> "Run":
    from goalcover.memory.runs import Run

    return Run.open(path)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print_json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
