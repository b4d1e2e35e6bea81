"""What the conversation remembers between two messages: handles and summaries. Rows live in the run directory."""

from typing import Literal, TypedDict

from goalcover.agent.elicitation import (
    Atomicity,
    Checks,
    Completeness,
    DataProfile,
    Disjointness,
    Edit,
    Question,
    Specification,
    Topic,
    Uncovered,
)
from goalcover.agent.models import Clarification, Frozen, Goal, Subgoal
from goalcover.graph.orders import Order
from goalcover.tools.accept import Review
from goalcover.tools.columns import Column
from goalcover.tools.synthesize import Batch


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


class Preview(Frozen):
    """One sample as it was understood, cut short."""

    id: str
    input: str
    output: str


class Data(Frozen):
    """A dataset that can be opened again."""

    source: str
    """What `tools.load.open_dataset` takes."""
    name: str
    shape: str
    rows: int
    samples: int
    fingerprint: str
    preview: Preview
    mapping: str = ""
    """Which columns are input and output, as `--map` takes it; empty where the shape tells."""


class Unmapped(Frozen):
    """A dataset of no known shape, which waits for the word on what its columns are."""

    file: Attachment
    columns: tuple[Column, ...]
    likely: str
    """The mapping that suggests itself; empty when none does."""


class Step(Frozen):
    """A question that was answered or skipped, and what was known before: the way back."""

    question: Question
    before: Specification


class Repair(Frozen):
    """A failed check that waits for the person's word."""

    key: str
    """Names the check and the texts that it failed on: reworded, a subgoal is asked about again."""
    reason: str
    edit: Edit | None
    kept: str
    """What the goal file says when the person lets it pass."""


class LastRun(Frozen):
    """The last finished run of the data: asked about, too, while a changed goal waits for its start."""

    run: str
    """Its directory."""
    goal: Goal
    samples: int


class Before(Frozen):
    """The goal before a change, and what the change was: the way back."""

    label: str
    goal: Goal


class Presented(Frozen):
    """What is ready to be judged."""

    goal: Goal
    data: Data | None


class Wait(Frozen):
    """What a person is waited for with."""

    question: Question | None = None
    """None when there is no question: the person has the word."""
    number: int = 1
    of: int = 1
    """Question so much of so many of this round."""
    suggestions: tuple[Suggestion, ...] = ()
    counted: bool = False
    """Whether a number means what was proposed, and no button."""
    about: str = ""
    """Names what else waits for a word: proposals, an upload."""

    @property
    def matter(self) -> str:
        """Names what is waited for a word on; empty when the person has the word. A button of it goes by it."""
        return self.question.text if self.question else self.about


class State(TypedDict, total=False):
    """The graph's channels; each is replaced by what a node returns for it."""

    heard: Heard
    data: Data | None
    unmapped: Unmapped | None
    profile: DataProfile | None
    specification: Specification | None
    """G_t of Eq. 4; None before a goal was named."""
    questions: tuple[Question, ...]
    """Of this round, not yet answered; the first is being asked."""
    asked: int
    """How many questions this round had."""
    past: tuple[Step, ...]
    goal: Goal | None
    """The goal with its decomposition; None while the goal is being clarified."""
    edited: bool
    """Whether the person changed the decomposition: from then on it is theirs, and is not made anew."""
    checks: Checks | None
    repairs: tuple[Repair, ...]
    """Of this round of checks, not yet decided; the first is being asked."""
    undo: tuple[Before, ...]
    """Changes of the decomposition that can be taken back, the last one last."""
    rounds: int
    """Rounds of checks that the person decided since the last change of their own."""
    overruled: tuple[str, ...]
    """Keys of the failed checks that the person let pass."""
    presented: Presented | None
    """What the person was last told is ready to be judged: the same is not told again."""
    stuck: bool
    """Whether the last step could not be done, and waits to be tried again."""
    run: str | None
    """Directory of the finished run that is talked about; None while there is none of the goal as it stands."""
    last: LastRun | None
    turns: tuple[tuple[Literal["user", "assistant"], str], ...]
    """What was said about the run, by whom; a language model reads the last of it."""
    topic: str | None
    """Id of the subgoal that was talked about last: what "it" means."""
    shown: tuple[str, ...]
    """Ids of the samples that were shown last: what "this one" and "the second" mean."""
    batch: Batch | None
    """Synthetic samples that wait for the person's word."""
    reviews: tuple[Review, ...]
    """What was decided about them so far."""
    reviewed: tuple[tuple[Review, ...], ...]
    """The same before each word on them: the way back."""
    holdout: Attachment | None
    """The evaluation set that new samples must not repeat."""
    order: Order | None
    """The training set that was written last: what "it" means."""
    parcel: str | None
    """Folder that waits for the person's word to be uploaded."""
    suggestions: tuple[Suggestion, ...]
    """Buttons that go with the next answer about a run."""


STORED = (
    *(Attachment, Heard, Suggestion, Preview, Data, Unmapped, Column, Step, Repair, LastRun, Before, Presented, Wait),
    *(Clarification, Goal, Subgoal),
    *(Specification, Question, Edit, Topic, DataProfile),
    *(Checks, Atomicity, Disjointness, Completeness, Uncovered),
    *(Batch, Review, Order),
)
"""All types of ours that a checkpoint may hold."""
