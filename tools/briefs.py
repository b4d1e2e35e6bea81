"""Work orders for samples that nobody could make yet: JSON lines that an annotator can read and a model can fill."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.phrases import joined, lower_first
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.errors import InputError
from goalcover.agent.models import SUPPORT_LEVEL, Frozen, Subgoal
from goalcover.agent.synthesis import Brief, Column, Difficulty
from goalcover.memory.files import write_bytes, writing
from goalcover.memory.runs import Run
from goalcover.tools.material import EXEMPLARS, Material, read_material
from goalcover.tools.plan import Part
from pydantic import ValidationError

_TERMS = 10
_READ = 60
"""Samples of each kind that key terms are read off."""
_DIFFICULTIES: dict[Difficulty, str] = {
    "basic": "Basic: one plain case, one thing to know.",
    "intermediate": "Intermediate: a usual case with two or three things to bear in mind.",
    "advanced": "Advanced: a case with several conditions, an exception or a trap.",
}


class Order(Frozen):
    """One line of a briefs file."""

    task: str = ""
    """What is to be done, in sentences for the person who does it."""
    subgoal_id: str
    n: int
    """Samples wanted."""
    capability: str
    """What they are to show."""
    difficulty: Difficulty
    form: str
    columns: tuple[Column, ...]
    """To fill; empty: an input and an output."""
    exemplar_ids: tuple[str, ...]
    """Samples of the dataset to write them after."""
    key_terms: tuple[str, ...]
    """Words that set the samples which show the subgoal apart from the others."""
    explanations: tuple[str, ...]
    """What the judge said about samples that lack it."""


def write_briefs(run: Run, subgoal_id: str, parts: Sequence[Part]) -> Path:
    """Writes RUN/synthetic/briefs/SUBGOAL.jsonl, in place of an earlier one; its path."""
    folder = run.synthetic_path / "briefs"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{subgoal_id}.jsonl"
    material = read_material(run, subgoal_id)
    terms = _terms(material)
    lines = [orjson.dumps(_order(material.subgoal, part, terms).model_dump(mode="json")) + b"\n" for part in parts]
    write_bytes(path, b"".join(lines))
    return path


def read_briefs(run: Run, path: Path) -> tuple[str, list[Part]]:
    """(subgoal id, parts) of a briefs file. Raises InputError when it is none, or asks for several subgoals."""
    try:
        lines = [line for line in path.read_bytes().splitlines() if line.strip()]
        orders = [Order.model_validate_json(line) for line in lines]
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    except ValidationError as error:
        place = ".".join(str(one) for one in error.errors()[0]["loc"]) or "its beginning"
        raise InputError(f"{path} is no briefs file of GoalCover (at {place})") from error
    asked = {order.subgoal_id for order in orders}
    if len(asked) != 1:
        raise InputError(f"{path} has to hold briefs for one subgoal, not {len(asked)}")
    material = read_material(run, orders[0].subgoal_id)
    return orders[0].subgoal_id, [_part(order, material) for order in orders]


def _order(subgoal: Subgoal, part: Part, terms: tuple[str, ...]) -> Order:
    brief = part.brief
    return Order(
        task=_task(subgoal, part),
        subgoal_id=subgoal.id,
        n=part.n,
        capability=brief.capability,
        difficulty=brief.difficulty,
        form=brief.form,
        columns=brief.columns,
        exemplar_ids=tuple(one.id for one in brief.exemplars),
        key_terms=terms,
        explanations=brief.explanations,
    )


def _task(subgoal: Subgoal, part: Part) -> str:
    brief = part.brief
    title = brief.capability.partition(". ")[0].removesuffix(".")
    asked, answered = (
        joined([one.name for one in brief.columns if one.side == side] or [side]) for side in ("input", "output")
    )
    form = brief.form or "as the exemplars are"
    return (
        f"Write {'1 new sample' if part.n == 1 else f'{part.n:,} new samples'} for “{subgoal.name}”: "
        f"{subgoal.description.strip().rstrip('.')}. The gap that they close: {lower_first(title)}. "
        f"{_DIFFICULTIES[brief.difficulty]} Form: {form}. "
        f"Fill {asked} for what is asked and {answered} for the answer, in the style of the exemplars."
    )


def _terms(material: Material) -> tuple[str, ...]:
    """What the samples speak of that show the subgoal, against those that do not; a form is in samples of all kinds."""
    if cue := cue_of(material.subgoal):
        return (cue.noun,)
    best = material.sound
    strong = [one for one in best[:_READ] if material.levels[one] >= SUPPORT_LEVEL] or best[:EXEMPLARS]
    weak = [one for one in best[-_READ:] if one not in strong]
    groups = [[f"{one.input}\n\n{one.output}" for one in material.of(ids)] for ids in (strong, weak)]
    return tuple(term for term, _ in key_terms(groups, most=_TERMS)[0])


def _part(order: Order, material: Material) -> Part:
    shared: dict[str, Any] = order.model_dump(include={"capability", "difficulty", "form", "columns", "explanations"})
    exemplars = tuple(material.of(order.exemplar_ids)) or material.exemplars
    return Part(brief=Brief(**shared, exemplars=exemplars, sources=tuple(material.samples.values())), n=order.n)
