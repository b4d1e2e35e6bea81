"""The controlled-corruption study (paper, section 4): judged once, then every removal computed from the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from goalcover.agent.engine import Engine
from goalcover.agent.models import Goal
from goalcover.agent.validation import Design, Published, Removal, Validation
from goalcover.memory.runs import Run
from goalcover.tools.assess import Assessment, OnProgress, assess
from goalcover.tools.budget import Budget
from goalcover.tools.levels import read_levels
from goalcover.tools.load import Dataset
from goalcover.tools.report import write_report
from goalcover.tools.studies.effects import Measured, effect, summarise
from goalcover.tools.studies.removals import Mask, masks, masks_of_all
from goalcover.tools.studies.sampling import DEFAULT_SIZE, draw, only
from goalcover.tools.studies.separation import Change, Numbers, bootstrap_change, random_removal, removal_change

Places = npt.NDArray[np.intp]

DRAWS = 2_000
"""Bootstrap draws and random removals, shared out to the seeds."""
NOTES = (
    "Intervals hold 95% of the means of samples drawn anew within each seed's draw, all seeds together: how far one"
    " study of this size may land. They do not cover errors of the judge.",
    "A subgoal that the removed samples have nothing to do with rises when they go, to at most 1 / retention times its"
    " mean: that is arithmetic, and no confusion of the judge.",
    "Removals on one dataset share samples and subgoals: read the paired test as a description, not as a proof from"
    " independent experiments.",
    "A removal shows that the scores follow content that is known to matter, not that each level is right.",
)
WHOLE = "Where a draw is the whole dataset, the seeds differ in the bootstrap alone."


def design_study(
    dataset: Dataset,
    removals: Sequence[Removal],
    seeds: Sequence[int],
    size: int = DEFAULT_SIZE,
    paper: Mapping[str, Published] | None = None,
) -> Design:
    """Draws a strategic sample of `size` for every seed (section 4.3). InputError as for `masks_of_all`."""
    samples = list(dataset)
    matches = masks_of_all(removals, samples)
    draws = {seed: tuple(samples[place].row for place in draw(matches, size, seed)) for seed in seeds}
    return Design(removals=tuple(removals), size=min(size, len(samples)), draws=draws, paper=paper or {})


def drawn(dataset: Dataset, design: Design) -> Dataset:
    """The samples of all draws, each once, in the dataset's order: a level depends on its sample alone."""
    wanted = {row for rows in design.draws.values() for row in rows}
    return only(dataset, [place for place, sample in enumerate(dataset) if sample.row in wanted])


async def judge_study(
    dataset: Dataset,
    goal: Goal,
    design: Design,
    run: Run,
    engine: Engine,
    on_progress: OnProgress,
    budget: Budget | None = None,
) -> Assessment:
    """Assesses the drawn samples into `run`; what the ledger holds is not judged again. `budget` as for `assess`."""
    found = await assess(dataset, goal, run, engine, on_progress, budget=budget)
    run.write_design(design)  # an assessment takes away the design whose samples it replaces
    return found


def validate(run: Run) -> Validation:
    """Computes the study from the run's judgements, writes validation.json and renews the report.

    Raises InputError when the run holds no study.
    """
    found = compute([run])
    run.write_validation(found)
    write_report(run, run.goal(), run.coverage(), run.gaps(), run.info())
    return found


def compute(runs: Sequence[Run]) -> Validation:
    """The studies in these runs as one, computed from their judgements. InputError when one holds no study."""
    measured = [one for run in runs for one in measure(run)]
    infos = [run.info() for run in runs]
    whole = any(
        info.dataset.rows - info.dataset.skipped == run.design().size for info, run in zip(infos, runs, strict=True)
    )
    return Validation(
        assessed_at=infos[0].created_at,
        judge=", ".join(dict.fromkeys(info.engine.judge for info in infos)),
        n_judged=sum(info.counts.samples for info in infos),
        removals=tuple(effect(one) for one in measured),
        summary=summarise(measured),
        notes=(*NOTES, WHOLE) if whole else NOTES,
    )


def measure(run: Run) -> list[Measured]:
    """The run's removals, measured in every draw of its design."""
    design, samples = run.design(), list(run.samples())
    places = {sample.row: place for place, sample in enumerate(samples)}
    draws = {seed: np.array([places[row] for row in rows]) for seed, rows in design.draws.items()}
    study = Study(run.goal(), score_matrix(run), draws)
    matches = masks(design.removals, samples)
    return [
        study.measure(removal, mask, design.paper.get(removal.id))
        for removal, mask in zip(design.removals, matches, strict=True)
    ]


@dataclass(frozen=True)
class Study:
    """Judged samples and the draws from them, in which any removal can be measured."""

    goal: Goal
    scores: Numbers
    """(samples, subgoals), 0 to 1, NaN for the unscored."""
    draws: Mapping[int, Places]
    """Seed -> places of the samples drawn."""

    def measure(self, removal: Removal, mask: Mask, paper: Published | None = None) -> Measured:
        """What taking the samples in `mask` (samples,) away does in every draw."""
        found = [self._in_draw(seed, mask) for seed in self.draws]
        target = self.scores[:, [subgoal.id for subgoal in self.goal.subgoals].index(removal.target)]
        points, draws, control = (Change.joined(changes) for changes in zip(*found, strict=True))
        return Measured(
            removal=removal,
            names={subgoal.id: subgoal.name for subgoal in self.goal.subgoals},
            seeds=tuple(self.draws),
            points=points,
            draws=draws,
            control=control,
            sizes=np.array([float(len(places)) for places in self.draws.values()]),
            n_removed=np.array([float(mask[places].sum()) for places in self.draws.values()]),
            n_unscored=np.array([float(np.isnan(target[places]).sum()) for places in self.draws.values()]),
            paper=paper,
        )

    def _in_draw(self, seed: int, mask: Mask) -> tuple[Change, Change, Change]:
        scores, removed = self.scores[self.draws[seed]], mask[self.draws[seed]]
        n = -(-DRAWS // len(self.draws))
        # The same seed for every removal: one draw means the same samples for all of them, and their correlation stays.
        random = np.random.default_rng(seed)
        point = removal_change(scores, removed, np.ones((1, len(scores))))
        draws = bootstrap_change(scores, removed, n, random)
        return point, draws, random_removal(scores, int(removed.sum()), n, random)


def score_matrix(run: Run) -> Numbers:
    """The run's scores, (samples, subgoals), in the order of samples.parquet and of the goal; NaN for the unscored."""
    return read_levels(run, run.goal()).scores
