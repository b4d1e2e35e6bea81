"""The generator as a language model plays it (section 3.5)."""

import json
from collections.abc import Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelRefusedError, StoppedError
from goalcover.agent.material import EXEMPLAR_CHARACTERS
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Sample, Subgoal, Text, digest
from goalcover.agent.prompt import Message, cut, fence, load_prompt, nonce_for, quoted
from goalcover.agent.structured import Strict
from goalcover.agent.synthesis import WRITTEN_A_CALL, Brief, Candidate, Column, Generated

_EXEMPLARS = 4
_REJECTED = 8
_REJECTED_CHARACTERS = 300
_EXPLANATIONS = 10
_WRITTEN = 20
_OPENING = 120
_PLAIN = (Column(name="input", side="input"), Column(name="output", side="output"))


class Filled(Strict):
    """One column of a sample."""

    name: str
    text: Text


class Written(Strict):
    """One sample as the model wrote it."""

    columns: tuple[Filled, ...]


class Samples(Strict):
    """The generator's answer."""

    samples: tuple[Written, ...]


class LLMGenerator:
    """Writes candidates, a few a call, each call knowing what the ones before it wrote."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.id = f"llm/{model.name}/{load_prompt('generator').version}"
        """Engine, model and version."""

    async def generate(self, subgoal: Subgoal, brief: Brief, n: int) -> Generated:
        """See `roles.Generator`. Raises ModelError when the model is not to be had."""
        columns = brief.columns or _PLAIN
        made: dict[tuple[str, str], Candidate] = {}
        while len(made) < n:
            before, wanted = len(made), min(WRITTEN_A_CALL, n - len(made))
            try:
                samples = await self._write(subgoal, brief, columns, [one.input for one in made.values()], wanted)
            except (ModelAnswerError, ModelRefusedError, ContextTooLongError, StoppedError) as error:
                return Generated(candidates=tuple(made.values()), shortfall=str(error))
            for written in samples[:wanted]:
                one = _candidate(written, columns, brief, subgoal)
                if one.id not in brief.made:
                    made.setdefault((one.input, one.output), one)
            if len(made) == before:
                shortfall = f"{self._model.name} wrote nothing new when asked for {wanted} more"
                return Generated(candidates=tuple(made.values()), shortfall=shortfall)
        return Generated(candidates=tuple(made.values()))

    async def _write(
        self, subgoal: Subgoal, brief: Brief, columns: Sequence[Column], written: Sequence[str], n: int
    ) -> tuple[Written, ...]:
        messages = _messages(subgoal, brief, columns, written, n)
        answer = await self._model.structured(messages, Samples, partial(_check, [one.name for one in columns]))
        return answer.value.samples


def _messages(
    subgoal: Subgoal, brief: Brief, columns: Sequence[Column], written: Sequence[str], n: int
) -> tuple[Message, Message]:
    about = material.of_subgoal(subgoal)
    named = [one.model_dump(mode="json", exclude_defaults=True) for one in columns]
    exemplars = [_exemplar(one, columns) for one in brief.exemplars[:_EXEMPLARS]]
    nonce = nonce_for(quoted([about, named, exemplars]))
    wanted = {
        "part_of_the_capability": brief.capability,
        "difficulty": brief.difficulty,
        "form": brief.form or "as in the exemplars",
    }
    rejected = [
        {
            "input": cut(one.input, _REJECTED_CHARACTERS),
            "output": cut(one.output, _REJECTED_CHARACTERS),
            "why": one.reason,
        }
        for one in brief.rejected[-_REJECTED:]
    ]
    return load_prompt("generator").messages(
        subgoal=fence(about, nonce),
        columns=fence(named, nonce),
        exemplars=fence(exemplars, nonce),
        explanations=fence([cut(one, _REJECTED_CHARACTERS) for one in brief.explanations[:_EXPLANATIONS]], nonce),
        brief=fence(wanted, nonce),
        rejected=fence(rejected, nonce),
        written=fence([cut(one, _OPENING) for one in written[-_WRITTEN:]], nonce),
        n=str(n),
    )


def _exemplar(sample: Sample, columns: Sequence[Column]) -> dict[str, object]:
    """By its columns, as far as they hold text; else by its sides."""
    row = json.loads(sample.original)
    held = [(one.name, row[one.name]) for one in columns if isinstance(row.get(one.name), str)]
    texts = [{"name": name, "text": cut(text, EXEMPLAR_CHARACTERS)} for name, text in held]
    return {"id": sample.id, "columns": texts} if texts else {**material.of_sample(sample, EXEMPLAR_CHARACTERS)}


def _check(names: Sequence[str], answer: Samples) -> None:
    if any([each.name for each in one.columns] != list(names) for one in answer.samples):
        # Their names are the dataset's own words, which stay inside the fence.
        raise ModelAnswerError(f"every sample has to fill all {len(names)} columns once, in the order given")


def _candidate(written: Written, columns: Sequence[Column], brief: Brief, subgoal: Subgoal) -> Candidate:
    texts = {one.name: one.text for one in written.columns}
    sides = {side: "\n\n".join(texts[one.name] for one in columns if one.side == side) for side in ("input", "output")}
    return Candidate(
        id=f"{subgoal.id}-{digest(sides['input'], sides['output'])[:12]}",
        input=sides["input"],
        output=sides["output"],
        columns=texts if brief.columns else {},
        capability=brief.capability,
        difficulty=brief.difficulty,
        form=brief.form,
        parents=tuple(one.id for one in brief.exemplars[:_EXEMPLARS]),
    )
