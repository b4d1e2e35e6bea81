"""Work orders for samples that nobody could make yet: JSON lines that an annotator can read and a model can fill."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen
from goalcover.agent.synthesis import Brief, Column, Difficulty
from goalcover.memory.files import write_bytes, writing
from goalcover.memory.runs import Run
from goalcover.tools.material import Material, read_material
from goalcover.tools.plan import Part
from pydantic import ValidationError


class Order(Frozen):
    """One line of a briefs file."""

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
    """Words of the exemplars that tell what they are about."""
    explanations: tuple[str, ...]
    """What the judge said about samples that lack it."""


def write_briefs(run: Run, subgoal_id: str, parts: Sequence[Part]) -> Path:
    """Writes RUN/synthetic/briefs/SUBGOAL.jsonl, in place of an earlier one; its path."""
    folder = run.synthetic_path / "briefs"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{subgoal_id}.jsonl"
    lines = [orjson.dumps(_order(subgoal_id, part).model_dump(mode="json")) + b"\n" for part in parts]
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


def _order(subgoal_id: str, part: Part) -> Order:
    brief = part.brief
    texts = [f"{one.input}\n\n{one.output}" for one in brief.exemplars]
    terms = key_terms([texts])[0] if texts else []
    return Order(
        subgoal_id=subgoal_id,
        n=part.n,
        capability=brief.capability,
        difficulty=brief.difficulty,
        form=brief.form,
        columns=brief.columns,
        exemplar_ids=tuple(one.id for one in brief.exemplars),
        key_terms=tuple(term for term, _ in terms),
        explanations=brief.explanations,
    )


def _part(order: Order, material: Material) -> Part:
    shared: dict[str, Any] = order.model_dump(include={"capability", "difficulty", "form", "columns", "explanations"})
    exemplars = tuple(material.of(order.exemplar_ids)) or material.exemplars
    return Part(brief=Brief(**shared, exemplars=exemplars, sources=tuple(material.samples.values())), n=order.n)
