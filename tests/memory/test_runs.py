"""The run directory: what is written is what the contract promises, whole or not at all, by one process at a time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from goalcover.agent.errors import InputError, RunBusyError
from goalcover.agent.models import (
    Alignment,
    Capability,
    CoverageReport,
    Gap,
    Goal,
    Recommendation,
    Sample,
    Subgoal,
    SubgoalCoverage,
)
from goalcover.memory import tables
from goalcover.memory.goals import goal_sha256
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, Run, RunInfo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SUBGOALS = tuple(Subgoal(id=id_, name=id_, description=f"Does {id_}") for id_ in ("a", "b"))
GOAL = Goal(goal="G", subgoals=SUBGOALS)
SAMPLES = [Sample(id=f"row-{n}", row=n, input=f"q{n}", output=f"a{n}", original=f'{{"q":{n}}}') for n in range(1, 8)]
INFO = RunInfo(
    created_at="2026-01-01T00:00:00Z",
    engine=EngineInfo(name="embedded", model="m", version="1"),
    dataset=DatasetInfo(path="data.jsonl", fingerprint="f", rows=7),
    goal_sha256=goal_sha256(GOAL),
    counts=Counts(samples=7, pairs=14, scored=12, unscored=2, reused=0),
    wall_s=1.5,
)
COVERED = SubgoalCoverage(
    id="a", name="a", scope="some", alignment=0.25, ci_low=0.1, ci_high=0.4, support=1, support_share=0.1,
    share_wanted=0.25, n_scored=6, n_unscored=1, histogram=(1, 1, 1, 1, 1, 1), gap=True, rule="1 of 6 support it",
)  # fmt: skip
REPORT = CoverageReport(subgoals=(COVERED,), overall=0.25, n_samples=7, n_gaps=1)
GAPS = (
    Gap(
        subgoal_id="a",
        alignment=0.25,
        capabilities=(Capability(title="t", summary="s", share=0.5, n=3, sample_ids=("row-1",), quotes=("é ☃",)),),
        recommendations=(Recommendation(action="collect", detail="d", sample_ids=("row-2",)),),
    ),
)


def alignment(sample: Sample, subgoal_id: str, level: int | None) -> Alignment:
    return Alignment(
        sample_id=sample.id, subgoal_id=subgoal_id, level=level, explanation="why", evidence="q", judge="j/m/1"
    )


ALIGNMENTS = [alignment(s, g, None if s.row == 7 else s.row % 6) for s in SAMPLES for g in ("a", "b")]


def finished(path: Path) -> Run:
    """A run with all its files."""
    run = Run.create(path)
    with run.lock():
        run.start(GOAL)
        with run.sample_writer() as samples, run.score_writer() as scores:
            for n in range(0, len(SAMPLES), 3):
                samples.write(SAMPLES[n : n + 3])
                scores.write(ALIGNMENTS[2 * n : 2 * n + 6])
        run.write_coverage(REPORT)
        run.write_gaps(GAPS)
        run.finish(INFO)
    return run


def test_a_finished_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    finished(tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert (run.goal(), run.info(), run.coverage(), run.gaps()) == (GOAL, INFO, REPORT, GAPS)
    assert list(run.samples()) == SAMPLES
    assert list(run.alignments("b")) == [one for one in ALIGNMENTS if one.subgoal_id == "b"]
    first = ALIGNMENTS[0].sample_id
    assert list(run.judgements(first)) == [one for one in ALIGNMENTS if one.sample_id == first]
    assert run.judgements("nobody") == ()
    assert run.sample_ids() == [one.id for one in run.samples()]
    assert not list(run.path.glob(".*.tmp"))


def test_the_tables_have_the_contracts_columns(tmp_path: Path) -> None:
    run = finished(tmp_path)
    scores = {field.name: field.type for field in pq.read_schema(run.scores_path)}
    text = pa.string()
    assert list(scores.items()) == [
        ("sample_id", text), ("subgoal_id", text), ("level", pa.int8()), ("score", pa.float64()),
        ("explanation", text), ("evidence", text), ("status", text), ("judge", text),
    ]  # fmt: skip
    samples = {field.name: field.type for field in pq.read_schema(run.samples_path)}
    assert list(samples.items()) == [
        ("sample_id", text), ("row", pa.int64()), ("input", text), ("output", text), ("original", text),
    ]  # fmt: skip


def test_pandas_reads_levels_as_nullable_integers(tmp_path: Path) -> None:
    frame = pd.read_parquet(finished(tmp_path).scores_path)
    assert str(frame["level"].dtype) == "Int8"
    assert frame.iloc[0][["sample_id", "subgoal_id", "level", "score", "status"]].tolist() == [
        "row-1", "a", 1, 0.2, "scored",
    ]  # fmt: skip
    assert frame["level"].isna().sum() == frame["score"].isna().sum() == 2
    assert frame["status"].tolist() == ["scored"] * 12 + ["unscored"] * 2


def test_scores_stand_samples_outermost(tmp_path: Path) -> None:
    table = finished(tmp_path).scores(["sample_id", "subgoal_id"])
    pairs = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    assert pairs == [(sample.id, subgoal) for sample in SAMPLES for subgoal in ("a", "b")]


def test_low_alignments_leave_out_the_unscored(tmp_path: Path) -> None:
    low = list(finished(tmp_path).alignments("a", at_most=0.4))
    assert [(one.sample_id, one.level) for one in low] == [("row-1", 1), ("row-2", 2), ("row-6", 0)]


def test_samples_are_found_by_id_in_every_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "GROUP_ROWS", 2)
    run = finished(tmp_path)
    assert pq.ParquetFile(run.samples_path).num_row_groups > 1
    assert [one.id for one in run.samples({"row-7", "row-2", "none"})] == ["row-2", "row-7"]
    assert list(run.samples(set())) == []


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    run = Run.create(tmp_path)
    with run.score_writer() as scores:
        scores.write([])
    assert run.scores().num_rows == 0
    assert run.scores().schema.equals(tables.SCORES)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(id_=TEXT, given=TEXT, answer=TEXT, row=st.integers(1, 2**63 - 1), level=st.none() | st.integers(0, 5))
def test_any_text_comes_back_as_it_was(
    tmp_path: Path, id_: str, given: str, answer: str, row: int, level: int | None
) -> None:
    run = Run.create(tmp_path)
    sample = Sample(id=id_, row=row, input=given, output=answer)
    judged = Alignment(sample_id=id_, subgoal_id="a", level=level, explanation=given, evidence=answer, judge="j")
    with run.sample_writer() as samples, run.score_writer() as scores:
        samples.write([sample])
        scores.write([judged])
    assert list(run.samples({id_})) == [sample]
    assert list(run.alignments("a")) == [judged]


def test_a_table_whose_writing_fails_leaves_the_old_one(tmp_path: Path) -> None:
    run = finished(tmp_path)
    before = run.scores_path.read_bytes()
    with pytest.raises(ZeroDivisionError), run.score_writer() as scores:
        scores.write(ALIGNMENTS[: 1 // 0])
    assert run.scores_path.read_bytes() == before
    assert not list(run.path.glob(".*.tmp"))


def test_a_new_assessment_makes_the_run_unfinished_until_it_ends(tmp_path: Path) -> None:
    run = finished(tmp_path)
    run.start(GOAL)
    with pytest.raises(InputError, match=r"not finished \(run.json is missing\).*goalcover assess .* continues it"):
        Run.open(tmp_path)
    run.finish(INFO)
    assert Run.open(tmp_path).info() == INFO


@pytest.mark.parametrize("name", ["goal.yaml", "scores.parquet", "samples.parquet", "coverage.json", "gaps.json"])
def test_open_names_the_file_that_is_missing(tmp_path: Path, name: str) -> None:
    finished(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        Run.open(tmp_path)


def test_open_refuses_what_is_no_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="is no GoalCover run: `goalcover assess DATA --goal GOAL --out"):
            Run.open(path)


def test_create_makes_parents_and_continues_a_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run"
    assert Run.create(path).path == path
    assert Run.create(path).ledger_path.exists()


def test_create_leaves_other_peoples_directories_alone(tmp_path: Path) -> None:
    (tmp_path / "goal.yaml").write_text("goal: mine")
    with pytest.raises(InputError, match="not empty and no GoalCover run"):
        Run.create(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["goal.yaml"]
    with pytest.raises(InputError, match="is a file"):
        Run.create(tmp_path / "goal.yaml")
    with pytest.raises(InputError, match="Cannot write"):
        Run.create(tmp_path / "goal.yaml" / "run")


def test_a_run_of_a_newer_version_is_told(tmp_path: Path) -> None:
    run = finished(tmp_path)
    run.info_path.write_text(json.dumps({"schema_version": 2, "all": "new"}))
    with pytest.raises(InputError, match=r"newer GoalCover \(schema version 2.*upgrade"):
        run.info()


def test_fields_that_a_later_version_adds_are_ignored(tmp_path: Path) -> None:
    run = finished(tmp_path)
    run.info_path.write_text(json.dumps({**INFO.model_dump(), "mood": "good"}))
    assert run.info() == INFO


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"subgoals": 1}'])
def test_damaged_json_is_told(tmp_path: Path, content: bytes) -> None:
    run = finished(tmp_path)
    for path, read in ((run.info_path, run.info), (run.coverage_path, run.coverage)):
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"{path.name} is damaged .at .*goalcover assess"):
            read()


def test_damaged_tables_are_told(tmp_path: Path) -> None:
    run = finished(tmp_path)
    pq.write_table(pa.table({"x": [1]}), run.samples_path)
    with pytest.raises(InputError, match=r"samples.parquet does not have the columns"):
        list(run.samples())
    whole = run.scores_path.read_bytes()
    for content in (b"", b"PAR1", whole[: len(whole) // 2], b"PAR1" + b"\0" * 400 + whole[404:]):
        run.scores_path.write_bytes(content)
        with pytest.raises(InputError, match=r"scores.parquet is damaged.*is not judged again"):
            list(run.alignments("a"))
    run.scores_path.unlink()
    with pytest.raises(InputError, match=r"scores.parquet is missing"):
        run.scores()


def test_two_holders_of_one_run_are_told_apart(tmp_path: Path) -> None:
    first, second = Run.create(tmp_path), Run(tmp_path)
    with first.lock(), pytest.raises(RunBusyError, match="in use by another process"), second.lock():
        pass
    with Run(tmp_path).lock():
        pass


HOLDER = """
import sys, time
from pathlib import Path
from goalcover.memory.ledger import Judgement
from goalcover.memory.runs import Run

run = Run.create(Path(sys.argv[1]))
with run.lock(), run.ledger() as ledger:
    ledger.append([Judgement("s", "g", "j", 1, "why")])
    ledger.commit()
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_kept_out_until_the_first_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        run = Run.create(tmp_path)
        with pytest.raises(RunBusyError), run.lock():
            pass
        os.kill(process.pid, signal.SIGKILL)
    with run.lock(), run.ledger() as ledger:
        assert ledger.count() == 1


def test_importing_runs_loads_nothing_heavy() -> None:
    code = "import sys, goalcover.memory.runs; print({'pyarrow', 'numpy', 'pandas', 'chromadb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
