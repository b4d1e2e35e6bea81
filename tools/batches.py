"""Judging through the provider's Batch API: half the price, an answer within a day.

Submit, leave, come back: `RUN/batch.json` remembers what is under way. What comes back goes into the ledger; whatever a
batch did not answer, or not well, is judged online afterwards like everything else that the ledger lacks.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from goalcover.agent.errors import InputError, ModelAnswerError, ModelBusyError, ModelRefusedError, StoppedError
from goalcover.agent.judge import LLMJudge, shared
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.prompt import new_nonce
from goalcover.agent.reply import Reply
from goalcover.agent.roles import Judge
from goalcover.agent.usage import Usage
from goalcover.memory.files import write_bytes
from goalcover.memory.ledger import Judgement, Ledger
from goalcover.memory.runs import Run
from goalcover.tools.budget import BATCH_DISCOUNT, Budget
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

MOST_LINES = 50_000
MOST_BYTES = 100_000_000
"""Of one file; what OpenAI takes is twice as much."""
RUNNING = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
_CHUNK = 256


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


class Status(BaseModel):
    """How a batch stands, as the server says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    status: str = "in_progress"
    output_file_id: str | None = None
    request_counts: Counts | None = None


JOBS = TypeAdapter(tuple[Job, ...])


def under_way(run: Run) -> bool:
    """Whether batches of this run were handed in and not fetched yet."""
    return bool(_jobs(run))


async def advance(samples: Iterable[Sample], goal: Goal, run: Run, judges: Sequence[Judge], budget: Budget) -> None:
    """Hands in what is not judged; the next time, fetches what came back. Returns when online judging may go on.

    Raises StoppedError while the provider works on it, InputError when the cost would pass the cap, and ModelError.
    """
    asked = [judge for judge in judges if isinstance(judge, LLMJudge)]
    with run.lock(), run.ledger() as ledger:
        jobs = _jobs(run)
        if jobs:
            waiting = await _fetched(samples, run, asked, ledger, budget)
            if waiting:
                raise StoppedError(f"the provider is still at work ({waiting}); what has come back is kept")
            return
        for judge in asked:
            _afford(samples, goal, judge, ledger, budget)
        n = 0
        for judge in asked:
            async for job in _submitted(samples, goal, judge, ledger):
                jobs, n = (*jobs, job), n + job.n
                write_bytes(_path(run), JOBS.dump_json(jobs, indent=1))
        if n:
            raise StoppedError(f"{n:,} calls handed in as {len(jobs)} batches; the provider takes up to 24 hours")


async def _submitted(samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger) -> AsyncIterator[Job]:
    lines: list[bytes] = []
    size = 0
    for sample, missing in _missing(samples, goal, judge, ledger):
        for group in judge.groups(missing):
            lines.append(await _line(judge, sample, group, goal))
            size += len(lines[-1])
        if len(lines) > MOST_LINES - len(goal.subgoals) or size > MOST_BYTES:
            yield await _handed_in(judge, lines, goal)
            lines, size = [], 0
    if lines:
        yield await _handed_in(judge, lines, goal)


def _afford(samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger, budget: Budget) -> None:
    """Sets aside what all of it should cost: half a batch would be paid for and of no use."""
    missing = _missing(samples, goal, judge, ledger)
    expected = sum((judge.expected(sample, lacking) for sample, lacking in missing), Usage())
    if not expected.calls:
        return
    half = replace(
        expected,
        prompt_tokens=round(expected.prompt_tokens * BATCH_DISCOUNT),
        completion_tokens=round(expected.completion_tokens * BATCH_DISCOUNT),
    )
    try:
        budget.hold(judge.id, half)
    except StoppedError as error:
        raise InputError("the batch would cost more than --max-cost: raise it, or --limit the samples") from error


