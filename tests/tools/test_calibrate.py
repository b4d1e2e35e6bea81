"""The judge against people: figures that can be checked by hand, and means moved by what people saw."""

import json
import math
import random
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Alignment, Goal, Sample, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.calibrate import Calibration, calibrate, read_labels

HEART, DRUGS = (Subgoal(id=name, name=name, description=name) for name in ("heart", "drugs"))
GOAL = Goal(goal="Answer questions", subgoals=(HEART, DRUGS))


def make_run(path: Path, levels: list[int | None]) -> Run:
    """A run with these levels of `heart`, and level 0 of `drugs` throughout."""
    path.mkdir()
    run = Run(path)
    run.start(GOAL)
    with run.score_writer() as scores, run.sample_writer() as samples:
        for row, level in enumerate(levels):
            samples.write([Sample(id=f"s{row}", row=row + 1, input=str(row), output="")])
            scores.write(
                [
                    Alignment(sample_id=f"s{row}", subgoal_id=name, level=one, explanation="", judge="llm/m/1")
                    for name, one in (("heart", level), ("drugs", 0))
                ]
            )
    return run


def write_labels(path: Path, rows: list[tuple[str, str, int]]) -> Path:
    path.write_text("sample_id,subgoal_id,level\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    return path


def test_agreement_bias_and_ranks(tmp_path):
    run = make_run(tmp_path / "run", [0, 1, 2, 3, 4, 5, 5, None])
    people = [0, 0, 1, 2, 3, 4, 5, 4]
    labels = write_labels(tmp_path / "l.csv", [(f"s{n}", "heart", level) for n, level in enumerate(people)])
    found = calibrate(run, labels)
    heart, drugs = found.subgoals
    assert (found.n_labels, found.n_unknown, found.n_unscored) == (8, 0, 1)
    assert heart.n == 7
    assert heart.bias == pytest.approx(5 / 7 / 5)
    assert (heart.exact, heart.within_one) == (pytest.approx(2 / 7), 1.0)
    # Quadratic kappa = 1 - sum of squared differences over what chance would give.
    squared = 5 / 7
    judge, person = [0, 1, 2, 3, 4, 5, 5], people[:7]
    chance = sum((a - b) ** 2 for a in judge for b in person) / 49
    assert heart.kappa == pytest.approx(1 - squared / chance)
    assert heart.spearman == pytest.approx(0.99, abs=0.02)
    assert heart.corrected_mean == pytest.approx(heart.judged_mean - heart.bias)
    assert heart.ci_low < heart.corrected_mean < heart.ci_high
    assert (drugs.n, drugs.kappa, drugs.corrected_mean) == (0, None, None)


def test_the_interval_covers_the_truth_as_often_as_it_says(tmp_path):
    """A judge that is one level too generous half of the time; 60 of 300 samples labelled, 20 times over."""
    draw, covered = random.Random(3), 0
    for turn in range(20):
        truth = [draw.choice([0, 0, 0, 1, 2, 3, 4]) for _ in range(300)]
        judge = [level + draw.choice([0, 1]) for level in truth]
        run = make_run(tmp_path / f"run-{turn}", judge)
        chosen = draw.sample(range(300), 60)
        labels = write_labels(tmp_path / "l.csv", [(f"s{n}", "heart", truth[n]) for n in chosen])
        heart = calibrate(run, labels).subgoals[0]
        covered += heart.ci_low <= (3 * 0 + 1 + 2 + 3 + 4) / 7 / 5 <= heart.ci_high
        assert heart.bias == pytest.approx(0.1, abs=0.06)
    assert covered >= 17  # 95% of 20 is 19


def test_a_judge_that_agrees_on_few_labels_is_not_called_exact(tmp_path):
    run = make_run(tmp_path / "run", [3, 3, 3, 3, 3])
    heart = calibrate(run, write_labels(tmp_path / "l.csv", [(f"s{n}", "heart", 3) for n in range(5)])).subgoals[0]
    assert (heart.bias, heart.kappa) == (0.0, None)
    assert heart.ci_high - heart.ci_low > 0.05
    assert heart.note


def test_the_overall_mean_is_not_that_of_the_subgoal_with_most_labels(tmp_path):
    """The judge is two levels too generous on `heart`, which has 25 times the labels of `drugs`, where it is exact."""
    run = make_run(tmp_path / "run", [2, 3, 4, 5] * 50)
    hearts = [(f"s{n}", "heart", [0, 1, 2, 3][n % 4]) for n in range(100)]
    labels = write_labels(tmp_path / "l.csv", hearts + [(f"s{n}", "drugs", 0) for n in range(4)])
    found = calibrate(run, labels)
    # Truth: heart 1.5 of 5, drugs 0, in as many samples each.
    assert found.overall.corrected_mean == pytest.approx((0.3 + 0.0) / 2)
    assert found.overall.judged_mean == pytest.approx((0.7 + 0.0) / 2)
    assert found.overall.bias == pytest.approx((0.4 + 0.0) / 2)
    heart, drugs = found.subgoals
    half = [(one.ci_high - one.ci_low) / 2 for one in (found.overall, heart)]
    assert half[0] == pytest.approx(math.hypot(half[1], drugs_half(drugs)) / 2)


def drugs_half(drugs: Calibration) -> float:
    """Half of its interval, which ends at 0 below."""
    return drugs.ci_high - drugs.corrected_mean


def test_a_subgoal_without_two_labels_leaves_the_overall_mean_open(tmp_path):
    run = make_run(tmp_path / "run", [2, 3, 4, 5])
    rows = [("s0", "heart", 2), ("s1", "heart", 3), ("s2", "heart", 4), ("s0", "drugs", 0)]
    overall = calibrate(run, write_labels(tmp_path / "l.csv", rows)).overall
    assert (overall.n, overall.corrected_mean, overall.ci_low, overall.bias) == (4, None, None, None)
    assert overall.exact == 1.0
    assert "drugs has fewer than 2 labels" in overall.note


@pytest.mark.parametrize(("written", "level"), [("4.0", 4), ('"4.0"', 4), ('" 4 "', 4), ("4", 4)])
def test_a_whole_level_may_be_written_as_tables_write_it(tmp_path, written, level):
    path = tmp_path / "l.jsonl"
    path.write_text(f'{{"sample_id": "s1", "subgoal_id": "heart", "level": {written}}}\n')
    assert [one.level for one in read_labels(path)] == [level]


def test_jsonl_and_csv_say_the_same(tmp_path):
    rows = [("s1", "heart", 2), ("s2", "drugs", 0)]
    jsonl = tmp_path / "l.jsonl"
    keys = ("sample_id", "subgoal_id", "level")
    jsonl.write_text("".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows))
    assert list(read_labels(jsonl)) == list(read_labels(write_labels(tmp_path / "l.csv", rows)))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("l.csv", "sample_id,subgoal_id,level\ns1,heart,7\n", "l.csv, line 2"),
        ("l.csv", "sample,level\ns1,3\n", "l.csv, line 2"),
        ("l.jsonl", '{"sample_id": "s1", "subgoal_id": "heart", "level": 1}\n{oops\n', "not CSV or JSONL"),
        ("l.jsonl", '{"sample_id": "s1", "subgoal_id": "heart", "level": 3.9}', "l.jsonl, line 1"),
        ("l.jsonl", '{"sample_id": "s1", "subgoal_id": "heart", "level": true}', "l.jsonl, line 1"),
        ("l.csv", "sample_id,subgoal_id,level\ns1,heart,nan\n", "l.csv, line 2"),
        ("l.csv", "sample_id,subgoal_id,level\nnobody,heart,3\n", "none of its 1 labels"),
        (
            "l.csv",
            "sample_id,subgoal_id,level\ns1,heart,3\ns1,heart,3\ns1,heart,4\n",
            "line 4: .* line 2 gives",
        ),
    ],
)
def test_labels_that_cannot_be_used_are_named(tmp_path, name, content, said):
    run = make_run(tmp_path / "run", [1, 2])
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said):
        calibrate(run, tmp_path / name)
    with pytest.raises(InputError, match="No such file"):
        calibrate(run, tmp_path / "nowhere.csv")
