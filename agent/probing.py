"""Which form of request a server both takes and honours: found out by asking an easy question in each."""

from collections.abc import Awaitable, Callable
from typing import Any

from goalcover.agent.errors import ModelAnswerError, ModelRefusedError, ModelRequestError
from goalcover.agent.prompt import Message
from goalcover.agent.reply import Reply
from goalcover.agent.structured import MODES, Ability, Strict, read_answer, request

LIMITS = ("max_tokens", "max_completion_tokens")
"""What a limit on an answer is called: by most servers, and by OpenAI. Some models take only the one or the other."""
_DROPPABLE = ("temperature", "seed", *LIMITS)
QUESTION = (
    Message("system", "You answer questions about geography in one short sentence."),
    Message("user", "What is the capital of France, and in which part of the world does it lie?"),
)
Send = Callable[[dict[str, Any]], Awaitable[Reply]]
Parameters = Callable[[Ability], dict[str, Any]]
"""The model's name and settings as a request's parameters, without those that it does not take."""


class Capital(Strict):
    """What the question asks for; nothing in it names these fields."""

    city: str
    continent: str


async def probe(send: Send, parameters: Parameters) -> Ability:
    """What a server can do. Raises ModelError when it takes no form at all, or cannot be asked."""
    ability = Ability(mode=MODES[0])
    for mode in MODES:
        try:
            reply, ability = await _asked(send, parameters, ability.model_copy(update={"mode": mode}))
            read_answer(reply, Capital)
        except ModelRequestError:
            if mode == MODES[-1]:
                raise
        except (ModelAnswerError, ModelRefusedError):
            continue
        else:
            return ability
    # Plain text was taken, and that the answer was no object this once says little: an answer is asked for again.
    return ability.model_copy(update={"mode": MODES[-1]})


async def _asked(send: Send, parameters: Parameters, ability: Ability) -> tuple[Reply, Ability]:
    """The reply, and the ability without the parameters that the server refuses by name.

    A limit on answers is sent by its other name, and never left out: it is somebody's wish.
    """
    while True:
        sent = parameters(ability)
        try:
            return await send(sent | request(QUESTION, Capital, ability.mode)), ability
        except ModelRequestError as error:
            refused = [one for one in _DROPPABLE if one in sent and one in str(error)]
            dropped = (*ability.dropped, *refused)
            if not refused or set(LIMITS) <= set(dropped):
                raise
            ability = ability.model_copy(update={"dropped": dropped})
