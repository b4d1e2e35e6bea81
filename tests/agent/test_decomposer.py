"""The model's subgoals are valid ones, and its checks hold only where the embedded ones hold too."""

import asyncio

import pytest
from goalcover.agent.checker import both
from goalcover.agent.decomposer import LLMDecomposer
from goalcover.agent.elicitation import (
    Atomicity,
    Checks,
    Completeness,
    Disjointness,
    Specification,
    Uncovered,
    free_id,
    slug,
)
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import Subgoal
from role_data import DRUGS, PROFILE, SPECIFICATION, SUBGOALS, WARNINGS
from scripted import chat_model, scripted, serving

PART = {"name": "Bleeding risk", "description": "Names the risk of bleeding."}


def proposed(name, **more):
    given = {"id": name.lower(), "name": name, "description": "d.", "scope": "some", "share": None, "weight": 1.0}
    return {**given, **more}


def findings(atomic=None, overlaps=(), uncovered=()):
    fine = [{"id": one.id, "ok": True, "reason": "One thing.", "parts": []} for one in SUBGOALS]
    return {"atomic": fine if atomic is None else atomic, "overlaps": list(overlaps), "uncovered": list(uncovered)}


def decompose(folder, *answers, guard=None):
    with serving(brain=scripted(subgoals=answers)) as server:
        model = chat_model(server, folder, "decomposer")
        return asyncio.run(LLMDecomposer(model, None, guard).decompose(SPECIFICATION, PROFILE))


def check(folder, embedder, *answers, guard=None, specification=SPECIFICATION, subgoals=SUBGOALS):
    with serving(brain=scripted(atomic=answers)) as server:
        model = chat_model(server, folder, "decomposer")
        return asyncio.run(LLMDecomposer(model, embedder, guard).check(specification, subgoals))


def test_subgoals_carry_scope_share_and_weight(tmp_path):
    draft = decompose(tmp_path, [proposed("Drugs", share=0.2, weight=2.0), proposed("Tone", scope="every")])
    drugs, tone = draft.subgoals
    assert draft.note == ""
    assert (drugs.id, drugs.scope, drugs.share, drugs.weight) == ("drugs", "some", 0.2, 2.0)
    assert (tone.scope, tone.share) == ("every", None)


def test_ids_are_made_valid_and_unique(tmp_path):
    found = decompose(tmp_path, [proposed("Drug Use"), proposed("drug use!"), proposed("薬の相互作用", id="薬")])
    assert [one.id for one in found.subgoals] == ["drug-use", "drug-use-2", "subgoal"]


@pytest.mark.parametrize(
    "bad",
    [[proposed("One")], [proposed(f"S{n}") for n in range(13)], [proposed("A"), proposed("B", share=2.0)]],
    ids=["too few", "too many", "no share"],
)
def test_what_is_no_decomposition_is_asked_again_for(tmp_path, bad):
    assert len(decompose(tmp_path, bad, [proposed("A"), proposed("B")]).subgoals) == 2
    with pytest.raises(ModelAnswerError):
        decompose(tmp_path, bad)


def test_where_the_model_gives_no_subgoals_the_embedded_ones_stand_and_say_so(tmp_path, embedder):
    draft = decompose(tmp_path, [proposed("One")], guard=EmbeddedDecomposer(embedder))
    assert len(draft.subgoals) >= 2
    assert draft.note.startswith("Taken apart without the model: ")
    assert "it has 1 subgoals" in draft.note


def test_checks_that_hold_say_why(tmp_path, embedder):
    found = check(tmp_path, embedder, findings())
    assert found.failures == ()
    assert [one.id for one in found.atomic] == ["drug-interactions", "warnings"]
    assert -1 <= found.disjoint[0].similarity <= 1


def test_a_subgoal_that_is_two_is_offered_in_parts(tmp_path, embedder):
    two = {"id": DRUGS.id, "ok": False, "reason": "Two things.", "parts": [PART, {**PART, "name": "Bleeding Risk"}]}
    found = check(tmp_path, embedder, findings([two, findings()["atomic"][1]]))
    (failed,) = found.failures
    assert [one.id for one in failed.repair.apply(SUBGOALS)] == ["bleeding-risk", "bleeding-risk-2", "warnings"]
    assert sum(one.share for one in failed.repair.put) == pytest.approx(DRUGS.share)


def test_a_demand_that_nobody_covers_is_offered_as_a_subgoal(tmp_path, embedder):
    every = {**PART, "scope": "every"}
    cites = {"clause": "it must cite its sources", "reason": "No subgoal asks for it.", "missing": every}
    (failed,) = check(tmp_path, embedder, findings(uncovered=[cites])).failures
    assert failed.clause == "it must cite its sources"
    *_, added = failed.repair.apply(SUBGOALS)
    assert (added.id, added.scope) == ("bleeding-risk", "every")


def test_a_demand_that_nobody_made_is_left_out(tmp_path, embedder):
    held = {"clause": "It must  CITE its “sources”.", "reason": "r", "missing": PART}
    made_up = {"clause": "answers in the style of pirates", "reason": "r", "missing": PART}
    found = check(tmp_path, embedder, findings(uncovered=[made_up, held, {**made_up, "clause": "…"}]))
    assert [one.clause for one in found.failures] == [held["clause"]]


