"""Commands that judge: assess."""

from pathlib import Path
from typing import Annotated

import typer


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