def _missing(
    samples: Iterable[Sample], goal: Goal, judge: LLMJudge, ledger: Ledger
) -> Iterator[tuple[Sample, list[Subgoal]]]:
    waiting, seen = iter(samples), set[str]()
    asked = [(one, one.digest) for one in goal.subgoals]
    while chunk := [(one, one.digest) for one in islice(waiting, _CHUNK)]:
        known = ledger.lookup(judge.id, {text for _, text in chunk}, [digest for _, digest in asked])
        for sample, text in chunk:
            lacking = [one for one, digest in asked if (text, digest) not in known]
            if lacking and text not in seen:
                seen.add(text)
                yield sample, lacking


async def _line(judge: LLMJudge, sample: Sample, group: Sequence[Subgoal], goal: Goal) -> bytes:
    """One request; its id says which sample, which nonce and which subgoals: all that reading the reply takes."""
    nonce, places = new_nonce(), "-".join(str(goal.subgoals.index(one)) for one in group)
    head = {"custom_id": f"{sample.digest}.{nonce}.{places}", "method": "POST", "url": "/v1/chat/completions"}
    body = (await judge.sheet(sample, group)).body(sample, nonce)
    return json.dumps(head)[:-1].encode() + b', "body": ' + body + b"}"


async def _handed_in(judge: LLMJudge, lines: Sequence[bytes], goal: Goal) -> Job:
    name = await judge.model.upload(b"\n".join(lines))
    asked = {"input_file_id": name, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    started = Status.model_validate_json(await judge.model.fetch("/batches", json.dumps(asked).encode()))
    return Job(id=started.id, judge=judge.id, subgoals=goal.subgoals, n=len(lines))


async def _fetched(
    samples: Iterable[Sample], run: Run, judges: Sequence[LLMJudge], ledger: Ledger, budget: Budget
) -> str:
    """Fetches what is done; says in words what is not."""
    by_id, left, words = {judge.id: judge for judge in judges}, list[Job](), list[str]()
    jobs = _jobs(run)
    for place, job in enumerate(jobs, start=1):
        judge = by_id.get(job.judge)
        if judge is None:
            raise InputError(
                f"{run.path} waits for a batch of another judge ({job.judge}): run the command that handed it in, or "
                f"delete {_path(run)} to give it up"
            )
        status = Status.model_validate_json(await judge.model.fetch(f"/batches/{job.id}"))
        if status.status in RUNNING:
            left.append(job)
            done = status.request_counts.completed if status.request_counts else 0
            words.append(f"{job.id}: {status.status}, {done:,} of {job.n:,}")
        elif status.output_file_id:  # also what a failed or expired batch got done; some say completed and have nothing
            content = await judge.model.fetch(f"/files/{status.output_file_id}/content")
            await _enter(content, samples, job, judge, ledger, budget)
        write_bytes(_path(run), JOBS.dump_json((*left, *jobs[place:]), indent=1))
    if not left:
        _path(run).unlink(missing_ok=True)
    return "; ".join(words)


async def _enter(
    content: bytes, samples: Iterable[Sample], job: Job, judge: LLMJudge, ledger: Ledger, budget: Budget
) -> None:
    """Into the ledger with every reply that holds, before the batch is forgotten; the others were asked in vain.

    Read against the subgoals that were handed in: of a goal that was edited meanwhile, all that is as it was holds.
    """
    spent = Usage()
    replies: dict[str, list[tuple[str, str, Reply]]] = defaultdict(list)
    for line in content.splitlines():
        name, reply = _reply(line)
        if reply:
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


def _reply(line: bytes) -> tuple[str, Reply | None]:
    """A line's id and what it holds; no reply when it failed."""
    content = json.loads(line)
    response = content.get("response") or {}
    if response.get("status_code") != 200:
        return content["custom_id"], None
    try:
        return content["custom_id"], Reply.read(json.dumps(response.get("body")).encode())
    except ModelBusyError:
        return content["custom_id"], None


def _path(run: Run) -> Path:
    return run.path / "batch.json"


def _jobs(run: Run) -> tuple[Job, ...]:
    try:
        return JOBS.validate_json(_path(run).read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise InputError(f"{_path(run)} cannot be read: put back a copy, or delete it to give the batch up") from error
