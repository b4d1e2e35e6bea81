"""The judge's request for certain subgoals, made once; each sample is spliced in where the sheet leaves room for it.

What stands before the sample is the same for every sample, so that a provider's prompt cache holds it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from goalcover.agent.model import ChatModel
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.prompt import Prompt, fence, new_nonce, quoted
from goalcover.agent.rubric import Rubric

_REFERENCE = 6


@dataclass(frozen=True)
class Sheet:
    """A request's body but for the sample."""

    subgoals: tuple[Subgoal, ...]
    """In the request's order."""
    before: bytes
    after: bytes

    @property
    def ids(self) -> list[str]:
        """The subgoals' ids in the request's order."""
        return [one.id for one in self.subgoals]

    def body(self, sample: Sample, nonce: str, fault: str = "") -> bytes:
        """The body for a sample; `fault` says what was wrong with the last answer."""
        text = json.dumps(self._passage(sample, nonce, fault), ensure_ascii=False)[1:-1]
        return b"".join([self.before, text.encode(), self.after])

    def _passage(self, sample: Sample, nonce: str, fault: str) -> str:
        again = f"Your last answer was not accepted: {fault}. " if fault else ""
        return (
            f"{fence({'input': sample.input, 'output': sample.output}, nonce)}\n\n"
            f"{again}Judge the sample above against each of the {len(self.subgoals)} subgoals by the rules, and answer "
            f'{{"sample": "{reference(nonce)}", "judgements": [one for each subgoal]}}.'
        )


def reference(nonce: str) -> str:
    """What an answer has to repeat, to show which sample it is about. No sample can know it."""
    return nonce[:_REFERENCE]


async def make_sheet(subgoals: Sequence[Subgoal], prompt: Prompt, rubric: Rubric, model: ChatModel) -> Sheet:
    """The sheet for these subgoals in this order, in the form that the model's server takes."""
    listed = "\n".join(quoted({"id": one.id, "name": one.name, "description": one.description}) for one in subgoals)
    place = new_nonce()
    messages = prompt.messages(rubric=rubric.prompt, subgoals=listed, sample=place)
    content = await model.body(messages, rubric.schema([one.id for one in subgoals]))
    before, after = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace").split(place.encode())
    return Sheet(tuple(subgoals), before, after)
