"""What the commands share: how a run, a subgoal and `--json` are given, and how things are said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from goalcover.tools.typeset import inert, visible

if TYPE_CHECKING:
    from goalcover.memory.runs import Run

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory that `goalcover assess` made.")]
SubgoalName = Annotated[str, typer.Argument(metavar="SUBGOAL", help="The subgoal's id or name.")]
MaxCost = Annotated[
    float | None,
    typer.Option(min=0, metavar="USD", help="Stop before this call spends more; earlier ones do not count."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Start what takes long or costs much without asking.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def open_run(path: Path) -> "Run":
    """The finished run at this place; InputError says what is missing."""
    from goalcover.memory.runs import Run

    return Run.open(path)


def say(text: str) -> None:
    """For people: on stderr. What is quoted of data or of a server shows, and never acts on the terminal."""
    typer.echo(visible(text), err=True)


def print_json(content: Any) -> None:
    """For machines: on stdout."""
    import json

    typer.echo(inert(json.dumps(content, ensure_ascii=False, indent=2)))
