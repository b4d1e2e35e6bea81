"""Commands that judge, and that judge the judge: assess, calibrate, audit."""

from pathlib import Path
from typing import Annotated

import typer
from goalcover.ui.commands.options import AsJson, MaxCost, RunPath, Yes, open_run, print_json


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
    judge: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="The model that judges; given more than once, the median of all counts."),
    ] = None,
    max_cost: MaxCost = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Judge at half price within a day: submit now, run again to collect.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Score every sample against every subgoal, find the gaps and write the report."""
    from goalcover.ui.assessing import Judging, run_assessment

    how = Judging(engine, tuple(judge or ()), max_cost=max_cost, batch=batch, yes=yes)
    run_assessment(data, goal, out, how, limit=limit, seed=sample_seed, mapping=mapping, split=split)


def calibrate(
    run: RunPath,
    labels: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV or JSONL with sample_id, subgoal_id, level, given by people.")
    ],
    json: AsJson = False,
) -> None:
    """Compare the judge with people: agreement, bias, and means corrected for it."""
    from goalcover.tools.calibrate import calibrate as compare
    from goalcover.ui.judges import print_calibration

    found = compare(open_run(run), labels)
    if json:
        print_json(found.model_dump())
    else:
        print_calibration(found)


def audit(
    run: RunPath,
    samples: Annotated[int, typer.Option(min=2, metavar="N", help="Judge this many samples one subgoal a call.")] = 50,
    judge: Annotated[str | None, typer.Option(metavar="MODEL", help="The model, where not the configured one.")] = None,
    max_cost: MaxCost = None,
    json: AsJson = False,
) -> None:
    """Tell what judging several subgoals in one call changes, and whether the judge favours long samples."""
    from goalcover.ui.judges import print_audit, run_audit

    found = run_audit(open_run(run), samples, judge, max_cost)
    if json:
        print_json(found.model_dump())
    else:
        print_audit(found)
