"""The paper's three domains, built in: goal, removals of Table 1, and what Table 2 reports for them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Goal
from goalcover.agent.validation import Published, Removal
from goalcover.tools.studies.removals import parse_removals

DomainName = Literal["medical", "legal", "code"]
FOLDER = Path(__file__).parent / "domains"


class Domain(Frozen):
    """One of the paper's domains (sections 4.1 to 4.3)."""

    hub: str
    """Where the dataset is published on the Hugging Face hub."""
    size: int
    """Samples the paper took."""
    goal: Goal
    removals: tuple[Removal, ...]
    paper: Mapping[str, Published]


@cache
def load_domain(name: str) -> Domain:
    """The domain of that name; InputError when there is none."""
    if name not in get_args(DomainName):
        raise InputError(f"no domain '{name}': there are {', '.join(get_args(DomainName))}")
    path = FOLDER / f"{name}.yaml"
    domain = Domain.model_validate(yaml.safe_load(path.read_text("utf-8")))
    parse_removals({"removals": domain.removals}, domain.goal, path.name)
    return domain
