"""What the graph's nodes work with; LangGraph hands it to them as `runtime.context`."""

from dataclasses import dataclass
from pathlib import Path

from goalcover.agent.engine import Engine


@dataclass(frozen=True)
class Deps:
    """The parts that a conversation is given from outside."""

    engine: Engine
    runs: Path
    """Folder of this conversation's run directories."""
    opens_paths: bool = True
    """Whether a person may name files of this machine: only who sits at it may."""
