"""The ablation of the elicitation (paper, section 7.4): the same goal and data, with the clarification loop or without.

Each decomposition is assessed on the same samples and put to the test by removals derived from its own run
(`selftest`), because subgoals that were never the same have no removals in common.
"""

from itertools import combinations

import numpy as np
from goalcover.agent.elicitation import Specification
from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Goal
from goalcover.agent.settings import Settings
from goalcover.agent.validation import Summary
from goalcover.memory.runs import Run
from goalcover.tools.assess import OnProgress, assess
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.levels import rank_correlation
from goalcover.tools.load import Dataset
from goalcover.tools.profile import profile
from goalcover.tools.spending import on_account
from goalcover.tools.studies.corruption import score_matrix
from goalcover.tools.studies.effects import summarise
from goalcover.tools.studies.selftest import try_all
from goalcover.tools.verify import specification_of


class Decomposed(Frozen):
    """One decomposition, and how well its subgoals can be told apart."""

    subgoals: tuple[str, ...]
    """Names."""
    failed_checks: int
    """Of atomic, disjoint and complete (Eq. 1 to 3)."""
    similarity: float | None
    """Mean similarity of the subgoals' wording over all pairs, -1 to 1, as the disjointness check measures it."""
    overlap: float | None
    """Mean absolute rank correlation of the samples' scores over all pairs, 0 to 1."""
    separation: Summary


class Ablation(Frozen):
    """What the clarification loop changes."""

    clarified: Decomposed
    unclarified: Decomposed
    verdict: str


async def ablate(
    dataset: Dataset,
    goal: Goal,
    engine: Engine,
    runs: tuple[Run, Run],
    on_progress: OnProgress,
    budget: Budget | None = None,
) -> Ablation:
    """Decomposes the goal's text with its `context` and without, and assesses the data against both, into `runs`.

    `budget` pays for all of it, and may have a cap: StoppedError.
    Raises InputError when the goal has no context: then there is no loop to switch off.
    """
    if not goal.context:
        raise InputError("the goal has no `context`, so no clarification to leave out: `goalcover plan` asks for it")
    arms = specification_of(goal), Specification(goal=goal.text)
    budget = budget or budget_for((engine.judge,), Settings(), models=engine.models)
    found = [await _try(dataset, one, engine, run, on_progress, budget) for one, run in zip(arms, runs, strict=True)]
    return Ablation(clarified=found[0], unclarified=found[1], verdict=_verdict(*found))


async def _try(
    dataset: Dataset,
    specification: Specification,
    engine: Engine,
    run: Run,
    on_progress: OnProgress,
    budget: Budget,
) -> Decomposed:
    with on_account(run, engine, budget):
        subgoals = (await engine.decomposer.decompose(specification, profile(dataset))).subgoals
        checks = await engine.decomposer.check(specification, subgoals)
    goal = Goal(text=specification.goal, context=specification.answers, subgoals=subgoals)
    await assess(dataset, goal, run, engine, on_progress, budget=budget)
    scores = score_matrix(run)
    trials = try_all(goal, list(run.samples()), scores)
    return Decomposed(
        subgoals=tuple(subgoal.name for subgoal in subgoals),
        failed_checks=len(checks.failures),
        similarity=_mean([pair.similarity for pair in checks.disjoint]),
        # A subgoal that all samples show alike tells nothing of another.
        overlap=_mean([abs(rank_correlation(a, b) or 0.0) for a, b in combinations(scores.T, 2)]),
        separation=summarise([trial.measured for trial in trials if trial.measured]),
    )


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _verdict(clarified: Decomposed, unclarified: Decomposed) -> str:
    return (
        f"With the clarification {_words(clarified)}. Without it {_words(unclarified)}. Different subgoals are hard to "
        "compare: read the names, too."
    )


def _words(one: Decomposed) -> str:
    drop, drift = one.separation.target_mean_drop, one.separation.nontarget_mean_abs_change
    falls = (
        "nothing could be removed"
        if drop is None
        else f"targets fall by {drop:.1%}, the others move by {drift or 0:.1%}"
    )
    overlap = "" if one.overlap is None else f", their scores correlate by {one.overlap:.2f}"
    return f"there are {len(one.subgoals)} subgoals{overlap}; {falls} ({one.separation.separated} separated)"
