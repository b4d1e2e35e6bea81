"""`goalcover synthesize`: progress, review in the terminal, and what the samples change."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import ceil
from pathlib import Path
from typing import Any

import orjson
from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.agent.synthesis import Proposal
from goalcover.agent.usage import Usage
from goalcover.memory.runs import Run
from goalcover.tools.accept import Accepted, Review, accept
from goalcover.tools.briefs import read_briefs, write_briefs
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.destination import check_out
from goalcover.tools.estimate import estimate, estimate_synthesis
from goalcover.tools.explain import find_subgoal
from goalcover.tools.formats.files import check_extension, write_rows
from goalcover.tools.judges import judge_of
from goalcover.tools.load import open_dataset
from goalcover.tools.plan import DIFFICULTIES, Part
from goalcover.tools.spending import on_account
from goalcover.tools.synthesize import ROUNDS, Batch, synthesize
from goalcover.ui import data_tables
from goalcover.ui.engines import engine_named
from goalcover.ui.show import console
from goalcover.ui.work import print_took

_SPARE = 1.5
"""Times the estimate of a later step's cost that is left alone for it."""


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    subgoal: str | None
    n: int | None
    out: Path
    holdout: str | None = None
    briefs: Path | None = None
    form: str = ""
    min_level: int = 4
    review: bool = False
    max_cost: float | None = None


class _Progress:
    """Says how many samples have passed, whenever that changes."""

    def __init__(self) -> None:
        self._told = 0

    def show(self, done: int, total: int) -> None:
        """See `synthesize.OnProgress`."""
        if done != self._told:
            self._told = done
            console.print(f"{done:,} of {total:,} samples found")


def run_synthesis(run: Run, wish: Wish, engine_name: str) -> dict[str, Any]:
    """Makes, reviews, keeps and tells; the result for machines. Raises InputError and ModelError."""
    settings = Settings()
    subgoal, parts = read_briefs(run, wish.briefs) if wish.briefs else (wish.subgoal, [])
    n = wish.n or sum(part.n for part in parts)
    if subgoal is None or not n:
        raise InputError("say for which subgoal and how many: goalcover synthesize RUN SUBGOAL -n 20 --out FILE")
    if wish.review and not sys.stdin.isatty():
        raise InputError("--review asks in the terminal, and there is none: leave it out to accept all that passed")
    check_extension(wish.out)
    check_out(run, wish.out)
    engine = engine_named(engine_name, settings)
    judge = judge_of(run, settings, engine.judge)
    budget = budget_for((judge,), settings, wish.max_cost, engine.models)
    _announce(run, subgoal, n, parts, engine, judge, budget)
    try:
        with on_account(run, engine, budget), budget.reserved(judge.id, _to_judge(run, n, judge, budget)):
            batch = asyncio.run(_found(run, subgoal, n, wish, parts, engine))
        seen, reviews = reviewed(batch.proposals) if wish.review else (batch.proposals, [])
        batch = batch.model_copy(update={"proposals": tuple(seen)})
        accepted = asyncio.run(accept(run, batch, judge, reviews, budget))
    except KeyboardInterrupt as error:
        raise StoppedError("stopped; what had passed is kept, and the same command begins with it") from error
    if accepted.accepted:
        _write(Path(accepted.path), wish.out)
    briefs = write_briefs(run, batch.subgoal_id, batch.missing) if batch.missing else None
    data_tables.print_batch(batch, accepted, wish.out, briefs)
    print_took(budget, run)
    return _result(batch, accepted, wish.out, briefs, budget)


def _announce(
    run: Run, subgoal: str, n: int, parts: Sequence[Part], engine: Engine, judge: Judge, budget: Budget
) -> None:
    """What the models will take, by the number of capabilities that the plan will name."""
    wanted = find_subgoal(run.goal(), subgoal).id
    known = [one for gap in run.gaps() if gap.subgoal_id == wanted for one in gap.capabilities]
    planned = len(parts) or min(n, len(DIFFICULTIES) * max(1, len(known)))
    expected = estimate_synthesis(run.samples(), n, run.goal().subgoals, planned, judge, budget, engine.models)
    if expected.usage.calls:
        console.print(
            f"Where all are found at once: {expected.words()}; up to {ROUNDS} times as much where few pass.\n"
        )


