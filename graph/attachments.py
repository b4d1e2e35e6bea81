"""From what a person hands over, types or drops, to a dataset and a goal."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from goalcover.agent.elicitation import DataProfile
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.graph.events import Reading
from goalcover.graph.intent import wants_demo
from goalcover.graph.state import Attachment, Data, Heard, Preview, Unmapped
from goalcover.memory.goals import load_goal
from goalcover.tools import load
from goalcover.tools.profile import profile
from goalcover.tools.sources import HUB_ID
from goalcover.tools.survey import UnknownShapeError
from goalcover.tools.typeset import cut

DEMO = (
    Attachment(name="support.jsonl", path=str(Path(load.__file__).with_name("demo") / "support.jsonl")),
    Attachment(name="goal.yaml", path=str(Path(load.__file__).with_name("demo") / "goal.yaml")),
)
"""The dataset that comes along: 305 rows, two planted gaps."""
_SNIFF = 65_536
_SHOWN = 600
"""Characters of a sample that are kept to be shown."""
_ENDINGS = (".yaml", ".yml", ".json", ".jsonl", ".csv", ".tsv", ".parquet", ".arrow", ".xlsx", ".gz")


@dataclass(frozen=True)
class Taken:
    """What was handed over, as far as it can be used."""

    reading: Reading | None = None
    goal: Goal | None = None
    unmapped: Unmapped | None = None
    problems: tuple[str, ...] = ()


def attached(heard: Heard) -> tuple[Attachment, ...]:
    """What a message hands over: its files, the demo's when it asks for the demo, or the paths that it consists of."""
    if wants_demo(heard.text):
        return DEMO
    return heard.files or tuple(Attachment(name=_name(path), path=path) for path in _paths(heard.text))


def take(files: tuple[Attachment, ...], mapping: str = "") -> Taken:
    """Reads what was handed over, a dataset by the mapping. Takes as long as reading a dataset once."""
    taken, problems = Taken(), []
    for file in files:
        try:
            taken = _take(file, taken, mapping)
        except UnknownShapeError as error:
            taken = replace(taken, unmapped=Unmapped(file=file, columns=error.columns, likely=error.likely))
        except InputError as error:
            problems.append(str(error).replace(file.path, file.name))
    return replace(taken, problems=tuple(problems))


def _take(file: Attachment, taken: Taken, mapping: str) -> Taken:
    if _is_goal(Path(file.path)):
        if taken.goal is not None:
            raise InputError(f"{file.name} is a second goal file: one at a time.")
        return replace(taken, goal=load_goal(Path(file.path).expanduser()))
    if taken.reading is not None or taken.unmapped is not None:
        raise InputError(f"{file.name} is a second dataset: one at a time, or a folder of files by its path.")
    return replace(taken, reading=_read(file, mapping))


def _read(file: Attachment, mapping: str) -> Reading:
    dataset = load.open_dataset(file.path, mapping=mapping or None)
    looked: DataProfile = profile(dataset)
    shown = dataset.preview
    data = Data(
        source=file.path,
        name=file.name,
        shape=dataset.shape,
        rows=dataset.rows,
        samples=len(dataset),
        fingerprint=dataset.fingerprint,
        preview=Preview(id=shown.id, input=cut(shown.input, _SHOWN), output=cut(shown.output, _SHOWN)),
        mapping=mapping,
    )
    skipped = tuple(f"{skip.where}: {skip.reason}" for skip in dataset.skipped[:3])
    return Reading(data=data, profile=looked, notes=dataset.notes, n_skipped=dataset.n_skipped, skipped=skipped)


def _is_goal(path: Path) -> bool:
    """YAML always is; JSON when it is one object that names subgoals, because datasets are JSON too."""
    if path.suffix.lower() in {".yaml", ".yml"}:
        return True
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_SNIFF).lstrip()
    return head.startswith(b"{") and b'"subgoals"' in head


def _paths(text: str) -> tuple[str, ...]:
    """The paths or Hugging Face ids that a text consists of; none when it says anything else."""
    whole = text.strip().strip("'\"")
    if _exists(whole):
        return (whole,)
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe, as people write
        return ()
    return tuple(words) if words and all(map(_is_path, words)) else ()


def _is_path(word: str) -> bool:
    if _exists(word) or HUB_ID.fullmatch(word):
        return True
    return word.startswith(("/", "~/", "./", "../")) or Path(word).suffix.lower() in _ENDINGS


def _exists(word: str) -> bool:
    """A bare word is no path, even when a file of that name lies about."""
    if not word or not ({"/", "\\", "."} & set(word)):
        return False
    try:
        return Path(word).expanduser().exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _name(path: str) -> str:
    return path if HUB_ID.fullmatch(path) else Path(path).name or path
