"""Judging through the provider's Batch API: half the price, an answer within a day.

Submit, leave, come back: `RUN/batch.json` remembers what is under way. What comes back goes into the ledger; whatever a
batch did not answer, or not well, is judged online afterwards like everything else that the ledger lacks. Where the
batch failed or that is most of it, the person is asked first.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from goalcover.agent.errors import (
    InputError,
    ModelAnswerError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    ModelUnknownError,
    StoppedError,
)
from goalcover.agent.judge import LLMJudge, shared
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.prompt import new_nonce
from goalcover.agent.reply import Reply
from goalcover.agent.roles import Judge
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.memory.files import write_bytes
from goalcover.memory.ledger import Judgement, Ledger
from goalcover.memory.runs import Run
from goalcover.tools.budget import BATCH_DISCOUNT, Budget
from goalcover.tools.score import score
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MOST_LINES = 50_000
MOST_BYTES = 100_000_000
"""Of one file; what OpenAI takes is twice as much."""
RUNNING = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
COMPLETED = "completed"
FAILED = 0.5
"""Part of a batch's calls without an answer, from which it counts as failed."""
TRIED = 16
"""Samples that are judged online before a batch under a cap: the longest of their answers stands for every answer."""
_REASON = 200
"""Characters of what the provider says about a batch that failed."""


class Job(BaseModel):
    """A batch that was handed in."""

    model_config = ConfigDict(frozen=True)

    id: str
    judge: str
    subgoals: tuple[Subgoal, ...]
    """As they were handed in; a line's id names its subgoals by their places here."""
    n: int


class Counts(BaseModel):
    """How many of a batch's lines are through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    total: int = 0
    completed: int = 0
    failed: int = 0


class Fault(BaseModel):
    """One reason why a batch failed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: str | None = None


