"""Where results may be written: never over what they were made from."""

from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.memory.runs import Run


def check_out(run: Run, out: Path) -> None:
    """InputError where writing `out`, a file or a folder, could take away what the run holds or the data it is of."""
    data = Path(run.info().dataset.path).expanduser()
    if data.exists() and _overlap(data, out):  # else it came from elsewhere
        raise InputError(f"{out} would change {data}, the data that {run.path} is of: give another place.")
    if _overlap(run.path, out):
        raise InputError(f"{out} would change {run.path}, which belongs to the run alone: give another place.")


def _overlap(one: Path, other: Path) -> bool:
    one, other = one.resolve(), other.resolve()
    return one.is_relative_to(other) or other.is_relative_to(one)
