"""What is answered from a run, without a conversation around it."""

import json
from pathlib import Path
from typing import Any

import pytest
from goalcover.agent.models import Gap, Goal, Outputs, Subgoal
from goalcover.graph.converse import reply
from goalcover.graph.intent import Ask
from goalcover.memory.runs import Run
from unjudged import run_of

MONEY = Subgoal(id="money", name="Money", description="Keeps each amount of money", scope="every")
GOAL = Goal(goal="Tell what a bill does", subgoals=(MONEY,))


def run_with(folder: Path, not_applicable: int = 0) -> Run:
    """Of 100 samples 90 at level 0."""
    data = folder / "rows.jsonl"
    rows = [{"id": f"r{n}", "question": f"bill {n}", "answer": f"it does {n}"} for n in range(100)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    gap = Gap(subgoal_id="money", alignment=0.1, capabilities=(), recommendations=(), not_applicable=not_applicable)
    return run_of(data, folder / "run", GOAL, lambda one, _: 0 if one.row > 10 else 5, gaps=(gap,))


def said(run: Run, ask: Ask) -> Any:
    return reply(run, GOAL, ask, None)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(("not_applicable", "to_rewrite"), [(0, 50), (40, 50), (60, None)])
def test_samples_that_cannot_show_it_are_not_offered_for_rewriting(tmp_path, not_applicable, to_rewrite):
    (need,) = said(run_with(tmp_path, not_applicable), Ask("needed")).needs
    assert need.to_rewrite == to_rewrite


def test_after_a_gap_of_broken_outputs_its_samples_are_the_broken_ones(tmp_path):
    run = run_with(tmp_path)
    coverage = run.coverage()
    row = coverage.subgoals[0].model_copy(update={"outputs": Outputs(checked=10, broken=3, supporting=3)})
    broken = dict.fromkeys(["r7", "r8", "r9"], "cut off")
    run.write_coverage(coverage.model_copy(update={"subgoals": (row,), "broken": broken}))
    shown = said(run, Ask("lowest", MONEY)).samples
    assert [(one.sample_id, one.fault) for one in shown[:4]] == [
        ("r7", "cut off"), ("r8", "cut off"), ("r9", "cut off"), ("r10", None)
    ]  # fmt: skip
