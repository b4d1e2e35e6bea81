"""Can this run be trusted? Each subgoal's diagnosis is put to the test on the user's own data.

For every subgoal a removal is derived from the run itself (`marks`) and measured like the paper's (section 4); then
weaknesses are planted in its samples (`natural`). The grade says how far the diagnosis carries, and why.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.naming import hidden_form
from goalcover.agent.embedded.subjects import Subjects
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.roles import Judge
from goalcover.agent.validation import NaturalGap, Removal, SelfTest, Trust, TrustGrade
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget
from goalcover.tools.report import write_report
from goalcover.tools.spending import judging_again
from goalcover.tools.studies.corruption import NOTES, Study, score_matrix
from goalcover.tools.studies.effects import Measured, effect, summarise
from goalcover.tools.studies.marks import HIGH, Marks, find_marks, read_vocabulary
from goalcover.tools.studies.natural import make_rare, plant
from goalcover.tools.studies.senses import Kinds, strangers
from goalcover.tools.studies.separation import Numbers
from goalcover.tools.typeset import count, percent

FEWEST = 20
"""High-scoring samples below which there is nothing to learn marks from."""
NEARLY_ALL = 0.7
"""Share of high-scoring samples from which removing them would leave no dataset to compare with."""
ENTANGLED = 0.5
"""A subgoal is entangled with another that falls at least so much of its own fall."""
REACH = 0.25
"""Share of the high-scoring samples that a removal has to take before it speaks for the rest. Measured: 0.06 to 0.21
where the words follow nothing that the subgoal is about, 0.27 and above elsewhere."""
SEEDS = (0, 1, 2, 3, 4)
APART = (
    "What was removed holds words that mark a subgoal's high-scoring samples and are not the subgoal's own; they were"
    " learnt on one half of the samples and taken away from the other."
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
    natural: list[tuple[NaturalGap, ...]] = []
    with judging_again(run) as ledger:
        for trial in trials:
            rare = make_rare(goal, trial.subgoal, trial.scores, trial.marks.mask)
            planted = await plant(trial.subgoal, samples, trial.scores, judge, ledger, budget)
            natural.append((*([rare] if rare else []), *planted))
    info = run.info()
    tested = [trial.measured for trial in trials if trial.measured]
    embedded = info.engine.name == "embedded"
    grades = tuple(trust(*one, embedded=embedded) for one in zip(trials, kinds, natural, strict=True))
    found = SelfTest(
        assessed_at=info.created_at,
        judge=info.engine.judge,
        verdict=_verdict(grades),
        subgoals=grades,
        removals=tuple(effect(one) for one in tested),
        summary=summarise(tested),
        notes=(APART, *NOTES),
        caveats=run.coverage().notes,
    )
    run.write_selftest(found)
    write_report(run, goal, run.coverage(), run.gaps(), info)
    return found


@dataclass(frozen=True)
class Trial:
    """One subgoal's derived removal."""

    subgoal: Subgoal
    scores: Numbers
    """(samples,)"""
    marks: Marks
    measured: Measured | None
    """None where there was nothing to remove, or hardly anything else."""

    @property
    def n_high(self) -> int:
        """Samples at level 3 and above."""
        return int((self.scores >= HIGH).sum())

    @property
    def reach(self) -> float:
        """Share of them that were removed: those that hold the marks."""
        return float(self.marks.mask[self.scores >= HIGH].mean()) if self.n_high else 0.0


def _strangers(trials: Sequence[Trial], samples: Sequence[Sample], embedder: Embedder) -> list[Kinds | None]:
    subjects = Subjects(embedder)
    return [strangers(samples, one.scores >= HIGH, subjects) if one.measured else None for one in trials]


def try_all(goal: Goal, samples: Sequence[Sample], scores: Numbers) -> list[Trial]:
    """Derives a removal for every subgoal and measures it; scores are (samples, subgoals), NaN for the unscored."""
    vocabulary = read_vocabulary(samples)
    study = Study(goal, scores, {seed: np.arange(len(samples)) for seed in SEEDS})
    trials = []
    for place, subgoal in enumerate(goal.subgoals):
        own = scores[:, place]
        marks = find_marks(vocabulary, own, subgoal) if vocabulary else Marks((), np.zeros(len(samples), dtype=bool))
        measured = None
        if marks.mask.any() and FEWEST <= (own >= HIGH).sum() <= NEARLY_ALL * len(samples):
            measured = study.measure(Removal(id=subgoal.id, target=subgoal.id, terms=marks.terms), marks.mask)
        trials.append(Trial(subgoal, own, marks, measured))
    return trials


