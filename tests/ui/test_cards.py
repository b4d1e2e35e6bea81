import pytest
from goalcover.agent.models import (
    Capability,
    CoverageReport,
    Gap,
    Goal,
    Recommendation,
    Sample,
    Subgoal,
    SubgoalCoverage,
)
from goalcover.agent.synthesis import Candidate, Proposal, Verdict
from goalcover.graph.events import Diagnosed, Explained
from goalcover.graph.state import Data, Preview
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, RunInfo
from goalcover.tools.accept import Review
from goalcover.tools.explain import Explanation
from goalcover.tools.plan import Spread
from goalcover.tools.synthesize import Batch
from goalcover.ui.cards import candidates, closed, in_full, overview, shows

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


def proposal(number: int) -> Proposal:
    texts = {"input": f"Question {number}", "output": f"Answer {number}"}
    made = {"capability": "Plans. What they are.", "difficulty": "basic", "form": ""}
    marks = dict.fromkeys(("level", "correctness", "completeness", "faithfulness", "format"), 5)
    return Proposal(
        candidate=Candidate(id=f"c{number}", **texts, **made),
        sample=Sample(id=f"synthetic-c{number}", row=number, **texts),
        verdict=Verdict(candidate_id=f"c{number}", **marks, rationale="Fine.", judge="j"),
        flags=(),
    )


BATCH = Batch(
    subgoal_id="pay", asked=3, proposals=tuple(map(proposal, (1, 2, 3))), rejected=(), rounds=1, shortfall="",
    spread=Spread(capabilities={}, difficulties={}, forms={}), engine="e", missing=(),
)  # fmt: skip
REVIEWS = (
    Review(candidate_id="c2", decision="edited", output="A better answer"),
    Review(candidate_id="c3", decision="rejected", reason="Sounds made up"),
)


def test_candidates_show_what_was_decided_about_them():
    shown = candidates(BATCH, REVIEWS)
    assert shown["open"]
    assert [one["decision"] for one in shown["cards"]] == ["", "edited", "rejected"]
    assert [one["badge"] for one in shown["cards"]] == ["level 5 of 5", "your words", "level 5 of 5"]
    assert [one["output"] for one in shown["cards"]] == ["Answer 1", "A better answer", "Answer 3"]
    assert shown["cards"][2]["why"] == "Sounds made up"


def test_cards_know_their_batch():
    assert shows(candidates(BATCH, REVIEWS), BATCH)
    other = BATCH.model_copy(update={"proposals": BATCH.proposals[:1]})
    assert not shows(candidates(BATCH), other)
    assert candidates(BATCH)["asked"] == candidates(BATCH, REVIEWS)["asked"] != candidates(other)["asked"]


def test_cards_that_are_closed_say_what_became_of_each():
    shown = closed(candidates(BATCH, REVIEWS), "kept")
    assert not shown["open"]
    assert [one["decision"] for one in shown["cards"]] == ["kept", "kept", "rejected"]
