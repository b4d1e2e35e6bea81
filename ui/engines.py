"""The engine that a command asked for, and what a person should know about it."""

from typing import cast, get_args

from goalcover.agent.engine import Engine, EngineName, build_engine
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings
from goalcover.ui.show import console


def engine_named(name: str, settings: Settings | None = None) -> Engine:
    """The engine of that name, its warnings told. Raises InputError when there is none, or it is not to be had."""
    if name not in get_args(EngineName):
        raise InputError(f"no engine '{name}': there are {', '.join(get_args(EngineName))}")
    engine = build_engine(cast(EngineName, name), settings or Settings())
    warn(engine)
    return engine


def warn(engine: Engine) -> None:
    """What speaks against this choice of models, on stderr."""
    for warning in engine.warnings:
        console.print(f"note: {warning}")
