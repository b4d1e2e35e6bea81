"""The checks against hand labels, and the repairs they offer. One half of the probes set the cuts."""

from functools import cache
from pathlib import Path

import pytest
import yaml
from goalcover.agent.elicitation import Specification
from goalcover.agent.embedded.checks import check
from goalcover.agent.embedded.domains import GENERIC, recognise
from goalcover.agent.models import Clarification, Subgoal

PROBES = Path(__file__).parents[2] / "probes"
GOAL = Specification(goal="An assistant")
OTHERS = tuple(
    Subgoal(id=name.lower(), name=name, description=f"Answers questions about {name.lower()}")
    for name in ("Beekeeping", "Astrology")
)


@cache
def probes(name):
    return yaml.safe_load((PROBES / "elicitation" / name).read_text("utf-8"))


def subgoal(name, description="", number=0, **fields):
    return Subgoal(id=f"s{number}", name=name, description=description or f"Answers questions about {name}", **fields)


def pair(probe):
    return tuple(subgoal(*probe[side], number=number) for number, side in enumerate("ab"))


def atom(probe):
    return subgoal(probe["name"], probe["description"])


def test_what_is_added_takes_no_id_that_another_subgoal_has_kept(embedder):
    renamed = Subgoal(id="welding", name="Astrology", description="Answers questions about astrology")
    (missing,) = check(Specification(goal="Answer questions about welding"), (renamed,), embedder).complete.uncovered
    assert missing.repair.put[0].id == "welding-2"


def test_a_split_takes_the_description_apart_too(embedder):
    told = "Helps customers with car accidents and with water damage at home"
    one = subgoal("Motor crashes and roof leaks", told)
    (split,) = [found.repair for found in check(GOAL, (one,), embedder).atomic]
    assert [part.description for part in split.put] == [
        "Helps customers with car accidents",
        "Helps customers with water damage at home",
    ]


@pytest.mark.parametrize("part", ["tune", "held"])
def test_overlaps_are_told_from_neighbours(embedder, part):
    labelled = [probe for probe in probes("pairs.yaml") if probe["part"] == part]
    found = [not check(GOAL, pair(probe), embedder).disjoint[0].ok for probe in labelled]
    right = sum(same == probe["same"] for same, probe in zip(found, labelled, strict=True))
    assert len(labelled) == 69
    assert right / len(labelled) >= 0.95


@pytest.mark.parametrize("part", ["tune", "held"])
def test_a_goal_s_field_is_told_and_one_word_alone_decides_nothing(embedder, part):
    labelled = [probe for probe in probes("fields.yaml") if probe["part"] == part]
    found = [(probe["field"], recognise(probe["goal"], embedder).id) for probe in labelled]
    assert len(labelled) == 36
    assert sum(wanted == field for wanted, field in found) / len(labelled) >= 0.85
    assert sum(field not in {wanted, GENERIC} for wanted, field in found) <= 1


@pytest.mark.parametrize("part", ["tune", "held"])
def test_one_capability_is_told_from_several_and_from_none(embedder, part):
    labelled = [probe for probe in probes("atoms.yaml") if probe["part"] == part]
    found = [check(GOAL, (atom(probe),), embedder).atomic[0].ok for probe in labelled]
    right = sum(ok == (probe["is"] == "atomic") for ok, probe in zip(found, labelled, strict=True))
    assert len(labelled) == 45
    assert right / len(labelled) >= 0.95


