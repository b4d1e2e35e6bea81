"""What the conversation says, one type for each kind of answer. `ui.render` puts them into words."""

from pathlib import Path
from typing import Literal

from goalcover.agent.elicitation import Checks, DataProfile, Question, Specification
from goalcover.agent.models import Alignment, CoverageReport, Frozen, Gap, GapMap, Goal, Sample, SubgoalCoverage
from goalcover.agent.validation import SelfTest
from goalcover.graph.orders import Order
from goalcover.graph.state import Data, Unmapped
from goalcover.memory.runs import RunInfo
from goalcover.tools.accept import Accepted, Review
from goalcover.tools.explain import End, Explanation, Judged, Neighbours
from goalcover.tools.export import Exported as ExportedFiles
from goalcover.tools.filter import Selection
from goalcover.tools.formats.hub import Uploaded
from goalcover.tools.synthesize import Batch


class Welcomed(Frozen):
    """What is needed to begin."""

    data: Data | None


class Reading(Frozen):
    """How a dataset was read."""

    data: Data
    profile: DataProfile
    notes: tuple[str, ...]
    n_skipped: int
    skipped: tuple[str, ...]
    """The first of them, each with its reason."""


class Understood(Frozen):
    """What was handed over, as it was understood."""

    reading: Reading | None
    """None when no data came."""
    goal: Goal | None
    """None when no goal file came."""


class Unread(Frozen):
    """A dataset that waits to be told which of its columns are input and output."""

    waiting: Unmapped


class Begun(Frozen):
    """A goal was named: the questions begin."""

    specification: Specification
    data: Data | None


class Meant(Frozen):
    """What a question is asked for, and how it may be answered."""

    question: Question


class Problem(Frozen):
    """Something cannot be done; the text says what and why."""

    text: str


class Noted(Frozen):
    """Something to know, with nothing to do about it."""

    text: str


class Planned(Frozen):
    """The decomposition with its checks."""

    goal: Goal
    checks: Checks
    open: int
    """Failed checks that a person has to decide."""


class Revised(Frozen):
    """The decomposition was changed as asked."""

    label: str


class Ready(Frozen):
    """What will be judged, and at what cost."""

    goal: Goal
    data: Data | None
    pairs: int
    """Judgements: samples x subgoals."""
    seconds: float | None
    """Expected, at the most; None when nobody knows."""
    estimate: str
    """Calls, tokens and cost of a model, in words; empty for the embedded engine."""
    engine: str
    model: str
    notes: tuple[str, ...] = ()
    """What the judge cannot do for this goal and these data."""


class Progress(Frozen):
    """So many of so many samples are judged, after so many seconds."""

    done: int
    total: int
    seconds: float
    used: str = ""
    """What a model was asked for so far, in words."""
    means: tuple[tuple[str, float], ...] = ()
    """Name of every subgoal, its mean alignment so far."""


class Diagnosed(Frozen):
    """The result of an assessment."""

    data: Data
    goal: Goal
    coverage: CoverageReport
    gaps: tuple[Gap, ...]
    info: RunInfo


class Overlap(Frozen):
    """Two subgoals whose levels move together over the samples: not disjoint in practice."""

    a: str
    b: str
    correlation: float
    """Spearman's, -1 to 1."""


class Overlapping(Frozen):
    """The fourth check, on the data itself."""

    pairs: tuple[Overlap, ...]


class Explained(Frozen):
    """Why a subgoal is weak."""

    explanation: Explanation
    map: GapMap | None
    """Its low-scoring samples in two dimensions, where it is a gap."""


class Opened(Frozen):
    """One sample with all that was judged of it."""

    sample: Sample
    judgements: tuple[tuple[str, Alignment], ...]
    """Name of the subgoal, judgement; the highest level first."""


class Alike(Frozen):
    """Low-scoring samples like one that was looked at."""

    sample_id: str
    name: str
    """Of the subgoal that it is weak in."""
    neighbours: Neighbours
    names: dict[str, str]
    """Id -> name of the other subgoals."""


class Shown(Frozen):
    """Samples at one end of a subgoal's levels."""

    name: str
    end: End
    samples: tuple[Judged, ...]


class Advised(Frozen):
    """What to do about a gap; without one, that there is nothing to mend."""

    name: str
    coverage: SubgoalCoverage | None
    gap: Gap | None
    others: tuple[str, ...]
    """Names of the other gaps, worst first."""
    closed: tuple[str, ...] = ()
    """Names of gaps of the dataset that its kept synthetic samples close."""


