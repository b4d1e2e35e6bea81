"""Commands that make training data: synthesize, filter, export."""

from pathlib import Path
from typing import Annotated

import typer
from goalcover.ui.commands.options import AsJson, MaxCost, RunPath, open_run, print_json, say

Out = Annotated[Path, typer.Option(help="Where to write; the extension decides the form.")]
MinScore = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="X", help="Keep rows from this goal score on (default: the suggested cut)."),
]
Quota = Annotated[
    int, typer.Option(min=0, metavar="K", help="Keep the best K rows of every subgoal, whatever their goal score.")
]
Seed = Annotated[int, typer.Option(help="Seed of the shuffle.")]
Validation = Annotated[float, typer.Option(min=0, max=0.9, metavar="SHARE", help="Share of rows to validate with.")]


def synthesize(
    run: RunPath,
    out: Out,
    subgoal: Annotated[str | None, typer.Argument(metavar="SUBGOAL", help="The subgoal's id or name.")] = None,
    n: Annotated[int | None, typer.Option("-n", min=1, metavar="N", help="How many samples to make.")] = None,
    holdout: Annotated[
        str | None, typer.Option(metavar="DATA", help="An evaluation set that no sample may repeat.")
    ] = None,
    briefs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make what these briefs ask for, instead of a new plan.")
    ] = None,
    form: Annotated[str, typer.Option(metavar="TEXT", help="A wish for all: 'a question a nurse would ask'.")] = "",
    min_level: Annotated[int, typer.Option(min=4, max=5, help="The level that a sample has to reach.")] = 4,
    review: Annotated[bool, typer.Option("--review", help="Decide about every sample before it is kept.")] = False,
    max_cost: MaxCost = None,
    engine: Annotated[str, typer.Option(help="auto, embedded or llm.")] = "auto",
    json: AsJson = False,
) -> None:
    """Make verified samples for a subgoal, from your own material or with a model."""
    from goalcover.ui.synthesizing import Wish, run_synthesis

    wish = Wish(
        subgoal=subgoal,
        n=n,
        out=out,
        holdout=holdout,
        briefs=briefs,
        form=form,
        min_level=min_level,
        review=review,
        max_cost=max_cost,
    )
    result = run_synthesis(open_run(run), wish, engine)
    if json:
        print_json(result)


def filter_(
    run: RunPath,
    out: Out,
    min_score: MinScore = None,
    subgoal: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Go by this subgoal alone; may be given again.")
    ] = None,
    quota: Quota = 0,
    json: AsJson = False,
) -> None:
    """Keep the rows that serve the goal, in the dataset's own format; say what that costs."""
    from goalcover.tools.export import export as write
    from goalcover.tools.filter import select
    from goalcover.tools.mix import selected_mix
    from goalcover.ui import data_tables

    opened = open_run(run)
    selection = select(opened, min_score, subgoal or [], quota)
    written = write(opened, selected_mix(opened, selection), "same", out)
    if json:
        print_json({**selection.model_dump(), "out": str(out), "files": written.files, "notes": written.notes})
    else:
        data_tables.print_selection(selection, written)


def export(
    run: RunPath,
    mix: Annotated[str, typer.Option(help="original, goal-aligned, synthetic or one of both: synthetic+original.")],
    out: Out,
    format_name: Annotated[
        str, typer.Option("--format", help="openai, alpaca, sharegpt, trl, parquet, same; also hf, llama-factory ...")
    ],
    min_score: MinScore = None,
    quota: Quota = 0,
    validation: Validation = 0.0,
    seed: Seed = 0,
    push_to_hub: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Upload the folder to Hugging Face too, private.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="With --push-to-hub: for everyone to read.")] = False,
    json: AsJson = False,
) -> None:
    """Write a training set as your trainer reads it, with card and provenance."""
    from goalcover.tools.export import export as write
    from goalcover.tools.formats.hub import check_id, upload
    from goalcover.tools.mix import make_mix, parse_mix
    from goalcover.ui import data_tables

    if push_to_hub:
        check_id(push_to_hub)
        _check_folder(out)
    opened = open_run(run)
    made = make_mix(opened, parse_mix(mix), seed=seed, validation=validation, min_score=min_score, quota=quota)
    written = write(opened, made, format_name, out)
    if not json:
        data_tables.print_export(written)
    uploaded = upload(out, push_to_hub, private=not public) if push_to_hub else None
    if json:
        print_json({**written.model_dump(), "hub": uploaded.address if uploaded else None})
    elif uploaded:
        say(f"Uploaded, {'private' if uploaded.private else 'for everyone to read'}: {uploaded.address}")


def _check_folder(out: Path) -> None:
    from goalcover.agent.errors import InputError

    if out.suffix and not out.is_dir():
        raise InputError(f"--push-to-hub uploads a folder as it is: give one with --out, e.g. --out {out.stem}")
