"""What kind of rows a training file holds: chosen once for all of them, because trainers read every row as the first.

The names are those of TRL's dataset types (huggingface.co/docs/trl, "Dataset formats and types").
"""

from collections.abc import Sequence
from typing import Literal, get_args

from goalcover.tools.formats.examples import Example
from goalcover.tools.formats.messages import Message, UnfitError

RowKind = Literal["messages", "prompt-completion", "preference", "unpaired-preference", "text"]
KINDS: tuple[RowKind, ...] = get_args(RowKind)


def row_kind(examples: Sequence[Example]) -> RowKind:
    """The kind that holds these examples best."""
    if any(one.rejected is not None for one in examples):
        return "preference"
    if any(one.label is not None for one in examples):
        return "unpaired-preference"
    if all(one.answer is None for one in examples):
        return "text"
    return "prompt-completion" if all(one.is_single or one.answer is None for one in examples) else "messages"


def pair(example: Example) -> tuple[Message, Message]:
    """The chosen and the rejected answer. Raises UnfitError when there are not both."""
    if example.rejected is None or example.answer is None:
        raise UnfitError("it has no rejected answer, and the others have")
    return example.answer, example.rejected


def labelled(example: Example) -> tuple[Message, bool]:
    """The answer and whether the model should give it. Raises UnfitError when nobody says so."""
    if example.label is None or example.answer is None:
        raise UnfitError("its answer has no label, and the others have")
    return example.answer, example.label


def learnt(example: Example, *, keeps_weights: bool = False) -> Message:
    """The answer that supervised training learns, in a format that `keeps_weights` or has no place for them.

    Raises UnfitError when there is none to learn.
    """
    if example.answer is None:
        raise UnfitError("it has no answer")
    if example.label is False:
        raise UnfitError("its answer is labelled as one that the model should not give")
    if example.answer.get("weight") == 0 and not keeps_weights:
        raise UnfitError("its answer has the loss weight 0: it is not to be learnt")
    return example.answer


def plain(example: Example) -> str:
    """The plain text. Raises UnfitError when the example has an answer."""
    if example.answer is not None:
        raise UnfitError("it has a question and an answer, and the others are plain text")
    return example.text