async def _found(run: Run, subgoal: str, n: int, wish: Wish, parts: Sequence[Part], engine: Engine) -> Batch:
    return await synthesize(
        run,
        subgoal,
        n,
        generator=engine.generator,
        discriminator=engine.discriminator,
        holdout=list(open_dataset(wish.holdout)) if wish.holdout else (),
        form=wish.form,
        min_level=wish.min_level,
        parts=parts,
        embedder=engine.embedder,
        on_progress=_Progress().show,
    )


def _to_judge(run: Run, n: int, judge: Judge, budget: Budget) -> Usage:
    """What judging n samples like those of the run should take, and half as much again: without it none is kept."""
    if not isinstance(judge, RemoteJudge):
        return Usage()
    return estimate(run.samples(), ceil(_SPARE * n), run.goal().subgoals, [judge], budget).usage


def _write(kept: Path, out: Path) -> None:
    """The accepted samples at the place that was asked for, in the dataset's own format with `_goalcover`."""
    write_rows(out, [orjson.loads(line) for line in kept.read_bytes().splitlines()])


def reviewed(proposals: Sequence[Proposal]) -> tuple[Sequence[Proposal], list[Review]]:
    """The proposals that the person was content to have decided, and the decisions about them.

    At the end of input what nobody decided about is left out: neither kept, nor turned down, it waits.
    """
    reviews: list[Review] = []
    for place, proposal in enumerate(proposals):
        data_tables.print_proposal(proposal, place + 1, len(proposals))
        answer = _answer()
        if answer == "all":
            break
        if not answer:
            console.print(f"\nEnd of input: {len(proposals) - place} without a decision wait for the next request.")
            return proposals[:place], reviews
        reviews.append(_review(proposal, answer))
    return proposals, reviews


def _answer() -> str:
    """What was decided; nothing at the end of input."""
    while True:
        console.print("a: accept   r: reject   e: edit the output   all: accept all from here on > ", end="")
        line = sys.stdin.readline()
        if not line or line.strip().lower() in ("a", "r", "e", "all"):
            return line.strip().lower()


def _review(proposal: Proposal, answer: str) -> Review:
    candidate_id = proposal.candidate.id
    if answer == "r":
        console.print("Why (the next round learns from it)? ", end="")
        return Review(candidate_id=candidate_id, decision="rejected", reason=sys.stdin.readline().strip())
    if answer == "e":
        console.print('The new output, ended by a line that holds only "." (nothing: as it is):')
        lines = takewhile(lambda line: line.rstrip("\r\n") != ".", iter(sys.stdin.readline, ""))
        return Review(candidate_id=candidate_id, decision="edited", output="".join(lines).strip())
    return Review(candidate_id=candidate_id, decision="accepted")


def _result(batch: Batch, accepted: Accepted, out: Path, briefs: Path | None, budget: Budget) -> dict[str, Any]:
    return {
        "subgoal_id": batch.subgoal_id,
        "asked": batch.asked,
        "accepted": accepted.accepted,
        "rejected": accepted.rejected + len(batch.rejected),
        "rejections": [one.model_dump(include={"reasons", "parents", "level"}) for one in batch.rejected],
        "rounds": batch.rounds,
        "waited": batch.n_waited,
        "shortfall": batch.shortfall,
        "unjudged": accepted.unjudged,
        "spread": batch.spread.model_dump(),
        "engine": batch.engine,
        "out": str(out) if accepted.accepted else None,
        "kept": accepted.path,
        "briefs": None if briefs is None else str(briefs),
        "before": accepted.before.model_dump(),
        "after": accepted.after.model_dump(),
        "usage": budget.used.model_dump(exclude={"unscored"}),
    }
