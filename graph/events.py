"""What the conversation says, one type for each kind of answer. `ui.render` puts them into words."""

from pathlib import Path

from goalcover.agent.models import CoverageReport, Frozen, Gap, Goal, Sample, SubgoalCoverage
from goalcover.graph.state import Data
from goalcover.memory.runs import RunInfo
from goalcover.tools.explain import End, Explanation, Judged


class Reading(Frozen):
    """How a dataset was read."""

    preview: Sample
    notes: tuple[str, ...]
    n_skipped: int
    skipped: tuple[str, ...]
    """The first of them, each with its reason."""


class Understood(Frozen):
    """What there is to assess with by now."""

    data: Data | None
    reading: Reading | None
    """None when the data is what it was before."""
    goal: Goal | None
    goal_is_new: bool
    engine: str
    model: str


class Problem(Frozen):
    """Something cannot be done; the text says what and why."""

    text: str


class Progress(Frozen):
    """So many of so many samples are judged, after so many seconds."""

    done: int
    total: int
    seconds: float


class Diagnosed(Frozen):
    """The result of an assessment."""

    data: Data
    goal: Goal
    coverage: CoverageReport
    gaps: tuple[Gap, ...]
    info: RunInfo


class Explained(Frozen):
    """Why a subgoal is weak."""

    explanation: Explanation


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


class Covered(Frozen):
    """Coverage of all subgoals."""

    coverage: CoverageReport


class Reported(Frozen):
    """The report to be downloaded."""

    path: Path
    run: Path


class Helped(Frozen):
    """What can be asked."""

    names: tuple[str, ...]


class Unsure(Frozen):
    """It is not clear what was meant."""

    names: tuple[str, ...]
    """Names of the subgoals that it may have been about."""


Event = Understood | Problem | Progress | Diagnosed | Explained | Shown | Advised | Covered | Reported | Helped | Unsure
