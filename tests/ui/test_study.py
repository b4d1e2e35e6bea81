"""`goalcover study ...` as scripts and people meet it."""

import json
from pathlib import Path

import pytest
from commands import DEMO_DATA, DEMO_GOAL, goalcover
from goalcover.agent.errors import InputError, StoppedError
from goalcover.memory.runs import Run
from goalcover.ui import studying
from goalcover.ui.assessing import Judging, tell_outdated
from goalcover.ui.studying import asked, parse_seeds, run_ablation, run_corruption, summary
from judging_cases import NAMES, saying
from judging_cases import asked as judged_by
from openai_server import KEY
from scripted import scripted, serving

REMOVALS = """
removals:
  - {id: tariff-words, target: tariffs, terms: [tariff, switch, fixed]}
  - {id: moving-words, target: moving-home, terms: [move, moving, tenant, landlord]}
"""


@pytest.fixture(scope="module")
def studied(demo, tmp_path_factory):
    """The demo dataset, studied; its vectors are in the cache since `demo`."""
    folder = tmp_path_factory.mktemp("studied")
    (folder / "removals.yaml").write_text(REMOVALS)
    said = goalcover(
        "study", "corruption", DEMO_DATA, "--goal", DEMO_GOAL, "--removals", folder / "removals.yaml",
        "--out", folder / "run", "--seeds", "0,1", "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    return folder, said


def test_a_study_prints_what_it_wrote(studied):
    folder, said = studied
    printed = json.loads(said.stdout)
    assert printed == json.loads((folder / "run" / "validation.json").read_text("utf-8"))
    assert printed["summary"]["seeds"] == [0, 1]
    assert [one["id"] for one in printed["removals"]] == ["tariff-words", "moving-words"]
    assert "305 samples of 305 rows" in said.stderr


def test_a_study_s_run_is_a_run_like_any_other(studied):
    folder, _ = studied
    assert goalcover("explain", folder / "run", "tariffs").returncode == 0
    assert "Do these scores mean anything?" in (folder / "run" / "report.html").read_text("utf-8")


def test_people_read_the_table_on_stderr(studied):
    folder, _ = studied
    said = goalcover("study", "summary", folder / "run")
    assert (said.returncode, said.stdout) == (0, "")
    assert "tariff-words" in said.stderr
    assert "Mean fall of targets" in said.stderr
    assert "Cohen's d" in said.stderr


def test_a_self_test_grades_every_subgoal(studied):
    folder, _ = studied
    said = goalcover("study", "selftest", folder / "run", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found == json.loads((folder / "run" / "selftest.json").read_text("utf-8"))
    assert len(found["subgoals"]) == 9
    assert {one["grade"] for one in found["subgoals"]} <= {"trustworthy", "weak", "untrustworthy"}
    assert all(one["reason"] for one in found["subgoals"])


def test_filtering_is_compared_with_chance(studied):
    folder, _ = studied
    found = json.loads(goalcover("study", "filter", folder / "run", "--json").stdout)
    assert 0 < found["kept"] < found["n"] == 305
    assert all(one["support_after"] <= one["support_before"] for one in found["subgoals"])


# --- with a model


@pytest.fixture
def by_a_model(monkeypatch, tmp_path):
    """A server whose model finds everything good, a goal, data, and what to remove of them."""
    subgoals = [{"id": name, "name": name, "description": f"Explains {name} to patients"} for name in NAMES]
    context = [{"question": "For whom?", "answer": "patients"}]
    (tmp_path / "goal.json").write_text(json.dumps({"goal": "Answer", "context": context, "subgoals": subgoals}))
    rows = [{"question": f"Case {k}: {' '.join(NAMES[: k % 6 + 1])}?", "answer": "Ask."} for k in range(30)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "removals.yaml").write_text("removals:\n  - {id: a, target: skin, terms: [skin]}\n")
    good = saying(**{name: {"level": 5} for name in NAMES})
    with serving(brain=scripted(otherwise=good)) as server:
        for name, value in {"BASE_URL": server.url, "API_KEY": KEY}.items():
            monkeypatch.setenv(f"OPENAI_{name}", value)
        for name, value in {"MODEL": "test-model", "PRICE_PROMPT": "1", "PRICE_COMPLETION": "1"}.items():
            monkeypatch.setenv(f"GOALCOVER_{name}", value)
        yield server, tmp_path


def test_a_study_by_a_model_tells_what_it_will_cost_and_what_it_took_and_has_a_cap(by_a_model, capsys):
    server, folder = by_a_model
    study = asked(str(folder / "rows.jsonl"), folder / "goal.json", folder / "removals.yaml", folder / "run", None)
    with pytest.raises(StoppedError, match="before passing --max-cost"):
        run_corruption(study, (0,), None, Judging("llm", max_cost=0.01), None, None)
    assert "Judged by test-model: about 42 calls" in capsys.readouterr().err  # 12 of them name gaps and advise
    assert 0 < len(judged_by(server)) < 15
    run_corruption(study, (0,), None, Judging("llm", max_cost=1.0), None, None)
    assert "With what this run took before: 30 calls" in capsys.readouterr().err
    assert Run.open(folder / "run").info().usage.calls == len(judged_by(server)) == 30


def test_an_ablation_by_a_model_has_a_cap_too(by_a_model, capsys):
    server, folder = by_a_model
    data, goal, how = str(folder / "rows.jsonl"), folder / "goal.json", Judging("llm", max_cost=0.0001)
    with pytest.raises(StoppedError, match="before passing --max-cost"):
        run_ablation(data, goal, folder / "out", how, None, False)
    assert "Judged by test-model: about 84 calls" in capsys.readouterr().err
    assert len(server.chats) <= 1  # what the server can do


# --- bad input


def test_a_command_tells_bad_input_in_one_line(tmp_path):
    said = goalcover("study", "corruption", DEMO_DATA, "--goal", DEMO_GOAL, cwd=tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        "goalcover: a study needs DATA, --goal, --removals and --out, or --domain medical, legal or code\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("goal", "removals", "domain", "said"),
    [
        (DEMO_GOAL, None, "medical", "--domain brings its own goal"),
        (None, None, "finance", "there are medical, legal, code"),
        (DEMO_GOAL, Path("nowhere.yaml"), None, "There is no removals file nowhere.yaml"),
    ],
)
def test_what_is_asked_for_has_to_fit_together(goal, removals, domain, said):
    with pytest.raises(InputError, match=said):
        asked("data.jsonl", goal, removals, Path("run"), domain)


def test_two_datasets_are_refused():
    with pytest.raises(InputError, match=r"two datasets, a\.jsonl and b\.jsonl"):
        asked("a.jsonl", None, None, None, "medical", "b.jsonl")


def test_an_interruption_before_the_first_judgement_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(studying, "design_study", interrupted)
    study = asked(str(DEMO_DATA), None, None, tmp_path / "run", "medical")
    with pytest.raises(StoppedError, match="Go on with: goalcover"):
        studying.run_corruption(study, (0,), None, Judging("embedded"), None, None)


def test_a_domain_brings_its_published_dataset_goal_and_removals():
    study = asked(None, None, None, None, "medical")
    assert (study.data, study.size, str(study.out)) == (
        "qiaojin/PubMedQA:pqa_labeled", 1_000, str(Path("runs") / "study-medical"),
    )  # fmt: skip
    assert [removal.target for removal in study.removals] == ["cardiology", "drug-information"]


def test_seeds_are_numbers_each_once():
    assert parse_seeds("3, 1,3") == (3, 1)
    with pytest.raises(InputError, match="--seeds takes whole numbers"):
        parse_seeds("1,a")


def test_a_run_counts_once_in_a_summary(tmp_path):
    with pytest.raises(InputError, match="is given twice, and would count twice"):
        summary([tmp_path, tmp_path / ".." / tmp_path.name])


def test_what_an_assessment_ends_is_told(tmp_path, capsys):
    tell_outdated((), Run(tmp_path))
    assert capsys.readouterr().err == ""
    tell_outdated(("corruption study", "self-test"), Run(tmp_path))
    assert "so its report leaves out the corruption study and the self-test" in capsys.readouterr().err


def test_an_ablation_cannot_go_where_a_file_is(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"question": "What is it?", "answer": "It is this."}\n')
    (tmp_path / "afile").touch()
    with pytest.raises(InputError, match=r"Cannot write .*clarified: "):
        run_ablation(str(tmp_path / "rows.jsonl"), DEMO_GOAL, tmp_path / "afile", Judging("embedded"), None, False)


def test_a_run_without_a_study_has_no_summary(small_demo):
    with pytest.raises(InputError, match="holds no corruption study"):
        summary([small_demo.path])
