import pytest
from goalcover.agent.elicitation import Question, Specification
from goalcover.agent.models import Clarification
from goalcover.graph.replies import chosen, less, lets_all_pass, new_goal, read_reply, slot_to_change, takes_back

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
        ("the first two", "Cardiology; Oncology"),
        ("2 please", "Oncology"),
        ("umm, the last one", "Surgery"),
        ("1 to 3", "Cardiology; Oncology; Surgery"),
        ("all of them, thanks", "Cardiology; Oncology; Surgery"),
        ("1, 3 and nursing", "Cardiology; Surgery; nursing"),
        ("well, first aid", "first aid"),
        ("wait times please", "wait times"),
        ("grades 1, 2 and 3", "grades 1, 2 and 3"),
        ("how to return an item", "how to return an item"),
        ("Cardiology; Surgery", "Cardiology; Surgery"),
        ("It must never skip the dose", "It must never skip the dose"),
        ("no patients", "no patients"),
        ("enough detail for a nurse", "enough detail for a nurse"),
    ],
)
def test_a_number_a_label_or_own_words_answer(said, answer):
    reply = read_reply(said, QUESTION)
    assert (reply.turn, reply.answer) == ("answer", answer)


@pytest.mark.parametrize(
    "said",
    [
        *("skip", "Skip this one.", "pass", "I don't know", "", "not sure", "no preference", "no clue, sorry", "idk"),
        *("you decide", "nothing else", "It's up to you.", "I don't mind", "whatever", "anything", "any is fine"),
        *("no, nothing else", "whatever you think", "I have no idea", "your choice, thanks"),
    ],
)
def test_a_question_can_be_skipped(said):
    assert read_reply(said, QUESTION).turn == "skip"


@pytest.mark.parametrize("said", ["Try again", "please try it again", "retry", "again!", "once more"])
def test_another_try_is_no_answer(said):
    assert read_reply(said, QUESTION).turn == "again"
    assert read_reply(f"{said}, but for nurses", QUESTION).turn == "answer"


@pytest.mark.parametrize(
    "said",
    [
        "ok, that's enough, thanks",
        "please stop asking",
        "That's enough",
        "thats enough.",
        "enough",
        "done",
        "no more questions",
        "stop asking",
    ],
)
def test_the_questions_can_be_ended(said):
    assert read_reply(said, QUESTION).turn == "enough"
    assert lets_all_pass(said)


@pytest.mark.parametrize(
    "said", ["go back", "Back", "undo", "previous question", "no wait, go back", "go back please", "Oops, scratch that"]
)
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
        ("what would you suggest?", "meaning"),
        ("hm", "meaning"),
        ("what is my balance?", "asks"),
        ("is there anything about angry people in my data?", "asks"),
        ("since when do I have account changes?", "asks"),
        ("hmm, not sure. Does the tone count?", "asks"),
        ("bees, but is that enough?", "asks"),
        ("what did I upload", "asks"),
        ("bees and what else would you add?", "asks"),
        ("Oncology is what I meant", "wrong"),
        ("questions like: is it safe?", "answer"),
        ("surgery, maybe?", "answer"),
        ("no no, I didn't mean those first two. Oncology", "wrong"),
        ("actually, my last answer was wrong", "wrong"),
        ("7", "beyond"),
        ("the fifth one", "beyond"),
        ("both, please", "beyond"),
        ("1, 9", "beyond"),
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


@pytest.mark.parametrize(
    ("said", "slot", "what"),
    [
        ("actually add pediatrics to the topics", "domain", "pediatrics"),
        ("could you add hives and bees to my list?", "domain", "hives and bees"),
        ("please include nurses in my answer about the audience", "audience", "nurses"),
    ],
)
def test_something_is_added_to_an_answer(said, slot, what):
    reply = read_reply(said, QUESTION)
    assert (reply.turn, reply.slot, reply.answer) == ("add", slot, what)


KNOWN = Specification(
    goal="Teach recursion to students",
    answers=(Clarification(question="?", answer="Sorting and searching; graphs", slot="domain"),),
)