class Faults(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data: tuple[Fault, ...] | None = None


class Status(BaseModel):
    """How a batch stands, as the server says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    status: str = "in_progress"
    output_file_id: str | None = None
    request_counts: Counts | None = None
    errors: Faults | None = None

    @classmethod
    def read(cls, body: bytes) -> "Status":
        """What a response's body tells. ModelBusyError when that is no batch."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise ModelBusyError("the server's response is no batch") from error

    @property
    def reason(self) -> str:
        """The provider's first words on why it failed, in brackets; nothing when there are none."""
        said = [one.message for one in (self.errors and self.errors.data) or () if one.message]
        words = " ".join(Settings().without_keys(said[0]).split()) if said else ""
        return f" ({words[:_REASON]})" if words else ""


class Response(BaseModel):
    """The reply to one line of a batch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status_code: Literal[200]
    body: Any


class Line(BaseModel):
    """One line of what came of a batch: the only ones that are read are those that were answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    custom_id: str = Field(pattern=r"^\w+\.\w+\.\d+(-\d+)*$")
    response: Response


JOBS = TypeAdapter(tuple[Job, ...])


def under_way(run: Run) -> bool:
    """Whether batches of this run were handed in and not fetched yet."""
    return bool(_jobs(run))


async def advance(samples: Iterable[Sample], goal: Goal, run: Run, judges: Sequence[Judge], budget: Budget) -> None:
    """Hands in what is not judged; the next time, fetches what came back. Returns when online judging may go on.

    Raises StoppedError while the provider works on it, and when it failed; InputError when the cost would pass the cap,
    and ModelError. Cancelled while a batch is handed in, it waits until that is done and known.
    """
    asked = [judge for judge in judges if isinstance(judge, LLMJudge)]
    with run.lock(), run.ledger() as ledger:
        if under_way(run):
            await _fetched(samples, run, asked, ledger, budget)
            return
        with ExitStack() as set_aside:
            for judge in asked:
                await _afford(samples, goal, judge, ledger, budget, set_aside)
            for judge in asked:
                async for lines in _requests(samples, goal, judge, ledger):
                    await _finished(_hand_in(run, judge, lines, goal))
        if jobs := _jobs(run):
            n = sum(job.n for job in jobs)
            raise StoppedError(f"{n:,} calls handed in as {len(jobs)} batches; the provider takes up to 24 hours")


async def _finished(work: Awaitable[None]) -> None:
    """Cancelled, it ends the work first: what the provider has and nobody remembers would be paid for twice."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _requests(
    samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger
) -> AsyncIterator[list[bytes]]:
    """Lines for one batch after the other."""
    lines: list[bytes] = []
    size = 0
    for sample, missing in _missing(samples, goal, judge, ledger):
        for group in judge.groups(missing):
            lines.append(await _line(judge, sample, group, goal))
            size += len(lines[-1])
        if len(lines) > MOST_LINES - len(goal.subgoals) or size > MOST_BYTES:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


async def _afford(
    samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger, budget: Budget, set_aside: ExitStack
) -> None:
    """Sets aside what all of it may cost under a cap: half a batch would be paid for and of no use.

    Nothing stops a batch that turns out dearer than expected: a few samples are judged online first, to know better.
    """

    def all_of_it() -> AbstractContextManager[None]:
        missing = _missing(samples, goal, judge, ledger)
        most = sum((judge.at_most(sample, lacking) for sample, lacking in missing), Usage())
        half = replace(
            most,
            prompt_tokens=round(most.prompt_tokens * BATCH_DISCOUNT),
            completion_tokens=round(most.completion_tokens * BATCH_DISCOUNT),
        )
        return budget.reserved(judge.id, half)

    if budget.max_cost is None:
        return
    try:
        with all_of_it():
            few = [sample for sample, _ in islice(_missing(samples, goal, judge, ledger), TRIED)]
        async for _ in score(few, goal.subgoals, judge, ledger, budget):
            pass
        set_aside.enter_context(all_of_it())
    except StoppedError as error:
        if not budget.is_reached:
            raise
        raise InputError(
            f"the batch could cost more than --max-cost ({error}): raise it, or --limit the samples"
        ) from error


def _missing(
    samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger
) -> Iterator[tuple[Sample, list[Subgoal]]]:
    seen = set[str]()
    for sample, text, lacking in ledger.lacking(judge.id, samples, goal.subgoals):
        if lacking and text not in seen:
            seen.add(text)
            yield sample, lacking


async def _line(judge: LLMJudge, sample: Sample, group: Sequence[Subgoal], goal: Goal) -> bytes:
    """One request; its id says which sample, which nonce and which subgoals: all that reading the reply takes."""
    nonce, places = new_nonce(), "-".join(str(goal.subgoals.index(one)) for one in group)
    head = {"custom_id": f"{sample.digest}.{nonce}.{places}", "method": "POST", "url": "/v1/chat/completions"}
    body = (await judge.sheet(sample, group)).body(sample, nonce)
    return json.dumps(head)[:-1].encode() + b', "body": ' + body + b"}"


async def _hand_in(run: Run, judge: LLMJudge, lines: Sequence[bytes], goal: Goal) -> None:
    try:
        name = await judge.model.upload(b"\n".join(lines))
        asked = {"input_file_id": name, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        started = Status.read(await judge.model.fetch("/batches", json.dumps(asked).encode()))
    except ModelUnknownError as error:
        raise ModelError(f"{judge.model.server} offers no Batch API: leave --batch out") from error
    _write(run, [*_jobs(run), Job(id=started.id, judge=judge.id, subgoals=goal.subgoals, n=len(lines))])


async def _fetched(
    samples: Iterable[Sample], run: Run, judges: Sequence[LLMJudge], ledger: Ledger, budget: Budget
) -> None:
    """Fetches what is done. StoppedError says what is not, and what failed."""
    by_id, left, waiting, failed = {judge.id: judge for judge in judges}, list[Job](), list[str](), list[str]()
    jobs = _jobs(run)
    for place, job in enumerate(jobs, start=1):
        judge = by_id.get(job.judge)
        if judge is None:
            raise InputError(
                f"{run.path} waits for a batch of another judge ({job.judge}): run the command that handed it in, or "
                f"delete {_path(run)} to give it up"
            )
        status = Status.read(await _asked(run, job, judge, f"/batches/{job.id}"))
        if status.status in RUNNING:
            left.append(job)
            done = status.request_counts.completed if status.request_counts else 0
            waiting.append(f"{job.id}: {status.status}, {done:,} of {job.n:,}")
        else:  # also a failed or expired batch got something done; some say completed and have nothing
            good = 0
            if status.output_file_id:
                content = await _asked(run, job, judge, f"/files/{status.output_file_id}/content")
                good = await _enter(content, samples, job, judge, ledger, budget)
            if status.status != COMPLETED or good <= (1 - FAILED) * job.n:
                failed.append(f"{job.id} {status.status}{status.reason}: {good:,} of {job.n:,} calls have an answer")
        _write(run, [*left, *jobs[place:]])
    _tell(waiting, failed)


async def _asked(run: Run, job: Job, judge: LLMJudge, path: str) -> bytes:
    try:
        return await judge.model.fetch(path)
    except ModelUnknownError as error:
        raise ModelError(
            f"{judge.model.server} does not know the batch {job.id}, or no longer what came of it: with another key it "
            f"may; else delete {_path(run)} to give it up"
        ) from error


def _tell(waiting: Sequence[str], failed: Sequence[str]) -> None:
    said = [f"the provider is still at work ({'; '.join(waiting)})"] if waiting else []
    if failed:
        rest = "with --batch they are handed in again, without it they are judged online at full price"
        rest = "at full price they are judged online when all is back" if waiting else rest
        said.append(f"{'; '.join(failed)}, and for the others: {rest}")
    if said:
        raise StoppedError(f"{'; '.join(said)}; what has come back is kept")


async def _enter(
    content: bytes, samples: Iterable[Sample], job: Job, judge: LLMJudge, ledger: Ledger, budget: Budget
) -> int:
    """Into the ledger with every reply that holds, before the batch is forgotten; the others were asked in vain.

    Returns how many calls were answered, whether or not the answer holds.
    Read against the subgoals that were handed in: of a goal that was edited meanwhile, all that is as it was holds.
    """
    spent = Usage()
    replies: dict[str, list[tuple[str, str, Reply]]] = defaultdict(list)
    for name, reply in filter(None, map(_reply, content.splitlines())):
        text, nonce, places = name.split(".")
        replies[text].append((nonce, places, reply))
        spent += reply.counted()
    for sample in samples:
        for nonce, places, reply in replies.pop(sample.digest, ()):
            group = [job.subgoals[int(place)] for place in places.split("-")]
            sheet = await judge.sheet(sample, group)
            try:
                alignments = judge.read(reply, sheet, sample, nonce)
            except (ModelAnswerError, ModelRefusedError):
                continue
            efforts = shared(len(group), reply.counted())
            ledger.append(
                replace(Judgement.of(sample, subgoal, alignment), **vars(effort))
                for subgoal, alignment, effort in zip(sheet.subgoals, alignments, efforts, strict=True)
            )
    ledger.append((), budget.spend(judge.id, spent, {}, BATCH_DISCOUNT))
    ledger.commit()
    return spent.calls


def _reply(line: bytes) -> tuple[str, Reply] | None:
    """A line's id and what it holds; None when it failed, or is cut off."""
    try:
        read = Line.model_validate_json(line)
        return read.custom_id, Reply.read(json.dumps(read.response.body).encode())
    except (ValidationError, ModelBusyError):
        return None


def _write(run: Run, jobs: Sequence[Job]) -> None:
    if jobs:
        write_bytes(_path(run), JOBS.dump_json(tuple(jobs), indent=1))
    else:
        _path(run).unlink(missing_ok=True)


def _path(run: Run) -> Path:
    return run.path / "batch.json"


def _jobs(run: Run) -> tuple[Job, ...]:
    try:
        return JOBS.validate_json(_path(run).read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise InputError(f"{_path(run)} cannot be read: put back a copy, or delete it to give the batch up") from error
