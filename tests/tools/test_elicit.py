"""The elicitation without a conversation: answers files, automatic repairs, and goal files that nobody loses."""

import asyncio

import pytest
from goalcover.agent.elicitation import Checks, Completeness, Disjointness, Draft, Edit, Specification
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.embedded.decomposer import EmbeddedDecomposer
from goalcover.agent.errors import InputError, ModelBusyError
from goalcover.agent.models import SLOTS, Clarification, Goal, Subgoal
from goalcover.memory.goals import load_goal
from goalcover.tools.elicit import check_goal, plan, read_answers, write_goal
from goalcover.tools.slots import slot_of

GOAL = "Build a medical question-answering assistant"
CHINESE = "\u56de\u7b54\u6709\u5173\u5fc3\u810f\u75c5\u7684\u95ee\u9898"
ONE = Subgoal(id="a", name="Alpha", description="Does alpha")


def answers(tmp_path, text):
    path = tmp_path / "answers.yaml"
    path.write_text(text, "utf-8")
    return read_answers(path, GOAL)


def make(embedder, specification, decomposer=None):
    roles = EmbeddedClarifier(embedder), decomposer or EmbeddedDecomposer(embedder)
    return asyncio.run(plan(specification, None, *roles))


def test_answers_are_read_by_slot_and_by_question(tmp_path):
    found = answers(
        tmp_path,
        "- {slot: domain, answer: cardiology}\n"
        "- {question: Who reads the answers?, answer: nurses}\n"
        "- question: What must it never leave out, and when should it hold back?\n"
        "  answer: [Refers to a professional, Says when to seek urgent care]\n"
        "- {slot: evidence, answer: skip}\n",
    )
    assert found.answer_to("domain") == "cardiology"
    assert found.answer_to("audience") == "nurses"
    assert found.answer_to("safety") == "Refers to a professional; Says when to seek urgent care"
    assert found.skipped == ("evidence",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("domain: cardiology", "must hold a list"),
        ("- cardiology", "entry 1 must have"),
        ("- {slot: topic, answer: x}", "'topic' is no part of the scope; there are domain, task"),
        ("- {slot: domain}", "`answer` must be text"),
        ("- {slot: domain, answer: {a: b}}", "`answer` must be text"),
        ("- {answer: x}", "neither `slot` nor `question`"),
        ("- {question: Is it raining?, answer: x}", "cannot tell what 'Is it raining?' is about"),
        ("- {slot: domain, reply: x}", "entry 1 must have"),
        ("- {slot: [", "is not YAML: "),
        ("- slot: domain\n  answer: x\n  answer: y", "the key `answer` stands twice in one place"),
        ("", "must hold a list"),
    ],
)
def test_an_answers_file_that_cannot_be_used_is_told_with_the_entry(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        answers(tmp_path, text)
    assert said in str(caught.value)


def test_a_missing_answers_file_is_told(tmp_path):
    with pytest.raises(InputError, match="There is no answers file"):
        read_answers(tmp_path / "none.yaml", GOAL)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_slot_s_own_name_is_a_question_about_it(slot):
    assert slot_of(slot.replace("_", " ")) == slot


@pytest.mark.parametrize(
    ("question", "slot"),
    [
        ("Which specialties?", "domain"),
        ("What should an answer look like?", "output"),
        ("Do you need citations?", "evidence"),
        ("What is out of scope?", "out_of_scope"),
        ("Patients will act on what it says: what must it never leave out, and when should it hold back?", "safety"),
        ("Is it raining?", None),
    ],
)
def test_a_question_is_matched_to_its_slot(question, slot):
    assert slot_of(question) == slot


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "hjkl", "12345", "!!!"])
def test_a_goal_without_a_word_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="say in English"):
        check_goal(text)


@pytest.mark.parametrize("text", ["chemistry", "Kubernetes", "a bot for hjkl users", CHINESE])
def test_one_word_is_enough_and_a_goal_in_another_language_is_left_to_who_reads_it(text):
    check_goal(text)


def test_the_embedded_engine_says_that_it_cannot_read_a_goal(embedder):
    with pytest.raises(InputError, match="other languages need the LLM engine"):
        make(embedder, Specification(goal=CHINESE))


