import numpy as np
import pytest
from goalcover.agent.models import CoverageReport, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.compare import at_threshold, levels_of, paired, rank_correlation, side_by_side


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


def test_only_samples_scored_for_both_are_paired():
    assert paired({"a": 1, "b": 5, "c": 0}, {"b": 4, "c": 2, "d": 3}).tolist() == [[5, 4], [0, 2]]
    assert paired({"a": 1}, {}).shape == (0, 2)


@pytest.mark.parametrize(
    ("pairs", "rho"),
    [
        ([[0, 0], [1, 1], [5, 4]], 1.0),
        ([[0, 5], [1, 3], [5, 0]], -1.0),
        ([[0, 3], [1, 3], [5, 3]], None),
        ([[2, 3]], None),
    ],
)
def test_ranks_are_correlated_where_both_vary(pairs, rho):
    found = rank_correlation(np.array(pairs))
    assert found == (None if rho is None else pytest.approx(rho))


def test_two_subgoals_of_a_run_stand_side_by_side(small_demo):
    run = Run.open(small_demo.path)
    beside = side_by_side(run, "billing", "meter-readings")
    bills, meters = levels_of(run, "billing"), levels_of(run, "meter-readings")
    assert (beside.a.id, beside.b.id) == ("billing", "meter-readings")
    assert beside.both == sum(bills[one] >= 4 and meters[one] >= 4 for one in bills)
    assert -1 <= beside.correlation <= 1
    with pytest.raises(KeyError):
        side_by_side(run, "billing", "nothing")
