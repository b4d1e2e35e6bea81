"""The clarifier as a language model plays it (section 3.2, steps 2 and 3, Eq. 4)."""

from collections.abc import Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.elicitation import DataProfile, Question, Specification
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelRefusedError
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Slot, Text
from goalcover.agent.prompt import fence, load_prompt, new_nonce
from goalcover.agent.roles import Clarifier
from goalcover.agent.structured import Strict

MOST = 3
_SUGGESTIONS = 6


class Asked(Strict):
    """One question as the model asks it."""

    slot: Slot
    text: Text
    why: str = ""
    suggestions: tuple[Text, ...] = ()
    many: bool = False


class Questions(Strict):
    """The clarifier's answer."""

    questions: tuple[Asked, ...]


class LLMClarifier:
    """Asks what a model finds worth asking."""

    def __init__(self, model: ChatModel, fallback: Clarifier | None) -> None:
        """`fallback` asks what the model cannot or will not ask."""
        self._model = model
        self._fallback = fallback
        self._prompt = load_prompt("clarifier")

    async def ask(self, specification: Specification, profile: DataProfile | None) -> tuple[Question, ...]:
        """See `roles.Clarifier`. Raises ModelError."""
        slots = specification.open_slots
        if not slots:
            return ()
        nonce = new_nonce()
        messages = self._prompt.messages(
            open_slots=", ".join(slots),
            specification=fence(material.of_specification(specification), nonce),
            profile=fence(material.of_profile(profile), nonce),
        )
        try:
            answer = await self._model.structured(messages, Questions, partial(_check, slots))
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError) as error:
            if self._fallback is None:
                raise
            asked = await self._fallback.ask(specification, profile)
            note = f"(Asked without the model: {error}.)"
            return tuple(one.model_copy(update={"why": f"{one.why} {note}".strip()}) for one in asked)
        return tuple(_question(one) for one in answer.value.questions)


def _check(slots: Sequence[Slot], answer: Questions) -> None:
    asked = [one.slot for one in answer.questions]
    if not 1 <= len(asked) <= MOST:
        raise ModelAnswerError(f"it has {len(asked)} questions; one to {MOST} are wanted")
    if len(set(asked)) < len(asked):
        raise ModelAnswerError("two of its questions are about the same slot")
    if closed := sorted(set(asked) - set(slots)):
        raise ModelAnswerError(f"it asks about {', '.join(closed)}; open are only {', '.join(slots)}")


def _question(asked: Asked) -> Question:
    suggestions = tuple(dict.fromkeys(asked.suggestions))[:_SUGGESTIONS]
    return Question(text=asked.text, slot=asked.slot, why=asked.why, suggestions=suggestions, many=asked.many)