def test_a_plan_holds_the_checks_the_clarifications_and_the_open_questions(embedder):
    specification = Specification(goal=GOAL).answered(Clarification(question="q", answer="cardiology", slot="domain"))
    made = make(embedder, specification.without(["task"]))
    assert [one.answer for one in made.goal.context] == ["cardiology"]
    assert {one.slot for one in made.questions} == set(SLOTS) - {"domain", "task"}
    assert made.checks.failures == ()
    assert made.repaired == ()


class Silent(EmbeddedClarifier):
    """Its server has gone."""

    async def ask(self, specification, profile):
        raise ModelBusyError("the server is gone")


def test_a_clarifier_that_cannot_be_asked_costs_the_questions_and_nothing_else(embedder):
    made = asyncio.run(plan(Specification(goal=GOAL), None, Silent(embedder), EmbeddedDecomposer(embedder)))
    assert len(made.goal.subgoals) >= 3
    assert (made.questions, made.note) == ((), "What is still open could not be asked: the server is gone.")


class Stubborn(EmbeddedDecomposer):
    """Proposes the same thing twice, and one thing that is two."""

    async def decompose(self, specification, profile):
        found = (
            Subgoal(id="heart", name="Heart disease", description="Answers questions about diseases of the heart"),
            Subgoal(id="cardiology", name="Cardiology", description="Answers questions about heart disease"),
            Subgoal(id="both", name="Drug interactions and dosing", description="Explains interactions and doses"),
        )
        return Draft(subgoals=found)


def test_what_fails_is_repaired_and_told(embedder):
    made = make(embedder, Specification(goal="A chatbot about heart disease and yoga"), Stubborn(embedder))
    assert [one.id for one in made.goal.subgoals] == ["cardiology", "drug-interactions", "dosing", "yoga"]
    assert {one.label for one in made.repaired} == {
        "Merge them into “Cardiology”",
        "Split it into Drug interactions and Dosing",
        "Add “Yoga”",
    }
    assert made.checks.failures == ()


class Disputed(Stubborn):
    """What one of two finds is for the person to decide."""

    async def check(self, specification, subgoals):
        found = await super().check(specification, subgoals)
        return found.model_copy(
            update={"disjoint": tuple(one.model_copy(update={"disputed": True}) for one in found.disjoint)}
        )


def test_what_only_one_of_two_finds_is_told_and_not_repaired(embedder):
    made = make(embedder, Specification(goal="A chatbot about heart disease and yoga"), Disputed(embedder))
    assert {one.id for one in made.goal.subgoals} >= {"heart", "cardiology", "yoga"}
    assert [one.repair.label for one in made.checks.failures] == ["Merge them into “Cardiology”"]


class Endless(Stubborn):
    """Finds the same fault whatever is done."""

    async def check(self, specification, subgoals):
        edit = Edit(label="Again", out=(subgoals[0].id,), put=(subgoals[0],))
        fault = Disjointness(a="a", b="b", ok=False, similarity=1.0, reason="the same", repair=edit)
        return Checks(atomic=(), disjoint=(fault,), complete=Completeness(ok=True))


def test_after_three_rounds_the_rest_is_reported(embedder):
    made = make(embedder, Specification(goal=GOAL), Endless(embedder))
    assert len(made.repaired) == 3
    assert len(made.checks.failures) == 1


def test_a_goal_file_that_stood_there_is_kept_beside_the_new_one(tmp_path):
    path = tmp_path / "goal.yaml"
    first, second = (Goal(text=text, subgoals=(ONE,)) for text in ("first", "second"))
    assert write_goal(first, path) is None
    assert write_goal(first, path) is None
    path.write_text(path.read_text().replace("Does alpha", "Edited by hand"))
    kept = write_goal(second, path)
    assert load_goal(path).text == "second"
    assert "Edited by hand" in kept.read_text()
    assert write_goal(first, path) != kept
    assert "Edited by hand" in kept.read_text()


def test_a_place_where_nothing_can_be_written_is_told(tmp_path):
    with pytest.raises(InputError, match="Cannot write"):
        write_goal(Goal(text="g", subgoals=(ONE,)), tmp_path / "none" / "goal.yaml")
