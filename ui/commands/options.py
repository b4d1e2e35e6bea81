"""What the commands share: how a run, a subgoal and `--json` are given, and how things are said."""

from pathlib import Path
from typing import Annotated, Any

import typer

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory that `goalcover assess` made.")]
SubgoalName = Annotated[str, typer.Argument(metavar="SUBGOAL", help="The subgoal's id or name.")]
MaxCost = Annotated[
    float | None,
    typer.Option(min=0, metavar="USD", help="Stop before this call spends more; earlier ones do not count."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def say(text: str) -> None:
    """For people: on stderr."""
    typer.echo(text, err=True)


def print_json(content: Any) -> None:
    """For machines: on stdout."""
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
