"""Proposals that passed and that nobody has decided about: RUN/synthetic/<subgoal>.waiting.json, by subgoal.

A request that ends early (Ctrl-C, Stop, the plug) loses none of what it had found, and the next one begins with it.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen
from goalcover.agent.synthesis import Proposal
from goalcover.memory.files import write_bytes, writing
from pydantic import TypeAdapter, ValidationError


class _Waiting(Frozen):
    engine: str
    """The generator's id."""
    proposal: Proposal


_ALL: TypeAdapter[tuple[_Waiting, ...]] = TypeAdapter(tuple[_Waiting, ...])


def waiting(folder: Path, subgoal_id: str, engine: str) -> tuple[Proposal, ...]:
    """What a generator of that id made for the subgoal, in the order in which it passed."""
    return tuple(one.proposal for one in _read(_path(folder, subgoal_id)) if one.engine == engine)


def put_by(folder: Path, subgoal_id: str, engine: str, proposals: Iterable[Proposal]) -> None:
    """Notes that these passed, too. InputError when they cannot be written."""
    path = _path(folder, subgoal_id)
    known = {one.proposal.candidate.id: one for one in _read(path)}
    known |= {one.candidate.id: _Waiting(engine=engine, proposal=one) for one in proposals}
    with writing(folder):
        folder.mkdir(exist_ok=True)
    write_bytes(path, _ALL.dump_json(tuple(known.values())))


def settle(folder: Path, subgoal_id: str, candidate_ids: Collection[str]) -> None:
    """These wait no longer. InputError when the others cannot be written."""
    path = _path(folder, subgoal_id)
    known = _read(path)
    left = tuple(one for one in known if one.proposal.candidate.id not in candidate_ids)
    if left:
        write_bytes(path, _ALL.dump_json(left))
    elif known:
        with writing(folder):
            path.unlink()


def _path(folder: Path, subgoal_id: str) -> Path:
    return folder / f"{subgoal_id}.waiting.json"


def _read(path: Path) -> tuple[_Waiting, ...]:
    try:
        return _ALL.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise InputError(f"{path} cannot be read: delete it, and the proposals in it are forgotten.") from error
