"""What a goal asks for, clause by clause: frames, enumerations and connecting words of everyday English."""

import pytest
from goalcover.agent.elicitation import Specification
from goalcover.agent.embedded.clauses import clauses, goal_clauses
from goalcover.agent.embedded.domains import domains
from goalcover.agent.embedded.items import is_frame, split
from goalcover.agent.embedded.naming import subgoal_for
from goalcover.agent.models import Clarification
from hypothesis import given, settings
from hypothesis import strategies as st

FIELDS = domains()


def read(goal, field="generic"):
    return [(one.slot, one.text) for one in goal_clauses(goal, FIELDS[field])]


@pytest.mark.parametrize(
    ("goal", "field", "expected"),
    [
        (
            "Build a medical question-answering assistant for clinical decision support",
            "medical",
            [("task", "clinical decision support")],
        ),
        (
            "summarise US bills, keeping amounts of money, affected parties and timelines",
            "legislation",
            [("output", "amounts of money"), ("output", "affected parties"), ("output", "timelines")],
        ),
        (
            "Python coding assistant for data science and web development",
            "code",
            [("domain", "data science"), ("domain", "web development")],
        ),
        ("customer support for an energy supplier", "support", []),
        (
            "Answer questions about solar panels for household customers of an energy supplier, step by step",
            "generic",
            [("domain", "solar panels"), ("audience", "household customers"), ("output", "step by step")],
        ),
        ("Kindly answer questions from parents about vaccines", "generic", [("domain", "vaccines")]),
        (
            "A chatbot that helps first-time home buyers understand mortgages",
            "generic",
            [("audience", "first-time home buyers"), ("domain", "mortgages")],
        ),
        (
            "Help developers find and fix bugs",
            "code",
            [("audience", "developers"), ("task", "finding bugs"), ("task", "fixing bugs")],
        ),
        ("teach teenagers personal finance", "personal_finance", [("audience", "teenagers")]),
        ("beekeeping", "generic", [("domain", "beekeeping")]),
        (
            "Help farmers diagnose crop diseases and plan irrigation",
            "generic",
            [("audience", "farmers"), ("task", "diagnosing crop diseases"), ("task", "planning irrigation")],
        ),
        (
            "summarize legislation while preserving monetary and regulatory detail",
            "legislation",
            [("output", "monetary detail"), ("output", "regulatory detail")],
        ),
        (
            "summarises US bills in plain words and keeps the money amounts",
            "legislation",
            [("output", "plain words"), ("output", "money amounts")],
        ),
        (
            "translate recipes and preserve the quantities",
            "generic",
            [("domain", "recipes"), ("output", "quantities")],
        ),
        ("a shop assistant for returns and shipping", "support", [("domain", "returns"), ("domain", "shipping")]),
        ("an online bank chatbot for lost cards", "support", [("domain", "lost cards")]),
        ("a support bot for lost cards", "generic", [("domain", "lost cards")]),
        ("support agent for lost cards", "generic", [("domain", "lost cards")]),
        ("support agents with lost cards", "generic", [("audience", "agents"), ("domain", "lost cards")]),
        ("explain system design", "generic", [("domain", "system design")]),
        ("a legal summariser", "legal", []),
        ("our planner of production schedules", "generic", [("domain", "production schedules")]),
        ("an essay grader for schools", "generic", [("domain", "essay")]),
        (
            "help our analysts summarise annual reports",
            "finance",
            [("audience", "analysts"), ("domain", "annual reports")],
        ),
        ("help our analysts with annual reports", "finance", [("audience", "analysts"), ("domain", "annual reports")]),
        (
            "a multilingual medical assistant that answers in Hindi and Dutch",
            "medical",
            [("output", "multilingual"), ("output", "Hindi"), ("output", "Dutch")],
        ),
        ("a German customer service bot", "support", [("output", "German")]),
        (
            "translate contracts from German to English",
            "legal",
            [("task", "translating contracts"), ("output", "German"), ("output", "English")],
        ),
        ("it should speak Thai about housing", "generic", [("output", "Thai"), ("domain", "housing")]),
        (
            "an assistant that drafts wills, never gives tax advice and says when it does not know",
            "generic",
            [("domain", "wills"), ("out_of_scope", "gives tax advice"), ("safety", "says when it does not know")],
        ),
        (
            "explains Python errors and never makes things up",
            "code",
            [("domain", "Python errors"), ("safety", "never makes things up")],
        ),
        ("an assistant that groks our invoices", "generic", [("task", "groks our invoices")]),
        (
            "a bot that summarises notes, flags drug interactions and translates them into French",
            "generic",
            [
                ("task", "summarising notes"),
                ("task", "flags drug interactions"),
                ("task", "translating notes"),
                ("output", "French"),
            ],
        ),
        (
            "help customers return items, but don't promise refunds",
            "generic",
            [("audience", "customers"), ("domain", "return items"), ("out_of_scope", "promise refunds")],
        ),
        (
            "a bot that covers birds, sports injuries and savings accounts",
            "generic",
            [("domain", "birds"), ("domain", "sports injuries"), ("domain", "savings accounts")],
        ),
        ("medicines that interact", "generic", [("domain", "medicines that interact")]),
        ("a bot that knows when to escalate", "generic", [("safety", "when to escalate")]),
        (
            "So basically our support team gets like 400 tickets a day about failed logins and we want something that "
            "drafts the first reply so an agent only has to check it",
            "support",
            [("domain", "failed logins"), ("domain", "first reply")],
        ),
        (
            "My PhD is about solar cells and I'd like an assistant that reads papers and extracts yields",
            "generic",
            [("domain", "solar cells"), ("domain", "yields")],
        ),
        (
            "entity recognition for recipes (names, amounts and times) output as JSON",
            "generic",
            [
                ("domain", "entity recognition"),
                ("domain", "recipes (names, amounts and times)"),
                ("output", "output as JSON"),
            ],
        ),
        ("improve my model's reasoning", "generic", [("evidence", "improve my model's reasoning")]),
        ("escalate self-harm to a human", "generic", [("safety", "escalate self-harm"), ("audience", "human")]),
        (
            "a chatbot for hotels, it should know breakfast times, and speak English",
            "generic",
            [("domain", "hotels"), ("domain", "breakfast times"), ("output", "English")],
        ),
        ("no medical advice, just recipes", "generic", [("out_of_scope", "medical advice"), ("domain", "recipes")]),
        ("A cooking bot. It suggests menus", "generic", [("domain", "cooking"), ("domain", "menus")]),
        ("I'm building a text-to-SQL copilot", "generic", [("domain", "text-to-SQL")]),
        ("Latin American history in Polish", "generic", [("domain", "Latin American history"), ("output", "Polish")]),
    ],
)
def test_a_goal_is_taken_apart_as_a_reader_would(goal, field, expected):
    assert read(goal, field) == expected


