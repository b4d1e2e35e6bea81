import pytest
from goalcover.agent.models import Capability, CoverageReport, Gap, Goal, Recommendation, Subgoal, SubgoalCoverage
from goalcover.graph.events import Diagnosed, Explained
from goalcover.graph.state import Data, Preview
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, RunInfo
from goalcover.tools.explain import Explanation
from goalcover.ui.cards import in_full, overview

PAY = Subgoal(id="pay", name="Customers who cannot pay", description="Helps them")
ROW = SubgoalCoverage(
    id="pay", name=PAY.name, scope="some", alignment=0.12, ci_low=0.1, ci_high=0.14, support=6, support_share=0.02,
    share_wanted=0.06, n_scored=305, n_unscored=0, histogram=(281, 0, 0, 18, 6, 0), gap=True, rule="6 support it.",
)  # fmt: skip
CAUSES = tuple(
    Capability(
        title=title,
        summary="Says nothing.",
        share=0.5,
        n=9,
        sample_ids=("a", "b"),
        quotes=(f"{title} quote",),
        quote_ids=("a",),
    )
    for title in ("Plans", "Debts")
)
GAP = Gap(
    subgoal_id="pay",
    alignment=0.12,
    kind="rare",
    why="Six of them.",
    capabilities=CAUSES,
    recommendations=(Recommendation(action="Add 14", detail="Write them", sample_ids=tuple("abcdefgh")),) * 2,
)


@pytest.fixture
def diagnosed() -> Diagnosed:
    info = RunInfo(
        created_at="2026-01-01T00:00:00+00:00",
        engine=EngineInfo(name="embedded", model="m", version="1"),
        dataset=DatasetInfo(path="d", fingerprint="f", rows=305),
        goal_sha256="0",
        counts=Counts(samples=305, pairs=305, scored=305, unscored=0, reused=0),
        wall_s=1,
    )
    data = Data(
        source="d",
        name="d",
        shape="s",
        rows=305,
        samples=305,
        fingerprint="f",
        preview=Preview(id="a", input="", output=""),
    )
    coverage = CoverageReport(subgoals=(ROW,), overall=0.1, n_samples=305, n_gaps=1)
    return Diagnosed(data=data, goal=Goal(text="G", subgoals=(PAY,)), coverage=coverage, gaps=(GAP,), info=info)


def test_an_overview_shows_the_largest_cause_and_the_first_step(diagnosed: Diagnosed):
    (card,) = overview(diagnosed)["gaps"]
    assert [one["title"] for one in card["capabilities"]] == ["Plans"]
    assert len(card["advice"]) == 1
    assert card["badge"] == "rare"
    assert "Rare: good samples, but too few. Six of them." in card["standing"]
    assert card["asks"][0]["says"] == "Why is Customers who cannot pay weak?"


def test_an_explanation_shows_everything_and_does_not_ask_why_again():
    found = Explanation(subgoal=PAY, coverage=ROW, gap=GAP, samples=())
    (card,) = in_full(Explained(explanation=found, map=None))["gaps"]
    assert [one["title"] for one in card["capabilities"]] == ["Plans", "Debts"]
    assert all("Why" not in ask["label"] for ask in card["asks"])
    assert card["advice"][0] == "Add 14: Write them Samples: a, b, c, d, e, f and 2 more"


def test_a_quote_is_shown_with_the_sample_that_holds_it():
    found = Explanation(subgoal=PAY, coverage=ROW, gap=GAP, samples=())
    (card,) = in_full(Explained(explanation=found, map=None))["gaps"]
    assert [one["quotes"] for one in card["capabilities"]] == [
        [{"quote": "Plans quote", "sample": "a"}],
        [{"quote": "Debts quote", "sample": "a"}],
    ]


def test_a_covered_subgoal_has_no_card():
    found = Explanation(subgoal=PAY, coverage=ROW, gap=None, samples=())
    assert in_full(Explained(explanation=found, map=None)) == {"gaps": []}
