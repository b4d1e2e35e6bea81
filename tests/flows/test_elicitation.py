"""Whole conversations on the way to a checked decomposition, through the compiled graph with the embedded engine."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from goalcover.agent.decomposer import LLMDecomposer
from goalcover.agent.elicitation import Checks
from goalcover.agent.errors import GoalCoverError
from goalcover.agent.models import SLOTS
from goalcover.graph.deps import Deps
from goalcover.graph.state import STORED
from goalcover.memory.checkpoints import open_checkpoints
from goalcover.ui.render import render
from openai_faults import Faults
from scripted import chat_model, serving
from talking import Talk, run

GOAL = "Build a medical question-answering assistant for clinical decision support"
FLAWED = """
goal: Help energy customers with bills, meter readings and heat pumps
subgoals:
  - {id: both, name: Bills and meter readings, description: Explains bills and takes meter readings}
  - {id: bills, name: Explaining bills, description: Explains a bill and its charges}
  - {id: invoices, name: Explaining invoices, description: Explains an invoice and what it charges}
"""


def test_from_a_vague_goal_to_a_checked_decomposition(deps: Deps):
    async def conversation(talk: Talk):
        begun = await talk.say(GOAL)
        assert begun["Begun"].specification.goal == GOAL
        slots = []
        while talk.asked is not None and talk.asked.slot is not None:
            assert talk.waiting.of <= 3
            assert 1 <= len(talk.asked.suggestions) <= 6
            slots.append(talk.asked.slot)
            events = await talk.say("1")
        assert sorted(slots) == sorted(SLOTS)
        while talk.asked is not None:
            events = await talk.say("1")
        assert events["Ready"].data is None
        assert "hand over the dataset" in (await talk.say("how bad is it?"))["Noted"].text
        assert "Planned" in await talk.say("what was my goal again?")
        goal = events["Ready"].goal
        assert len(goal.subgoals) >= 3
        assert {one.slot for one in goal.context} == set(SLOTS)

    run(conversation, deps)


def test_what_was_answered_or_skipped_is_not_asked_again(deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(GOAL)
        slots = []
        while talk.asked is not None and talk.asked.slot is not None:
            slots.append(talk.asked.slot)
            await talk.say("skip" if len(slots) % 2 else "clinicians and nurses")
        assert len(slots) == len(set(slots)) == len(SLOTS)
        known = (await talk.state())["specification"]
        assert len(known.skipped) == 4
        assert known.open_slots == ()

    run(conversation, deps)


def test_enough_is_enough(deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(GOAL, "Cardiology; Oncology", "that's enough")
        known = (await talk.state())["specification"]
        assert (len(known.answers), len(known.skipped)) == (1, 6)
        names = [one.name for one in (await talk.state())["goal"].subgoals]
        assert {"Cardiology", "Oncology"} <= set(names)

    run(conversation, deps)


def test_one_can_go_back_and_change_an_answer_at_any_point(deps: Deps):
    async def conversation(talk: Talk):
        assert "nothing before it" in (await talk.say(GOAL, "go back"))["Problem"].text
        first, number = talk.asked, talk.waiting.number
        await talk.say("Cardiology")
        assert talk.asked != first
        await talk.say("go back")
        assert (talk.asked, talk.waiting.number) == (first, number)
        assert (await talk.state())["specification"].answers == ()
        await talk.say("Oncology", "that's enough")
        before = (await talk.state())["goal"]
        await talk.say(f"change my answer about {first.slot}")
        assert talk.asked == first
        await talk.say("Paediatrics")
        after = (await talk.state())["goal"]
        assert before.subgoals != after.subgoals
        assert "Oncology" not in [one.name for one in after.subgoals]

    run(conversation, deps)


def test_suggestions_come_from_the_data_once_it_is_there(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say("Answer customers of an energy supplier")
        without = talk.asked.suggestions
        read = await talk.say(str(files[0]))
        assert read["Understood"].reading.profile.topics
        assert talk.asked.suggestions != without

    run(conversation, deps)


def test_a_goal_and_its_data_in_one_message(files, deps: Deps):
    async def conversation(talk: Talk):
        data = await talk.say(str(files[0]))
        assert data["Welcomed"].data.samples == 60
        await talk.say("Answer customers of an energy supplier", "that's enough")
        while talk.asked is not None:
            await talk.say("1")
        assert talk.buttons[0] == "Start"

    run(conversation, deps)


def test_a_dataset_of_unknown_shape_waits_for_its_columns(deps: Deps, tmp_path: Path):
    lines = [f"T-{n},{n} Was kostet die Karte?,Sie kostet {n} Euro." for n in range(8)]
    (tmp_path / "odd.csv").write_text("\n".join(["TCKT_NR,kd_frage_txt,agt_resp_v2", *lines]))

    async def conversation(talk: Talk):
        await talk.say("Answer customers of a bank")
        odd = (await talk.say(str(tmp_path / "odd.csv")))["Unread"].waiting
        assert [one.name for one in odd.columns] == ["TCKT_NR", "kd_frage_txt", "agt_resp_v2"]
        assert talk.buttons == ("--map input=kd_frage_txt,output=agt_resp_v2", "Other data")
        assert "Unread" in await talk.say("Cards; Fraud")
        assert "has no column" in (await talk.say("--map input=nothing"))["Problem"].text
        read = (await talk.say("the question is in kd_frage_txt, the reply in agt_resp_v2"))["Understood"].reading
        assert (read.data.samples, read.data.preview.output) == (8, "Sie kostet 0 Euro.")
        assert talk.asked.slot is not None
        assert (await talk.state())["specification"].answers == ()
        assert (await talk.say("that's enough"))["Ready"].pairs > 0
        assert "Ready" not in await talk.say("tomatoes")  # what did not change is not told again
        assert "Ready" in await talk.say("weigh Account changes 2")
        assert (await talk.say("Start"))["Diagnosed"].coverage.n_samples == 8

    run(conversation, deps)


async def flawed(talk: Talk, folder: Path) -> Checks:
    (folder / "flawed.yaml").write_text(FLAWED)
    return (await talk.say(str(folder / "flawed.yaml")))["Planned"].checks


def test_every_check_fails_once_and_is_repaired_by_the_offer(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        checks = await flawed(talk, tmp_path)
        assert [one.ok for one in checks.atomic] == [False, True, True]
        assert any(not one.ok for one in checks.disjoint)
        assert [one.clause for one in checks.complete.uncovered]
        for said in ("looks good", "yes, looks good", "yes"):
            assert "Took back: Split" in (await talk.say(said, "undo"))["Revised"].label
        for said in ("yep", "go ahead", "Yes, do it", "please do", *["1"] * 8):
            if talk.asked is None:
                break
            assert len(talk.asked.suggestions) == 2
            await talk.say(said)
        state = await talk.state()
        assert state["checks"].failures == ()
        assert state["goal"].overruled == ()

    run(conversation, deps)


def test_what_a_person_lets_pass_is_noted_in_the_goal(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await flawed(talk, tmp_path)
        rounds = 0
        while talk.asked is not None and rounds < 12:
            await talk.say("keep it")
            rounds += 1
        goal = (await talk.state())["goal"]
        assert len(goal.subgoals) == 3
        assert len(goal.overruled) == len((await talk.state())["checks"].failures) >= 3
        assert any("Bills and meter readings" in note for note in goal.overruled)

    run(conversation, deps)


def test_all_can_be_let_pass_at_once_and_edits_ask_about_what_is_new(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await flawed(talk, tmp_path)
        rounds = 0
        while talk.asked is not None and rounds < 4:
            await talk.say("keep all as they are")
            rounds += 1
        before = (await talk.state())["goal"].overruled
        await talk.say("drop both")
        assert len((await talk.state())["goal"].overruled) < len(before)
        await talk.say("add Bill questions: Explains a bill and its charges")
        assert talk.asked is not None
        assert "Bill questions" in talk.asked.text

    run(conversation, deps)


def test_a_check_is_left_open_only_after_rounds_that_were_decided(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await flawed(talk, tmp_path)
        for name in ("Solar panels", "Wall boxes", "Cable repairs", "Power cuts"):
            await talk.say(f"add {name}")
            assert talk.asked is not None
        assert (await talk.state())["goal"].overruled == ()

    run(conversation, deps)


def test_what_a_question_means_is_told_and_no_answer_is_made_of_it(deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(GOAL)
        asked = talk.asked
        assert (await talk.say("what do you mean?"))["Meant"].question == asked
        assert "audience" in (await talk.say("change my answer about the weather"))["Problem"].text
        assert "No file" in (await talk.say("my data"))["Problem"].text
        assert talk.asked == asked
        assert "a question" in (await talk.say("is there anything about angry people in my data?"))["Noted"].text
        assert f"Your goal: {GOAL}." in (await talk.say("what was my goal again?"))["Noted"].text
        assert "choose from" in (await talk.say("the ninth one"))["Problem"].text
        assert "Nothing was noted" in (await talk.say("no no, I didn't mean those"))["Noted"].text
        assert talk.asked == asked
        assert (await talk.state())["specification"].answers == ()

    run(conversation, deps)


def test_an_answer_is_added_to_and_the_goal_said_anew_and_both_are_taken_back(deps: Deps):
    async def conversation(talk: Talk):
        await talk.say("how does this work?")
        assert (await talk.state())["specification"] is None
        await talk.say(GOAL, "Cardiology")
        asked = talk.asked
        assert "Cardiology; hives" in (await talk.say("actually add hives to the topics"))["Noted"].text
        assert "now: hives" in (await talk.say("remove cardiology from the topics"))["Noted"].text
        assert "does not name" in (await talk.say("remove cardiology from the topics"))["Noted"].text
        assert "once they stand" in (await talk.say("rename hives to bees"))["Noted"].text
        assert talk.asked == asked
        await talk.say("go back", "go back")
        assert (await talk.state())["specification"].answer_to("domain") == "Cardiology"
        told = (await talk.say("skip", "no, my goal is: help beekeepers"))["Begun"].specification
        assert (told.goal, told.answer_to("domain")) == ("help beekeepers", None)
        await talk.say("go back please", "skip")
        assert (await talk.state())["specification"].goal == GOAL

    run(conversation, deps)


def test_questions_before_the_run_are_answered_and_decide_nothing(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await flawed(talk, tmp_path)
        asked = talk.asked
        assert (await talk.say("what do you mean by atomic?"))["Defined"].term == "atomic"
        assert "your goal says" in (await talk.say("why did you make Explaining bills a subgoal?"))["Noted"].text
        assert (await talk.say("can you explain that?"))["Meant"].question == asked
        assert "I did not understand" in (await talk.say("no, I meant heating as in pumps"))["Problem"].text
        assert "Planned" in await talk.say("try again")
        assert talk.asked == asked
        assert (await talk.state())["goal"].overruled == ()
        assert "Begun" in await talk.say("no, my goal is: explain invoices")
        assert (await talk.state())["goal"].text == "explain invoices"

    run(conversation, deps)


def test_what_a_person_drops_is_not_asked_back(deps: Deps):
    async def conversation(talk: Talk):
        await talk.say("A medical assistant", "Cardiology, oncology, paediatrics and surgery", "that's enough")
        assert talk.asked is None
        assert "Revised" in await talk.say("drop paediatrics and surgery please")
        assert talk.asked is None
        goal = (await talk.state())["goal"]
        assert not {"Paediatrics", "Surgery"} & {one.name for one in goal.subgoals}
        assert len(goal.overruled) == 2
        await talk.say("undo")
        assert (await talk.state())["goal"].overruled == ()
        assert "heart disease" in (await talk.say("rename cardiology to The heart desk"))["Noted"].text
        assert (await talk.state())["goal"].overruled == ()
        assert "about medicines" in (await talk.say("rename surgery to drug information"))["Noted"].text
        assert "“surgery”" in talk.asked.text
        assert (await talk.state())["goal"].overruled == ()

    run(conversation, deps)


def test_a_failed_check_can_be_answered_by_an_edit(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await flawed(talk, tmp_path)
        revised = await talk.say("split Bills and meter readings into Reading meters and Paying bills")
        assert "Split" in revised["Revised"].label
        assert "Reading meters" in [one.name for one in (await talk.state())["goal"].subgoals]
        assert "I did not understand" in (await talk.say("tomatoes"))["Problem"].text
        await talk.say("I disagree, these are the same thing for us")
        assert "“Explaining invoices”" in talk.asked.text
        assert "Ready" in await talk.say("start")

    run(conversation, deps)


def test_a_conversation_goes_on_after_a_restart(deps: Deps, tmp_path: Path):
    async def conversation():
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            talk = await Talk(deps, saver).begin()
            await talk.say(GOAL, "Cardiology")
            asked = talk.asked
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            talk = Talk(deps, saver)
            await talk.say("go back", "Cardiology")
            assert talk.asked == asked
            assert "Planned" in await talk.say("that's enough")

    asyncio.run(conversation())


def test_who_does_not_sit_at_the_machine_opens_no_files_of_it(files, engine, tmp_path: Path, monkeypatch):
    async def conversation(talk: Talk):
        monkeypatch.chdir(files[0].parent.parent)
        for path in (str(files[0]), *(f"{one.parent.name}/{one.name}" for one in files)):
            assert "cannot be opened from here" in (await talk.say(path))["Problem"].text
        assert "Ready" in await talk.say("Try the demo")

    run(conversation, Deps(engine, tmp_path, opens_paths=False))


class Silent:
    """A role that does not answer, as a model whose server is down."""

    def __init__(self, inner) -> None:
        self.inner, self.down, self.asked = inner, True, 0

    async def ask(self, *given):
        self.asked += 1
        if self.down:
            raise GoalCoverError("The model does not answer: is its server running?")
        return await self.inner.ask(*given)


def test_a_role_that_fails_is_told_and_tried_again(engine, tmp_path: Path):
    silent = Silent(engine.clarifier)

    async def conversation(talk: Talk):
        said = await talk.say(GOAL)
        assert "does not answer" in said["Problem"].text
        assert talk.buttons == ("Try again",)
        assert "try again" in (await talk.say("what can I do now?"))["Noted"].text
        assert "Helped" in await talk.say("help")
        assert (silent.asked, talk.buttons) == (1, ("Try again",))
        silent.down = False
        await talk.say("Try again")
        assert talk.asked is not None

    run(conversation, Deps(replace(engine, clarifier=silent), tmp_path))


def test_to_try_again_is_no_answer_but_has_the_questions_made_anew(engine, tmp_path: Path):
    counted = Silent(engine.clarifier)
    counted.down = False

    async def conversation(talk: Talk):
        await talk.say(GOAL, "Cardiology")
        asked = talk.asked
        await talk.say("please try again")
        assert (talk.asked.slot, counted.asked) == (asked.slot, 2)
        assert len((await talk.state())["specification"].answers) == 1

    run(conversation, Deps(replace(engine, clarifier=counted), tmp_path))


def test_where_the_model_gives_no_subgoals_the_embedded_ones_stand_and_the_person_is_told(engine, tmp_path: Path):
    async def conversation(talk: Talk):
        said = await talk.say(GOAL, "that's enough")
        assert "Taken apart without the model" in render(said["Noted"])
        assert "Checked without the model" in render(said["Planned"])
        assert len(said["Planned"].goal.subgoals) >= 3

    with serving(faults=Faults({"prose": 1.0})) as server:
        model = chat_model(server, tmp_path, "decomposer")
        decomposer = LLMDecomposer(model, engine.embedder, engine.decomposer)
        run(conversation, Deps(replace(engine, decomposer=decomposer), tmp_path))


@pytest.mark.parametrize("said", ["help", "hello"])
def test_help_is_given_everywhere(said: str, deps: Deps):
    async def conversation(talk: Talk):
        assert "Helped" in await talk.say(said)
        await talk.say(GOAL)
        assert "Helped" in await talk.say("help")
        assert "Helped" in await talk.say("that's enough", "help")

    run(conversation, deps)
