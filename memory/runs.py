"""The run directory: every file of one assessment (the public layout is the contract's)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, CoverageReport, Gap, GapMap, Goal, Sample
from goalcover.agent.roles import Judge
from goalcover.agent.settings import Settings
from goalcover.agent.validation import Design, SelfTest, Validation
from goalcover.memory.files import digest_of, locked, write_bytes, writing
from goalcover.memory.goals import dump_goal, load_goal
from goalcover.memory.ledger import Expense, Ledger
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

# pyarrow takes a fifth of the half second that `goalcover --help` may take, chromadb all of it: `tables` and
# `explanations` are imported by the methods that need them.
if TYPE_CHECKING:
    import pyarrow as pa
    from goalcover.memory.explanations import Explanations
    from goalcover.memory.tables import TableWriter

SCHEMA_VERSION = 1
FINISHED = ("run.json", "goal.yaml", "samples.parquet", "scores.parquet", "coverage.json", "gaps.json")
"""What a finished assessment has left, in the order in which a person would miss it."""
GAPS: TypeAdapter[tuple[Gap, ...]] = TypeAdapter(tuple[Gap, ...])
MAPS: TypeAdapter[tuple[GapMap, ...]] = TypeAdapter(tuple[GapMap, ...])
Content = TypeVar("Content")


class Record(BaseModel):
    """A part of `run.json`. Unknown fields of a newer version are kept out of the way, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EngineInfo(Record):
    """Who judged."""

    name: str
    model: str
    version: str

    @classmethod
    def of(cls, judges: Sequence[Judge]) -> Self:
        """One judge, or several that judge together."""
        engines = [one.id.split("/", 1) for one in judges]
        models = [rest.rpartition("/") for _, rest in engines]
        return cls(
            name=engines[0][0],
            model=", ".join(model for model, _, _ in models),
            version=", ".join(dict.fromkeys(version for _, _, version in models)),
        )

    @property
    def judge(self) -> str:
        """The judge's id, as `embedded/all-MiniLM-L6-v2/1-0a1b2c3d`."""
        return f"{self.name}/{self.model}/{self.version}"


class DatasetInfo(Record):
    """What was judged."""

    path: str
    fingerprint: str
    rows: int
    """Rows in the source, before any limit."""
    shape: str = ""
    skipped: int = 0


class Counts(Record):
    """How many; pairs = samples x subgoals = scored + unscored; reused of them came from the ledger."""

    samples: int
    pairs: int
    scored: int
    unscored: int
    reused: int


class UsageInfo(Record):
    """What models were asked for by everything that judged in this directory so far; all zero without a model."""

    calls: int = 0
    """Requests sent, failed ones included."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt tokens, those that the provider's cache held."""
    completion_tokens: int = 0
    cost_usd: float | None = None
    """None: the price or the tokens are not known, or nobody was asked."""
    retries: int = 0
    """Requests sent again because the server was busy or broken."""
    reasks: int = 0
    """Requests sent again because the answer was not what was asked for."""
    unscored: dict[str, int] = {}
    """Why judgements are missing -> how many, as it stands: the next `assess` tries them again."""

    @classmethod
    def of(cls, expense: Expense, unscored: Mapping[str, int]) -> Self:
        """As `run.json` tells it."""
        cost = None if expense.cost_usd is None else round(expense.cost_usd, 6)
        return cls(**vars(expense.usage), cost_usd=cost, unscored=dict(unscored))


class RunInfo(Record):
    """The content of `run.json`."""

    schema_version: int = SCHEMA_VERSION
    created_at: str
    engine: EngineInfo
    dataset: DatasetInfo
    goal_sha256: str
    counts: Counts
    usage: UsageInfo = UsageInfo()
    wall_s: float


class DamagedError(InputError):
    """A file of a run does not hold what it should: an assessment makes it again."""


