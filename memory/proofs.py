"""What was found out about a run's scores, a corruption study and a self-test, stands as long as the scores do.

An assessment replaces what they rest on. Before it begins they are put aside, and where it judges the same alike they
are put back: an assessment that was broken off and goes on loses none.
"""

from contextlib import suppress
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.agent.models import digest
from goalcover.agent.validation import Design, SelfTest, Validation
from goalcover.memory.files import write_bytes, writing
from goalcover.memory.runs import Record, Run, RunInfo
from pydantic import ValidationError

STUDY, SELFTEST = "corruption study", "self-test"


class Proofs(Record):
    """What stood when the assessment began."""

    judged: str
    """`_judged` of the assessment that they rest on."""
    design: Design | None
    validation: Validation | None
    selftest: SelfTest | None

    @property
    def names(self) -> tuple[str, ...]:
        """How a person calls them."""
        named = ((STUDY, self.design or self.validation), (SELFTEST, self.selftest))
        return tuple(name for name, one in named if one)


def put_aside(run: Run) -> None:
    """Keeps what stands, before an assessment replaces what it rests on."""
    if not run.info_path.is_file():  # one that was broken off has done so
        return
    drop(run)
    with suppress(InputError):  # what cannot be read any more proves nothing
        info = run.info()
        validation, selftest = (
            one if one and one.assessed_at == info.created_at else None for one in (run.validation(), run.selftest())
        )
        design = run.design() if run.design_path.is_file() else None
        if design or validation or selftest:
            held = Proofs(judged=_judged(run, info), design=design, validation=validation, selftest=selftest)
            write_bytes(_path(run), held.model_dump_json().encode())


def put_back(run: Run, info: RunInfo) -> tuple[str, ...]:
    """Puts back what rests on the same judgements as `info`; names what does not, and so stands no more."""
    held = _held(run)
    if held is None:
        return ()
    if held.judged != _judged(run, info):
        return held.names
    now = {"assessed_at": info.created_at}
    if held.design:
        run.write_design(held.design)
    if held.validation:
        run.write_validation(held.validation.model_copy(update=now))
    if held.selftest:
        run.write_selftest(held.selftest.model_copy(update=now))
    return ()


def drop(run: Run) -> None:
    """Forgets what was put aside: the assessment is finished."""
    with writing(_path(run)):
        _path(run).unlink(missing_ok=True)


def _held(run: Run) -> Proofs | None:
    try:
        return Proofs.model_validate_json(_path(run).read_bytes())
    except (OSError, ValidationError):
        return None


def _judged(run: Run, info: RunInfo) -> str:
    """Names what was judged, by whom, and every level."""
    levels = run.scores(["level"])["level"].fill_null(-1).to_numpy().tobytes().hex()
    asked = info.dataset.fingerprint, info.dataset.shape, info.goal_sha256, info.engine.judge
    return digest(*asked, levels, *run.sample_ids())


def _path(run: Run) -> Path:
    return run.path / ".proofs.json"
