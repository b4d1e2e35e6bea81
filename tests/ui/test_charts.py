import json

from goalcover.agent.models import CoverageReport, Goal, Subgoal, SubgoalCoverage
from goalcover.ui.charts import coverage_bars, heat_map


def row(name: str, alignment: float | None, gap: bool | None, scope: str = "some") -> SubgoalCoverage:
    return SubgoalCoverage(
        id=name.lower(), name=name, scope=scope, alignment=alignment, ci_low=alignment and alignment - 0.05,
        ci_high=alignment and alignment + 0.1, support=5, support_share=0.05, share_wanted=0.1, n_scored=100,
        n_unscored=0, histogram=(60, 20, 10, 5, 4, 1), gap=gap, rule="r",
    )  # fmt: skip


ROWS = (row("Covered", 0.7, False), row("Gap", 0.2, True), row("Form", 0.4, True, "every"), row("Unknown", None, None))
COVERAGE = CoverageReport(subgoals=ROWS, overall=0.4, n_samples=100, n_gaps=2)
GOAL = Goal(text="G", subgoals=tuple(Subgoal(id=one.id, name=one.name, description="D") for one in ROWS))


def traces(figure) -> list[dict]:
    return json.loads(figure.to_json())["data"]


def test_every_subgoal_has_its_bar_and_interval():
    bars = {trace["name"]: trace for trace in traces(coverage_bars(GOAL, COVERAGE)) if trace["type"] == "bar"}
    assert bars["covered"]["y"] == ["Covered"]
    assert bars["gap"]["y"] == ["Gap", "Form"]
    assert bars["no verdict"]["y"] == ["Unknown"]
    gap = coverage_bars(GOAL, COVERAGE).data[1]
    assert [round(one, 3) for one in gap.error_x.array] == [0.1, 0.1]
    assert [round(one, 3) for one in gap.error_x.arrayminus] == [0.05, 0.05]


def test_a_threshold_is_marked_where_one_decides():
    marks = [trace for trace in coverage_bars(GOAL, COVERAGE).data if trace.type == "scatter"]
    assert [(one.y[0], one.x[0]) for one in marks] == [("Form", 0.5)]
    paper = GOAL.model_copy(update={"threshold": 0.3})
    marks = [trace for trace in coverage_bars(paper, COVERAGE).data if trace.type == "scatter"]
    assert [one.x[0] for one in marks] == [0.3] * 4


def test_the_heat_map_holds_the_share_of_every_level():
    cells = heat_map(GOAL, COVERAGE).data[0]
    assert cells.y[0] == "Gap"
    assert list(cells.z[0]) == [0.6, 0.2, 0.1, 0.05, 0.04, 0.01]
    assert cells.text[0][0] == "60%"


def test_figures_have_no_background_of_their_own():
    for figure in (coverage_bars(GOAL, COVERAGE), heat_map(GOAL, COVERAGE)):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_name_with_markup_is_text():
    hostile = row("<a href='https://evil.example'>x</a>", 0.2, True)
    report = CoverageReport(subgoals=(hostile,), overall=0.2, n_samples=100, n_gaps=1)
    assert "<a" not in coverage_bars(GOAL, report).to_json()
