"""Files that a person writes, YAML or JSON, read as they stand there."""

import json
import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml
from goalcover.agent.errors import InputError

try:
    # PyYAML's own scanner refuses the question mark in `{question: Which ones?, answer: all}`; libyaml takes it.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

DEEPEST = 100
"""Lists and mappings inside one another."""


def read_yaml(path: Path, kind: str, otherwise: str) -> object:
    """A file's content, as JSON when the name ends in .json; None where it is empty.

    `kind` is what it should be, as "goal file", and `otherwise` what to know where there is none. InputError says what
    is wrong, and where.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _json(path, text) if path.suffix.lower() == ".json" else _yaml(path, text)
    except FileNotFoundError as error:
        raise InputError(f"There is no {kind} {path}: {otherwise}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8 (byte {error.start}): save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deep for a {kind}.") from error


class _Loader(SafeLoader):
    """YAML in which text is what a person takes for text, and which refuses a key given twice.

    PyYAML reads `yes` as true, 12:30 as 750 and 3.10 as 3.1. Of two keys it keeps the last, so that a forgotten dash
    would swallow a subgoal.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=_twice(key.value), problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
_WHOLE = "-?(?:0|[1-9][0-9]*)"
# Numbers, where they would be written again as they stand there; nothing; and the sign that merges two mappings.
for _tag, _form, _first in (
    ("int", _WHOLE, "-0123456789"),
    ("float", rf"{_WHOLE}\.(?:0|[0-9]*[1-9])", "-0123456789"),
    ("null", "~|null|Null|NULL|", ("~", "n", "N", "")),
    ("merge", "<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form})\Z"), list(_first))


def _yaml(path: Path, text: str) -> object:
    try:
        _refuse_depth(text)
        return _Loader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        hint = " Text with a colon and a space goes in quotes." if "mapping values" in str(error.problem) else ""
        raise InputError(f"{path} is not YAML: {error.problem}{line}.{hint}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: it holds characters that YAML does not allow.") from error


def _refuse_depth(text: str) -> None:
    """RecursionError where libyaml would take the whole process with it."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError


def _json(path: Path, text: str) -> object:
    def mapping(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        if doubled := next((key for key in keys if keys.count(key) > 1), None):
            raise InputError(f"{path}: {_twice(doubled)}.")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=mapping) if text.strip() else None
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error.msg} in line {error.lineno}.") from error


def _twice(key: str) -> str:
    return f"the key `{key}` stands twice in one place (is a dash missing before it?)"
