"""What works on this machine, each part tried for real."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from goalcover.agent import tracing
from goalcover.agent.embedder import DIMENSIONS, MODEL, Embedder, is_available, precision
from goalcover.agent.engine import choose
from goalcover.agent.errors import GoalCoverError, InputError, ModelAnswerError, ModelError, ModelUnknownError
from goalcover.agent.families import same_family
from goalcover.agent.models import Alignment
from goalcover.agent.probing import QUESTION, Capital
from goalcover.agent.settings import CHAT_ROLES, Role, Settings
from goalcover.agent.structured import Mode
from goalcover.agent.vectors import VectorCache
from goalcover.memory.chroma import address
from goalcover.memory.explanations import Explanations, Lot
from goalcover.tools.typeset import listed

if TYPE_CHECKING:
    from goalcover.agent.model import ChatModel


OFFERED = 20
"""Models of a server that are named."""
_MODES: dict[Mode, str] = {
    "json_schema": "answers in JSON schema",
    "tools": "answers by function calling (it does not honour JSON schema)",
    "text": "answers in plain JSON text (it honours neither JSON schema nor function calling; expect more re-asks)",
}


@dataclass(frozen=True)
class Finding:
    """One part, whether it works, and what was seen."""

    part: str
    ok: bool
    detail: str


def examine(settings: Settings | None = None) -> list[Finding]:
    """Engine, models (when some are configured), embedder, vector cache and store of explanations."""
    settings = settings or Settings()
    choice = choose("auto", settings)
    engine = "embedded" if choice.settings is None else "llm"
    return [
        Finding("goalcover", ok=True, detail=version("goalcover")),
        Finding("engine", ok=True, detail=f"{engine}: {choice.reason}"),
        *(_models(choice.settings.model_copy(update={"attempts": 2})) if choice.settings else []),
        *([_try("embedder", _embedder)] if is_available() or not settings.embedding_model else []),
        _try("vector cache", partial(_cache, settings.cache_dir)),
        _try("store of explanations", partial(_store, settings.chroma_url)),
        *([_try("traces", _traces)] if tracing.wanted() else []),
    ]


def _models(settings: Settings) -> list[Finding]:
    """One finding for every model that plays a role, one for the embeddings endpoint, and what speaks against them."""
    from goalcover.agent.model import ChatModel  # langchain takes a second to import

    roles: dict[str, list[Role]] = {}
    for role in CHAT_ROLES:
        roles.setdefault(settings.model_for(role) or "", []).append(role)
    found = [
        _try(f"model of {'all roles' if len(roles) == 1 else ', '.join(played)}", partial(_model, settings, played[0]))
        for played in roles.values()
    ]
    if settings.embedding_model:
        embedding = ChatModel(settings, "embedding")
        found.append(_try("embeddings endpoint", lambda: _endpoint(embedding)))
    return [*found, *(Finding("families", ok=True, detail=f"note: {one}") for one in same_family(settings))]


def _model(settings: Settings, role: Role) -> str:
    from goalcover.agent.model import ChatModel

    return asyncio.run(_told(ChatModel(settings, role), settings))


async def _told(model: "ChatModel", settings: Settings) -> str:
    try:
        ability = await model.ability(fresh=True)
    except ModelUnknownError as error:
        raise ModelError(await _offer(model, settings) or str(error)) from error
    try:
        answer = await model.structured(QUESTION, Capital)
    except ModelAnswerError as error:
        raise ModelAnswerError(f"{model.name} at {model.server}: {_MODES[ability.mode]}, but {error}") from error
    dropped = f"; it takes no {' and no '.join(ability.dropped)}" if ability.dropped else ""
    length = _length(await model.context(), settings)
    return (
        f"{model.name} at {model.server}: {_MODES[ability.mode]}{dropped}; {length}; answers in {answer.seconds:.2f} s"
    )


async def _offer(model: "ChatModel", settings: Settings) -> str:
    """What a server that does not know a model offers instead, where it tells; Azure lists no deployments."""
    if settings.azure_endpoint:
        return ""
    try:
        offered = [one.id for one in await model.offered()]
    except ModelError:
        return f"{model.server} does not know the model {model.name}, and lists none: does the address lack a /v1?"
    return f"{model.server} does not know the model {model.name}; it offers {listed(offered, OFFERED) or 'none'}"


def _length(context: int | None, settings: Settings) -> str:
    """How much a model reads, and who says so."""
    if context:
        teller = "GOALCOVER_CONTEXT_LENGTH" if settings.context_length else "the server"
        return f"a context of {context:,} tokens, says {teller}"
    known = "a context of unknown length"
    if not settings.base_url:  # OpenAI and Azure refuse what is too long
        return known
    return (
        f"{known} (note: some servers cut what is longer without a word, as Ollama does at its num_ctx: set "
        "GOALCOVER_CONTEXT_LENGTH to the tokens that yours reads)"
    )


def _endpoint(model: "ChatModel") -> str:
    started = time.monotonic()
    vector = asyncio.run(model.embed(["Does it start?"]))[0]
    return f"{model.name} at {model.server}: {len(vector)} dimensions, answers in {time.monotonic() - started:.2f} s"


def _traces() -> str:
    """A trace of our own, sent."""
    with tracing.run("doctor", {"version": version("goalcover")}):
        sender = tracing.sender()
    assert sender is not None  # they are wanted
    sender.deliver()
    if sender.complaint:
        raise InputError(f"{sender.where} does not take them: {sender.complaint}")
    return (
        f"what models are asked and answer goes to {sender.where}, samples included (LANGSMITH_HIDE_INPUTS=true and "
        "LANGSMITH_HIDE_OUTPUTS=true leave them out)"
    )


def _try(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, ok=True, detail=look())
    except GoalCoverError as error:
        return Finding(part, ok=False, detail=str(error))


def _embedder() -> str:
    with tempfile.TemporaryDirectory() as folder, VectorCache(Path(folder) / "vectors.sqlite") as cache:
        embedder = Embedder(cache)
        started = time.monotonic()
        embedder.vectors(["Does it start?"])
        loaded = time.monotonic() - started
        texts = [
            f"Passage {n}: the patient was given a beta blocker, and blood pressure fell within a week."
            for n in range(64)
        ]
        started = time.monotonic()
        embedder.vectors(texts)
        rate = len(texts) / (time.monotonic() - started)
    return f"{MODEL}, {precision()}, loaded in {loaded:.1f} s, {rate:.0f} short passages a second"


def _cache(folder: Path) -> str:
    path = folder / "vectors.sqlite"
    with VectorCache(path):
        return f"{path}, {path.stat().st_size / 1e6:.1f} MB"


def _store(url: str | None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        store = Explanations(Path(folder) / "chroma", "doctor", url)
        vector = np.eye(1, DIMENSIONS, dtype=np.float32)
        alignment = Alignment(sample_id="a", subgoal_id="b", level=0, explanation="c", judge="d")
        store.fill([Lot([alignment], vector, [1])])
        found = store.similar(vector[0], 1, "b")
        store.remove()
    where = f"the server of GOALCOVER_CHROMA_URL, {address(url)}" if url else "each run's directory"
    return f"chromadb {version('chromadb')} in {where}: wrote and found {len(found)} explanation"
