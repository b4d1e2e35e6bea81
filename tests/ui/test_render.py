import pytest
from goalcover.agent.elicitation import Checks, Completeness, DataProfile, Question, Specification, Topic
from goalcover.agent.models import Capability, Gap, Goal, Recommendation, Subgoal, SubgoalCoverage
from goalcover.agent.models import CoverageReport as Coverage
from goalcover.graph import events
from goalcover.graph.state import Data, Preview, Wait
from goalcover.tools.explain import Explanation, Judged
from goalcover.ui.render import brief, question, render
from goalcover.ui.render.text import Stream, text

HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** [link](http://evil.example) ![i](https://evil.example/p.png) a@evil.example"
)
SUBGOAL = Subgoal(id="pay", name="Customers who cannot pay", description="Helps them")
GOAL = Goal(text="Help", subgoals=(SUBGOAL,))
DATA = Data(
    source="/x/d.jsonl",
    name="d.jsonl",
    shape="alpaca",
    rows=305,
    samples=305,
    fingerprint="f",
    preview=Preview(id="lf-1", input=HOSTILE, output=""),
)


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
    said = render(events.Explained(explanation=explained, map=None))
    for part in (
        "Why Customers who cannot pay is weak",
        "0.12, 95% interval 0.10 to 0.14",
        "No plans",
        "Samples: lf-1",
        "level 0",
    ):
        assert part in said
    assert "<img" not in said
    assert "evil.example)" in said


def test_a_covered_subgoal_is_not_called_weak():
    explained = Explanation(subgoal=SUBGOAL, coverage=row(gap=False), gap=None, samples=())
    assert "is no gap" in render(events.Explained(explanation=explained, map=None))
    assert "has no verdict" in render(
        events.Explained(explanation=explained.model_copy(update={"coverage": row(gap=None)}), map=None)
    )


def test_the_table_begins_with_the_gaps():
    covered = row(gap=False).model_copy(update={"name": "Moving home", "alignment": 0.01})
    coverage = Coverage(subgoals=(covered, row()), overall=0.1, n_samples=305, n_gaps=1)
    said = render(events.Covered(goal=GOAL, coverage=coverage))
    assert "1 of 2 subgoals is a gap" in said
    assert said.index("Customers who cannot pay") < said.index("Moving home")
    assert "`█░░░░░░░░░` 0.12" in said
    assert "kept" not in said
    said = render(events.Covered(goal=GOAL, coverage=coverage, kept=(coverage.subgoals[0],)))
    assert "- **Moving home**: no gap." in said


@pytest.mark.parametrize(
    ("done", "shown"), [(0, "Judging 305 samples"), (61, "61 of 305"), (305, "Judged 305 samples")]
)
def test_progress_tells_how_far_it_is(done: int, shown: str):
    assert shown in render(events.Progress(done=done, total=305, seconds=6.1))


def test_progress_tells_pace_and_time_left():
    assert "10 a second, 24 s left" in render(events.Progress(done=61, total=305, seconds=6.1))
    assert "30 a minute" in render(events.Progress(done=1, total=305, seconds=2))
    running = events.Progress(done=61, total=305, seconds=6.1, means=(("Bills", 0.312), ("Gas", 0.0)))
    assert render(running).endswith("Bills 0.31 · Gas 0.00")


def profile(*topics: str) -> DataProfile:
    named = tuple(Topic(name=name, share=0.1) for name in topics)
    return DataProfile(topics=named, n_read=305, shape="alpaca", input_words=20, output_words=40)


def test_what_is_missing_is_asked_for():
    nothing = render(events.Welcomed(data=None))
    assert "what your model should be able to do" in nothing
    assert "dataset" in nothing
    assert render(events.Welcomed(data=DATA)).startswith("What should the model be able to do?")


def test_what_was_read_is_shown_as_text():
    reading = events.Reading(
        data=DATA, profile=profile("bills", HOSTILE), notes=(), n_skipped=2, skipped=("row 7\\: empty",)
    )
    said = render(events.Understood(reading=reading, goal=None))
    for part in (
        "305 samples in 305 rows",
        "mostly about bills",
        "skipped 2 rows",
        "**Output** (none)",
        "I read lf-1 as",
    ):
        assert part in said
    assert "<img" not in said
    assert "1 subgoal" in render(events.Understood(reading=None, goal=GOAL))


def test_the_cost_is_told_before_anything_is_judged():
    ready = events.Ready(goal=GOAL, data=DATA, pairs=305, seconds=42.0, estimate="", engine="embedded", model="m")
    said = render(ready)
    assert "305 judgements** by the embedded engine" in said
    assert "no cost, about 42 s at the most" in said
    assert "2 USD" in render(ready.model_copy(update={"estimate": "about 5 calls, 2 USD"}))
    assert "about 5 min" in render(ready.model_copy(update={"seconds": 300.0}))
    assert "Now the **dataset**" in render(ready.model_copy(update={"data": None}))


