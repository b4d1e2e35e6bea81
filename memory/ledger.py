"""The ledger: an append-only SQLite record of every judgement, in which cache and resume are the same lookup.

A judgement's key is (sample digest, subgoal digest, judge id): texts judged once by a judge are not judged by it
again, in whatever run, row or order they come back. What is written is at most 64 judgements or one second behind.
Beside the judgements stands what models were asked for and what that cost, written down with what it was spent on.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from pathlib import Path
from threading import RLock, Timer
from types import TracebackType
from typing import Self

from goalcover.agent.errors import InputError, RunBusyError
from goalcover.agent.models import Alignment, Sample, Subgoal
from goalcover.agent.usage import Usage

COMMIT_COUNT = 64
COMMIT_SECONDS = 1.0
_LOOKED_UP = 500
"""Samples that are looked up at once."""
APPLICATION_ID = 0x474F414C
"""The letters GOAL in SQLite's header: tells a ledger from any other database."""

# The index leaves the judge out: nearly all ledgers know one, and a shorter index is faster to append to.
JUDGEMENTS = """
CREATE TABLE judgement (
    id INTEGER PRIMARY KEY,
    sample_digest TEXT NOT NULL,
    subgoal_digest TEXT NOT NULL,
    judge TEXT NOT NULL,
    level INTEGER CHECK (level BETWEEN 0 AND 5),
    explanation TEXT NOT NULL,
    evidence TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX judgement_key ON judgement (sample_digest, subgoal_digest);
"""
EXPENSES = """
CREATE TABLE expense (
    id INTEGER PRIMARY KEY,
    spender TEXT NOT NULL,
    calls INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    reasks INTEGER NOT NULL,
    cost_usd REAL,
    created_at TEXT NOT NULL
);
"""
SCHEMAS = (JUDGEMENTS, EXPENSES)
"""What each version added."""
SCHEMA_VERSION = len(SCHEMAS)
INSERT = """
INSERT INTO judgement (sample_digest, subgoal_digest, judge, level, explanation, evidence,
                       prompt_tokens, completion_tokens, attempt, latency_ms, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PAY = """