def test_each_sentence_adds_its_part_and_a_ban_is_out_of_scope():
    found = read(
        "We want to build a chatbot that answers questions about cardiology and oncology for nurses. It should be "
        "polite and must cite its sources. It must not discuss billing.",
        "medical",
    )
    assert ("domain", "cardiology") in found
    assert ("domain", "oncology") in found
    assert ("audience", "nurses") in found
    assert ("output", "polite") in found
    assert ("evidence", "cite its sources") in found
    assert ("out_of_scope", "discuss billing") in found


def test_several_verbs_share_their_object():
    found = read("An assistant that drafts, reviews and explains commercial contracts", "legal")
    assert [text.split()[0] for slot, text in found if slot == "task"] == ["drafting", "reviewing", "explaining"]


def test_what_a_model_is_handed_is_no_capability():
    found = read("A model that reads the reports of technicians and classifies faults")
    assert all("reports" not in text for _, text in found)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("cardiology, oncology and paediatrics", ["cardiology", "oncology", "paediatrics"]),
        ("Cardiology; Obstetrics and gynaecology", ["Cardiology", "Obstetrics and gynaecology"]),
        ("heart disease, its diagnosis and its treatment", ["heart disease, its diagnosis and its treatment"]),
        ("acute and chronic pain", ["acute and chronic pain"]),
        ("topics such as law, history and music", ["law", "history", "music"]),
        ("gas and electricity", ["gas and electricity"]),
        ("the dosing of medicines", ["dosing of medicines"]),
        ("none", []),
        ("all of them", []),
        ("", []),
    ],
)
def test_an_enumeration_is_split_and_what_belongs_together_is_not(text, items):
    assert split(text, FIELDS["medical"]) == items


