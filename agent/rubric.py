"""The scale that a language model judges on: one object gives the prompt's text, the answer's schema and the validator.

The paper's anchored rubric (section 4.4); levels 0 to 5 are its 0.0 to 1.0 in steps of 0.2.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import TOP_LEVEL
from goalcover.agent.structured import complaint
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

RUBRICS = Path(__file__).with_name("rubrics")
NO_LEVEL = "cannot_assess"


# "4", "4 - strong", and no other digit: "4/5", "3 or 4" and "4.5" say something else.
_LED = re.compile(r"\s*(\d)\b[^\d/%]*")


def _number(value: Any) -> Any:
    """`"4"`, `"4 - strong"` and `4.0` mean 4 where a server holds no model to the schema."""
    if isinstance(value, bool):  # pydantic takes True for 1
        return None
    if isinstance(value, str) and (led := _LED.fullmatch(value)):
        return int(led[1])
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> Any:
    """`null` means nothing."""
    return "" if value is None else value


# A union of literals of one type each: strict servers refuse an enum of mixed types.
Grade = Annotated[Literal[0, 1, 2, 3, 4, 5] | Literal["cannot_assess"], BeforeValidator(_number)]


class Judged(BaseModel):
    """The judge's answer about one subgoal: it quotes and reasons before it grades."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    evidence: Annotated[str, BeforeValidator(_text)]
    """A verbatim quote of the sample, or nothing."""
    reason: str
    level: Grade


class Judgements(BaseModel):
    """The judge's answer about one sample."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sample: str
    """The reference that the task gave: tells whether this answer is about this sample."""
    judgements: list[Judged]


@dataclass(frozen=True)
class Rubric:
    """A question and the meaning of each level."""

    name: str
    question: str
    anchors: tuple[tuple[str, str], ...]
    """Name and meaning of the levels 0 to 5, in this order."""

    @property
    def prompt(self) -> str:
        """The rubric as the judge reads it, the best level first."""
        levels = reversed(list(enumerate(self.anchors)))
        lines = [f"{level} {name}: {meaning}" for level, (name, meaning) in levels]
        return "\n".join([self.question, *lines, f'"{NO_LEVEL}": the sample cannot be read or understood at all'])

    @staticmethod
    def schema(ids: Sequence[str]) -> type[Judgements]:
        """The form of an answer about these subgoals. The ids' order is that of the request."""
        named: Any = Literal[tuple(ids)]
        one: Any = create_model("Judgement", __base__=Judged, id=(named, ...))
        return create_model("Judgements", __base__=Judgements, judgements=(list[one], ...))

    @staticmethod
    def accept(answer: str, ids: Sequence[str], reference: str) -> dict[str, Judged]:
        """The judgements in an answer, by subgoal id, never by position.

        Accepted only when the ids are exactly those asked for, each once, every level is on the menu and the answer is
        about this sample. Raises ModelAnswerError with words that a model can act on; they repeat nothing of the
        answer, where a sample might speak.
        """
        try:
            given = Judgements.model_validate_json(answer)
        except ValidationError as error:
            raise ModelAnswerError(complaint(error)) from error
        if given.sample != reference:
            raise ModelAnswerError(f'it is not about this sample: "sample" has to be "{reference}"')
        if faults := _faults(Counter(one.id for one in given.judgements), ids):
            raise ModelAnswerError("; ".join(faults))
        return {one.id: one for one in given.judgements}


def _faults(given: Counter[str], ids: Sequence[str]) -> list[str]:
    missing = [one for one in ids if not given[one]]
    twice = [one for one in ids if given[one] > 1]
    unknown = len(given.keys() - set(ids))
    faults = [f"no judgement for {', '.join(missing)}"] if missing else []
    faults += [f"more than one judgement for {', '.join(twice)}"] if twice else []
    faults += [f"{unknown} judgements for ids that were not asked for"] if unknown else []
    return faults


@lru_cache
def load_rubric(name: str) -> Rubric:
    """The rubric in `rubrics/<name>.toml`."""
    content = tomllib.loads((RUBRICS / f"{name}.toml").read_text("utf-8"))
    levels = {one["value"]: (one["name"], one["meaning"]) for one in content["level"]}
    return Rubric(name, content["question"], tuple(levels[value] for value in range(TOP_LEVEL + 1)))
