"""The goal file (the contract's YAML or JSON) to a Goal and back."""

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from goalcover.agent.errors import InputError
from goalcover.agent.models import Clarification, Goal, Subgoal
from goalcover.memory.files import write_bytes
from goalcover.memory.yaml_files import read_yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

SHOWN_PROBLEMS = 3
ENTRIES: dict[str, type[BaseModel]] = {"subgoals": Subgoal, "context": Clarification}
"""What the lists of a goal file hold."""
WORDS = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "may hold only a-z, 0-9, _ and -",
    "too_short": "must have at least one entry",
}
KINDS = {type(None): "nothing", bool: "true or false", int: "a number", float: "a number", str: "text"}
KINDS |= {list: "a list", dict: "a mapping"}


def load_goal(path: Path) -> Goal:
    """Reads a goal file; InputError names the file, the subgoal and the field that cannot be used."""
    content = read_yaml(path, "goal file", "`goalcover plan` makes one")
    if content is None:
        raise InputError(f"{path} is empty: a goal file has `goal:` and `subgoals:`.")
    if not isinstance(content, dict):
        raise InputError(f"{path} holds {_kind(content)}, not `goal:` and `subgoals:` at its top.")
    try:
        return Goal.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_problems(error, content)}") from error


def dump_goal(goal: Goal, path: Path) -> None:
    """Writes a goal file, as JSON when the name ends in .json and as YAML otherwise."""
    content = goal.model_dump(mode="json", by_alias=True, exclude_none=True)
    if path.suffix.lower() == ".json":
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    else:
        # Written as they are, YAML reads these three as line breaks: then everything unusual is written as escapes.
        plain = not {"\x85", "\u2028", "\u2029"} & set(json.dumps(content, ensure_ascii=False))
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=plain, width=100)
    write_bytes(path, text.encode())


def goal_sha256(goal: Goal) -> str:
    """Names a goal's content in hex, whatever the file's format, order of keys and spacing."""
    canonical = json.dumps(goal.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _problems(error: ValidationError, content: dict[str, Any]) -> str:
    """All that is wrong, in one line."""
    # A list all of whose entries are wrong is too short for pydantic, and not for a person.
    details = [one for one in error.errors(include_url=False) if one["type"] != "too_short" or not one["input"]]
    lines = [f"{_place(one['loc'], content)}{_words(one)}" for one in details[:SHOWN_PROBLEMS]]
    if len(details) > SHOWN_PROBLEMS:
        lines.append(f"and {len(details) - SHOWN_PROBLEMS} more")
    return "; ".join(lines) + "."


def _place(loc: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Where, as a person counts: `subgoal 2 (cardiology), description: `."""
    match loc:
        case ("subgoals", int(index), *rest):
            entry = content["subgoals"][index]
            name = entry.get("id") if isinstance(entry, dict) else None
            places = [f"subgoal {index + 1}" + (f" ({name})" if isinstance(name, str) else "")]
        case ("context", int(index), *rest):
            places = [f"context {index + 1}"]
        case _:
            places, rest = [], list(loc)
    places += [str(one) for one in rest]
    return ", ".join(places) + ": " if places else ""


def _words(problem: ErrorDetails) -> str:
    """What is wrong and what to do, without pydantic's vocabulary."""
    given, kind = problem["input"], problem["type"]
    if kind in WORDS:
        return WORDS[kind]
    match kind:
        case "extra_forbidden":
            return f"is not a known key{_did_you_mean(problem['loc'])}"
        case "string_type":
            return _not_text(given)
        case "tuple_type":
            return f"must be a list, not {_kind(given)}"
        case "model_type":
            return f"must be a mapping of keys to values, not {_kind(given)}"
        case "value_error":
            return str(problem["ctx"]["error"])
    return problem["msg"][0].lower() + problem["msg"][1:]


def _not_text(given: object) -> str:
    if given is None:
        return WORDS["string_too_short"]
    if isinstance(given, dict):
        return "was read as a mapping because of a colon: put the text in quotes"
    return f"must be text, not {_kind(given)}: put it in quotes"


def _did_you_mean(loc: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Goal if len(loc) == 1 else ENTRIES[str(loc[0])]
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f", did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"


def _kind(value: object) -> str:
    """How a person calls a value's type."""
    return KINDS.get(type(value), "a date")
