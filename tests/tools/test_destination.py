"""Where results may be written: never over what they were made from."""

from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.memory.runs import Run
from goalcover.tools.destination import check_out
from goalcover.tools.export import export
from goalcover.tools.mix import make_mix
from goalcover.ui.commands.results import report
from unjudged import run_of

ROW = '{"question": "Why?", "answer": "Because."}\n'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.jsonl").write_text(ROW)
    return run_of(tmp_path / "data" / "train.jsonl", tmp_path / "run")


@pytest.mark.parametrize("out", ["data/train.jsonl", "data/../data/train.jsonl", "link.jsonl", "data"])
def test_nothing_is_written_over_the_dataset(run, tmp_path, out):
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "data" / "train.jsonl")
    with pytest.raises(InputError, match=r"the data that .*run is of"):
        check_out(run, tmp_path / out)


@pytest.mark.parametrize("out", ["run", "run/scores.parquet", "run/new/train.jsonl"])
def test_nothing_is_written_into_the_run(run, tmp_path, out):
    with pytest.raises(InputError, match="which belongs to the run alone"):
        check_out(run, tmp_path / out)


def test_nothing_is_written_among_the_files_of_a_folder_that_is_the_dataset(tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROW)
    run = run_of(tmp_path, tmp_path.parent / f"{tmp_path.name}-run")
    with pytest.raises(InputError, match="give another place"):
        check_out(run, tmp_path / "new.jsonl")


@pytest.mark.parametrize("out", ["data/new.jsonl", "train.jsonl", "run-2.jsonl", "nowhere/train.jsonl"])
def test_any_other_place_is_free(run, tmp_path, out):
    check_out(run, tmp_path / out)
    moved = run.info().dataset.model_copy(update={"path": "owner/name"})
    run.finish(run.info().model_copy(update={"dataset": moved}))
    check_out(run, Path("owner/name/train.jsonl"))


@pytest.mark.parametrize(
    ("form", "out"),
    [("same", "data/train.jsonl"), ("hf", "run"), ("same", "run/samples.parquet"), ("same", "data"), ("trl", "data")],
)
def test_an_export_takes_nothing_away_from_its_source(run, tmp_path, form, out):
    export(run, make_mix(run, "original"), "same", tmp_path / "data-2")
    (tmp_path / "data-2" / "_provenance.jsonl").rename(tmp_path / "data" / "_provenance.jsonl")  # as of an export
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="give another place"):
        export(run, make_mix(run, "original"), form, tmp_path / out)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_rows_that_are_set_aside_take_the_place_of_no_dataset(tmp_path):
    (tmp_path / "new.validation.jsonl").write_text(ROW)
    run = run_of(tmp_path / "new.validation.jsonl", tmp_path / "run")
    with pytest.raises(InputError, match="give another place"):
        export(run, make_mix(run, "original"), "same", tmp_path / "new.jsonl")


def test_a_report_goes_into_its_run_by_its_own_name_alone(run):
    report(run.path, run.html_path)
    with pytest.raises(InputError, match="which belongs to the run alone"):
        report(run.path, run.gaps_path)
    with pytest.raises(InputError, match="the data that"):
        report(run.path, Path(run.info().dataset.path))
