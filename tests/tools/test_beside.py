"""What-if and side-by-side answers about one run."""

import pytest
from goalcover.agent.models import CoverageReport, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.beside import at_threshold, side_by_side


def row(name: str, alignment: float | None) -> SubgoalCoverage:
    return SubgoalCoverage(
        id=name, name=name, scope="some", alignment=alignment, ci_low=None, ci_high=None, support=0, support_share=0,
        share_wanted=0.1, n_scored=10, n_unscored=0, histogram=(10, 0, 0, 0, 0, 0), gap=True, rule="r",
    )  # fmt: skip


def test_the_papers_rule_is_one_threshold_on_the_mean():
    rows = (row("low", 0.2), row("high", 0.7), row("unknown", None))
    coverage = CoverageReport(subgoals=rows, overall=0.4, n_samples=10, n_gaps=1)
    assert at_threshold(coverage, 0.5) == ("low",)
    assert at_threshold(coverage, 0.71) == ("low", "high")
    assert at_threshold(coverage, 0.2) == ()


def test_two_subgoals_of_a_run_stand_side_by_side(small_demo):
    run = Run.open(small_demo.path)
    beside = side_by_side(run, "billing", "meter-readings")
    bills, meters = run.alignments("billing"), run.alignments("meter-readings")
    assert (beside.a.id, beside.b.id) == ("billing", "meter-readings")
    assert beside.both == sum(bill.level >= 4 and meter.level >= 4 for bill, meter in zip(bills, meters, strict=True))
    assert -1 <= beside.correlation <= 1
    with pytest.raises(KeyError):
        side_by_side(run, "billing", "nothing")
