"""`goalcover assess`: what was understood, the progress, the result, and how to go on after a stop."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.models import Goal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.memory.goals import load_goal
from goalcover.memory.runs import DamagedError, Run
from goalcover.memory.synthetic import kept
from goalcover.tools.assess import Assessment, assess
from goalcover.tools.budget import Budget
from goalcover.tools.compare import is_other_sample
from goalcover.tools.load import Dataset, open_dataset
from goalcover.tools.typeset import count
from goalcover.ui import show
from goalcover.ui.engines import engine_named
from goalcover.ui.work import Meter, announce, budget_of, confirm, print_took, resumable, stoppable, this_command


@dataclass(frozen=True)
class Judging:
    """Who judges, and what it may cost."""

    engine: str
    judges: tuple[str, ...] = ()
    """Models that judge in place of the engine's own judge."""
    max_cost: float | None = None
    """USD."""
    batch: bool = False
    yes: bool = False
    """Start without asking."""


def run_assessment(
    data: str,
    goal_path: Path,
    out: Path,
    how: Judging,
    *,
    limit: int | None,
    seed: int,
    mapping: str | None,
    split: str | None,
) -> None:
    """Assesses and tells. Raises InputError, RunBusyError, ModelError, and StoppedError when part of it is left."""
    goal, settings = load_goal(goal_path), Settings()
    engine, judges = _judges(how, settings)
    budget = budget_of(engine, judges, settings, how.max_cost, batch=how.batch)
    dataset = open_dataset(data, mapping=mapping, split=split, limit=limit, seed=seed)
    run = Run.create(out)
    show.print_dataset(dataset, goal, judges)
    _warn_of_other_data(run, dataset)
    confirm(dataset, announce(dataset, goal.subgoals, [run], judges, budget, engine, batch=how.batch), how.yes)
    with resumable(out):
        if isinstance(judges[0], RemoteJudge):
            _advance_batches(dataset, goal, run, judges, budget, batch=how.batch)
        with Meter(budget) as meter:
            named = judges if how.judges else ()
            work = assess(dataset, goal, run, engine, meter.update, judges=named, budget=budget)
            result = asyncio.run(stoppable(work))
    _tell(result, run, budget)


def _warn_of_other_data(run: Run, dataset: Dataset) -> None:
    if not run.info_path.is_file():
        return
    try:
        info = run.info()
    except DamagedError:
        show.console.print(f"note: {run.info_path} was damaged and is made anew", soft_wrap=True)
        return
    if info.dataset.fingerprint != dataset.fingerprint:
        n = sum(1 for _ in kept(run.synthetic_path))
        stay = f"; its {count(n, 'synthetic sample')} in {run.synthetic_path} will count as this data's" if n else ""
        held = f"{info.dataset.path}, which are replaced{stay}"
    elif is_other_sample(run, dataset):
        held = f"{count(info.counts.samples, 'sample')} of {info.dataset.path}, which those of {len(dataset):,} replace"
    else:
        return
    show.console.print(f"note: {run.path} held the results of {held}")


def _judges(how: Judging, settings: Settings) -> tuple[Engine, tuple[Judge, ...]]:
    """The engine with its judge, or with the one or more that were named instead."""
    if how.judges and how.engine == "embedded":
        raise InputError("--judge names a model, and --engine embedded asks none: leave one of them out")
    engine = engine_named(how.engine, settings)
    judges: tuple[Judge, ...] = (engine.judge,)
    if how.judges:
        from goalcover.agent.judge import judges_of  # langchain takes a second to import

        judges = judges_of(how.judges, settings)
    return engine, judges


def _advance_batches(
    dataset: Dataset, goal: Goal, run: Run, judges: Sequence[Judge], budget: Budget, *, batch: bool
) -> None:
    from goalcover.tools import batches  # langchain takes a second to import

    if batch or batches.under_way(run):
        asyncio.run(stoppable(batches.advance(dataset, goal, run, judges, budget)))


def _tell(result: Assessment, run: Run, budget: Budget) -> None:
    counts = result.info.counts
    again = f", {counts.reused:,} of them kept from before" if counts.reused else ""
    show.print_coverage(result.coverage)
    show.console.print(f"{counts.scored:,} judgements{again}, {result.info.wall_s:.1f} s.")
    if result.gaps:
        path, worst = shlex.quote(str(run.path)), result.gaps[0].subgoal_id
        # Never wrapped: these lines are there to be copied.
        show.console.print(f"Why: goalcover gaps {path}    goalcover explain {path} {worst}", soft_wrap=True)
    show.console.print(f"Report: {run.html_path}", soft_wrap=True)
    if why := result.without_model:
        show.console.print(
            "note: what the gaps lack, and what to do about it, is at least in part told by the embedded engine: "
            f"{why}. To have a model do it: {this_command()}",
            soft_wrap=True,
        )
    tell_outdated(result.outdated, run)
    print_took(budget, run)
    _told_judges(result)


def tell_outdated(names: Sequence[str], run: Run) -> None:
    """What was found out about the run before, and rests on judgements that it holds no more."""
    if names:
        left = f"{run.path} holds other judgements now, so its report leaves out the {' and the '.join(names)}"
        show.console.print(f"note: {left}: goalcover study --help", soft_wrap=True)


def _told_judges(result: Assessment) -> None:
    """How far several judges agree. StoppedError when too many judgements failed for a verdict."""
    if agreement := result.coverage.agreement:
        from goalcover.ui.judges import print_agreement  # it brings scipy, which takes most of a second

        print_agreement(agreement)
    if failed := [one.id for one in result.coverage.subgoals if one.gap is None]:
        why = ", ".join(f"{n} {reason}" for reason, n in result.info.usage.unscored.items())
        raise StoppedError(
            f"no verdict on {', '.join(failed)}: too many judgements failed ({why}). Try them again with: "
            f"{this_command()}"
        )
