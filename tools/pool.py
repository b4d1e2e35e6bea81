"""Many samples at once before a judge that waits for a server: a fixed number of workers over a bounded queue.

Results leave in the order of the samples. Every reply is in the ledger as soon as it is here, so that nothing that was
paid for is lost; whoever stops early waits for the calls in flight as long as they may take, and begins no others.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from goalcover.agent.errors import StoppedError
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import JudgedPart, RemoteJudge
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import Judgement, Ledger, now
from goalcover.tools.budget import Budget, Held

CHUNK = 32
"""Samples that are looked up, and handed on, together."""
WAITING = 8
"""Samples taken in per worker, at the most: so many can overtake a slow one before the pool waits for it."""
SILENT = 20
"""So many calls in a row without any answer, and the server counts as gone."""

USELESS = 40
"""So many answers before one that can be used, and the model cannot judge: more of the same would only cost."""

Key = tuple[str, str]
"""Digests of a sample and a subgoal."""


@dataclass
class _Chunk:
    """Samples that are handed on together."""

    given: list[tuple[Sample, str]]
    known: dict[Key, Judgement]
    reused: int
    left: int = 0
    """Jobs that are not done."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Job:
    """A text with the subgoals that it was not judged against. Chunks with equal texts share it."""

    sample: Sample
    text: str
    asked: list[tuple[Subgoal, str]]
    """With their digests."""
    chunks: list[_Chunk]
    found: dict[Key, Judgement] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """A chunk of samples with the judgements of all their pairs."""

    given: list[tuple[Sample, str]]
    found: dict[Key, Judgement]
    reused: int