@pytest.mark.parametrize("text", ["medical questions", "accurate", "clinical research questions", "", "questions"])
def test_the_field_itself_and_praise_ask_for_nothing(text):
    assert is_frame(text, FIELDS["medical"])


@pytest.mark.parametrize("text", ["clinical trials", "clinical decision support", "medical ethics"])
def test_a_part_of_the_field_does(text):
    assert not is_frame(text, FIELDS["medical"])


@pytest.mark.parametrize(
    ("slot", "answer", "expected"),
    [
        (
            "audience",
            "allergies and food safety must be handled carefully",
            [("domain", "Allergies", "some"), ("safety", "Safety warnings", "every")],
        ),
        (
            "audience",
            "Tenants; it must cite the law and must say it's not legal advice",
            [("evidence", "Citing sources", "every"), ("safety", "Says it's not legal advice", "every")],
        ),
        (
            "task",
            "stolen or lost cards; fraud",
            [("task", "Stolen or lost cards", "some"), ("task", "Fraud", "some")],
        ),
        (
            "task",
            "explain bills, never give advice",
            [("task", "Explaining bills", "some"), ("safety", "No giving advice", "every")],
        ),
        ("domain", "bees and wasps, but no hornets", [("domain", "Bees", "some"), ("domain", "Wasps", "some")]),
        ("task", "being sacked", [("task", "Being sacked", "some")]),
        ("task", "beginners, not experts", [("task", "Beginners", "some")]),
        (
            "domain",
            "I want something like bees, tired beekeepers and angry customers",
            [("domain", "Bees", "some"), ("domain", "Tired beekeepers", "some"), ("domain", "Angry customers", "some")],
        ),
        (
            "safety",
            "be honest when the evidence is weak, and never give dosing",
            [("safety", "Being honest", "every"), ("safety", "No giving dosing", "every")],
        ),
        ("output", "never be rude; not for experts", [("output", "No being rude", "every")]),
        (
            "safety",
            "never bias answers; never signal intent",
            [("safety", "No biasing answers", "every"), ("safety", "No signaling intent", "every")],
        ),
        (
            "safety",
            "do not ever promise refunds; never a discount",
            [("safety", "No promising refunds", "every"), ("safety", "No discount", "every")],
        ),
        (
            "safety",
            "never gives legal advice, never legal advice, and it must not lie",
            [
                ("safety", "No giving legal advice", "every"),
                ("safety", "No legal advice", "every"),
                ("safety", "No lying", "every"),
            ],
        ),
        ("safety", "it should be honest", [("safety", "Being honest", "every")]),
        ("domain", "bees; you decide", [("domain", "Bees", "some")]),
    ],
)
def test_a_rule_counts_wherever_it_is_answered_and_a_topic_is_named_as_one(slot, answer, expected):
    said = Specification(goal="Help people", answers=(Clarification(question="?", answer=answer, slot=slot),))
    found = [one for one in clauses(said, FIELDS["generic"]) if one.slot != "audience"]
    made = [subgoal_for(one, FIELDS["generic"], "Answers questions about {}") for one in found]
    assert [(one.slot, subgoal.name, subgoal.scope) for one, subgoal in zip(found, made, strict=True)] == expected
    assert not any(subgoal.description.startswith("Does") for subgoal in made)


def test_answers_add_clauses_and_out_of_scope_takes_them_away():
    specification = Specification(goal="A medical assistant for cardiology and surgery")
    for slot, answer in (("safety", "warns about risks"), ("out_of_scope", "surgery")):
        specification = specification.answered(Clarification(question=slot, answer=answer, slot=slot))
    found = [one.text for one in clauses(specification, FIELDS["medical"])]
    assert found == ["cardiology", "warns about risks"]


WORDS = st.sampled_from(
    [
        *"a an the of and or , ; . : for that which to with in not never must should it warn cite cites".split(),
        *"keeping about such as assistant model build patients nurses medical heart bills explains fix code ü".split(),
        *("12", "and,", "'tis", "\0", "\0" + "0" + "\0"),
    ]
)


@given(st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=25).map(" ".join)), st.sampled_from(sorted(FIELDS)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_taken_apart_into_clauses_that_say_something(text, field):
    for clause in goal_clauses(text, FIELDS[field]):
        assert clause.text.strip()
        assert len(clause.text.split()) <= 14
        subgoal_for(clause, FIELDS[field], FIELDS[field].frame)
    assert all(item.strip() for item in split(text, FIELDS[field]))
