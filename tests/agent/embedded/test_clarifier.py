"""Questions: about what is open, in the words of the field, with answers that the goal and the data suggest."""

import asyncio

import pytest
from goalcover.agent.elicitation import DataProfile, Specification, Topic
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.embedded.clauses import clauses
from goalcover.agent.embedded.domains import domains
from goalcover.agent.embedded.naming import subgoal_for
from goalcover.agent.models import SLOTS, Clarification

MEDICAL = "Build a medical question-answering assistant for clinical decision support"
PROFILE = DataProfile(
    topics=tuple(Topic(name=name, share=0.2) for name in ("Surgery", "Randomised trials", "Nursing")),
    n_read=500,
    shape="question-answer",
    input_words=200,
    output_words=40,
)


@pytest.fixture
def clarifier(embedder):
    return EmbeddedClarifier(embedder)


def ask(clarifier, specification, profile=None):
    return asyncio.run(clarifier.ask(specification, profile))


def answered(goal, **answers):
    specification = Specification(goal=goal)
    for slot, answer in answers.items():
        specification = specification.answered(Clarification(question=slot, answer=answer, slot=slot))
    return specification


def test_every_part_of_the_scope_is_asked_about_once_and_three_at_a_time(clarifier):
    specification, seen = Specification(goal=MEDICAL), []
    while questions := ask(clarifier, specification):
        assert len(questions) <= 3
        seen += [question.slot for question in questions]
        first, *rest = questions
        specification = specification.answered(Clarification(question=first.text, answer="none", slot=first.slot))
        specification = specification.without(question.slot for question in rest)
    assert sorted(seen) == sorted(SLOTS)


def test_suggested_answers_come_from_the_data(clarifier):
    first = ask(clarifier, Specification(goal=MEDICAL), PROFILE)[0]
    assert first.text == "Your data is mostly about surgery, randomised trials and nursing: which of these matter?"
    assert first.suggestions[:3] == ("Surgery", "Randomised trials", "Nursing")
    assert first.many


def test_a_misspelt_topic_is_offered_once_as_it_is_spelt(clarifier):
    first = ask(clarifier, Specification(goal="A medical assistant for oncolgy"))[0]
    assert first.suggestions[0] == "Oncology"
    assert "Oncolgy" not in first.suggestions


def test_without_data_they_come_from_the_field(clarifier):
    first = ask(clarifier, Specification(goal=MEDICAL))[0]
    assert "Cardiology" in first.suggestions
    assert len(first.suggestions) <= 6


def test_what_the_goal_says_is_offered_first_and_not_asked_blankly(clarifier):
    goal = "summarise US bills, keeping amounts of money and timelines"
    output = next(one for one in ask(clarifier, Specification(goal=goal)) if one.slot == "output")
    assert output.text.startswith("Besides amounts of money, and dates and deadlines:")
    assert output.suggestions[:2] == ("Amounts of money", "Dates and deadlines")
    assert len(set(output.suggestions)) == len(output.suggestions)


def test_the_next_round_depends_on_the_answers(clarifier):
    settled = {"domain": "cardiology", "task": "none", "output": "none"}
    lay = ask(clarifier, answered(MEDICAL, **settled, audience="Patients and their families"))
    doctors = ask(clarifier, answered(MEDICAL, **settled, audience="Doctors"))
    assert lay[0].slot == doctors[0].slot == "safety"
    assert "patients will act on what it says" in lay[0].text
    assert "patients will act" not in doctors[0].text.lower()


def test_an_answer_tells_the_field_of_a_goal_that_does_not(clarifier):
    before = ask(clarifier, Specification(goal="An assistant"))
    after = ask(clarifier, answered("An assistant", domain="cardiology and oncology", audience="none", task="none"))
    assert all("urgent care" not in answer for one in before for answer in one.suggestions)
    assert any("urgent care" in answer for one in after for answer in one.suggestions)


def test_one_word_that_two_fields_share_does_not_tell_the_field(clarifier):
    asked = ask(clarifier, Specification(goal="Answer the messages of an energy supplier's customers: explain bills"))
    assert not any("policy" in one.text or "Taxation" in one.suggestions for one in asked)
    bills = ask(clarifier, Specification(goal="Summarise bills"))
    assert any("policy" in one.text for one in bills)


def test_short_answers_in_the_data_are_offered_as_the_form(clarifier):
    output = next(
        one
        for one in ask(clarifier, answered(MEDICAL, domain="x", audience="x", safety="x", evidence="x"), PROFILE)
        if one.slot == "output"
    )
    assert output.suggestions[0] == "Short answers (about 40 words as in your data)"


def test_a_ban_in_the_goal_is_not_asked_blankly(clarifier):
    goal = "A medical chatbot about cardiology. It must not discuss billing."
    specification = Specification(goal=goal).without(slot for slot in SLOTS if slot != "out_of_scope")
    (question,) = ask(clarifier, specification)
    assert question.text == "You rule out discussing billing: what else should it leave alone?"


@pytest.mark.parametrize("field", domains())
def test_every_field_asks_about_all_parts_with_few_short_answers(field):
    bank = domains()[field]
    assert sorted(bank.order) == sorted(SLOTS)
    for slot in SLOTS:
        wording = bank.questions[slot]
        assert wording.ask.endswith(("?", "colleague."))
        assert wording.why.endswith(".")
        assert len(wording.suggestions) <= 6
        assert all(len(answer.split()) <= 9 for answer in wording.suggestions)


@pytest.mark.parametrize("field", domains())
def test_every_suggested_rule_becomes_a_subgoal_that_the_bank_describes(field):
    bank = domains()[field]
    described = {one.name for one in bank.capabilities}
    for slot in ("output", "safety", "evidence"):
        for answer in bank.questions[slot].suggestions:
            specification = answered("An assistant", **{slot: answer})
            names = {
                subgoal_for(one, bank, bank.frame).name for one in clauses(specification, bank) if one.slot == slot
            }
            assert names <= described, (field, slot, answer, names)
            assert names or "needed" in answer, (field, slot, answer)
