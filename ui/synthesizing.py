"""`goalcover synthesize`: progress, review in the terminal, and what the samples change."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import orjson
from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings
from goalcover.memory.runs import Run
from goalcover.tools.accept import Accepted, Review, accept
from goalcover.tools.briefs import read_briefs, write_briefs
from goalcover.tools.formats.files import write_rows
from goalcover.tools.load import open_dataset
from goalcover.tools.spending import Spending, on_account
from goalcover.tools.synthesize import Batch, Proposal, synthesize
from goalcover.ui import data_tables
from goalcover.ui.engines import engine_named
from goalcover.ui.show import console


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
    engine = engine_named(engine_name, settings)
    with on_account(run, engine, settings, wish.max_cost) as spending:
        batch = asyncio.run(
            synthesize(
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
                may_spend=spending.is_left,
                on_progress=_Progress().show,
            )
        )
    reviews = list(_reviews(batch.proposals)) if wish.review else []
    accepted = asyncio.run(accept(run, batch, _judge(run, engine).judge, reviews))
    _write(Path(accepted.path), wish.out)
    briefs = write_briefs(run, batch.subgoal_id, batch.missing) if batch.missing else None
    data_tables.print_batch(batch, accepted, wish.out, briefs)
    return _result(batch, accepted, wish.out, briefs, spending)


def _judge(run: Run, engine: Engine) -> Engine:
    """The engine whose judge judged the run: figures before and after have to be of one judge."""
    name = run.info().engine.name
    return engine if name == engine.name or name not in ("embedded", "llm") else engine_named(name)


def _write(kept: Path, out: Path) -> None:
    """The accepted samples at the place that was asked for, in the dataset's own format with `_goalcover`."""
    write_rows(out, [orjson.loads(line) for line in kept.read_bytes().splitlines()])


def _reviews(proposals: Sequence[Proposal]) -> Iterator[Review]:
    """One decision after the other, until the person accepts all that follow."""
    for place, proposal in enumerate(proposals, 1):
        data_tables.print_proposal(proposal, place, len(proposals))
        answer = ""
        while answer not in ("a", "r", "e", "all"):
            console.print("a: accept   r: reject   e: edit the output   all: accept all from here on > ", end="")
            line = sys.stdin.readline()
            answer = line.strip().lower() if line else "all"
        if answer == "all":
            return
        yield _review(proposal, answer)


def _review(proposal: Proposal, answer: str) -> Review:
    candidate_id = proposal.candidate.id
    if answer == "r":
        console.print("Why (the next round learns from it)? ", end="")
        return Review(candidate_id=candidate_id, decision="rejected", reason=sys.stdin.readline().strip())
    if answer == "e":
        console.print("The new output, ended by an empty line:")
        lines = list(takewhile(str.strip, sys.stdin))
        return Review(candidate_id=candidate_id, decision="edited", output="".join(lines).strip())
    return Review(candidate_id=candidate_id, decision="accepted")


def _result(batch: Batch, accepted: Accepted, out: Path, briefs: Path | None, spending: Spending) -> dict[str, Any]:
    return {
        "subgoal_id": batch.subgoal_id,
        "asked": batch.asked,
        "accepted": accepted.accepted,
        "rejected": accepted.rejected + len(batch.rejected),
        "rejections": [one.model_dump(include={"reasons", "parents", "level"}) for one in batch.rejected],
        "rounds": batch.rounds,
        "shortfall": batch.shortfall,
        "spread": batch.spread.model_dump(),
        "engine": batch.engine,
        "out": str(out),
        "kept": accepted.path,
        "briefs": None if briefs is None else str(briefs),
        "before": accepted.before.model_dump(),
        "after": accepted.after.model_dump(),
        "usage": {**asdict(spending.usage), "cost_usd": spending.spent},
    }