def test_subgoals_that_people_wrote_for_other_purposes_are_seldom_called_compound_or_alike(embedder):
    atomic, disjoint = [], []
    for path in sorted(PROBES.glob("*.goal.yaml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        subgoals = [Subgoal.model_validate(one) for one in content["subgoals"]]
        checks = check(Specification(goal=content["goal"]), subgoals, embedder)
        atomic += [one.ok for one in checks.atomic]
        disjoint += [one.ok for one in checks.disjoint]
    assert len(atomic) > 80
    assert sum(atomic) / len(atomic) >= 0.97
    assert sum(disjoint) / len(disjoint) >= 0.99


def test_every_offered_split_or_rewording_leaves_subgoals_that_are_atomic(embedder):
    for probe in probes("atoms.yaml"):
        verdict = check(GOAL, (atom(probe), *OTHERS), embedder).atomic[0]
        if verdict.ok:
            continue
        assert verdict.repair is not None
        mended = verdict.repair.apply((atom(probe), *OTHERS))
        assert len({one.id for one in mended}) == len(mended)
        assert len(mended) > len(OTHERS) + (probe["is"] == "compound")
        assert all(one.ok for one in check(GOAL, mended, embedder).atomic), (probe["name"], mended)


def test_every_offered_merge_leaves_one_of_two(embedder):
    for probe in probes("pairs.yaml"):
        verdict = check(GOAL, pair(probe), embedder).disjoint[0]
        if not verdict.ok:
            mended = verdict.repair.apply((*pair(probe), *OTHERS))
            assert len(mended) == 1 + len(OTHERS)
            assert check(GOAL, mended, embedder).disjoint[0].ok


def test_every_offered_addition_covers_its_clause(embedder):
    goals = [yaml.safe_load(path.read_text("utf-8"))["goal"] for path in sorted(PROBES.glob("*.goal.yaml"))]
    goals.append("A medical chatbot about heart disease, asthma and yoga that cites its sources and is polite")
    for goal in goals:
        specification = Specification(goal=goal)
        first = check(specification, OTHERS, embedder).complete
        subgoals = OTHERS
        for one in first.uncovered:
            if one.repair.put[0].id not in {other.id for other in subgoals}:
                subgoals = one.repair.apply(subgoals)
        assert check(specification, subgoals, embedder).complete.ok, goal
    assert [one.clause for one in first.uncovered] == [
        "heart disease",
        "asthma",
        "yoga",
        "cites its sources",
        "is polite",
    ]


def test_a_clause_that_a_subgoal_covers_in_other_words_is_covered(embedder):
    specification = Specification(goal="A chatbot about heart disease and tumours").answered(
        Clarification(question="Anything to leave alone?", answer="veterinary questions", slot="out_of_scope")
    )
    subgoals = (subgoal("Cardiology", number=1), subgoal("Cancer care", number=2))
    assert check(specification, subgoals, embedder).complete.ok
    missing = check(specification, subgoals[:1], embedder).complete
    assert [one.clause for one in missing.uncovered] == ["tumours"]
    assert "the goal asks for" in missing.uncovered[0].reason


def test_a_missing_answer_is_named_with_where_it_was_given(embedder):
    form = Clarification(question="Form?", answer="bullet points", slot="output")
    readers = Clarification(question="Who?", answer="Nurses. It must warn about allergies.", slot="audience")
    first, second = check(GOAL.answered(form).answered(readers), OTHERS, embedder).complete.uncovered
    assert "your answer about the form of the answers" in first.reason
    assert first.repair.label == "Add “Bullet points”"
    assert "your answer about the audience" in second.reason


def test_the_reason_says_what_to_do(embedder):
    checks = check(GOAL, (subgoal("Drug interactions and dosing"), subgoal("Be helpful", "Is helpful", 1)), embedder)
    compound, vague = checks.atomic
    assert "two capabilities, drug interactions and dosing" in compound.reason
    assert compound.repair.label == "Split it into Drug interactions and Dosing"
    assert [one.name for one in compound.repair.put] == ["Drug interactions", "Dosing"]
    assert "nothing that a sample can show" in vague.reason


def test_a_split_keeps_the_weight_and_a_merge_adds_the_shares(embedder):
    first = subgoal("Cardiology and oncology", weight=3.0)
    split = check(GOAL, (first,), embedder).atomic[0].repair
    assert sum(one.weight for one in split.put) == 3.0
    twins = (subgoal("Heart disease", share=0.2), subgoal("Cardiology", number=1, share=0.1))
    (verdict,) = check(GOAL, twins, embedder).disjoint
    assert verdict.repair.put[0].share == pytest.approx(0.3)


def test_two_subgoals_of_one_name_are_never_disjoint(embedder):
    twins = (subgoal("Tides", "Explains the sea"), subgoal("tides", "Forecasts stock prices", 1))
    assert not check(GOAL, twins, embedder).disjoint[0].ok


def test_different_tasks_on_the_same_things_are_disjoint(embedder):
    tasks = (subgoal("Writing news", "Writes news"), subgoal("Sorting news", "Sorts news", 1))
    assert check(GOAL, tasks, embedder).disjoint[0].ok


def test_no_subgoals_is_a_decomposition_that_covers_nothing(embedder):
    checks = check(Specification(goal="A chatbot about beekeeping"), (), embedder)
    assert checks.atomic == checks.disjoint == ()
    assert [one.clause for one in checks.complete.uncovered] == ["beekeeping"]
