"""Structured answers from any server: the form of the request, and what was found out about who takes which form."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, TypeVar, get_args

from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import digest
from goalcover.agent.prompt import Message
from goalcover.agent.reply import Reply, bare_list
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

Mode = Literal["json_schema", "tools", "text"]
"""How a server is asked for an object; the first that it honours is taken."""
MODES: tuple[Mode, ...] = get_args(Mode)
T = TypeVar("T", bound=BaseModel)
# Docstrings are for us, and not every server's grammar knows the rest; our validators do.
_UNSENT = frozenset({"title", "description", "default", "minLength", "maxLength", "pattern", "format"})
_TEXT_RULE = "\n\nAnswer with one JSON object and nothing else. It has to match this JSON schema:\n"


class Ability(BaseModel):
    """What a model on a server can do, found out by trying."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mode: Mode
    dropped: tuple[str, ...] = ()
    """Parameters that it does not take, e.g. `temperature`."""


class Strict(BaseModel):
    """Base of the objects that a model is asked for: strict in what is asked, lenient in what is taken.

    The schema wants every field and no other. Of an answer other keys are passed over, and what has a default may be
    missing or null: servers that hold a model to no schema give such answers, and asking again costs money.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {name: value for name, value in content.items() if value is not None or name not in optional}


def request(messages: Sequence[Message], schema: type[BaseModel], mode: Mode) -> dict[str, Any]:
    """The part of a request's body that asks for an object of this schema."""
    form = json_schema(schema)
    turns = [message._asdict() for message in messages]
    if mode == "json_schema":
        named = {"name": schema.__name__.strip("_"), "strict": True, "schema": form}
        return {"messages": turns, "response_format": {"type": "json_schema", "json_schema": named}}
    if mode == "tools":
        function = {"name": schema.__name__.strip("_"), "description": "Hands in the answer.", "parameters": form}
        choice = {"type": "function", "function": {"name": schema.__name__.strip("_")}}
        return {"messages": turns, "tools": [{"type": "function", "function": function}], "tool_choice": choice}
    turns[0]["content"] += _TEXT_RULE + json.dumps(form)
    return {"messages": turns}


def read_answer(reply: Reply, schema: type[T]) -> T:
    """The object in a reply, or the bare list that is its only field.

    ModelAnswerError says what is wrong, without repeating what the reply said.
    """
    whole, (field, *others) = reply.answer(), schema.model_fields
    if not others and (listed := bare_list(reply.text)):
        whole = f"{{{json.dumps(field)}: {listed}}}"
    try:
        return schema.model_validate_json(whole)
    except ValidationError as error:
        raise ModelAnswerError(complaint(error)) from error


def complaint(error: ValidationError) -> str:
    """The first few faults, each with its place: a field of ours, never a word of the answer."""
    found = error.errors(include_input=False, include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the object'}: {one['msg']}" for one in found)


def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema as strict servers want it: closed objects, every property required."""
    form: dict[str, Any] = _strict(schema.model_json_schema())
    return form


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: {name: _strict(one) for name, one in value.items()} if key in {"properties", "$defs"} else _strict(value)
        for key, value in node.items()
        if key not in _UNSENT
    }
    if "properties" in kept:
        kept |= {"additionalProperties": False, "required": list(kept["properties"])}
    return kept


_ABILITIES: TypeAdapter[dict[str, Ability]] = TypeAdapter(dict[str, Ability])


class Abilities:
    """What was found out, by (base URL, model), in one small file of the cache folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, base_url: str, model: str) -> Ability | None:
        """What is known; None when nothing is. A file that cannot be read holds nothing."""
        return self._all().get(digest(base_url, model))

    def put(self, base_url: str, model: str, ability: Ability) -> None:
        """Remembers it. In a folder that cannot be written, nothing is remembered."""
        known = self._all() | {digest(base_url, model): ability}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._path.parent, prefix=".models-", delete=False) as file:
                file.write(_ABILITIES.dump_json(known, indent=1))
            os.replace(file.name, self._path)  # noqa: PTH105 both names are plain strings
        except OSError:
            return

    def _all(self) -> dict[str, Ability]:
        try:
            return _ABILITIES.validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return {}
