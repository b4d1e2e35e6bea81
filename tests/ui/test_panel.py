from goalcover.agent.elicitation import Atomicity, Checks, Completeness, Disjointness, Specification, Uncovered
from goalcover.agent.models import SLOTS, Clarification, CoverageReport, Goal, Subgoal
from goalcover.graph.replies import slot_to_change
from goalcover.graph.state import Data, Preview
from goalcover.tools.coverage import cover
from goalcover.ui.panel import panel

BILLS = Subgoal(id="bills", name="Bills", description="Explains bills")
GAS = Subgoal(id="gas", name="Gas leaks", description="Says what to do", scope="every", weight=2)
KNOWN = Specification(
    goal="Help customers",
    answers=(Clarification(question="Who?", answer="Customers", slot="audience"),),
    skipped=("evidence",),
)
DATA = Data(
    source="d", name="d.jsonl", shape="alpaca", rows=1200, samples=1200, fingerprint="f",
    preview=Preview(id="1", input="", output=""),
)  # fmt: skip


def test_there_is_no_panel_before_there_is_a_goal():
    assert panel({}) is None
    assert panel({"specification": None}) is None


def test_the_scope_says_what_was_answered_and_what_was_left_open():
    shown = panel({"specification": KNOWN, "data": DATA})
    scope = {one["label"]: one for one in shown["scope"]}
    assert tuple(scope)[:3] == ("Topics", "Task", "Form of the answers")
    assert len(scope) == 7
    assert scope["Audience"]["answer"] == "Customers"
    assert scope["Evidence"]["skipped"]
    assert shown["data"] == "d.jsonl, 1,200 samples"
    assert shown["subgoals"] == []


def test_every_part_of_the_scope_can_be_changed_by_what_its_button_says():
    shown = panel({"specification": KNOWN})
    assert tuple(slot_to_change(one["says"]) for one in shown["scope"]) == SLOTS


def test_each_subgoal_shows_its_checks():
    checks = Checks(
        atomic=(Atomicity(id="bills", ok=False, reason="Two capabilities"), Atomicity(id="gas", ok=True, reason="")),
        disjoint=(Disjointness(a="bills", b="gas", ok=False, similarity=0.9, reason="Same"),),
        complete=Completeness(ok=False, uncovered=(Uncovered(clause="heat pumps", reason="none"),)),
    )
    goal = Goal(text="Help customers", subgoals=(BILLS, GAS), overruled=("Kept.",))
    shown = panel({"specification": KNOWN, "goal": goal, "checks": checks})
    bills, gas = shown["subgoals"]
    assert bills["problems"] == ["Two capabilities", "Overlaps with Gas leaks"]
    assert gas["problems"] == ["Overlaps with Bills"]
    assert (bills["wanted"], gas["wanted"]) == ("50% of the samples, at least 20", "every sample, weight 2")
    ruled = panel({"specification": KNOWN, "goal": goal.model_copy(update={"threshold": 0.6})})
    assert [one["wanted"] for one in ruled["subgoals"]] == [f"a mean alignment of 0.6{x}" for x in ("", ", weight 2")]
    assert (bills["toggle"], gas["toggle"]) == (
        "Every sample should show Bills",
        "Some samples should show Gas leaks",
    )
    assert (bills["badge"], bills["figures"]) == ("to decide", "")
    assert shown["uncovered"] == ["heat pumps"]
    assert shown["overruled"] == ["Kept."]


def test_once_judged_a_subgoal_shows_its_verdict_and_figures_in_place_of_its_checks():
    goal = Goal(text="Help customers", subgoals=(BILLS, GAS))
    checks = Checks(atomic=(), disjoint=(), complete=Completeness(ok=True, uncovered=()))
    rows = (cover(goal, BILLS, [98, 0, 0, 0, 1, 1], 0), cover(goal, GAS, [0, 0, 0, 0, 0, 100], 0))
    coverage = CoverageReport(subgoals=rows, overall=0.5, n_samples=100, n_gaps=1)
    state = {"specification": KNOWN, "goal": goal, "checks": checks}
    assert [one["badge"] for one in panel(state)["subgoals"]] == ["holds", "holds"]
    bills, gas = panel(state, coverage)["subgoals"]
    assert (bills["badge"], gas["badge"]) == ("gap", "covered")
    assert bills["figures"].startswith("alignment 0.02 (0.00 to 0.0")
    assert bills["figures"].endswith("supported by 2 of 100")
