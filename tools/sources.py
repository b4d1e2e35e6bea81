"""Where rows come from: a file, a folder of files, or a dataset on Hugging Face."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from goalcover.agent.errors import InputError
from goalcover.tools.readers import file_kind, read_file, reader_of
from goalcover.tools.rows import Row, reason_of
from goalcover.tools.tables import BATCH_ROWS, table_rows

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?::[\w.-]+)?")
"""owner/name, and a colon with the configuration where a dataset has several."""
DEFAULT_SPLIT = "train"
BOOKKEEPING = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What `datasets` and LLaMA-Factory keep beside the rows."""

LISTED = 10
"""How many names a message lists."""


@dataclass(frozen=True)
class Source:
    """Rows that can be read again and again."""

    parts: tuple[Callable[[], Iterator[Row]], ...]
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """All rows, part after part."""
        for part in self.parts:
            yield from part()


def find_source(data: str, split: str | None = None) -> Source:
    """The source that DATA names; nothing of a file is read yet.

    Raises InputError when there is no such path, file kind, split or dataset.
    """
    path = Path(data).expanduser() if data.startswith("~/") else Path(data)
    if not data.strip() or not _exists(path):
        return _hub_source_or_error(data, split)
    if path.is_dir():
        return _folder_source(path, split)
    if not path.is_file():
        raise InputError(f"{data} is neither a file nor a folder")
    if split is not None:
        raise InputError(f"--split {split} was given, but {data} is one file: it has no splits")
    reader_of(path)
    return Source((partial(read_file, path),))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def is_hub_id(data: str) -> bool:
    """Whether DATA is sought on Hugging Face alone: it is spelt as an id is, and nothing here could be meant by it."""
    path = Path(data)
    here = _exists(path) or _exists(path.parent) or file_kind(path) is not None
    return HUB_ID.fullmatch(data) is not None and not here


def _hub_source_or_error(data: str, split: str | None) -> Source:
    if is_hub_id(data):
        return hub_source(data, split)
    shown = data if len(data) <= 200 else f"{data[:200]}..."
    raise InputError(f"there is no file or folder {shown!r} (a Hugging Face dataset is written owner/name)")


def _folder_source(folder: Path, split: str | None) -> Source:
    notes: list[str] = []
    if (folder / "dataset_dict.json").is_file():  # datasets.DatasetDict.save_to_disk
        splits = sorted(child.name for child in folder.iterdir() if child.is_dir())
        split, notes = _choose_split(str(folder), splits, split)
        folder, split = folder / split, None
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_hidden(path.relative_to(folder))]
    chosen = [path for path in files if file_kind(path) and path.name not in BOOKKEEPING]
    others = [path for path in files if not file_kind(path)]
    if not chosen:
        raise InputError(f"the folder {folder} holds no file that can be read (see --help for the kinds)")
    if split is not None:
        chosen = _files_of_split(folder, chosen, split)
    notes.append(f"{len(chosen)} files read from the folder" if len(chosen) > 1 else f"read {chosen[0].name}")
    if others:
        notes.append(f"not read, because of their kind: {_names([path.name for path in others])}")
    return Source(tuple(partial(read_file, path) for path in chosen), tuple(notes))


def _is_hidden(path: Path) -> bool:
    """Dot files, and the cache that `datasets` leaves behind in a saved folder."""
    return any(part.startswith((".", "_")) for part in path.parts) or path.name.startswith("cache-")


def _files_of_split(folder: Path, files: list[Path], split: str) -> list[Path]:
    """The files that are called after the split (train.csv, train-00000-of-00002.parquet) or lie in its folder."""
    found = [path for path in files if split in _split_names(path.relative_to(folder))]
    if not found:
        known = sorted({name for path in files for name in _split_names(path.relative_to(folder))})
        raise InputError(f"{folder} has no split {split!r}; its files are called {_names(known)}")
    return found


def _split_names(path: Path) -> set[str]:
    stem = path.name.partition(".")[0]
    return {*path.parts[:-1], stem, re.sub(r"-\d+(-of-\d+)?$", "", stem)}


def hub_source(name: str, split: str | None = None) -> Source:
    """A dataset that `datasets.load_dataset` knows by name (or name:configuration), downloaded once into its cache.

    Raises InputError when it cannot be loaded: unknown, no network, no such split.
    """
    import datasets  # here, because it takes seconds to start

    try:
        dataset, _, configuration = name.partition(":")
        loaded = datasets.load_dataset(dataset, configuration or None)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        hint = f" Write it as {name}:CONFIGURATION." if "Config name is missing" in str(error) else ""
        raise InputError(
            f"{name} is no file or folder here, and could not be loaded from Hugging Face: {reason_of(error)}{hint}"
        ) from error
    chosen, notes = _choose_split(name, list(loaded), split)
    return Source((partial(_hub_rows, f"{name}[{chosen}]", loaded[chosen]),), tuple(notes))


def _hub_rows(name: str, dataset: Any) -> Iterator[Row]:
    # as Arrow, because reading rows would decode images and sounds
    return table_rows(name, dataset.with_format("arrow").iter(batch_size=BATCH_ROWS))


def _choose_split(name: str, splits: list[str], split: str | None) -> tuple[str, list[str]]:
    """The split to read, and a note when others are left aside."""
    if split is not None and split not in splits:
        raise InputError(f"{name} has no split {split!r}; it has {_names(splits)}")
    if split is None and len(splits) > 1 and DEFAULT_SPLIT not in splits:
        raise InputError(f"{name} has the splits {_names(splits)}: choose one with --split")
    chosen = split or (splits[0] if len(splits) == 1 else DEFAULT_SPLIT)
    others = [one for one in splits if one != chosen]
    return chosen, [f"split {chosen!r} read, not {_names(others)}"] if others else []


def _names(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
