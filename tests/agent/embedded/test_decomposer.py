"""Subgoals of a specification: named as a title, described for the judge, scoped as the contract says."""

import asyncio
import re

import pytest
from goalcover.agent.elicitation import DataProfile, Specification, Topic
from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.models import Clarification, Goal

GOALS = (
    "Build a medical question-answering assistant for clinical decision support",
    "summarise US bills, keeping amounts of money, affected parties and timelines",
    "Python coding assistant for data science and web development",
    "customer support for an energy supplier",
    "teach teenagers personal finance",
    "beekeeping",
    "I want to fine-tune Llama to explain contracts to consumers",
    "Our company, a maker of industrial pumps, wants a model that reads the reports our technicians write and answers "
    "the questions of dispatchers. It should classify the fault, extract the spare parts that were used, summarise "
    "what was done in two sentences and suggest the next maintenance date. It must cover centrifugal pumps, dosing "
    "pumps, compressors, seals and bearings, motors, and control electronics. Replies have to be polite, short and in "
    "plain English, with step-by-step instructions, and must warn about high pressure. It must not quote prices.",
)


@pytest.fixture
def decomposer(embedder):
    return EmbeddedDecomposer(embedder)


def decompose(decomposer, goal, profile=None, **answers):
    specification = Specification(goal=goal)
    for slot, answer in answers.items():
        specification = specification.answered(Clarification(question=slot, answer=answer, slot=slot))
    return asyncio.run(decomposer.decompose(specification, profile)).subgoals


def names(subgoals):
    return [one.name for one in subgoals]


@pytest.mark.parametrize("goal", GOALS)
def test_any_goal_gives_a_goal_file_with_a_handful_of_well_named_subgoals(decomposer, goal):
    subgoals = decompose(decomposer, goal)
    assert (1 if goal == "beekeeping" else 3) <= len(subgoals) <= 12
    Goal(text=goal, subgoals=subgoals)  # ids are unique
    for one in subgoals:
        assert re.fullmatch(r"\S+(?: \S+){0,4}", one.name)
        assert one.name[0].isupper()
        assert one.description[0].isupper()
        assert not re.search(r"\b(?:of|and|or|the|for|with|to)$", one.name)


@pytest.mark.parametrize("goal", GOALS)
def test_what_it_proposes_passes_the_checks(decomposer, goal):
    subgoals = decompose(decomposer, goal)
    checks = asyncio.run(decomposer.check(Specification(goal=goal), subgoals))
    kinds = [one for one in checks.failures if not hasattr(one, "clause")]  # twelve may be too few for a long goal
    assert kinds == []


def test_an_enumeration_of_topics_is_a_subgoal_each(decomposer):
    subgoals = decompose(decomposer, GOALS[0], domain="cardiology, oncology and paediatrics")
    some = [one for one in subgoals if one.scope == "some"]
    assert names(some) == ["Cardiology", "Oncology", "Paediatrics"]
    assert some[0].description == "Answers questions about heart disease, its diagnosis and its treatment"


def test_forms_are_wanted_of_every_sample_in_words_that_the_judge_counts(decomposer):
    subgoals = decompose(decomposer, GOALS[1])
    every = {one.name: one for one in subgoals if one.scope == "every"}
    assert set(every) == {"Amounts of money", "Affected parties", "Dates and deadlines"}
    assert cue_of(every["Amounts of money"]).noun == "amounts of money"
    assert cue_of(every["Dates and deadlines"]).noun == "dates and periods"


def test_a_topic_that_nobody_knows_stands_in_a_sentence_as_it_was_said(decomposer):
    subgoals = decompose(decomposer, "a bot that knows Warhammer lore and painting miniatures")
    assert subgoals[0].description == "Answers questions about Warhammer lore"
    assert "Painting miniatures" in names(subgoals)


def test_topics_of_the_data_are_proposed_and_the_share_wanted_is_not_what_the_data_has(decomposer):
    topics = (Topic(name="Cardiology", share=0.3), Topic(name="Wound healing", share=0.1))
    profile = DataProfile(topics=topics, n_read=100, shape="alpaca", input_words=20, output_words=80)
    subgoals = decompose(decomposer, "A medical assistant", profile)
    assert {"Cardiology", "Wound healing", "Drug information"} <= set(names(subgoals))
    assert all(one.share is None for one in subgoals)


def test_what_is_out_of_scope_is_no_subgoal(decomposer):
    assert "Surgery" in names(decompose(decomposer, "A medical assistant"))
    assert "Surgery" not in names(decompose(decomposer, "A medical assistant", out_of_scope="surgery"))


