"""Commands that prove: study corruption, summary, filter, ablation, selftest. Do the scores mean anything?"""

from pathlib import Path
from typing import Annotated

import typer
from goalcover.ui.commands.options import AsJson, MaxCost, RunPath, Yes

app = typer.Typer(
    help="Put the scores to the test: remove what supports a subgoal, and see what falls.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def corruption(
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A file, a folder of files, or a Hugging Face dataset id.")
    ] = None,
    goal: Annotated[Path | None, typer.Option(help="The goal file (YAML or JSON).")] = None,
    removals: Annotated[Path | None, typer.Option(metavar="FILE", help="What to remove, and what should fall.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="The run directory; judged once, then kept.")] = None,
    domain: Annotated[
        str | None, typer.Option(help="One of the paper's, with goal and removals: medical, legal or code.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="The domain's dataset, instead of the published one.")
    ] = None,
    seeds: Annotated[str, typer.Option(metavar="N,N,...", help="Seeds of the draws.")] = "0,1,2",
    size: Annotated[
        int | None,
        typer.Option("--sample", min=2, help="Samples of each draw (5,000, or all); the judge reads them once."),
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, embedded or llm.")] = "auto",
    mapping: Annotated[
        str | None, typer.Option("--map", metavar="input=COL[+COL],output=COL[+COL]", help="Which columns to read.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="The split to read, where there are several.")] = None,
    max_cost: MaxCost = None,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Remove content that supports a subgoal: its alignment must fall, and the others stay (controlled corruption)."""
    from goalcover.ui import studying
    from goalcover.ui.assessing import Judging

    asked = studying.asked(data, goal, removals, out, domain, source)
    how = Judging(engine, max_cost=max_cost, yes=yes)
    found = studying.run_corruption(asked, studying.parse_seeds(seeds), size, how, mapping, split)
    studying.tell(found, asked.out, json)


@app.command()
def summary(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Runs that `study corruption` made.")],
    json: AsJson = False,
) -> None:
    """Put several corruption studies into one table, computed from what is judged."""
    from goalcover.ui import studying

    studying.tell(studying.summary(runs), None, json)


@app.command(name="filter")
def filter_study(
    run: RunPath,
    min_score: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="X", help="The cut; the suggested one if not given.")
    ] = None,
    json: AsJson = False,
) -> None:
    """What does goal-aligned filtering do to every subgoal, against a random choice of as many samples?"""
    from goalcover.ui import studying

    studying.run_filter(run, min_score, json)


@app.command()
def ablation(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A file, a folder of files, or a Hugging Face dataset id.")
    ],
    goal: Annotated[Path, typer.Option(help="A goal file with `context`: what the clarifying questions settled.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the two runs go.")],
    engine: Annotated[str, typer.Option(help="auto, embedded or llm.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Judge this many samples, picked at random.")] = None,
    max_cost: MaxCost = None,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """What do the clarifying questions change? The same goal and data with their answers and without."""
    from goalcover.ui import studying
    from goalcover.ui.assessing import Judging

    studying.run_ablation(data, goal, out, Judging(engine, max_cost=max_cost, yes=yes), limit, json)


@app.command()
def selftest(run: RunPath, max_cost: MaxCost = None, json: AsJson = False) -> None:
    """Can you trust this run? Each subgoal's diagnosis is put to the test on your own data."""
    from goalcover.ui import studying

    studying.run_selftest(run, max_cost, json)