class Covered(Frozen):
    """Coverage of all subgoals by the dataset."""

    goal: Goal
    coverage: CoverageReport
    kept: tuple[SubgoalCoverage, ...] = ()
    """Subgoals that synthetic samples were kept for, with these."""


class Compared(Frozen):
    """Two subgoals side by side."""

    a: SubgoalCoverage
    b: SubgoalCoverage
    correlation: float | None
    """Spearman's over the samples; None when one of them never varies."""
    both: int
    """Samples that support both (level 4 or 5)."""


class Supposed(Frozen):
    """What would be a gap at another threshold."""

    threshold: float
    gaps: tuple[str, ...]
    """Names of the subgoals that would be gaps then."""
    new: tuple[str, ...]
    """Those of them that are none now."""
    gone: tuple[str, ...]
    """Those that are gaps now and would not be."""


class Need(Frozen):
    """How much is missing of one gap."""

    name: str
    coverage: SubgoalCoverage
    needed: int
    """New samples at level 4."""
    to_rewrite: int | None


class Needed(Frozen):
    """How many samples would close the gaps."""

    needs: tuple[Need, ...]
    """Largest need first; empty when there is no gap."""


class Reported(Frozen):
    """What can be downloaded."""

    run: Path
    files: tuple[Path, ...]


class Helped(Frozen):
    """What can be said here."""

    names: tuple[str, ...]
    """The subgoals, where there is a finished run to ask about; else none."""


class Defined(Frozen):
    """What a word of the results means."""

    term: str
    """As `terms.TERMS` has it."""


class Thanked(Frozen):
    """The person says thanks."""


class Unsure(Frozen):
    """It is not clear what was meant."""

    names: tuple[str, ...]
    """Names of the subgoals that it may have been about."""


class Making(Frozen):
    """So many of so many samples were made and passed."""

    done: int
    total: int


class HeldOut(Frozen):
    """An evaluation set was noted, which new samples must not repeat."""

    name: str
    samples: int


class Proposed(Frozen):
    """Samples that wait for the person's word, and what became of the rest."""

    name: str
    batch: Batch
    min_level: int
    """The level that they had to reach."""
    warnings: tuple[str, ...]
    """What to know about the models that made and judged them."""
    unread: tuple[str, ...] = ()
    """What was not understood of the wish."""
    reviews: tuple[Review, ...] = ()
    """What was decided before about those that stay."""


class Reviewed(Frozen):
    """Some proposals were decided."""

    verb: Literal["accept", "reject", "edit"]
    numbers: tuple[int, ...]
    left: int
    """Proposals that will be kept."""


class Kept(Frozen):
    """What was kept, and what it changes."""

    name: str
    accepted: Accepted


class Selected(Frozen):
    """A goal-aligned selection with its trade-off."""

    goal: Goal
    selection: Selection
    quota: int = 0
    """Best rows of every subgoal that are kept whatever their goal score."""
    unread: tuple[str, ...] = ()
    """What was not understood of the wish."""


class Exported(Frozen):
    """A training set was written; where it is to be uploaded too, that waits for the person's word."""

    result: ExportedFiles
    order: Order


class Sent(Frozen):
    """A training set was uploaded."""

    result: Uploaded


class Withheld(Frozen):
    """A training set was not uploaded."""

    hub: str


class Testing(Frozen):
    """The self-test has begun; it takes a while."""

    subgoals: int


class Tested(Frozen):
    """Which diagnoses can be trusted."""

    result: SelfTest
    about: tuple[str, ...] = ()
    """Ids of the subgoals that more is asked about: what was removed and planted, and what it shows."""


class Stopped(Frozen):
    """A person put an end to what was being done."""

    doing: Literal["judging", "making", ""] = ""
    """Samples were being judged, or made: what there is of them is kept."""


class Spoken(Frozen):
    """A piece of what a language model says, as it comes."""

    text: str


class LookedUp(Frozen):
    """A language model reads something of the run."""

    what: str


class Corrected(Frozen):
    """The whole of what a language model said, in place of the pieces before."""

    text: str
    notice: str
    """Why it was replaced."""


_Beginning = Welcomed | Understood | Unread | Begun | Meant | Problem | Noted | Planned | Revised | Ready
_Judging = Progress | Diagnosed | Overlapping | Explained | Opened | Shown | Alike | Advised | Covered
_Talking = Compared | Supposed | Needed | Reported | Helped | Defined | Thanked | Unsure | HeldOut
_Mending = Making | Proposed | Reviewed | Kept | Selected | Exported | Sent | Withheld | Testing | Tested
_Ending = Stopped | Spoken | LookedUp | Corrected
Event = _Beginning | _Judging | _Talking | _Mending | _Ending