def _verdict(grades: Sequence[Trust]) -> str:
    n = sum(one.grade == "trustworthy" for one in grades)
    words = f"The diagnosis of {n} of {count(len(grades), 'capability', 'capabilities')} is trustworthy on this data."
    for grade in ("weak", "untrustworthy"):
        if named := [one.name for one in grades if one.grade == grade]:
            words += f" {grade.capitalize()}: {', '.join(named)}."
    return words


def trust(trial: Trial, kinds: Kinds | None, natural: tuple[NaturalGap, ...], *, embedded: bool) -> Trust:
    """How far a subgoal's diagnosis carries: by its removal, or else by what was planted. `kinds` of its high scores;
    `embedded` where the embedded judge has judged."""
    grade, reason = _by_removal(trial, trial.measured, kinds) if trial.measured else _by_planting(trial, natural)
    if embedded and hidden_form(trial.subgoal):
        grade, reason = (
            "untrustworthy",
            "The embedded judge sees what a text says, but not in what form or how soundly.",
        )
    if trial.measured and grade == "trustworthy":
        reason += _limits(natural)
    return Trust(
        id=trial.subgoal.id,
        name=trial.subgoal.name,
        grade=grade,
        reason=reason,
        terms=trial.marks.terms,
        natural=natural,
    )


def _by_removal(trial: Trial, measured: Measured, kinds: Kinds | None) -> tuple[TrustGrade, str]:
    found = effect(measured)
    fall, chance = measured.change, found.subject.control
    removed = f"{count(round(found.n_removed), 'sample')} with {', '.join(trial.marks.terms[:5])}"
    words = f"Without {removed} its alignment falls by {percent(max(0.0, -fall))}"
    if chance is None or fall >= chance[0]:
        return "untrustworthy", (
            f"{words}, no further than by chance: its high scores follow nothing that the samples share."
        )
    close, change = min(measured.rivals, key=lambda pair: pair[1], default=("", 0.0))
    if doubt := _doubt(trial, fall, (close, change), kinds):
        return "weak", f"{words}, but {doubt}."
    nearest = f" ({close}: {percent(-change)})" if change < 0 else ""
    return "trustworthy", (
        f"{words}; no other falls half as far{nearest}, and chance moves it by {percent(-chance[0])} at most."
    )


def _doubt(trial: Trial, fall: float, rival: tuple[str, float], kinds: Kinds | None) -> str:
    """Why a fall beyond chance does not make a diagnosis trustworthy; "" where nothing speaks against it."""
    close, change = rival
    if not close:
        return "there is no other capability that enough samples show to hold it against"
    if change <= ENTANGLED * fall:
        return f"that of {close} by {percent(-change)}: the scores do not keep the two apart on this data"
    if trial.reach < REACH:
        return (
            f"only {percent(trial.reach)} of the samples that score high are among them: what the rest score for is not"
            " shown"
        )
    if kinds:
        return (
            f"the samples that score high are of two kinds that have nothing in common{kinds}: one of its words may be"
            " taken in two senses"
        )
    return ""


def _limits(natural: Sequence[NaturalGap]) -> str:
    unseen = [one.kind for one in natural if one.kind != "rare" and not one.seen]
    if not unseen:
        return ""
    return f" Trust it for what the samples are about; {' and '.join(unseen)} answers go unseen."


def _by_planting(trial: Trial, natural: Sequence[NaturalGap]) -> tuple[TrustGrade, str]:
    """Where removal cannot tell: too few samples show it, or nearly all do."""
    if trial.n_high < FEWEST:
        return "weak", (
            f"Too few samples to test on ({trial.n_high} at level 3 or above): that the data hold little of it rests "
            "on the judge alone."
        )
    if trial.n_high <= NEARLY_ALL * len(trial.scores):
        return "untrustworthy", (
            f"No words but the subgoal's own mark the {count(trial.n_high, 'sample')} that score high: the scores "
            "follow nothing else that the samples share."
        )
    why = f"{percent(trial.n_high / len(trial.scores))} of the samples show it, so it was tested by planting"
    planted = [one.kind for one in natural if one.kind != "rare"]
    seen = [one.kind for one in natural if one.kind in planted and one.seen]
    if not planted:
        return "weak", f"{why}; but there are no answers to plant a weakness in. It rests on the judge alone."
    if len(planted) == 1:
        return "weak", f"{why}: the judge {'sees' if seen else 'does not see'} {planted[0]} answers, and no other " + (
            "weakness could be planted."
        )
    if len(seen) == len(planted):
        return "trustworthy", f"{why}: the judge sees {' and '.join(seen)} answers."
    if seen:
        return "weak", f"{why}: the judge sees {seen[0]} answers, but no other weakness."
    return "untrustworthy", f"{why}: the judge sees neither shallow nor swapped answers."
