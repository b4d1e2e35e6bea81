"""A mix as files that a trainer takes as they are, with a dataset card and the provenance of every row."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen
from goalcover.memory.files import write_bytes, writing
from goalcover.memory.runs import Run
from goalcover.tools.card import dataset_card
from goalcover.tools.destination import check_out
from goalcover.tools.formats.axolotl import axolotl_yaml
from goalcover.tools.formats.examples import Example, to_example
from goalcover.tools.formats.files import column_names, save_dataset_dict, write_rows
from goalcover.tools.formats.hub import PROVENANCE
from goalcover.tools.formats.kinds import KINDS, RowKind, labelled, pair, row_kind
from goalcover.tools.formats.llama_factory import alpaca_row, dataset_info, sharegpt_row
from goalcover.tools.formats.messages import UnfitError
from goalcover.tools.formats.openai import LEAST_ROWS, WEIGHTS, openai_row
from goalcover.tools.formats.trl import trl_row
from goalcover.tools.mix import Member, Mix
from goalcover.tools.rendering import parse_json
from goalcover.tools.typeset import count

Row = dict[str, Any]
ToRow = Callable[[Example, RowKind], Row]

JSON = (".jsonl", ".json", ".ndjson")
TABLES = (".csv", ".tsv", ".parquet")
DISK = "hf"
"""The format that is a folder: a `DatasetDict` with TRL's columns, as `datasets.load_from_disk` reads it."""
_BESIDE = ("README.md", "dataset_info.json", "dataset_dict.json", "axolotl.yaml")
"""What may stand with the rows and their provenance."""
ALIASES = {"llama-factory": "sharegpt", "axolotl": "openai", "huggingface": DISK, "jsonl": "same"}


@dataclass(frozen=True)
class Format:
    """How a mix is written."""

    kinds: tuple[str, ...]
    """Extensions that it is written with, the usual one first."""
    to_row: ToRow | None = None
    """Makes a row of an example; None: the rows stay as they are."""
    kind: RowKind | None = None
    """Of rows; None: the one that holds the examples best."""
    weights: tuple[float, ...] = (1,)
    """Loss weights of an answer that it has a place for, or that are no different from none."""


_TRL = (".jsonl", ".json", ".parquet")
FORMATS: Mapping[str, Format] = {
    "openai": Format((".jsonl",), openai_row, weights=WEIGHTS),
    "alpaca": Format((".json", ".jsonl"), alpaca_row),
    "sharegpt": Format((".json", ".jsonl"), sharegpt_row),
    "trl": Format(_TRL, trl_row),
    **{f"trl-{kind}": Format(_TRL, trl_row, kind) for kind in KINDS},
    "parquet": Format((".parquet",)),
    "same": Format((*JSON, *TABLES)),
    DISK: Format((), trl_row),
}


WEIGHTS_LOST = "rows carry loss weights that this format has no place for"
_CHECKS: Mapping[str, Callable[[Example], object]] = {"preference": pair, "kto": labelled}
"""Shape of a dataset -> what a row for its trainers has to have."""


@dataclass(frozen=True)
class Prepared:
    """A mix in a trainer's format, before it is written anywhere."""

    mix: Mix
    format: str
    splits: Mapping[str, list[Row]]
    """`train`, and `validation` when rows were set aside."""
    provenance: Mapping[str, list[Row]]
    """For each row of each split, where it comes from."""
    skipped: Mapping[str, int]
    """Why rows were left out -> how many."""
    notes: list[str] = field(default_factory=list)


class Exported(Frozen):
    """What was written."""

    mix: str
    format: str
    rows: int
    validation_rows: int
    synthetic: int
    duplicates: int
    skipped: dict[str, int]
    """Why rows were left out -> how many."""
    notes: tuple[str, ...]
    path: str
    files: tuple[str, ...]
    """Everything written, the rows first."""


def parse_format(name: str) -> str:
    """The format's own name (`llama-factory` is `sharegpt`). Raises InputError for an unknown one."""
    wanted = ALIASES.get(name.strip().lower(), name.strip().lower())
    if wanted not in FORMATS:
        raise InputError(f"no format '{name}': there are {', '.join([*FORMATS, *ALIASES])}")
    return wanted