def test_an_overlap_is_told_and_subgoals_of_different_scope_are_not_merged(tmp_path, embedder):
    overlap = {"a": WARNINGS.id, "b": DRUGS.id, "reason": "Same risk.", "merged": PART}
    (failed,) = check(tmp_path, embedder, findings(overlaps=[overlap])).failures
    assert (failed.a, failed.b, failed.repair) == (DRUGS.id, WARNINGS.id, None)


@pytest.mark.parametrize(
    "bad",
    [
        findings(findings()["atomic"][:1]),
        findings([*findings()["atomic"], findings()["atomic"][0]]),
        findings(overlaps=[{"a": "drug-interactions", "b": "tone", "reason": "r", "merged": None}]),
    ],
    ids=["missing", "twice", "unknown"],
)
def test_a_check_of_other_subgoals_is_not_accepted(tmp_path, embedder, bad):
    with pytest.raises(ModelAnswerError, match=r"drug-interactions, warnings"):
        check(tmp_path, embedder, bad)


def checks(*, ok, uncovered=()):
    return Checks(
        atomic=(Atomicity(id="a", ok=ok, reason=f"Atomic is {ok}."),),
        disjoint=(Disjointness(a="a", b="b", ok=ok, similarity=0.5, reason=f"Disjoint is {ok}."),),
        complete=Completeness(
            ok=not uncovered, uncovered=tuple(Uncovered(clause=c, reason="Gone.") for c in uncovered)
        ),
    )


@pytest.mark.parametrize(("model", "guard"), [(True, False), (False, True)])
def test_where_model_and_embedded_check_disagree_the_reason_names_both(model, guard):
    found = both(checks(ok=model), checks(ok=guard))
    assert not found.atomic[0].ok
    assert not found.disjoint[0].ok
    assert found.atomic[0].reason == f"The model: Atomic is {model}. The embedded check: Atomic is {guard}."
    assert found.atomic[0].disputed
    assert found.disjoint[0].disputed


def test_where_they_agree_the_models_reason_stands():
    assert both(checks(ok=True), checks(ok=True)) == checks(ok=True)


def test_a_clause_that_either_misses_is_uncovered():
    only_guard = both(checks(ok=True), checks(ok=True, uncovered=["cite"])).complete
    assert (only_guard.ok, only_guard.uncovered[0].reason) == (
        False,
        "The embedded check: Gone. The model: it is covered.",
    )
    two = both(checks(ok=True, uncovered=["cite", "warn"]), checks(ok=True, uncovered=["Warn"])).complete
    assert [(one.clause, one.disputed) for one in two.uncovered] == [("cite", True), ("warn", False)]


def test_the_embedded_check_stands_behind_the_models(tmp_path, embedder):
    class Guard:
        async def check(self, specification, subgoals):
            atomic = tuple(Atomicity(id=one.id, ok=False, reason="Never.") for one in subgoals)
            return Checks(atomic=atomic, disjoint=(), complete=Completeness(ok=True))

    found = check(tmp_path, embedder, findings(), guard=Guard())
    assert [one.reason for one in found.atomic] == ["The model: One thing. The embedded check: Never."] * 2


GERMAN = Specification(goal="Beantworte Fragen von Patienten zu Medikamenten und Herzkrankheiten")


def test_a_goal_in_another_language_is_the_models_alone(tmp_path, embedder):
    guard = EmbeddedDecomposer(embedder)
    medicines = Subgoal(id="a", name="Medikamente", description="Beantwortet Fragen zu Wirkung und Dosis von Tabletten")
    hearts = Subgoal(id="b", name="Herzkrankheiten", description="Beantwortet Fragen zu Krankheiten des Herzens")
    fine = [{"id": one, "ok": True, "reason": "Eines.", "parts": []} for one in "ab"]
    given = {"guard": guard, "specification": GERMAN, "subgoals": (medicines, hearts)}
    assert check(tmp_path, embedder, findings(fine), **given).failures == ()
    with pytest.raises(ModelAnswerError):
        check(tmp_path, embedder, findings([]), **given)
    assert "does not look like English" in asyncio.run(guard.check(GERMAN, (medicines, hearts))).note


def test_where_the_model_gives_no_check_the_embedded_one_stands_and_says_so(tmp_path, embedder):
    class Guard:
        async def check(self, specification, subgoals):
            return checks(ok=True)

    found = check(tmp_path, embedder, findings([]), guard=Guard())
    assert (found.atomic, found.disjoint) == (checks(ok=True).atomic, checks(ok=True).disjoint)
    assert "Checked without the model" in found.note


def test_an_identifier_is_readable_and_unlike_those_taken():
    assert free_id(slug("Zähler & Co."), ()) == "zahler-co"
    assert free_id(slug("a b"), ("a-b", "a-b-2")) == "a-b-3"
    assert len(free_id(slug("a" * 200), {slug("a" * 200)})) <= 80