@pytest.mark.parametrize(
    ("said", "slot", "what"),
    [
        ("remove hives from the topics", "domain", "hives"),
        ("no, take bees and hives out of my list please", "domain", "bees and hives"),
        ("drop nurses from my answer about the audience", "audience", "nurses"),
        ("delete graphs", "domain", "graphs"),
        ("remove recursion", None, "recursion"),
    ],
)
def test_something_is_taken_out_of_an_answer(said, slot, what):
    reply = read_reply(said, QUESTION, KNOWN)
    assert (reply.turn, reply.slot, reply.answer) == ("remove", slot, what)


@pytest.mark.parametrize(
    "said",
    [
        "rename the graphs to trees",
        "merge graphs and sorting",
        "please reword searching: finding",
        "split graphs in two",
    ],
)
def test_a_change_of_subgoals_is_no_answer(said):
    assert read_reply(said, QUESTION, KNOWN).turn == "edit"


@pytest.mark.parametrize(
    ("answer", "what", "left"),
    [
        ("recursion, sorting and graphs", "recursion", "sorting and graphs"),
        ("recursion, sorting, and graphs", "Graphs", "recursion, sorting"),
        ("recursion; sorting; graphs", "recursion and graphs", "sorting"),
        ("Sorting and searching; graphs", "sorting and searching", "graphs"),
        ("recursion", "the recursion", "recursion"),
        ("recursion.", "recursion", ""),
        ("tail recursion", "recursion", "tail recursion"),
        ("sorting; graphs", "graphs and trees", "sorting; graphs"),
        ("insulin, hives and diet", "hives", "insulin and diet"),
        ("insulin, hives and diet; bees", "insulin", "hives and diet; bees"),
        ("bees; hives, wax and honey", "hives", "bees; wax and honey"),
        ("bees; hives, wax and honey", "wax and honey", "bees; hives"),
        ("terms and conditions; fees", "conditions", "terms and conditions; fees"),
        ("search and rescue, first aid", "rescue", "search and rescue, first aid"),
        ("sorting.", "graphs", "sorting."),
    ],
)
def test_an_answer_is_left_without_what_is_taken_out(answer, what, left):
    assert less(answer, what) == left


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("leases? no, I meant loan agreements", "loan agreements"),
        ("leases, sorry, I mean loan agreements", "loan agreements"),
        ("not leases, I meant 2", "Oncology"),
    ],
)
def test_what_was_meant_instead_is_the_answer(said, answer):
    assert read_reply(said, QUESTION).answer == answer


@pytest.mark.parametrize("slot", [None, "task", "safety", "out_of_scope"])
def test_an_act_answers_what_is_asked_about_the_goal_the_task_and_limits(slot):
    asked = Question(text="What will it do?", slot=slot)
    acts = ("remove graphs", "leave out recursion", "split graphs in two", "rename variables into snake case")
    for said in (*acts, "leave out prices from the scope"):
        assert read_reply(said, asked, KNOWN).turn == "answer"
    assert read_reply("remove graphs from the topics", asked, KNOWN).turn == "remove"
    assert read_reply("drop prices from out of scope", asked, KNOWN).slot == "out_of_scope"
    assert read_reply("rename graphs to trees", asked, KNOWN).turn == ("edit" if slot else "answer")


@pytest.mark.parametrize(
    "said",
    [
        "take graphs",
        "add salt to the water",
        "how to add a user to a group",
        "remove personal data from the answers",
        "drop shipping",
        "split bills and merge tables",
        "leave out prices",
        "what customers mean",
        "Rephrase complaints into polite emails",
        "take prices out of scope",
    ],
)
def test_other_acts_are_answers(said):
    assert read_reply(said, QUESTION, KNOWN).turn == "answer"


@pytest.mark.parametrize(
    ("said", "goal"),
    [
        ("change the goal", ""),
        ("no, my goal is: answer questions about bees", "answer questions about bees"),
        ("please change the goal to summarising leases", "summarising leases"),
        ("a model that explains bills", "a model that explains bills"),
        ("I want a chatbot that sells shoes", "I want a chatbot that sells shoes"),
    ],
)
def test_the_goal_can_be_said_anew(said, goal):
    reply = read_reply(said, QUESTION)
    assert (reply.turn, reply.answer) == ("goal", goal)


def test_who_speaks_of_models_says_no_new_goal():
    for said in ("models of the heart", "agents who answer calls", "fashion models"):
        assert new_goal(said) is None
