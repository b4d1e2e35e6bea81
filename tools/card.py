"""The dataset card that goes with every export: what it is for, what is in it, where it comes from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from goalcover.memory.runs import Run
from goalcover.tools.mix import Mix

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(run: Run, mix: Mix, format_name: str, files: Mapping[str, str], notes: Sequence[str]) -> str:
    """The card as Markdown with the Hub's YAML header; `files` is split -> file name beside the card."""
    info, goal, coverage = run.info(), run.goal(), run.coverage()
    rows = [*mix.train, *mix.validation]
    synthetic = [one for one in rows if one.origin is not None]
    lines = [
        _header(files, len(rows)),
        f"# {_escaped(Path(info.dataset.path).name)}: {mix.name}",
        "",
        f"Made with GoalCover for this goal: {_escaped(goal.text)}",
        "",
        "## What is in it",
        "",
        f"- Format: {format_name}; {len(mix.train):,} rows to train on, {len(mix.validation):,} to validate with",
        f"- {len(rows) - len(synthetic):,} rows of the dataset, {len(synthetic):,} synthetic; "
        f"{mix.n_duplicates:,} duplicates left out; shuffled with seed {mix.seed}",
        f"- Judged by {info.engine.name} ({info.engine.model}, version {info.engine.version}), {info.created_at[:10]}",
        *(f"- {note}" for note in notes),
        *_selection(mix),
        "",
        "## Subgoals",
        "",
        "Alignment is the mean of the judge's scores (0 to 1) over the whole dataset, before any selection.",
        "",
        "| Subgoal | What it asks for | Alignment | Samples that support it |",
        "|---|---|---|---|",
    ]
    for subgoal, row in zip(goal.subgoals, coverage.subgoals, strict=True):
        mean = "not scored" if row.alignment is None else f"{row.alignment:.3f}"
        asked = f"{_escaped(subgoal.name)} | {_escaped(subgoal.description)}"
        lines.append(f"| {asked} | {mean} | {row.support:,} of {row.n_scored:,} |")
    lines += [*_synthetic(mix), *_provenance(run)]
    return "\n".join(lines) + "\n"


def _header(files: Mapping[str, str], n: int) -> str:
    header: dict[str, Any] = {
        "license": "unknown",
        "tags": ["goalcover"],
        "size_categories": [next((name for most, name in SIZES if n < most), "n>1M")],
    }
    if files:
        splits = [{"split": split, "path": name} for split, name in files.items()]
        header["configs"] = [{"config_name": "default", "data_files": splits}]
    return f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n"


def _selection(mix: Mix) -> list[str]:
    if mix.selection is None:
        return []
    cut = mix.selection.cut
    return [
        f"- Goal-aligned part: rows with a goal score of at least {cut.min_score:.2f}, "
        f"{cut.kept:,} of {mix.selection.n:,} ({cut.kept_share:.0%})"
    ]


def _synthetic(mix: Mix) -> list[str]:
    made: dict[tuple[str, str], int] = {}
    for one in [*mix.train, *mix.validation]:
        if one.origin is not None:
            key = one.origin.subgoal_id, one.origin.engine
            made[key] = made.get(key, 0) + 1
    if not made:
        return []
    listed = [f"- {n:,} for {subgoal_id}, by {engine}" for (subgoal_id, engine), n in sorted(made.items())]
    return ["", "## Synthetic rows", "", *listed]


def _provenance(run: Run) -> list[str]:
    info = run.info()
    return [
        "",
        "## Provenance and licence",
        "",
        f"- Source: {_escaped(Path(info.dataset.path).name)}, {info.dataset.rows:,} rows, fingerprint "
        f"{info.dataset.fingerprint}",
        "- The provenance file beside this card names for every row the sample that it is or was made from.",
        "- Licence: to be stated by whoever publishes this. The rows keep the licence of their source.",
    ]


def _escaped(text: str) -> str:
    """Text of the user's in one line, so that it cannot pose as a heading, a table or HTML."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")
