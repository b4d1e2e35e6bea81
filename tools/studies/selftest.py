"""Can this run be trusted? Each subgoal's diagnosis is put to the test on the user's own data.

For every subgoal a removal is derived from the run itself (`marks`) and measured like the paper's (section 4); then
weaknesses are planted in its samples (`natural`). The grade says how far the diagnosis carries, and why.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from goalcover.agent.embedded.subjects import Subjects
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import CoverageReport, Goal, Sample, SubgoalId
from goalcover.agent.roles import Judge
from goalcover.agent.validation import NaturalGap, Removal, SelfTest, Trust
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget
from goalcover.tools.caveats import mostly_code
from goalcover.tools.report import write_report
from goalcover.tools.spending import judging_again
from goalcover.tools.studies.copies import copies, halve, removed_by_chance
from goalcover.tools.studies.corruption import NOTES, Study, score_matrix
from goalcover.tools.studies.effects import Measured, effect, summarise
from goalcover.tools.studies.marks import HIGH, Marks, find_marks, own_marks, read_vocabulary
from goalcover.tools.studies.natural import make_rare, plant
from goalcover.tools.studies.senses import Kinds, strangers
from goalcover.tools.studies.separation import Numbers
from goalcover.tools.studies.trust import Trial, trust
from goalcover.tools.typeset import count

SEEDS = (0, 1, 2, 3, 4)
APART = (
    "What was removed holds words that mark a subgoal's high-scoring samples and are not the subgoal's own; they were"
    " learnt on one half of the samples and taken away from the other. Samples that repeat each other are in the same"
    " half."
)


async def selftest(run: Run, judge: Judge, embedder: Embedder, budget: Budget | None = None) -> SelfTest:
    """Tests a finished run with its own judge (`tools.judges`), writes selftest.json and renews the report.

    Planting weaknesses takes up to 40 new judgements a subgoal, which stay in the ledger; `budget` is counted up, and
    may have a cap. Raises RunBusyError, StoppedError and ModelError.
    """
    goal = run.goal()
    samples, scores = await asyncio.to_thread(lambda: (list(run.samples()), score_matrix(run)))
    trials = await asyncio.to_thread(try_all, goal, samples, scores)
    kinds = await asyncio.to_thread(_strangers, trials, samples, embedder)
    with judging_again(run) as ledger:
        natural = [
            (*_made_rare(goal, one), *await plant(one.subgoal, samples, one.scores, judge, ledger, budget))
            for one in trials
        ]
    info, coverage = run.info(), run.coverage()
    tested = [trial.measured for trial in trials if trial.measured]
    embedded = info.engine.name == "embedded"
    doubts = _doubts(coverage, rated_low=embedded and mostly_code(samples))
    grades = tuple(
        trust(trial, kind, planted, embedded=embedded, doubt=doubts[trial.subgoal.id])
        for trial, kind, planted in zip(trials, kinds, natural, strict=True)
    )
    found = SelfTest(
        assessed_at=info.created_at,
        judge=info.engine.judge,
        verdict=_verdict(grades),
        subgoals=grades,
        removals=tuple(effect(one) for one in tested),
        summary=summarise(tested),
        notes=(APART, *NOTES),
        caveats=coverage.notes,
    )
    run.write_selftest(found)
    await asyncio.to_thread(write_report, run, goal, coverage, run.gaps(), info)
    return found


def _made_rare(goal: Goal, trial: Trial) -> list[NaturalGap]:
    # Where no removal tells, too few samples hold the marks for their loss to make anything rare.
    found = make_rare(goal, trial.subgoal, trial.scores, trial.marks.mask) if trial.measured else None
    return [found] if found else []


def _doubts(coverage: CoverageReport, *, rated_low: bool) -> dict[SubgoalId, str]:
    """What speaks against each diagnosis before it is tested; "" where nothing does."""
    found = {}
    for one in coverage.subgoals:
        low = "it is called a gap, and the embedded judge rates code too low" if one.gap and rated_low else ""
        found[one.id] = "the report has no verdict on it" if one.gap is None else low
    return found


def _strangers(trials: Sequence[Trial], samples: Sequence[Sample], embedder: Embedder) -> list[Kinds | None]:
    subjects = Subjects(embedder)
    return [strangers(samples, one.scores >= HIGH, subjects) if one.measured else None for one in trials]


def try_all(goal: Goal, samples: Sequence[Sample], scores: Numbers) -> list[Trial]:
    """Derives a removal for every subgoal and measures it; scores are (samples, subgoals), NaN for the unscored."""
    vocabulary, groups = read_vocabulary(samples), copies(samples)
    first = halve(groups)
    study = Study(goal, scores, {seed: np.arange(len(samples)) for seed in SEEDS})
    trials = []
    for place, subgoal in enumerate(goal.subgoals):
        own, marks = scores[:, place], Marks((), np.zeros(len(samples), dtype=bool))
        if vocabulary:
            marks = find_marks(vocabulary, own, subgoal, first)
        trials.append(_measured(Trial(subgoal, own, groups, marks), study, samples))
    return trials


def _measured(trial: Trial, study: Study, samples: Sequence[Sample]) -> Trial:
    """The trial with its removal measured, where that can tell; where it tells nothing, that of its own words too."""
    if not trial.can_fall:
        return trial
    found = _removal(trial, study, trial.marks)
    if found and found.beats_chance:
        return replace(trial, measured=found)
    return replace(trial, measured=found, own=_removal(trial, study, own_marks(samples, trial.subgoal)))


def _removal(trial: Trial, study: Study, marks: Marks) -> Measured | None:
    if not marks.mask.any():
        return None
    name = trial.subgoal.id
    found = study.measure(Removal(id=name, target=name, terms=marks.terms), marks.mask)
    if len(np.unique(trial.groups)) < len(marks.mask):
        found = replace(found, control=removed_by_chance(study.scores, trial.groups, int(marks.mask.sum())))
    return found


def _verdict(grades: Sequence[Trust]) -> str:
    n = sum(one.grade == "trustworthy" for one in grades)
    words = f"The diagnosis of {n} of {count(len(grades), 'capability', 'capabilities')} is trustworthy on this data."
    for grade in ("weak", "untrustworthy"):
        if named := [one.name for one in grades if one.grade == grade]:
            words += f" {grade.capitalize()}: {', '.join(named)}."
    return words