def prepare(run: Run, mix: Mix, format_name: str) -> Prepared:
    """The mix's rows in the format. Rows that it cannot hold are left out and counted, by reason.

    Raises InputError when that leaves nothing.
    """
    shape, form = run.info().dataset.shape, FORMATS[format_name]
    made = _converted(mix, form, form.to_row, shape) if form.to_row else _as_they_are(mix, shape)
    if not made.rows["train"]:
        common = made.skipped.most_common(3)
        reasons = "; ".join(f"{reason} ({n:,})" for reason, n in common) or "no row is left to train on"
        raise InputError(f"no row of this mix can be written as {format_name}: {reasons}")
    used = {split: pairs for split, pairs in made.rows.items() if pairs}
    prepared = Prepared(
        mix=mix,
        format=format_name,
        splits={split: [row for _, row in pairs] for split, pairs in used.items()},
        provenance={split: [_provenance(member) for member, _ in pairs] for split, pairs in used.items()},
        skipped=dict(made.skipped),
    )
    prepared.notes.extend([*_notes(prepared), *(f"{n:,} {what}" for what, n in made.told.items() if n)])
    return prepared


def export(run: Run, mix: Mix, format_name: str, out: Path) -> Exported:
    """Writes the mix to `out`: a file when it has an extension, else a folder.

    A folder holds train.*, validation.*, README.md (the card), _provenance.jsonl and, for those trainers,
    dataset_info.json and axolotl.yaml; beside a file NAME.jsonl the same stand in NAME.goalcover/.
    Raises InputError when the extension does not fit the format, when the run or its data would suffer, and when `out`
    cannot be written.
    """
    name = parse_format(format_name)
    place = _place(run, name, out)
    for written_to in (*place.rows.values(), place.side):
        check_out(run, written_to)
    prepared = prepare(run, mix, name)
    place.make_room()
    written = [*_write_splits(prepared, place), *_write_side_files(run, prepared, place)]
    return Exported(
        mix=mix.name,
        format=name,
        rows=len(prepared.splits["train"]),
        validation_rows=len(prepared.splits.get("validation", ())),
        synthetic=sum(one["source"] == "synthetic" for rows in prepared.provenance.values() for one in rows),
        duplicates=mix.n_duplicates,
        skipped=dict(prepared.skipped),
        notes=tuple(prepared.notes),
        path=str(out),
        files=tuple(map(str, written)),
    )


@dataclass(frozen=True)
class Place:
    """Where an export goes."""

    folder: Path | None
    """None when the rows go into one file."""
    rows: dict[str, Path]
    """Split -> file; of a `DatasetDict`, the folder that is made."""
    side: Path
    """Where card and provenance stand."""

    def make_room(self) -> None:
        """Makes the folders; takes away the files of an earlier export, which would be read with the new ones.

        Raises InputError when the folder holds something else.
        """
        with writing(self.side):
            if self.folder is not None and self.folder.is_dir() and any(self.folder.iterdir()):
                if not self.provenance.is_file():
                    raise InputError(f"{self.folder} is not empty and no export of GoalCover: give a new folder.")
                for split in ("train", "validation"):
                    for old in self.folder.glob(f"{split}.*"):
                        old.unlink()
                    shutil.rmtree(self.folder / split, ignore_errors=True)
            if self.provenance.is_file():
                for old in (*(self.side / name for name in _BESIDE), self.rows["validation"]):
                    old.unlink(missing_ok=True)
            self.side.mkdir(parents=True, exist_ok=True)

    @property
    def provenance(self) -> Path:
        """The file that names where each row comes from; in a folder of rows its name hides it from readers."""
        return self.side / (PROVENANCE.lstrip("_") if self.folder is None else PROVENANCE)


def _place(run: Run, name: str, out: Path) -> Place:
    kinds = FORMATS[name].kinds
    if name == DISK:
        return Place(out, {"train": out / "train", "validation": out / "validation"}, out)
    if out.is_dir() or not out.suffix:
        kind = _own_kind(run) if name == "same" else kinds[0]
        return Place(out, {split: out / f"{split}{kind}" for split in ("train", "validation")}, out)
    if out.suffix.lower() not in kinds:
        raise InputError(f"{out}: {name} is written as {' or '.join(kinds)}, or give a folder")
    rows = {"train": out, "validation": out.with_name(f"{out.stem}.validation{out.suffix}")}
    return Place(None, rows, out.with_name(f"{out.stem}.goalcover"))


def _own_kind(run: Run) -> str:
    """The extension of the dataset's own file, where rows can be written so."""
    suffix = Path(run.info().dataset.path.removesuffix(".gz")).suffix.lower()
    return suffix if suffix in (*JSON, *TABLES) else ".jsonl"


@dataclass(frozen=True)
class _Made:
    """The rows of a mix."""

    rows: dict[str, list[tuple[Member, Row]]] = field(default_factory=lambda: {"train": [], "validation": []})
    skipped: Counter[str] = field(default_factory=Counter)
    """Why rows were left out -> how many."""
    told: Counter[str] = field(default_factory=Counter)
    """What is to be known of rows that were not -> how many."""