def test_what_the_embedded_judge_cannot_see_is_no_subgoal(decomposer):
    subgoals = decompose(decomposer, GOALS[0], audience="Patients", output="Short answers; Bullet points")
    assert "Bullet points" in names(subgoals)
    assert "Short answers" not in names(subgoals)
    checks = asyncio.run(decomposer.check(Specification(goal="Short, polite answers about bees"), subgoals[:1]))
    assert all("short" not in one.clause.lower() for one in checks.complete.uncovered)
    assert checks.noted == ("Short answers",)
    unsure = Specification(goal="A medical assistant that answers questions on cardiology and admits when it is unsure")
    assert names(asyncio.run(decomposer.decompose(unsure, None)).subgoals)[0] == "Cardiology"
    assert asyncio.run(decomposer.check(unsure, subgoals[:1])).noted == ("Admits when it is unsure",)


@pytest.mark.parametrize(
    ("slot", "answer"),
    [
        ("safety", "it should speak German, Turkish and English"),
        ("output", "German, Turkish and English"),
        ("output", "answers must be in German, Turkish, and English"),
        ("domain", "it must answer in German, Turkish and English"),
    ],
)
def test_languages_are_told_as_what_the_judge_cannot_see(decomposer, slot, answer):
    said = Specification(goal=GOALS[0], answers=(Clarification(question="?", answer=answer, slot=slot),))
    subgoals = asyncio.run(decomposer.decompose(said, None)).subgoals
    assert not any(language in one.description for one in subgoals for language in ("German", "Turkish", "English"))
    checks = asyncio.run(decomposer.check(said, subgoals))
    assert checks.noted == ("German language", "Turkish language", "English language")
    assert checks.failures == ()


def test_a_misspelt_topic_is_taken_for_the_one_of_the_field_and_that_is_told(decomposer):
    goal = Specification(goal="A medical assistant for oncolgy, physchiatry, odontology and zqxwvkjh")
    draft = asyncio.run(decomposer.decompose(goal, None))
    assert names(draft.subgoals) == ["Oncology", "Mental health", "Odontology", "Zqxwvkjh"]
    assert "“oncolgy” as Oncology and “physchiatry” as psychiatry" in draft.note
    assert asyncio.run(decomposer.check(goal, draft.subgoals)).complete.ok


def test_a_verb_that_nobody_knows_is_a_task_and_what_became_no_subgoal_is_told(decomposer):
    goal = Specification(goal="A bot that groks invoices, never gives tax advice and predicts yields from satellites")
    draft = asyncio.run(decomposer.decompose(goal, None))
    grokking = next(one for one in draft.subgoals if one.name == "Groks invoices")
    assert (grokking.description, grokking.scope) == ("Groks invoices", "some")
    assert "rules out “gives tax advice”" in draft.note
    assert "no subgoal of “satellites”" in draft.note
    drafts = asyncio.run(decomposer.decompose(Specification(goal="An assistant that drafts contracts"), None))
    assert "Drafting clauses" in names(drafts.subgoals)
    assert not drafts.note
    translated = asyncio.run(decomposer.decompose(Specification(goal="Translate contracts into French"), None))
    assert "no subgoal of “translating contracts”" in translated.note
    unseen = Specification(goal="Answers questions about wine, and says when it is not sure")
    assert "no subgoal of “says when it is not sure”" in asyncio.run(decomposer.decompose(unseen, None)).note


def test_one_task_frames_the_topics_and_several_are_told_apart(decomposer):
    one = decompose(decomposer, "Summarise bills")
    assert all(name.split()[0] != "Summarising" for name in names(one))
    assert one[0].description.startswith("Summarises bills about")
    several = decompose(decomposer, "An assistant that drafts, reviews and explains commercial contracts")
    assert {"Drafting", "Reviewing", "Explaining"} <= {name.split()[0] for name in names(several)}


def test_a_task_goes_by_its_name_in_any_form_of_its_verb(decomposer):
    for goal in ("explains python code, writes SQL and fixes bugs", "is explaining regexes and fixing bugs"):
        assert "Debugging" in names(decompose(decomposer, f"Build a coding helper that {goal}"))


def test_what_nobody_asked_for_is_told_and_never_what_the_goal_rules_out(decomposer):
    letters = Specification(goal="Write medical letters about strokes, never giving a prognosis")
    draft = asyncio.run(decomposer.decompose(letters, None))
    assert "Clinical reasoning" not in names(draft.subgoals)
    assert draft.note.endswith(
        "You did not ask for “Safety warnings”, which such goals usually do: drop what your data need not show."
    )
    assert names(decompose(decomposer, "a bot that writes haikus")) == ["Haikus"]
    assert "Surgery" not in names(decompose(decomposer, "A medical assistant. It must not discuss surgery."))


def test_the_same_specification_gives_the_same_subgoals(decomposer):
    assert decompose(decomposer, GOALS[-1]) == decompose(decomposer, GOALS[-1])
