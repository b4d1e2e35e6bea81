"""`goalcover assess`: what was understood, the progress, the result, and how to go on after a stop."""

import asyncio
import shlex
import sys
import time
from pathlib import Path
from typing import cast, get_args

from goalcover.agent.engine import EngineName, build_engine
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.settings import Settings
from goalcover.memory.goals import load_goal
from goalcover.memory.runs import Run
from goalcover.tools.assess import Assessment, assess
from goalcover.tools.load import Dataset, open_dataset
from goalcover.ui import show
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

MANY_SAMPLES = 20_000
"""From so many samples on an assessment takes long enough to ask first."""
LINE_EVERY_S = 5.0
"""Seconds between progress lines where stderr is no terminal."""


def run_assessment(
    data: str,
    goal_path: Path,
    out: Path,
    engine_name: str,
    *,
    limit: int | None,
    seed: int,
    mapping: str | None,
    split: str | None,
    yes: bool,
) -> None:
    """Assesses and tells. Raises InputError, RunBusyError, and StoppedError when interrupted."""
    if engine_name not in get_args(EngineName):
        raise InputError(f"no engine '{engine_name}': there are {', '.join(get_args(EngineName))}")
    goal = load_goal(goal_path)
    engine = build_engine(cast(EngineName, engine_name), Settings())
    dataset = open_dataset(data, mapping=mapping, split=split, limit=limit, seed=seed)
    run = Run.create(out)
    show.print_dataset(dataset, goal, engine)
    _confirm(dataset, yes)
    try:
        with Meter() as meter:
            result = asyncio.run(assess(dataset, goal, run, engine, meter.update))
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise StoppedError(
            f"stopped; what was judged is kept. Go on with: {shlex.join(['goalcover', *sys.argv[1:]])}"
        ) from error
    _tell(result, run)


class Meter:
    """Progress with rate and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
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
            self._bar.update(self._task, completed=done, rate=f"{rate:.0f} samples/s")
        elif now - self._told >= LINE_EVERY_S or done == total:
            self._told = now
            left = (total - done) / rate
            show.console.print(f"judged {done:,} of {total:,} samples, {rate:.0f}/s, {left:.0f} s left")


def _confirm(dataset: Dataset, yes: bool) -> None:
    if yes or len(dataset) < MANY_SAMPLES or not (sys.stdin.isatty() and show.console.is_terminal):
        return
    show.console.print(f"{len(dataset):,} samples take a while. Start? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise InputError("not started; --limit 1000 judges a random part first")


def _tell(result: Assessment, run: Run) -> None:
    counts = result.info.counts
    again = f", {counts.reused:,} of them kept from before" if counts.reused else ""
    show.print_coverage(result.coverage)
    show.console.print(f"{counts.scored:,} judgements{again}, {result.info.wall_s:.1f} s.")
    if result.gaps:
        path, worst = shlex.quote(str(run.path)), result.gaps[0].subgoal_id
        # Never wrapped: these lines are there to be copied.
        show.console.print(f"Why: goalcover gaps {path}    goalcover explain {path} {worst}", soft_wrap=True)
    show.console.print(f"Report: {run.html_path}", soft_wrap=True)
