"""The command line as scripts, CI jobs and people meet it: exit codes, stdout for machines, one line for an error."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import typer
from commands import DEMO_DATA, DEMO_GOAL, GOALCOVER, goalcover
from goalcover.ui.commands import results
from unjudged import run_of

COMMANDS = (
    "chat",
    "talk",
    "plan",
    "verify",
    "assess",
    "calibrate",
    "audit",
    "gaps",
    "explain",
    "samples",
    "report",
    "check",
    "compare",
    "synthesize",
    "filter",
    "export",
    "doctor",
    "study",
)
GOOD_GOAL = "goal: G\nsubgoals:\n  - {id: a, name: Alpha, description: Does alpha}\n"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """A folder with bad input of all sorts."""
    folder = tmp_path_factory.mktemp("elsewhere")
    files = {
        "goal.yaml": GOOD_GOAL,
        "rows.jsonl": '{"question": "q", "answer": "a"}\n',
        "empty.jsonl": "",
        "broken.jsonl": "{nonsense\n" * 20,
        "image.png": "",
        "no_yaml.yaml": "goal: [",
        "no_subgoals.yaml": "goal: G\n",
        "bad_id.yaml": GOOD_GOAL.replace("id: a", "id: A B"),
        "twice.yaml": GOOD_GOAL + "  - {id: a, name: Beta, description: Does beta}\n",
        "odd_key.yaml": GOOD_GOAL + "treshold: 0.5\n",
        "not_a_run/note.txt": "mine",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


def result(said: CompletedProcess[str]):
    """What a command printed for machines."""
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_without_a_command_it_prints_the_help_and_nothing_else():
    said = goalcover()
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("Usage: goalcover ")


# --- assess


def test_assess_tells_a_person_on_stderr_and_leaves_stdout_alone(small_demo):
    said = small_demo.said
    assert said.stdout == ""
    assert "60 samples of 305 rows" in said.stderr
    assert "540 judgements" in said.stderr
    assert "Gas leaks, carbon monoxide and electrical danger" in said.stderr


def test_a_path_with_a_space_can_be_copied_from_what_assess_says(small_demo):
    assert f"Report: {small_demo.path / 'report.html'}\n" in small_demo.said.stderr
    assert f"goalcover gaps '{small_demo.path}'" in small_demo.said.stderr
    assert f"goalcover explain '{small_demo.path}' " in small_demo.said.stderr


def test_a_limit_picks_the_same_rows_for_the_same_seed(small_demo, tmp_path):
    out = tmp_path / "run"
    said = goalcover(
        "assess",
        DEMO_DATA,
        "--goal",
        DEMO_GOAL,
        "--out",
        out,
        "--limit",
        60,
        "--engine",
        "embedded",
        "--sample-seed",
        0,
    )
    assert said.returncode == 0
    assert json.loads((out / "coverage.json").read_text()) == json.loads(
        (small_demo.path / "coverage.json").read_text()
    )


# --- results for machines


def test_gaps_as_json_are_the_file(small_demo):
    found = result(goalcover("gaps", small_demo.path, "--json"))
    assert found == json.loads((small_demo.path / "gaps.json").read_text())
    assert found


def test_an_explanation_as_json(demo):
    found = result(goalcover("explain", demo.path, "gas-safety", "--samples", 3, "--json"))
    assert list(found) == ["subgoal", "coverage", "gap", "samples"]
    assert (found["subgoal"]["id"], found["coverage"]["gap"], found["gap"]["subgoal_id"]) == (
        "gas-safety", True, "gas-safety",
    )  # fmt: skip
    assert len(found["samples"]) == 3


def test_neighbours_as_json(demo):
    found = result(goalcover("explain", demo.path, "gas-safety", "--like", "lf-0001", "--samples", 2, "--json"))
    assert list(found) == ["same", "others"]
    assert [one["subgoal_id"] for one in found["same"]] == ["gas-safety"] * 2
    assert list(found["same"][0]) == [
        "sample_id", "subgoal_id", "level", "explanation", "evidence", "likeness", "copies",
    ]  # fmt: skip
    assert "lf-0001" not in {one["sample_id"] for part in found.values() for one in part}


def test_samples_as_json_lowest_by_default(demo):
    lowest = result(goalcover("samples", demo.path, "billing", "--json"))
    highest = result(goalcover("samples", demo.path, "Explaining Bills", "--highest", 2, "--json"))
    assert [one["level"] for one in lowest] == [0] * 5
    assert [one["level"] for one in highest] == [5, 5]
    keys = {"sample_id", "row", "level", "score", "explanation", "evidence", "input", "output", "fault"}
    assert set(lowest[0]) == keys


def test_a_comparison_as_json(demo, small_demo):
    said = goalcover("compare", demo.path, small_demo.path, "--json")
    assert said.stderr.startswith("note: ")
    found = result(said)
    assert len(found) == 9
    assert found[0]["delta_abs"] == pytest.approx(found[0]["after"] - found[0]["before"])


# --- results for people


def test_people_read_the_same_on_stderr(demo, small_demo):
    for arguments, wanted in (
        (("gaps", demo.path), "Gap: Gas leaks, carbon monoxide and electrical danger"),
        (("explain", demo.path, "billing"), "Explaining bills is no gap."),
        (("samples", demo.path, "billing", "--lowest", 1), "level 0"),
        (("compare", demo.path, small_demo.path), "gas-safety"),
    ):
        said = goalcover(*arguments)
        assert (said.returncode, said.stdout) == (0, "")
        assert wanted in said.stderr


def test_check_fails_on_gaps_and_names_them(demo):
    said = goalcover("check", demo.path)
    assert (said.returncode, said.stdout) == (1, "")
    assert [line.partition(":")[0] for line in said.stderr.splitlines()] == ["gas-safety", "payment-difficulty"]


def test_check_fails_on_low_means_when_asked(demo):
    assert goalcover("check", demo.path, "--fail-under", 0.01).returncode == 0
    said = goalcover("check", demo.path, "--fail-under", 0.1)
    assert said.returncode == 1
    assert re.fullmatch(r"gas-safety: mean alignment 0\.0\d\d\n", said.stderr)


def check(path: Path, capsys, fail_under: float | None = None, *, json: bool = False) -> tuple[int, str]:
    """Exit code and words of `goalcover check`, in this process."""
    try:
        results.check(path, fail_under, json)
        code = 0
    except typer.Exit as ended:
        code = ended.exit_code
    said = capsys.readouterr()
    assert (said.out != "") == json
    return code, said.out + said.err


@pytest.mark.parametrize("judged", [0, 2])
def test_what_has_no_verdict_does_not_pass_a_check(tmp_path, capsys, judged):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"question": "q{n}", "answer": "a"}}\n' for n in range(4)))
    run = run_of(rows, tmp_path / "run", level=lambda sample, subgoal: 5 if sample.row <= judged else None).path
    code, said = check(run, capsys)
    assert code == 1
    assert said.startswith(f"any: No verdict: {4 - judged} of 4 judgements failed")
    assert "What has no verdict does not pass" in said
    code, said = check(run, capsys, json=True)
    told = json.loads(said)
    assert code == 1
    assert (told["passed"], told["failed"], [one["id"] for one in told["no_verdict"]]) == (False, [], ["any"])
    assert check(run, capsys, 0.5)[0] == (0 if judged else 1)


def test_a_check_as_json(demo):
    said = goalcover("check", demo.path, "--json")
    told = json.loads(said.stdout)
    assert (said.returncode, told["passed"], told["no_verdict"]) == (1, False, [])
    assert [one["id"] for one in told["failed"]] == ["gas-safety", "payment-difficulty"]


def test_a_report_is_written_where_it_is_asked_for(small_demo, tmp_path):
    said = goalcover("report", small_demo.path, "--out", tmp_path / "mine.html")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", f"Report: {tmp_path / 'mine.html'}\n")
    assert (tmp_path / "mine.html").read_bytes() == (small_demo.path / "report.html").read_bytes()


def test_the_doctor_says_what_works():
    said = goalcover("doctor")
    assert (said.returncode, said.stdout) == (0, "")
    assert all(line.startswith("works ") for line in said.stderr.splitlines())
    assert "all-MiniLM-L6-v2" in said.stderr


def test_a_reader_that_goes_away_is_no_failure(demo):
    for command, code in (("gaps --json", 0), ("gaps", 0), ("check", 1)):
        name, *options = command.split()
        run = f"'{GOALCOVER}' {name} '{demo.path}' {' '.join(options)}"
        script = f"{run} 2>&1 | true; echo ${{PIPESTATUS[0]}}"
        said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert (said.stdout, said.stderr) == (f"{code}\n", "")


def test_work_goes_on_when_nobody_reads_what_is_said():
    script = (
        "import sys\nfrom goalcover.ui.cli import app, main, say\nfrom rich.console import Console\n"
        "@app.command()\ndef work():\n"
        "    for _ in range(3):\n        say('working')\n        Console(stderr=True).print('working')\n"
        "    print('done')\n"
        "sys.argv = ['goalcover', 'work']\nmain()"
    )
    unread, stderr = os.pipe()
    os.close(unread)
    said = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)
    os.close(stderr)
    assert (said.returncode, said.stdout) == (0, "done\n")


# --- bad input: exit code 2 and one line that says what and where

ASSESS = ("assess", "rows.jsonl", "--goal", "goal.yaml", "--out", "out")
BAD = {
    "no data": (("assess", "nowhere.jsonl", *ASSESS[2:]), "no file or folder 'nowhere.jsonl'"),
    "empty data": (("assess", "empty.jsonl", *ASSESS[2:]), "empty.jsonl"),
    "broken data": (("assess", "broken.jsonl", *ASSESS[2:]), "broken.jsonl"),
    "unknown kind": (("assess", "image.png", *ASSESS[2:]), "files of this kind cannot be read"),
    "no goal": ((*ASSESS[:3], "nowhere.yaml", *ASSESS[4:]), "no goal file nowhere.yaml"),
    "goal is no YAML": ((*ASSESS[:3], "no_yaml.yaml", *ASSESS[4:]), "no_yaml.yaml is not YAML"),
    "goal without subgoals": ((*ASSESS[:3], "no_subgoals.yaml", *ASSESS[4:]), "subgoals: is missing"),
    "subgoal with a bad id": ((*ASSESS[:3], "bad_id.yaml", *ASSESS[4:]), "may hold only a-z"),
    "two subgoals of one id": ((*ASSESS[:3], "twice.yaml", *ASSESS[4:]), "used twice: a"),
    "unknown key": ((*ASSESS[:3], "odd_key.yaml", *ASSESS[4:]), "did you mean `threshold`?"),
    "goal is a folder": ((*ASSESS[:3], ".", *ASSESS[4:]), "Cannot read"),
    "out is not a run": ((*ASSESS[:5], "not_a_run"), "no GoalCover run"),
    "out is a file": ((*ASSESS[:5], "goal.yaml"), "is a file"),
    "unknown engine": ((*ASSESS, "--engine", "magic"), "no engine 'magic': there are auto, embedded, llm"),
    "no LLM engine": ((*ASSESS, "--engine", "llm"), "GOALCOVER_MODEL"),
    "unknown column": ((*ASSESS, "--map", "input=prompt"), "prompt"),
    "no mapping": ((*ASSESS, "--map", "nonsense"), "input="),
    "split of a file": ((*ASSESS, "--split", "test"), "no splits"),
    "limit of nothing": ((*ASSESS, "--limit", "0"), "--limit"),
    "limit is no number": ((*ASSESS, "--limit", "few"), "--limit"),
    "missing option": (("assess", "rows.jsonl"), "Missing option '--goal'. (goalcover assess --help"),
    "wrong option": ((*ASSESS, "--fast"), "No such option: --fast"),
    "unknown command": (("frobnicate",), "No such command 'frobnicate'. (goalcover --help"),
    "missing argument": (("gaps",), "Missing argument 'RUN'"),
    "not there": (("gaps", "nowhere"), "nowhere is no GoalCover run"),
    "not a run": (("check", "not_a_run"), "not_a_run is no GoalCover run"),
    "not a run either": (("compare", "not_a_run", "nowhere"), "not_a_run is no GoalCover run"),
    "unknown subgoal": (("explain", "RUN", "gas-saftey"), "did you mean 'gas-safety'?"),
    "unknown subgoal's samples": (("samples", "RUN", "quantum"), "there are: billing, "),
    "both ends": (("samples", "RUN", "billing", "--lowest", "2", "--highest", "2"), "not both"),
    "no samples": (("samples", "RUN", "billing", "--lowest", "0"), "--lowest"),
    "fail under 7": (("check", "RUN", "--fail-under", "7"), "--fail-under"),
    "report into nowhere": (("report", "RUN", "--out", "nowhere/r.html"), "nowhere"),
    "report into a file": (("report", "RUN", "--out", "goal.yaml/r.html"), "Cannot write goal.yaml/r.html"),
}


@pytest.fixture(scope="module")
def refusals(small_demo, elsewhere) -> dict[str, CompletedProcess[str]]:
    """All bad input at once, on both cores."""

    def run(arguments: tuple[str, ...]) -> CompletedProcess[str]:
        return goalcover(*(small_demo.path if one == "RUN" else one for one in arguments), cwd=elsewhere)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BAD, pool.map(run, (arguments for arguments, _ in BAD.values())), strict=True))


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_line(refusals, name):
    said = refusals[name]
    assert said.returncode == 2
    assert said.stdout == ""
    lines = said.stderr.splitlines()
    assert len(lines) == 1, said.stderr
    assert lines[0].startswith("goalcover: ")
    assert BAD[name][1] in lines[0]


def test_a_refused_assessment_leaves_nothing_behind(refusals, elsewhere):
    assert not (elsewhere / "out").exists()
    assert [path.name for path in (elsewhere / "not_a_run").iterdir()] == ["note.txt"]


# --- help


def test_help_lists_every_command_with_a_line():
    said = goalcover("--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert re.findall(r"^  ([a-z]+)  ", said.stdout, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    said = goalcover(command, "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"Usage: goalcover {command}")


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom goalcover.ui.cli import main\nsys.argv = ['goalcover', '--help']\n"
        "try:\n    main()\nfinally:\n    print('LOADED', *sys.modules, file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    loaded = set(said.stderr.split())
    assert "LOADED" in loaded
    assert not loaded & {"pandas", "chromadb", "torch", "pydantic", "datasets", "sklearn", "pyarrow", "numpy"}
