"""Work that may take long and cost money, as the commands that do it share it.

What a model's part will take, and a yes where that is much; the progress; an orderly stop; and what it took.
"""

import asyncio
import shlex
import signal
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError, ModelError, StoppedError
from goalcover.agent.models import Subgoal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.memory.runs import Run, UsageInfo
from goalcover.tools.budget import BATCH_DISCOUNT, Budget, budget_for
from goalcover.tools.estimate import Estimate, estimate
from goalcover.tools.load import Dataset
from goalcover.ui.show import console
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


def budget_of(
    engine: Engine, judges: Sequence[Judge], settings: Settings, max_cost: float | None, *, batch: bool = False
) -> Budget:
    """What the work may cost. InputError where an option is about what a model's judgements cost, and none judges."""
    if not isinstance(judges[0], RemoteJudge) and (batch or max_cost is not None):
        option = "--batch" if batch else "--max-cost"
        raise InputError(f"{option} is for a model's judgements, and the embedded judge costs nothing")
    return budget_for(judges, settings, max_cost, engine.models)


def announce(
    dataset: Dataset,
    subgoals: Sequence[Subgoal],
    runs: Sequence[Run],
    judges: Sequence[Judge],
    budget: Budget,
    engine: Engine,
    *,
    batch: bool = False,
) -> Estimate | None:
    """Tells what a model's work will take, the dataset in every run; None where no model judges."""
    remote = [judge for judge in judges if isinstance(judge, RemoteJudge)]
    if not remote:
        return None
    discount = BATCH_DISCOUNT if batch else 1.0
    parts = []
    for run in runs:
        with run.ledger() as ledger:
            parts.append(estimate(dataset, len(dataset), subgoals, remote, budget, engine.models, discount, ledger))
    expected = sum(parts[1:], parts[0])
    console.print(f"Judged by {', '.join(judge.model_name for judge in remote)}: {expected.words()}.\n")
    return expected


def confirm(dataset: Dataset, expected: Estimate | None, yes: bool, *, fewer: str = "--limit") -> None:
    """Asks where it is much, and somebody is there to answer. InputError when the answer is no."""
    dear = expected is not None and (expected.cost or 0.0) >= MUCH_USD
    if yes or (len(dataset) < MANY_SAMPLES and not dear) or not (sys.stdin.isatty() and console.is_terminal):
        return
    why = f"About {expected.cost:.2f} USD." if expected and expected.cost else f"{len(dataset):,} samples take a while."
    console.print(f"{why} Start? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise InputError(f"not started; {fewer} 1000 judges a random part first")


@contextmanager
def resumable(*paths: Path) -> Iterator[None]:
    """Says how to go on when work in these run directories is stopped, or ends in want of a model that has judged."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise StoppedError(f"stopped; what was judged is kept. Go on with: {this_command()}") from error
    except StoppedError as error:
        raise StoppedError(f"{error}. Go on with: {this_command()}") from error
    except ModelError as error:
        if not any(_has_judged(Run(path)) for path in paths):
            raise
        raise StoppedError(f"{error}; what was judged is kept. Go on with: {this_command()}") from error


def _has_judged(run: Run) -> bool:
    if not run.ledger_path.is_file():
        return False
    with run.ledger() as ledger:
        return ledger.count() > 0


def this_command() -> str:
    """The command that goes on with this one's work."""
    return shlex.join(["goalcover", *sys.argv[1:]])


async def stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    """Lets Ctrl-C and SIGTERM end the work in order: what is in flight is waited for. The second time it is dropped."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()

    def stop() -> None:
        console.print("Stopping: waiting for what is in flight (again: drop it).")
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
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=console,
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
            console.print(f"judged {done:,} of {total:,} samples, {rate:.0f}/s, {left:.0f} s left{self._used()}")

    def _used(self) -> str:
        words = self._budget.words()
        return f", {words}" if words else ""


def print_took(budget: Budget, run: Run | None = None) -> None:
    """What models were asked for by this command, and, where that is more, in the run's whole life."""
    used = budget.used
    if used.calls:
        console.print(f"{_words(used)}.")
    if budget.usage.untold:
        console.print(
            "The server does not tell how many tokens it took: these are estimates by the length of the texts."
        )
    if run is not None and (in_all := run.info().usage).calls > used.calls:
        console.print(f"With what this run took before: {_words(in_all)}.")


def _words(used: UsageInfo) -> str:
    cost = "cost not known" if used.cost_usd is None else f"{used.cost_usd:.4f} USD"
    return (
        f"{used.calls:,} calls ({used.retries} again, {used.reasks} asked anew), {used.prompt_tokens:,} prompt "
        f"({used.cached_tokens:,} cached) and {used.completion_tokens:,} completion tokens, {cost}"
    )