def test_a_plan_shows_subgoals_checks_and_what_was_let_pass():
    goal = GOAL.model_copy(update={"overruled": ("Pay was kept as one subgoal.",)})
    checks = Checks(atomic=(), disjoint=(), complete=Completeness(ok=False), noted=("Plain language", "Short answers"))
    said = render(events.Planned(goal=goal, checks=checks, open=2))
    assert "*Not judged, since the judge cannot see it in a sample: Plain language, Short answers.*" in said.replace(
        "\\", ""
    )
    assert "| Customers who cannot pay | Helps them | 50% of the samples, at least 20 |" in said
    assert "✓ Atomic · ✓ Disjoint · ✗ Complete" in said
    assert "- Pay was kept as one subgoal." in said
    assert "decide on 2 things" in said


def test_a_question_says_its_place_and_why_it_is_asked():
    asked = Question(text="Which topics?", why="Each becomes a subgoal.", suggestions=("a", "b"), many=True)
    said = question(Wait(question=asked, number=2, of=3))
    assert said.startswith("**Question 2 of 3** Which topics? (several may apply)")
    assert "*Each becomes a subgoal.*" in said
    assert "Question" not in question(Wait(question=asked))
    assert question(Wait()) == ""


def test_a_goal_that_holds_markup_is_text():
    said = render(events.Begun(specification=Specification(goal=HOSTILE), data=None))
    assert "<img" not in said
    assert "Hand over the dataset whenever you like" in said


def test_where_cards_stand_beside_it_an_answer_is_short():
    explained = Explanation(subgoal=SUBGOAL, coverage=row(), gap=GAP, samples=(JUDGED,))
    said = brief(events.Explained(explanation=explained, map=None))
    assert "Why Customers who cannot pay is weak" in said
    assert "No plans" not in said


def test_two_subgoals_stand_side_by_side():
    said = render(events.Compared(a=row(), b=row(gap=False), correlation=0.27, both=2))
    assert "rank correlation of 0.27" in said
    assert "2 samples support both" in said
    one = render(events.Compared(a=row(), b=row(), correlation=None, both=1))
    assert "same level everywhere" in one
    assert "1 sample supports both" in one


def test_another_threshold_is_told_by_what_it_changes():
    said = render(events.Supposed(threshold=0.3, gaps=("A", "B"), new=("B",), gone=("C",)))
    assert "2 subgoals would be gaps" in said
    assert "- B would become one" in said
    assert "- C would be none any more" in said
    assert "nothing would be a gap" in render(events.Supposed(threshold=0.1, gaps=(), new=(), gone=()))


def test_what_is_needed_is_told_per_gap():
    need = events.Need(name="Pay", coverage=row(), needed=14, to_rewrite=3)
    said = render(events.Needed(needs=(need,)))
    assert "about 14 new samples at level 4 or better, or 3 of the low-scoring ones" in said
    assert "is no gap" in render(
        events.Needed(needs=(events.Need(name="Pay", coverage=row(), needed=0, to_rewrite=None),))
    )
    assert "nothing has to be collected" in render(events.Needed(needs=()))


def test_subgoals_that_move_together_are_offered_to_be_merged():
    pair = events.Overlap(a="Bills", b="Invoices", correlation=0.97)
    said = render(events.Overlapping(pairs=(pair,)))
    assert "rank correlation 0.97" in said
    assert "**merge Bills and Invoices**" in said


def test_advice_names_the_gap_and_its_steps():
    said = render(events.Advised(name=SUBGOAL.name, coverage=row(), gap=GAP, others=("Moving home",)))
    assert "1. Add 14\\: Collect them" in said or "1. Add 14: Collect them" in said
    assert "Then: Moving home." in said
    none = {"name": "", "coverage": None, "gap": None, "others": ()}
    assert "nothing that has to be mended" in render(events.Advised(**none))
    assert render(events.Advised(**none, closed=("Moving home",))) == "The samples that were kept close Moving home."


@pytest.mark.parametrize(
    ("pieces", "gone"),
    [
        (["see [here", "](https", "://evil.example)"], "]("),
        (["![i", "]", "(x.png)"], "]("),
        (["http", ":", "/", "/evil.example"], "://"),
        (["a <", "b>bold</b>"], "<b>"),
        (["www", ".evil.example"], "www.e"),
        (["mail a@", "evil.example"], "a@e"),
        (["it is :", "note[x]"], " :note"),
    ],
)
def test_what_a_model_says_is_markdown_but_for_links_images_and_directives(pieces, gone):
    stream = Stream()
    shown = "".join(map(stream.feed, pieces)) + stream.rest()
    assert gone not in shown


def test_a_models_emphasis_and_lists_stay():
    stream = Stream()
    assert stream.feed("**Two** gaps:\n- a\n- b") + stream.rest() == "**Two** gaps:\n- a\n- b"
