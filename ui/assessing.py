"""`goalcover assess`: what was understood, the progress, the result, and how to go on after a stop."""

import asyncio
import shlex
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.models import Goal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.memory.goals import load_goal
from goalcover.memory.runs import Run, Usage
from goalcover.memory.synthetic import kept
from goalcover.tools.assess import Assessment, assess
from goalcover.tools.budget import BATCH_DISCOUNT, Budget, budget_for
from goalcover.tools.estimate import Estimate, estimate
from goalcover.tools.load import Dataset, open_dataset
from goalcover.tools.typeset import count
from goalcover.ui import show
from goalcover.ui.engines import engine_named
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Result = TypeVar("Result")
MANY_SAMPLES = 20_000
"""From so many samples on an assessment takes long enough to ask first."""
MUCH_USD = 1.0
"""From so much on one is asked first."""
LINE_EVERY_S = 5.0
"""Seconds between progress lines where stderr is no terminal."""


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
    budget = budget_for(judges, settings, how.max_cost, engine.models)
    dataset = open_dataset(data, mapping=mapping, split=split, limit=limit, seed=seed)
    run = Run.create(out)
    show.print_dataset(dataset, goal, engine)
    _warn_of_other_data(run, dataset)
    expected = _estimate(dataset, goal, run, judges, budget, engine, batch=how.batch)
    _confirm(dataset, expected, how.yes)
    try:
        if isinstance(judges[0], RemoteJudge):
            _advance_batches(dataset, goal, run, judges, budget, batch=how.batch)
        with Meter(budget) as meter:
            named = judges if how.judges else ()
            work = assess(dataset, goal, run, engine, meter.update, judges=named, budget=budget)
            result = asyncio.run(_stoppable(work))
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise StoppedError(f"stopped; what was judged is kept. Go on with: {_again()}") from error
    except StoppedError as error:
        raise StoppedError(f"{error}. Go on with: {_again()}") from error
    _tell(result, run, budget)


def _warn_of_other_data(run: Run, dataset: Dataset) -> None:
    if not run.info_path.is_file() or (before := run.info().dataset).fingerprint == dataset.fingerprint:
        return
    n = sum(1 for _ in kept(run.synthetic_path))
    stay = f"; its {count(n, 'synthetic sample')} in {run.synthetic_path} will count as this data's" if n else ""
    show.console.print(f"note: {run.path} held the results of {before.path}, which are replaced{stay}", markup=False)


def _again() -> str:
    return shlex.join(["goalcover", *sys.argv[1:]])


def _judges(how: Judging, settings: Settings) -> tuple[Engine, tuple[Judge, ...]]:
    """The engine with its judge, or with the one or more that were named instead."""
    if how.judges and how.engine == "embedded":
        raise InputError("--judge names a model, and --engine embedded asks none: leave one of them out")
    engine = engine_named(how.engine, settings)
    judges: tuple[Judge, ...] = (engine.judge,)
    if how.judges:
        from goalcover.agent.judge import judges_of  # langchain takes a second to import

        judges = judges_of(how.judges, settings)
    if not isinstance(judges[0], RemoteJudge) and (how.batch or how.max_cost is not None):
        raise InputError("--max-cost and --batch are for a model's judgements, and the embedded judge costs nothing")
    return engine, judges


def _advance_batches(
    dataset: Dataset, goal: Goal, run: Run, judges: Sequence[Judge], budget: Budget, *, batch: bool
) -> None:
    from goalcover.tools import batches  # langchain takes a second to import

    if batch or batches.under_way(run):
        asyncio.run(_stoppable(batches.advance(dataset, goal, run, judges, budget)))


def _estimate(
    dataset: Dataset, goal: Goal, run: Run, judges: Sequence[Judge], budget: Budget, engine: Engine, *, batch: bool
) -> Estimate | None:
    """What a model's work will take, told."""
    remote = [judge for judge in judges if isinstance(judge, RemoteJudge)]
    if not remote:
        return None
    discount = BATCH_DISCOUNT if batch else 1.0
    with run.ledger() as ledger:
        expected = estimate(dataset, len(dataset), goal.subgoals, remote, budget, engine.models, discount, ledger)
    show.console.print(f"Judged by {', '.join(judge.model_name for judge in remote)}: {expected.words()}.\n")
    return expected


async def _stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    """Lets Ctrl-C and SIGTERM end the work in order: what is in flight is waited for. The second time it is dropped."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()

    def stop() -> None:
        show.console.print("Stopping: waiting for what is in flight (again: drop it).")
        task.cancel()

    with suppress(NotImplementedError):  # Windows: Ctrl-C still arrives as KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    return await task


class Meter:
    """Progress with rate and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._started = self._told = time.monotonic()
        if show.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=show.console,
            )

    def __enter__(self) -> "Meter":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Shows that so many of so many samples are done."""
        now = time.monotonic()
        rate = done / max(now - self._started, 1e-6)
        if self._bar:
            if self._task is None:
                self._task = self._bar.add_task("Judging", total=total, rate="")
            self._bar.update(self._task, completed=done, rate=f"{rate:.0f} samples/s{self._used()}")
        elif now - self._told >= LINE_EVERY_S or done == total:
            self._told = now
            left = (total - done) / rate
            show.console.print(f"judged {done:,} of {total:,} samples, {rate:.0f}/s, {left:.0f} s left{self._used()}")

    def _used(self) -> str:
        words = self._budget.words()
        return f", {words}" if words else ""


def _confirm(dataset: Dataset, expected: Estimate | None, yes: bool) -> None:
    dear = expected is not None and (expected.cost or 0.0) >= MUCH_USD
    if yes or (len(dataset) < MANY_SAMPLES and not dear) or not (sys.stdin.isatty() and show.console.is_terminal):
        return
    why = f"About {expected.cost:.2f} USD." if expected and expected.cost else f"{len(dataset):,} samples take a while."
    show.console.print(f"{why} Start? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise InputError("not started; --limit 1000 judges a random part first")


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
    if budget.is_reached:
        show.console.print(
            "note: --max-cost was reached when all was judged: from there on the gaps are named and advised on by the "
            f"embedded engine. To have a model do it: {_again()}",
            soft_wrap=True,
        )
    _told_judges(result)


def _told_judges(result: Assessment) -> None:
    """What a model's judgements took, and how far several agree. StoppedError when too many failed for a verdict."""
    used, in_all, agreement = result.used, result.info.usage, result.coverage.agreement
    if used.calls:
        show.console.print(f"{_took(used)}.")
    if in_all.calls > used.calls:
        show.console.print(f"With what this run took before: {_took(in_all)}.")
    if agreement:
        from goalcover.ui.judges import print_agreement  # it brings scipy, which takes most of a second

        print_agreement(agreement)
    if failed := [one.id for one in result.coverage.subgoals if one.gap is None]:
        why = ", ".join(f"{n} {reason}" for reason, n in used.unscored.items())
        raise StoppedError(
            f"no verdict on {', '.join(failed)}: too many judgements failed ({why}). Try them again with: {_again()}"
        )


def _took(used: Usage) -> str:
    cost = "price not known" if used.cost_usd is None else f"{used.cost_usd:.4f} USD"
    return (
        f"{used.calls:,} calls ({used.retries} again, {used.reasks} asked anew), {used.prompt_tokens:,} prompt "
        f"({used.cached_tokens:,} cached) and {used.completion_tokens:,} completion tokens, {cost}"
    )
