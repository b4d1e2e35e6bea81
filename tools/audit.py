"""What packing several subgoals into one call costs in judgement: the halo, and whether length is mistaken for merit.

A slice of the run's samples is judged again, one subgoal a call (the paper's protocol), by the same model.
"""

import random
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from goalcover.agent.errors import InputError
from goalcover.agent.judge import LLMJudge
from goalcover.agent.models import TOP_LEVEL, Frozen, Goal, Sample
from goalcover.agent.settings import Settings
from goalcover.memory.ledger import Ledger
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.levels import rank_correlation
from goalcover.tools.score import score
from goalcover.tools.spending import judging_again

_SEED = 0
Levels = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""One row a sample, one column a subgoal; NaN where unscored."""


class SubgoalAudit(Frozen):
    """One subgoal, judged among others and alone."""

    id: str
    n: int
    together: float | None
    """Mean score when the subgoals share a call."""
    alone: float | None
    length_correlation: float | None
    """Spearman's, of level and the sample's length, when the subgoals share a call."""


class Audit(Frozen):
    """What `goalcover audit` found."""

    judge: str
    n_samples: int
    halo: float | None
    """Mean score together minus alone: above 0, packing makes the judge more generous."""
    correlation_together: float | None
    """Mean correlation between two subgoals' levels, when they share a call."""
    correlation_alone: float | None
    """A much lower one says that sharing a call makes the judgements alike."""
    length_correlation: float | None
    tokens_together: int
    """Prompt and completion tokens of the slice; 0 where the ledger already held it."""
    tokens_alone: int
    subgoals: tuple[SubgoalAudit, ...]


def audited(run: Run, n: int) -> list[Sample]:
    """The n samples of a run that an audit is about: the same each time."""
    ids = run.sample_ids()
    chosen = random.Random(_SEED).sample(ids, min(n, len(ids)))  # noqa: S311 no secret hangs on it
    return list(run.samples(chosen))


async def audit(run: Run, judge: LLMJudge, n: int, budget: Budget | None = None) -> Audit:
    """Judges n samples of a run once more, subgoal by subgoal; what the ledger holds already is not paid again.

    `budget` is counted up, and may have a cap. Raises InputError, RunBusyError, StoppedError and ModelError.
    """
    goal, each = run.goal(), judge.alone()
    if len(goal.subgoals) < 2:
        raise InputError("with one subgoal there is nothing to pack: an audit wants two or more")
    chosen, budget = audited(run, n), budget or budget_for((judge, each), Settings())
    with judging_again(run) as ledger:
        together, used_together = await _levels(chosen, goal, judge, ledger, budget)
        alone, used_alone = await _levels(chosen, goal, each, ledger, budget)
    lengths = np.array([len(one.input) + len(one.output) for one in chosen], dtype=np.float64)
    return Audit(
        judge=judge.id,
        n_samples=len(chosen),
        halo=_mean(together - alone),
        correlation_together=_between(together),
        correlation_alone=_between(alone),
        length_correlation=rank_correlation(np.repeat(lengths, together.shape[1]), together.ravel()),
        tokens_together=used_together,
        tokens_alone=used_alone,
        subgoals=tuple(
            SubgoalAudit(
                id=subgoal.id,
                n=int(np.isfinite(together[:, place] - alone[:, place]).sum()),
                together=_mean(together[:, place]),
                alone=_mean(alone[:, place]),
                length_correlation=rank_correlation(lengths, together[:, place]),
            )
            for place, subgoal in enumerate(goal.subgoals)
        ),
    )


async def _levels(
    samples: Sequence[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger, budget: Budget
) -> tuple[Levels, int]:
    before, rows = budget.usage, list[float]()
    async for batch in score(samples, goal.subgoals, judge, ledger, budget):
        rows += [np.nan if one.level is None else one.level / TOP_LEVEL for one in batch.alignments]
    used = budget.usage - before
    return np.array(rows, dtype=np.float64).reshape(len(samples), -1), used.prompt_tokens + used.completion_tokens


def _mean(values: Levels) -> float | None:
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if kept.size else None


def _between(levels: Levels) -> float | None:
    """Mean Spearman correlation over all pairs of subgoals that vary."""
    found = [rank_correlation(levels[:, a], levels[:, b]) for a, b in combinations(range(levels.shape[1]), 2)]
    known = [one for one in found if one is not None]
    return float(np.mean(known)) if known else None