def _converted(mix: Mix, form: Format, to_row: ToRow, shape: str) -> _Made:
    """Rows of one kind, for all splits, as the format has them."""
    made = _Made()
    examples: list[tuple[str, Member, Example]] = []
    for split, member in _members(mix):
        with _counted(made.skipped):
            examples.append((split, member, to_example(member.sample, as_judged=shape.startswith("mapped"))))
    kind = form.kind or row_kind([example for *_, example in examples])
    for split, member, example in examples:
        with _counted(made.skipped):
            made.rows[split].append((member, to_row(example, kind)))
            made.told[WEIGHTS_LOST] += any(one.get("weight", 1) not in form.weights for one in example.messages)
    return made


def _as_they_are(mix: Mix, shape: str) -> _Made:
    """The rows in the dataset's own form; what only its own rows know is None in the synthetic ones."""
    made = _Made()
    check = next((check for name, check in _CHECKS.items() if name in shape), None)
    for split, member in _members(mix):
        made.rows[split].append((member, parse_json(member.sample.original)))
        if check and member.origin is not None:
            with _counted(made.told, "synthetic rows do not train as the others do: "):
                check(to_example(member.sample))
    return made


def _members(mix: Mix) -> Iterator[tuple[str, Member]]:
    """Each with its split."""
    yield from (("train", member) for member in mix.train)
    yield from (("validation", member) for member in mix.validation)


@contextmanager
def _counted(reasons: Counter[str], about: str = "") -> Iterator[None]:
    try:
        yield
    except UnfitError as error:
        reasons[f"{about}{error}"] += 1


def _provenance(member: Member) -> Row:
    origin = member.origin.model_dump(mode="json") if member.origin else {"sample_id": member.sample.id}
    return {"source": member.source, "source_row": member.sample.row if member.origin is None else None, **origin}


def _notes(prepared: Prepared) -> list[str]:
    notes = [f"{count(n, 'row')} left out: {reason}" for reason, n in prepared.skipped.items()]
    if prepared.mix.selection and prepared.mix.selection.left_out:
        notes.append(prepared.mix.selection.left_out)
    if prepared.format == "openai" and len(prepared.splits["train"]) < LEAST_ROWS:
        notes.append(f"OpenAI wants at least {LEAST_ROWS} examples; this file has {len(prepared.splits['train'])}")
    return notes


def _write_splits(prepared: Prepared, place: Place) -> list[Path]:
    if prepared.format == DISK:
        save_dataset_dict(place.side, prepared.splits)
        return [place.rows[split] for split in prepared.splits]
    neutralised = sum(write_rows(place.rows[split], rows) for split, rows in prepared.splits.items())
    if neutralised:
        prepared.notes.append(
            f"{neutralised:,} cells that a spreadsheet would execute have an apostrophe put before them"
        )
    return [place.rows[split] for split in prepared.splits]


def _write_side_files(run: Run, prepared: Prepared, place: Place) -> list[Path]:
    up = "" if place.folder is not None else "../"
    names = {split: f"{up}{place.rows[split].name}" for split in prepared.splits}
    columns = column_names(prepared.splits["train"])
    configs = {} if place.folder is None else names
    if prepared.format == DISK:
        configs = {split: f"{name}/*.arrow" for split, name in names.items()}
    card = dataset_card(run, prepared.mix, prepared.format, configs, prepared.notes)
    texts = {"README.md": card}
    if {"instruction", "conversations", "messages"} & set(columns) and FORMATS[prepared.format].to_row is not None:
        stem = place.rows["train"].stem if place.folder is None else place.side.name
        entries = {_entry_name(stem, split): dataset_info(name, columns) for split, name in names.items()}
        texts["dataset_info.json"] = orjson.dumps(entries, option=orjson.OPT_INDENT_2).decode() + "\n"
    if FORMATS[prepared.format].kinds and (snippet := axolotl_yaml(str(place.rows["train"]), columns)):
        texts["axolotl.yaml"] = snippet
    lines = (
        orjson.dumps({"split": split, "row": number, **one})
        for split, rows in prepared.provenance.items()
        for number, one in enumerate(rows, 1)
    )
    write_bytes(place.provenance, b"\n".join(lines) + b"\n")
    for name, text in texts.items():
        write_bytes(place.side / name, text.encode("utf-8", "replace"))
    return [place.provenance, *(place.side / name for name in texts)]


def _entry_name(stem: str, split: str) -> str:
    return stem if split == "train" else f"{stem}_{split}"
