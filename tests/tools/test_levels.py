"""A run's levels as one table."""

import json
from pathlib import Path

import numpy as np
import pytest
from goalcover.agent.models import Goal, Subgoal
from goalcover.tools.levels import Levels, rank_correlation, read_levels
from unjudged import run_of

A, B = (Subgoal(id=name, name=name, description=name) for name in ("a", "b"))


@pytest.fixture(scope="module")
def levels(tmp_path_factory) -> Levels:
    folder: Path = tmp_path_factory.mktemp("levels")
    rows = [{"id": f"q{n}", "question": f"Why {n}?", "answer": "So."} for n in range(4)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = {"a": [1, 5, 0, None], "b": [None, 4, 2, 3]}
    goal = Goal(goal="G", subgoals=(A, B))
    run = run_of(folder / "rows.jsonl", folder / "run", goal, lambda sample, one: given[one.id][sample.row - 1])
    return read_levels(run, goal)


def test_a_run_is_one_table_of_samples_and_subgoals(levels):
    assert levels.sample_ids.tolist() == ["q0", "q1", "q2", "q3"]
    assert levels.subgoal_ids == ("a", "b")
    assert levels.of("b").tolist() == [-1, 4, 2, 3]
    expected = np.array([[0.2, np.nan], [1.0, 0.8], [0.0, 0.4], [np.nan, 0.6]])
    np.testing.assert_array_equal(levels.scores, expected)


def test_only_samples_scored_for_both_are_paired(levels):
    assert levels.paired("a", "b").tolist() == [[5, 4], [0, 2]]
    assert Levels(levels.sample_ids[:1], levels.subgoal_ids, levels.table[:1]).paired("a", "b").shape == (0, 2)


@pytest.mark.parametrize(
    ("a", "b", "rho"),
    [
        ([0, 1, 5], [0, 1, 4], 1.0),
        ([0, 1, 5], [5, 3, 0], -1.0),
        ([0, 1, 5], [3, 3, 3], None),
        ([2], [3], None),
        ([0, 1, np.nan, 5], [0.1, 0.2, 0.9, 0.3], 1.0),
    ],
)
def test_ranks_are_correlated_where_both_vary(a, b, rho):
    assert rank_correlation(a, b) == (None if rho is None else pytest.approx(rho))