INSERT INTO expense (spender, calls, prompt_tokens, cached_tokens, completion_tokens, retries, reasks,
                     cost_usd, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PAID = """
SELECT TOTAL(calls), TOTAL(prompt_tokens), TOTAL(cached_tokens), TOTAL(completion_tokens), TOTAL(retries),
       TOTAL(reasks), SUM(cost_usd), COUNT(*) = COUNT(cost_usd)
FROM expense
"""
# The digests travel as one JSON parameter each, so that no number of them meets SQLite's limit on variables.
LOOKUP = """
SELECT sample_digest, subgoal_digest, judge, level, explanation, evidence,
       prompt_tokens, completion_tokens, attempt, latency_ms, created_at
FROM judgement
WHERE sample_digest IN (SELECT value FROM json_each(?)) AND subgoal_digest IN (SELECT value FROM json_each(?))
  AND judge = ? AND level IS NOT NULL
ORDER BY id
"""


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One entry: an alignment by what was judged instead of where it stood, and what it took to get it."""

    sample_digest: str
    subgoal_digest: str
    judge: str
    level: int | None
    """0 to 5; None: unscored, kept as a record and judged again on the next run."""
    explanation: str
    evidence: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempt: int = 1
    """Number of the attempt that gave this answer, counted from 1."""
    latency_ms: int = 0
    created_at: str = field(default_factory=now)
    """UTC, ISO 8601."""

    @classmethod
    def of(cls, sample: Sample, subgoal: Subgoal, alignment: Alignment) -> Self:
        """The entry for an alignment of that sample with that subgoal (`replace` adds tokens and latency)."""
        return cls(
            sample_digest=sample.digest,
            subgoal_digest=subgoal.digest,
            judge=alignment.judge,
            level=alignment.level,
            explanation=alignment.explanation,
            evidence=alignment.evidence,
        )

    def alignment(self, sample_id: str, subgoal_id: str) -> Alignment:
        """The judgement as an alignment of a sample and a subgoal that have these digests."""
        return Alignment(
            sample_id=sample_id,
            subgoal_id=subgoal_id,
            level=self.level,
            explanation=self.explanation,
            evidence=self.evidence,
            judge=self.judge,
        )


@dataclass(frozen=True, slots=True)
class Expense:
    """What somebody asked of a model's provider, and what it cost."""

    spender: str
    """A judge's id, or the engine whose other roles it was; "" for all together."""
    usage: Usage
    cost_usd: float | None
    """None: the price or the tokens are not known, or nobody was asked."""


# `dataclasses.astuple` copies every value deeply, and takes longer than SQLite.
_values = attrgetter(*(one.name for one in fields(Judgement)))
_counts = attrgetter("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "retries", "reasks")


class Ledger:
    """The ledger file, as a context manager; made when there is none. Any thread may use it.

    Raises InputError when the file is damaged, foreign, or of a newer version, and when it cannot be read or written;
    RunBusyError when another process keeps it locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[Judgement] = []
        self._unpaid: list[tuple[object, ...]] = []
        self._lock = RLock()
        self._timer: Timer | None = None
        with self._told():
            self._db = sqlite3.connect(path, timeout=10, check_same_thread=False)
        try:
            with self._told():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def count(self) -> int:
        """Number of entries, unscored and repeated ones included."""
        with self._lock, self._told():
            (last,) = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM judgement").fetchone()
            return int(last) + len(self._pending)

    def append(self, entries: Iterable[Judgement], expense: Expense | None = None) -> None:
        """Records entries and what they took: on disk at the latest when 64 are pending, in a second, or on close."""
        with self._lock:
            self._pending.extend(entries)
            if expense and expense.usage.calls:
                self._unpaid.append((expense.spender, *_counts(expense.usage), expense.cost_usd, now()))
            if len(self._pending) >= COMMIT_COUNT:
                self.commit()
            elif (self._pending or self._unpaid) and self._timer is None:
                self._timer = Timer(COMMIT_SECONDS, self._commit_in_time)
                self._timer.daemon = True
                self._timer.start()

    def commit(self) -> None:
        """Puts what is pending on disk now; on an error it stays pending."""
        with self._lock:
            if self._pending or self._unpaid:
                with self._told(), self._db:
                    self._db.executemany(INSERT, map(_values, self._pending))
                    self._db.executemany(PAY, self._unpaid)
                self._pending.clear()
                self._unpaid.clear()

    def lookup(
        self, judge: str, sample_digests: Collection[str], subgoal_digests: Collection[str]
    ) -> dict[tuple[str, str], Judgement]:
        """What this judge has scored of samples x subgoals, by (sample digest, subgoal digest).

        The latest scored entry of a pair counts: a failed attempt takes no judgement back.
        """
        keys = json.dumps(list(sample_digests)), json.dumps(list(subgoal_digests)), judge
        with self._lock, self._told():
            self.commit()
            found = [Judgement(*row) for row in self._db.execute(LOOKUP, keys)]
        return {(entry.sample_digest, entry.subgoal_digest): entry for entry in found}

    def lacking(
        self, judge: str, samples: Iterable[Sample], subgoals: Sequence[Subgoal]
    ) -> Iterator[tuple[Sample, str, list[Subgoal]]]:
        """Every sample with its digest and the subgoals that this judge has not scored it on."""
        asked, waiting = [(one, one.digest) for one in subgoals], iter(samples)
        while some := [(one, one.digest) for one in islice(waiting, _LOOKED_UP)]:
            known = self.lookup(judge, [text for _, text in some], [digest for _, digest in asked])
            for sample, text in some:
                yield sample, text, [one for one, digest in asked if (text, digest) not in known]

    def paid(self) -> Expense:
        """Everything so far, together; its cost is known when that of every part is."""
        with self._lock, self._told():
            self.commit()
            *counts, cost, all_known = self._db.execute(PAID).fetchone()
        return Expense("", Usage(*map(int, counts)), cost if all_known else None)

    def close(self) -> None:
        """Commits and closes; more than once does no harm."""
        with self._lock:
            try:
                self.commit()
            finally:
                self._stop_timer()
                self._db.close()

    def _prepare(self) -> None:
        # Taken before looking, so that two processes cannot both find the file empty and both create the table.
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for schema in SCHEMAS[self._version() :]:
                for statement in schema.split(";"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _version(self) -> int:
        """Version of the ledger's schema; 0 when the file is empty."""
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if tables == 0:
            return 0
        if application != APPLICATION_ID:
            raise InputError(f"{self.path} is a database, but not GoalCover's ledger: choose another run directory.")
        if version > SCHEMA_VERSION:
            raise InputError(
                f"{self.path} was written by a newer GoalCover (ledger version {version}, this one reads up to "
                f"{SCHEMA_VERSION}): upgrade with `pip install -U goalcover`, or choose another run directory."
            )
        return int(version)

    def _commit_in_time(self) -> None:
        # A timer outlives the commits that come before it: starting a thread takes longer than a commit.
        with self._lock:
            self._timer = None
            # In the timer's thread nobody could be told of an error: all stays pending, and the next call raises it.
            with suppress(InputError, RunBusyError):
                self.commit()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns SQLite's errors into words."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a misuse of this class, such as an append after close
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.Error) -> InputError | RunBusyError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return RunBusyError(f"Another process keeps {self.path} locked: wait for it to end, then run this again.")
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            return InputError(
                f"{self.path} is damaged or no ledger of GoalCover ({error}): move it away and run this again "
                "(its judgements are then made anew), or put back a copy."
            )
        return InputError(
            f"{self.path} cannot be read or written ({error}): check the directory, its rights and space."
        )
