import pytest
from goalcover.agent.elicitation import Question
from goalcover.graph.replies import chosen, lets_all_pass, read_reply, slot_to_change, takes_back

QUESTION = Question(text="Which?", slot="domain", suggestions=("Cardiology", "Oncology", "Surgery"), many=True)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("2", "Oncology"),
        ("1, 3", "Cardiology; Surgery"),
        ("1 and 2", "Cardiology; Oncology"),
        ("2 2", "Oncology"),
        ("oncology", "Oncology"),
        ("mostly  nursing", "mostly nursing"),
        ("7", "7"),
        ("Cardiology; Surgery", "Cardiology; Surgery"),
        ("It must never skip the dose", "It must never skip the dose"),
        ("no patients", "no patients"),
        ("enough detail for a nurse", "enough detail for a nurse"),
    ],
)
def test_a_number_a_label_or_own_words_answer(said, answer):
    reply = read_reply(said, QUESTION)
    assert (reply.turn, reply.answer) == ("answer", answer)


@pytest.mark.parametrize("said", ["skip", "Skip this one.", "pass", "I don't know", "", "not sure", "no preference"])
def test_a_question_can_be_skipped(said):
    assert read_reply(said, QUESTION).turn == "skip"


@pytest.mark.parametrize("said", ["Try again", "please try it again", "retry", "again!", "once more"])
def test_another_try_is_no_answer(said):
    assert read_reply(said, QUESTION).turn == "again"
    assert read_reply(f"{said}, but for nurses", QUESTION).turn == "answer"


@pytest.mark.parametrize(
    "said", ["That's enough", "thats enough.", "enough", "done", "no more questions", "stop asking"]
)
def test_the_questions_can_be_ended(said):
    assert read_reply(said, QUESTION).turn == "enough"
    assert lets_all_pass(said)


@pytest.mark.parametrize("said", ["go back", "Back", "undo", "previous question"])
def test_a_step_can_be_taken_back(said):
    assert read_reply(said, QUESTION).turn == "back"
    assert takes_back(said)


@pytest.mark.parametrize(
    ("said", "slot"),
    [
        ("change my answer about audience", "audience"),
        ("I want to change the audience", "audience"),
        ("Change my answer about out", "out_of_scope"),
        ("redo the question on safety", "safety"),
        ("let me change my answer about the citations", "evidence"),
        ("edit my answer to domain", "domain"),
        ("change my answer about forms", "output"),
        ("change my answer about tone", "output"),
    ],
)
def test_an_answer_can_be_changed_by_what_it_was_about(said, slot):
    assert slot_to_change(said) == slot
    assert read_reply(said, QUESTION).slot == slot


@pytest.mark.parametrize(
    "said",
    ["change", "change the oil", "why is safety weak?", "change the description of Safety to: warns of every danger"],
)
def test_other_changes_are_none_of_the_scope(said):
    assert slot_to_change(said) is None


@pytest.mark.parametrize(
    ("said", "turn"),
    [
        ("change my answer about the weather", "unclear"),
        ("what do you mean?", "meaning"),
        ("Sorry, why do you ask?", "meaning"),
        ("I don't understand", "meaning"),
        ("can you give an example?", "meaning"),
        ("my data", "nothing"),
        ("here is the file", "nothing"),
        ("what is my balance?", "answer"),
        ("data analysis", "answer"),
        ("no data", "answer"),
        ("why a payment was declined", "answer"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(said, turn):
    assert read_reply(said, QUESTION).turn == turn


def test_numbers_are_taken_only_when_all_of_them_are_offered():
    assert chosen("1 to 5 years", QUESTION.suggestions) == "1 to 5 years"
    assert chosen("1, 9", QUESTION.suggestions) == "1, 9"