class Pool:
    """One pass of one judge over samples."""

    def __init__(self, subgoals: Sequence[Subgoal], judge: RemoteJudge, ledger: Ledger, budget: Budget) -> None:
        self._asked = [(subgoal, subgoal.digest) for subgoal in subgoals]
        self._judge, self._ledger, self._budget = judge, ledger, budget
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._jobs: dict[str, _Job] = {}
        self._chunks: deque[_Chunk] = deque()
        self._silent = 0
        self._useless: int | None = 0
        """Answers that could not be used; None from the first on that could, now or in an earlier run."""
        self._stopping = False
        self._error: BaseException | None = None

    async def run(self, samples: Iterable[Sample]) -> AsyncGenerator[Done]:
        """Chunk by chunk. Raises StoppedError (budget spent, server gone) and ModelError when nothing can work."""
        waiting, most = iter(samples), max(2, self._judge.concurrency * WAITING // CHUNK)
        workers: list[asyncio.Task[None]] = []
        try:
            while True:
                while len(self._chunks) < most and (batch := list(islice(waiting, CHUNK))):
                    self._take(batch)
                    if self._jobs and not workers:
                        await self._judge.prepare()
                        workers += self._start()
                    await asyncio.sleep(0)  # lets the workers begin while more is read
                if not self._chunks:
                    return
                await self._chunks[0].ready.wait()
                if self._error:
                    raise self._error
                yield self._done(self._chunks.popleft())
        finally:
            await self._drain(workers)

    def _start(self) -> list[asyncio.Task[None]]:
        workers = [asyncio.create_task(self._work()) for _ in range(self._judge.concurrency)]
        for worker in workers:
            worker.add_done_callback(self._ended)
        return workers

    def _take(self, batch: list[Sample]) -> None:
        given = [(sample, sample.digest) for sample in batch]
        known = self._ledger.lookup(self._judge.id, {text for _, text in given}, [one for _, one in self._asked])
        reused = sum((text, capability) in known for _, text in given for _, capability in self._asked)
        if reused:
            self._useless = None
        chunk = _Chunk(given, known, reused)
        self._chunks.append(chunk)
        for text, sample in {text: sample for sample, text in given}.items():
            missing = [(subgoal, capability) for subgoal, capability in self._asked if (text, capability) not in known]
            if missing:
                chunk.left += 1
                self._share(chunk, text, sample, missing)
        if not chunk.left:
            chunk.ready.set()

    def _share(self, chunk: _Chunk, text: str, sample: Sample, missing: list[tuple[Subgoal, str]]) -> None:
        if text in self._jobs:
            self._jobs[text].chunks.append(chunk)
        else:
            self._jobs[text] = _Job(sample, text, missing, [chunk])
            self._queue.put_nowait(self._jobs[text])

    async def _work(self) -> None:
        while job := await self._queue.get():
            subgoals = [subgoal for subgoal, _ in job.asked]
            with self._budget.holding(self._judge.id) as held:
                may_call = partial(self._may_call, held)
                async with aclosing(self._judge.judge_one(job.sample, subgoals, may_call)) as parts:
                    async for part in parts:
                        self._enter(job, part)
            self._hand_on(job)

    @asynccontextmanager
    async def _may_call(
        self, held: Held, spent: Callable[[], Usage], expected: Callable[[], Usage]
    ) -> AsyncGenerator[None]:
        """See `roles.MayCall`."""
        async with self._budget.call(held, spent, expected):
            if self._stopping:
                raise StoppedError("stopped before a call")
            yield

    def _enter(self, job: _Job, part: JudgedPart) -> None:
        """Into the ledger, with what it took."""
        made_at, digests = now(), {subgoal.id: capability for subgoal, capability in job.asked}
        entries = {
            (job.text, digests[alignment.subgoal_id]): Judgement(
                sample_digest=job.text,
                subgoal_digest=digests[alignment.subgoal_id],
                judge=alignment.judge,
                level=alignment.level,
                explanation=alignment.explanation,
                evidence=alignment.evidence,
                created_at=made_at,
                **vars(effort),
            )
            for alignment, effort in zip(part.alignments, part.efforts, strict=True)
        }
        self._ledger.append(entries.values(), self._budget.spend(self._judge.id, part.usage, part.unscored))
        job.found.update(entries)
        self._silent = self._silent + 1 if part.busy else 0
        if self._silent >= SILENT:
            raise StoppedError(f"stopped: {part.alignments[0].explanation}. What was judged is kept")
        self._check_use(part)

    def _check_use(self, part: JudgedPart) -> None:
        if any(one.level is not None for one in part.alignments):
            self._useless = None
        elif part.alignments and self._useless is not None and not part.busy:
            self._useless += 1
            if self._useless >= USELESS:
                why = part.alignments[0].explanation.rstrip(".")
                raise StoppedError(
                    f"stopped: of the first {USELESS} answers none can be used ({why}). Try another model, give longer "
                    "answers room where they are cut off (GOALCOVER_MAX_OUTPUT_TOKENS), or look at what this one says "
                    "with `goalcover doctor`"
                )

    def _hand_on(self, job: _Job) -> None:
        """Its judgements are complete."""
        del self._jobs[job.text]
        for chunk in job.chunks:
            chunk.known.update(job.found)
            chunk.left -= 1
            if not chunk.left:
                chunk.ready.set()

    def _done(self, chunk: _Chunk) -> Done:
        return Done(chunk.given, chunk.known, chunk.reused)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        """A worker that fails ends the run: whoever waits for a chunk is woken and finds the error."""
        error = None if worker.cancelled() else worker.exception()
        if error and not self._error:
            self._error = error
            for chunk in self._chunks:
                chunk.ready.set()

    async def _drain(self, workers: list[asyncio.Task[None]]) -> None:
        """Lets the workers finish what is in flight; nothing new is begun."""
        self._stopping = True
        while not self._queue.empty():
            self._queue.get_nowait()
        for _ in workers:
            self._queue.put_nowait(None)
        try:
            if workers:
                await asyncio.wait(workers, timeout=self._judge.timeout)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self._ledger.commit()
