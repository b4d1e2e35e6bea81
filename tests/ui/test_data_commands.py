"""`synthesize`, `filter` and `export` as a person calls them."""

import json
import shutil
from pathlib import Path

import pytest
from commands import DEMO_GOAL, goalcover
from goalcover.agent.errors import InputError
from goalcover.ui.assessing import Judging, run_assessment
from goalcover.ui.cli import app
from unjudged import run_of


@pytest.fixture
def run(small_demo, tmp_path) -> Path:
    """A run of its own: synthesis adds to it."""
    return Path(shutil.copytree(small_demo.path, tmp_path / "run"))


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_filter_writes_the_rows_it_counts_and_says_what_is_lost(run, tmp_path):
    said = goalcover("filter", run, "--out", tmp_path / "kept.jsonl", "--min-score", "0.6", "--json")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert len(rows(tmp_path / "kept.jsonl")) == told["cut"]["kept"] == len(told["sample_ids"]) < told["n"] == 60
    assert told["curve"][0]["kept"] >= told["curve"][-1]["kept"]
    assert {one["subgoal_id"] for one in told["lost"]} == set(told["cut"]["alignments"])


def test_filter_by_one_subgoal_keeps_its_best_rows(run, tmp_path):
    gaps = json.loads(goalcover("gaps", run, "--json").stdout)
    subgoal = gaps[0]["subgoal_id"]
    said = goalcover(
        "filter", run, "--out", tmp_path / "kept.jsonl", "--subgoal", subgoal, "--min-score", "0", "--json"
    )
    assert json.loads(said.stdout)["subgoal_ids"] == [subgoal]
    assert goalcover("filter", run, "--out", tmp_path / "x.jsonl", "--subgoal", "nothing").returncode == 2


def test_filter_tells_which_cells_it_changes(tmp_path, capfd):
    cells = tmp_path / "cells.csv"
    cells.write_text("question,answer\n" + "".join(f"Q{n},- a{n}\n" for n in range(3)))
    run = run_of(cells, tmp_path / "run")
    wish = ["filter", str(run.path), "--min-score", "0", "--out", str(tmp_path / "kept.csv")]
    app([*wish, "--json"], standalone_mode=False)
    (note,) = json.loads(capfd.readouterr().out)["notes"]
    assert note == "3 cells that a spreadsheet would execute have an apostrophe put before them"
    app(wish, standalone_mode=False)
    assert note in " ".join(capfd.readouterr().err.split())


def test_export_for_a_person_and_for_a_machine(run, tmp_path):
    said = goalcover("export", run, "--mix", "original", "--format", "trl", "--out", tmp_path / "train.jsonl", "--json")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert told["rows"] == len(rows(tmp_path / "train.jsonl")) > 50
    assert set(rows(tmp_path / "train.jsonl")[0]) == {"prompt", "completion"}
    said = goalcover("export", run, "--mix", "goal-aligned", "--format", "openai", "--out", tmp_path / "folder")
    assert (said.returncode, said.stdout) == (0, "")
    assert (tmp_path / "folder" / "train.jsonl").is_file()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--mix", "all", "--format", "trl", "--out", "x.jsonl"], "no mix 'all'"),
        (["--mix", "original", "--format", "doc", "--out", "x.jsonl"], "no format 'doc'"),
        (["--mix", "synthetic", "--format", "trl", "--out", "x.jsonl"], "has no synthetic samples yet"),
    ],
)
def test_export_refuses_in_one_line(run, tmp_path, options, complaint):
    said = goalcover("export", run, *options, cwd=tmp_path)
    assert said.returncode == 2
    assert complaint in said.stderr
    assert "Traceback" not in said.stderr


def test_synthesize_says_how_many_could_be_made_and_why_no_more(run, tmp_path):
    subgoal = json.loads(goalcover("gaps", run, "--json").stdout)[0]["subgoal_id"]
    said = goalcover(
        "synthesize", run, subgoal, "-n", "5", "--out", tmp_path / "new.jsonl", "--engine", "embedded", "--json"
    )
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    made = rows(Path(told["out"])) if told["out"] else []
    assert len(made) == told["accepted"] <= 5
    assert (tmp_path / "new.jsonl").exists() is (told["accepted"] > 0)
    assert told["after"]["n_scored"] == told["before"]["n_scored"] + told["accepted"]
    if told["accepted"] < 5:
        assert "invents nothing" in told["shortfall"]
        assert Path(told["briefs"]).is_file()


def test_synthesize_asks_for_what_it_needs(run, tmp_path):
    said = goalcover("synthesize", run, "--out", tmp_path / "new.jsonl")
    assert (said.returncode, "say for which subgoal and how many" in said.stderr) == (2, True)
    said = goalcover("synthesize", run, "nothing", "-n", "1", "--out", tmp_path / "new.jsonl")
    assert (said.returncode, "no subgoal 'nothing'" in said.stderr) == (2, True)


def assessed(data: Path, run: Path, capsys, limit: int | None = None) -> str:
    """What `goalcover assess` says to a person."""
    run_assessment(str(data), DEMO_GOAL, run, Judging("embedded"), limit=limit, seed=3, mapping=None, split=None)
    return " ".join(capsys.readouterr().err.split())


def test_results_that_other_data_or_other_samples_replace_are_named(run, tmp_path, capsys):
    path = json.loads((run / "run.json").read_text())["dataset"]["path"]
    said = assessed(path, run, capsys, limit=10)
    assert f"held the results of 60 samples of {path}, which those of 10 replace" in said
    other = tmp_path / "other.jsonl"
    other.write_text("".join(Path(path).read_text("utf-8").splitlines(keepends=True)[:5]), "utf-8")
    assert f"held the results of {path}, which are replaced" in assessed(other, run, capsys)
    (run / "run.json").write_text("{")
    assert f"{run / 'run.json'} was damaged and is made anew" in assessed(other, run, capsys)
    (run / "run.json").write_text('{"schema_version": 99}')
    with pytest.raises(InputError, match="newer GoalCover"):
        assessed(other, run, capsys)