class Run:
    """One run directory.

    An assessment: `create`, `lock`, `start`, the ledger and the two writers, `write_coverage`, `write_gaps`, `finish`.
    All else: `open`, then read. Every file is replaced whole; InputError when one cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.goal_path = path / "goal.yaml"
        self.info_path = path / "run.json"
        self.ledger_path = path / "ledger.sqlite"
        self.scores_path = path / "scores.parquet"
        self.samples_path = path / "samples.parquet"
        self.coverage_path = path / "coverage.json"
        self.gaps_path = path / "gaps.json"
        self.maps_path = path / "maps.json"
        self.explanations_path = path / "chroma"
        self.synthetic_path = path / "synthetic"
        self.design_path = path / "study.json"
        self.validation_path = path / "validation.json"
        self.selftest_path = path / "selftest.json"
        self.html_path = path / "report.html"
        self.markdown_path = path / "report.md"

    @classmethod
    def create(cls, path: Path) -> Self:
        """The run in `path`, new or to be continued; InputError when the directory holds something else."""
        run = cls(path)
        with writing(path):
            if path.exists() and not path.is_dir():
                raise InputError(f"{path} is a file: give a directory for the run.")
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()) and not run._is_run():
                raise InputError(f"{path} is not empty and no GoalCover run: give a new or an empty directory.")
        # The ledger is what marks a directory as a run from its first moment on.
        run.ledger().close()
        return run

    @classmethod
    def open(cls, path: Path) -> Self:
        """The finished run in `path`; InputError says what is missing and how to make it."""
        run = cls(path)
        if not path.is_dir() or not run._is_run():
            raise InputError(f"{path} is no GoalCover run: {run._assess()} makes one.")
        missing = [name for name in FINISHED if not (path / name).is_file()]
        if missing:
            raise InputError(
                f"The assessment in {path} has not finished ({missing[0]} is missing): {run._assess()} continues it "
                "and judges only what is not judged yet."
            )
        return run

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes out of the run; RunBusyError when one is in. Killing the process frees the lock."""
        held = locked(self.path / ".lock")
        try:
            yield
        finally:
            held.release()

    def start(self, goal: Goal) -> None:
        """Records the goal. From here to `finish` the run counts as unfinished, also when it was finished before."""
        with writing(self.info_path):
            self.info_path.unlink(missing_ok=True)
            self.design_path.unlink(missing_ok=True)  # it names rows of the samples that are replaced now
        dump_goal(goal, self.goal_path)

    def finish(self, info: RunInfo) -> None:
        """Writes run.json, the last file of an assessment."""
        write_bytes(self.info_path, info.model_dump_json(indent=2).encode())

    def pay(self, *expenses: Expense) -> None:
        """Adds to the ledger what models were asked for after the assessment, and brings run.json up to it."""
        with self.ledger() as ledger:
            for expense in expenses:
                ledger.append((), expense)
            paid = ledger.paid()
        if self.info_path.exists():  # else an assessment is under way, and will tell it
            info = self.info()
            usage = UsageInfo.of(paid, info.usage.unscored)
            if usage != info.usage:
                self.finish(info.model_copy(update={"usage": usage}))

    def write_coverage(self, report: CoverageReport) -> None:
        """Writes coverage.json."""
        write_bytes(self.coverage_path, report.model_dump_json(indent=2).encode())

    def write_gaps(self, gaps: Sequence[Gap]) -> None:
        """Writes gaps.json, a list in the order given."""
        write_bytes(self.gaps_path, GAPS.dump_json(tuple(gaps), indent=2))

    def write_maps(self, maps: Sequence[GapMap]) -> None:
        """Writes maps.json, a list in the order of the gaps."""
        write_bytes(self.maps_path, MAPS.dump_json(tuple(maps)))

    def write_design(self, design: Design) -> None:
        """Writes study.json: what a corruption study was asked."""
        write_bytes(self.design_path, design.model_dump_json().encode())

    def write_validation(self, found: Validation) -> None:
        """Writes validation.json."""
        write_bytes(self.validation_path, found.model_dump_json(indent=2).encode())

    def write_selftest(self, found: SelfTest) -> None:
        """Writes selftest.json."""
        write_bytes(self.selftest_path, found.model_dump_json(indent=2).encode())

    def sample_writer(self) -> "AbstractContextManager[TableWriter[Sample]]":
        """Streams samples.parquet, which appears when the block ends without an error."""
        from goalcover.memory import tables

        return tables.table_writer(self.samples_path, tables.SAMPLES, tables.sample_row)

    def score_writer(self) -> "AbstractContextManager[TableWriter[Alignment]]":
        """Streams scores.parquet, which appears when the block ends without an error; samples outermost."""
        from goalcover.memory import tables

        return tables.table_writer(self.scores_path, tables.SCORES, tables.score_row)

    def ledger(self) -> Ledger:
        """The run's ledger, to be closed by the caller."""
        return Ledger(self.ledger_path)

    def explanations(self, read_by: str) -> "Explanations":
        """The store of the scores' low explanations, as an embedder of that name reads them; the caller closes it."""
        from goalcover.memory.explanations import Explanations

        of = f"{digest_of(self.samples_path)} {digest_of(self.scores_path)} {read_by}"
        return Explanations(self.explanations_path, of, Settings().chroma_url)

    def goal(self) -> Goal:
        """The goal as assessed."""
        return load_goal(self.goal_path)

    def info(self) -> RunInfo:
        """The content of run.json; InputError when a newer GoalCover wrote it."""
        content = self._read(self.info_path, TypeAdapter(dict[str, Any]))
        version = content.get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise InputError(
                f"{self.path} was written by a newer GoalCover (schema version {version}, this one reads up to "
                f"{SCHEMA_VERSION}): upgrade with `pip install -U goalcover`."
            )
        return self._read(self.info_path, TypeAdapter(RunInfo))

    def coverage(self) -> CoverageReport:
        """The content of coverage.json."""
        return self._read(self.coverage_path, TypeAdapter(CoverageReport))

    def gaps(self) -> tuple[Gap, ...]:
        """The content of gaps.json."""
        return self._read(self.gaps_path, GAPS)

    def maps(self) -> tuple[GapMap, ...]:
        """The content of maps.json; nothing where an older version made the run."""
        return self._read(self.maps_path, MAPS) if self.maps_path.is_file() else ()

    def design(self) -> Design:
        """The content of study.json; InputError when the run is no study."""
        if not self.design_path.is_file():
            raise InputError(
                f"{self.path} holds no corruption study: `goalcover study corruption DATA --goal GOAL --removals FILE "
                f"--out {self.path}` makes one."
            )
        return self._read(self.design_path, TypeAdapter(Design))

    def validation(self) -> Validation | None:
        """The content of validation.json; None when no corruption study was made."""
        return self._read(self.validation_path, TypeAdapter(Validation)) if self.validation_path.is_file() else None

    def selftest(self) -> SelfTest | None:
        """The content of selftest.json; None when the run was not tested."""
        return self._read(self.selftest_path, TypeAdapter(SelfTest)) if self.selftest_path.is_file() else None

    def samples(self, ids: Collection[str] | None = None) -> Iterator[Sample]:
        """The samples, or those of the ids given, in the order in which they were judged."""
        from goalcover.memory import tables

        return tables.read_samples(self.samples_path, ids)

    def sample_ids(self) -> list[str]:
        """The samples' ids alone, in the same order."""
        from goalcover.memory import tables

        return tables.read_sample_ids(self.samples_path)

    def scores(self, columns: Sequence[str] | None = None) -> "pa.Table":
        """scores.parquet, or some of its columns, in memory; one row for every (sample, subgoal), samples outermost."""
        from goalcover.memory import tables

        return tables.read_scores(self.scores_path, columns)

    def alignments(self, subgoal_id: str, at_most: float | None = None) -> Iterator[Alignment]:
        """A subgoal's alignments in the samples' order; with `at_most`, only those scored no higher (0 to 1)."""
        from goalcover.memory import tables

        return tables.read_alignments(self.scores_path, subgoal_id, at_most)

    def judgements(self, sample_id: str) -> tuple[Alignment, ...]:
        """What was said about one sample, in the order of the subgoals; nothing where it was not judged."""
        from goalcover.memory import tables

        return tuple(tables.read_judgements(self.scores_path, sample_id))

    def _is_run(self) -> bool:
        return self.info_path.is_file() or self.ledger_path.is_file()

    def _assess(self) -> str:
        return f"`goalcover assess DATA --goal GOAL --out {self.path}`"

    def _read(self, path: Path, adapter: TypeAdapter[Content]) -> Content:
        try:
            return adapter.validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise InputError(f"{path} is missing: {self._assess()} makes it again.") from error
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}.") from error
        except ValidationError as error:
            place = ".".join(str(one) for one in error.errors()[0]["loc"]) or "its beginning"
            raise DamagedError(f"{path} is damaged (at {place}): {self._assess()} makes it again.") from error
