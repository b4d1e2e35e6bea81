import pytest
from goalcover.agent.models import Capability, Gap, Goal, Recommendation, Sample, Subgoal, SubgoalCoverage
from goalcover.agent.models import CoverageReport as Coverage
from goalcover.graph import events
from goalcover.graph.state import Data
from goalcover.tools.explain import Explanation, Judged
from goalcover.ui.render import render, text

HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** [link](http://evil.example) ![i](https://evil.example/p.png) a@evil.example"
)
SUBGOAL = Subgoal(id="pay", name="Customers who cannot pay", description="Helps them")
GOAL = Goal(text="Help", subgoals=(SUBGOAL,))
DATA = Data(source="/x/d.jsonl", name="d.jsonl", shape="alpaca", rows=305, samples=305, fingerprint="f")


def row(gap: bool | None = True, alignment: float | None = 0.12) -> SubgoalCoverage:
    return SubgoalCoverage(
        id="pay", name=SUBGOAL.name, scope="some", alignment=alignment, ci_low=0.1, ci_high=0.14, support=6,
        support_share=0.02, share_wanted=0.06, n_scored=305, n_unscored=0, histogram=(281, 0, 0, 18, 6, 0), gap=gap,
        rule="6 samples support it; 20 are wanted.",
    )  # fmt: skip


GAP = Gap(
    subgoal_id="pay",
    alignment=0.12,
    capabilities=(
        Capability(title="No plans", summary="102 of 281", share=0.36, n=102, sample_ids=("lf-1",), quotes=(HOSTILE,)),
    ),
    recommendations=(Recommendation(action="Add 14", detail="Collect them", sample_ids=("lf-2",)),),
)
JUDGED = Judged(
    sample_id="lf-1", row=1, level=0, score=0, explanation="None", evidence="", input=HOSTILE, output="::note[x] :x"
)


@pytest.mark.parametrize(
    ("raw", "markup"),
    [
        ("<b>x</b>", "<b>"),
        ("**x**", "**x**"),
        ("![i](https://e.example)", "!["),
        ("[l](x)", "[l]("),
        ("see https://e.example", "https://"),
        ("see https://e.example", "https\\:\\//"),
        ("a@e.example", "a@e"),
        ("www.e.example", "www.e"),
        (":note[x]", " :note"),
        ("`code`", " `code`"),
        ("# title\n- item\n> quote", "\n"),
        ("a | b", " | "),
    ],
)
def test_text_of_a_dataset_is_no_markup(raw: str, markup: str):
    assert markup not in f" {text(raw)}"


def test_an_explanation_names_figures_reason_quote_and_samples():
    explained = Explanation(subgoal=SUBGOAL, coverage=row(), gap=GAP, samples=(JUDGED,))
    said = render(events.Explained(explanation=explained))
    for part in ("Why Customers who cannot pay is weak", "0.12 (0.10 to 0.14)", "No plans", "Samples: lf-1", "level 0"):
        assert part in said
    assert "<img" not in said
    assert "evil.example)" in said


def test_a_covered_subgoal_is_not_called_weak():
    explained = Explanation(subgoal=SUBGOAL, coverage=row(gap=False), gap=None, samples=())
    assert "is no gap" in render(events.Explained(explanation=explained))
    assert "has no verdict" in render(
        events.Explained(explanation=explained.model_copy(update={"coverage": row(gap=None)}))
    )


def test_the_table_begins_with_the_gaps():
    covered = row(gap=False).model_copy(update={"name": "Moving home", "alignment": 0.01})
    coverage = Coverage(subgoals=(covered, row()), overall=0.1, n_samples=305, n_gaps=1)
    said = render(events.Covered(coverage=coverage))
    assert "1 of 2 subgoals is a gap" in said
    assert said.index("Customers who cannot pay") < said.index("Moving home")
    assert "`█░░░░░░░░░` 0.12" in said


@pytest.mark.parametrize(
    ("done", "shown"), [(0, "Judging 305 samples"), (61, "61 of 305"), (305, "Judged 305 samples")]
)
def test_progress_tells_how_far_it_is(done: int, shown: str):
    assert shown in render(events.Progress(done=done, total=305, seconds=6.1))


def test_progress_tells_pace_and_time_left():
    assert "10 a second, 24 s left" in render(events.Progress(done=61, total=305, seconds=6.1))
    assert "30 a minute" in render(events.Progress(done=1, total=305, seconds=2))


def test_what_is_missing_is_asked_for():
    preview = Sample(id="lf-1", row=1, input=HOSTILE, output="")
    reading = events.Reading(preview=preview, notes=(), n_skipped=2, skipped=("row 7: empty",))
    given = {"engine": "embedded", "model": "m", "reading": None, "goal_is_new": False}
    nothing = render(events.Understood(data=None, goal=None, **given))
    assert "two things" in nothing
    assert "comes next" in nothing
    data = render(events.Understood(data=DATA, goal=None, **(given | {"reading": reading})))
    assert "Now the **goal file**" in data
    assert "skipped 2 rows" in data
    assert "**Output** (none)" in data
    ready = render(events.Understood(data=DATA, goal=GOAL, **(given | {"goal_is_new": True})))
    assert "305 judgements by the embedded engine" in ready
    assert "no language model" in ready


def test_advice_names_the_gap_and_its_steps():
    said = render(events.Advised(name=SUBGOAL.name, coverage=row(), gap=GAP, others=("Moving home",)))
    assert "1. Add 14\\: Collect them" in said or "1. Add 14: Collect them" in said
    assert "Then: Moving home." in said
    assert "nothing that has to be mended" in render(events.Advised(name="", coverage=None, gap=None, others=()))
