"""What the conversation remembers between two messages: handles and summaries. Rows live in the run directory."""

from typing import TypedDict

from goalcover.agent.models import Clarification, Frozen, Goal, Subgoal


class Attachment(Frozen):
    """A file that a person handed over."""

    name: str
    """As the person calls it."""
    path: str


class Heard(Frozen):
    """One message of a person. A button says what a person could have typed."""

    text: str = ""
    files: tuple[Attachment, ...] = ()


class Suggestion(Frozen):
    """A button: what it shows, and what pressing it says."""

    label: str
    says: str


class Data(Frozen):
    """A dataset that can be opened again."""

    source: str
    """What `tools.load.open_dataset` takes."""
    name: str
    shape: str
    rows: int
    samples: int
    fingerprint: str


class State(TypedDict, total=False):
    """The graph's channels; each is replaced by what a node returns for it."""

    heard: Heard
    data: Data | None
    goal: Goal | None
    run: str | None
    """Directory of the finished run that is talked about; None while there is none."""
    topic: str | None
    """Id of the subgoal that was talked about last: what "it" means."""
    suggestions: tuple[Suggestion, ...]
    """Buttons that go with the next wait."""


STORED = (Attachment, Clarification, Data, Goal, Heard, Subgoal, Suggestion)
"""All types of ours that a checkpoint may hold."""
