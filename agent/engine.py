"""Who plays the roles: one frozen set of them, chosen once. Nothing else in the code asks which engine it is."""

from dataclasses import dataclass
from typing import Literal

from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedder import MODEL, Embedder
from goalcover.agent.errors import InputError
from goalcover.agent.roles import Advisor, Analyst, Judge
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache

EngineName = Literal["auto", "embedded", "llm"]


@dataclass(frozen=True)
class Engine:
    """The roles, and the embedder that places texts beside each other."""

    name: str
    model: str
    version: str
    embedder: Embedder
    judge: Judge
    analyst: Analyst
    advisor: Advisor


def build_engine(name: EngineName, settings: Settings) -> Engine:
    """The engine of that name; `auto` takes the best that is configured. Raises InputError when it is not to be had."""
    if name == "llm":
        raise InputError("this version has no LLM engine yet: use --engine embedded (or auto)")
    embedder = Embedder(VectorCache(settings.cache_dir / "vectors.sqlite"))
    judge = EmbeddedJudge(embedder)
    return Engine(
        name="embedded",
        model=MODEL,
        version=judge.id.rpartition("/")[2],
        embedder=embedder,
        judge=judge,
        analyst=EmbeddedAnalyst(embedder),
        advisor=EmbeddedAdvisor(),
    )
