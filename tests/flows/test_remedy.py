"""Closing a gap in the conversation: proposals, review, what they change, selection, training set, self-test.

The samples are made by a language model on the test server; they are judged, like the dataset, by the embedded engine.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import hub_server
import pytest
from goalcover.agent.engine import Engine, build_engine
from goalcover.graph.deps import Deps
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import keep, kept, rejected_before
from goalcover.ui.render import render
from goalcover.ui.session import Session
from goalcover.ui.talk import reopened
from openai_server import running
from scripted import scripted, settings
from talking import Talk, run

PAY = "Customers who cannot pay"
OPENINGS = (
    "I lost my job in March and cannot pay the gas bill of {} pounds any more, what can I do about it?",
    "My hours at the warehouse were cut, I owe you {} pounds and my debt grows every month.",
    "I am ill and live on benefits, how shall I ever afford {} pounds for the winter?",
    "We are {} pounds behind since the baby came, please do not cut us off before Christmas.",
    "Since my husband died I am unable to pay {} pounds out of one small pension.",
)
ANSWERS = (
    "I am sorry to hear that. We can set up an affordable payment plan over {} months, and pause all letters.",
    "Thank you for telling us early. Our hardship fund may write off {} pounds, and debt advisers help you apply.",
    "That makes you a vulnerable customer with us: pay {} pounds a week, and ask for a grant of the hardship fund.",
    "Nobody is cut off who keeps to a payment plan. Tell us what you can afford, even {} pounds a month will do.",
    "You have our sympathy. Debt support is free, and we can spread what you owe over {} months if you like.",
)


def writer():
    """What a model writes that never writes the same twice."""
    places = count()

    def samples(user):
        n = int(user.rsplit("Write ", 1)[1].split()[0])
        made = []
        for place in islice(places, n):
            question, answer = OPENINGS[place % len(OPENINGS)], ANSWERS[place % len(ANSWERS)]
            texts = {"instruction": question.format(40 + place), "output": answer.format(3 + place)}
            made.append({"columns": [{"name": name, "text": text} for name, text in texts.items()]})
        return made

    return samples


def verdicts(user):
    """Perfect for what was made here; the anchors, which are the dataset's own, are weaker."""
    marks = ("correctness", "completeness", "faithfulness", "format", "level")
    parts = re.split(r'"id": "(s\d+)"', user)[1:]
    judged = []
    for one, text in zip(parts[::2], parts[1::2], strict=True):
        level = 5 if any(answer[:20] in text for answer in ANSWERS) else 2
        judged.append({"id": one, "explanation": "Fine.", **dict.fromkeys(marks, level)})
    return judged


def rows_of(path: str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.fixture
def deps(engine: Engine, tmp_path: Path) -> Iterator[Deps]:
    """The embedded engine, but for a language model that writes and checks samples."""
    with running(brain=scripted(samples=writer(), verdicts=verdicts)) as server:
        model = build_engine("llm", settings(server, tmp_path))
        parts = {"generator": model.generator, "discriminator": model.discriminator}
        yield Deps(replace(engine, **parts), tmp_path / "session" / "runs")


def test_samples_are_proposed_reviewed_kept_and_exported(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Start")
        said = await talk.say(f"make me 4 samples for {PAY}")
        proposed = said["Proposed"]
        assert (proposed.name, len(proposed.batch.proposals)) == (PAY, 4)
        assert talk.buttons == ("Looks good", "Stricter", "Reject all")

        assert (await talk.say("reject 2: sounds made up"))["Reviewed"].left == 3
        edited = "We can set up an affordable payment plan, and our hardship fund helps with the debt."
        assert (await talk.say(f"edit 1: {edited}"))["Reviewed"].verb == "edit"
        assert talk.waiting.counted
        assert (await talk.say("drop the last one"))["Reviewed"].left == 2
        assert "3 samples will be kept" in (await talk.say("undo"))["Noted"].text
        assert (await talk.state())["reviews"][-1].output == edited
        assert "its output has 1 word, and" in (await talk.say("edit 3: foo"))["Noted"].text
        assert "**1.** (edited) as you wrote it" in render((await talk.say("undo", "show them"))["Proposed"])
        assert "3 is at level 5 of 5: Fine." in (await talk.say("why is number 3 only level 5?"))["Noted"].text
        assert "looks good" in (await talk.say("reject 9"))["Problem"].text
        assert "looks good" in (await talk.say("tomatoes"))["Problem"].text

        kept = (await talk.say("looks good"))["Kept"].accepted
        assert "Thanked" in await talk.say("looks good")  # and judges nothing again
        assert (kept.accepted, kept.rejected) == (3, 1)
        assert kept.after.support > kept.before.support
        assert kept.after.n_scored == kept.before.n_scored + 3
        assert edited in [row["output"] for row in rows_of(kept.path)]
        assert (await talk.say("show the coverage"))["Covered"].kept == (kept.after,)

        chosen = (await talk.say("which rows should I keep?"))["Selected"].selection
        assert 0 < chosen.cut.kept <= 60
        done = (await talk.say("export goal-aligned plus synthetic for TRL"))["Exported"].result
        assert (done.mix, done.format, done.synthetic) == ("synthetic+goal-aligned", "trl", 3)
        assert len(rows_of(done.path)) == done.rows
        assert "Why is" in talk.buttons[0]
        plain = (await talk.say("export for openai"))["Exported"].result
        assert (plain.mix, plain.synthetic) == ("synthetic+goal-aligned", 3)

    run(conversation, deps)


def test_proposals_can_be_wished_differently_or_all_rejected(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        await talk.say(f"make 3 samples for {PAY}", "reject 1: sounds made up")
        assert "Covered" in await talk.say("show the coverage")
        again = (await talk.say("only letters from widows"))["Proposed"].batch
        assert {one.candidate.form for one in again.proposals} == {"letters from widows"}
        told = rejected_before(Path((await talk.state())["run"]) / "synthetic", again.subgoal_id)
        assert "sounds made up" in {reason for one in told for reason in one.reasons}
        mine = "My own words about the hardship fund"
        await talk.say("only 1 and 2", f"edit 2: {mine}")
        more = (await talk.say("2 more"))["Proposed"]
        kept = [one.candidate.id for one in more.batch.proposals[:2]]
        assert (more.batch.n_staying, more.batch.asked, len(more.batch.proposals)) == (2, 4, 4)
        stricter = (await talk.say("stricter"))["Proposed"]
        assert [one.candidate.id for one in stricter.batch.proposals[:2]] == kept
        assert [(one.decision, one.output) for one in stricter.reviews] == [("accepted", ""), ("edited", mine)]
        assert mine in render(stricter)
        assert (await talk.say("show them"))["Proposed"].min_level == stricter.min_level == 5
        assert "not kept yet" in (await talk.say("make 3 samples for gas leaks"))["Problem"].text
        again = (await talk.say("reject the rest", "looks good"))["Kept"].accepted
        assert (again.accepted, again.rejected) == (2, 2)
        assert mine in [row["output"] for row in rows_of(again.path)]
        assert "Withheld" not in await talk.say(f"make 4 samples for {PAY}")
        shown = talk.waiting.matter
        assert "wait for your word" in (await talk.say("export for openai"))["Noted"].text
        assert (await talk.say("reject 4: too long", "keep the first two"))["Reviewed"].left == 2
        assert [one.reason for one in (await talk.state())["reviews"]] == ["too long", "", "", ""]
        assert (await talk.say("keep 4"))["Reviewed"].left == 3
        assert (await talk.say("reject 4: too long"))["Reviewed"].left == 2
        assert shown == talk.waiting.matter != (await talk.say("looks good") and talk.waiting.matter) == ""
        none = (await talk.say(f"make 2 samples for {PAY}", "reject all"))["Kept"].accepted
        assert (none.accepted, none.rejected) == (0, 2)
        assert "Covered" in await talk.say("coverage")

    run(conversation, deps)


def test_nothing_that_is_proposed_repeats_the_evaluation_set(files, deps: Deps, tmp_path: Path, monkeypatch):
    held, answer = tmp_path / "eval.jsonl", ANSWERS[0].format(3)
    held.write_text(json.dumps({"instruction": "What helps?", "output": answer}))

    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        assert "Which file is" in (await talk.say("don't overlap with my evaluation set"))["Problem"].text
        assert "no file" in (await talk.say("don't overlap with /nowhere/eval.jsonl"))["Problem"].text
        noted = (await talk.hand("this is my evaluation set", held))["HeldOut"]
        assert (noted.name, noted.samples) == ("eval.jsonl", 1)
        said = (await talk.say(f"make 2 samples for {PAY}, with a cherry on top"))["Proposed"]
        assert said.unread == ("cherry",)
        refused = [reason for one in said.batch.rejected for reason in one.reasons]
        assert any("shares a passage with row-1 of the evaluation set" in one for one in refused)
        assert answer not in [one.sample.output for one in said.batch.proposals]
        assert (await talk.say(f"again, but nothing that is in {files[0]}"))["HeldOut"].samples == 60
        talk.deps = replace(deps, opens_paths=False)
        monkeypatch.chdir(tmp_path.parent)
        for named in ("eval.jsonl", f"{tmp_path.name}/eval.jsonl"):
            assert "cannot be opened from here" in (await talk.say(f"don't overlap with {named}"))["Problem"].text

    run(conversation, deps)


def test_a_training_set_is_as_ordered_and_stays_here_until_a_yes(files, engine: Engine, tmp_path: Path, monkeypatch):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        cut = (await talk.say("filter from a goal score of 0.9 on, by the moon"))["Selected"]
        assert (cut.selection.cut.min_score, cut.unread) == (0.9, ("moon",))
        said = (await talk.say("export everything for TRL with 25% for validation and seed 7, sorted"))["Exported"]
        assert (said.result.rows, said.result.validation_rows, said.order.seed) == (15, 5, 7)
        assert said.order.unread == ("sorted",)

        assert "as owner/name" in (await talk.say("push it to the hub"))["Problem"].text
        await talk.say("push it to me/my-set")
        assert talk.buttons == ("Yes, upload it", "No, keep it here")
        assert "Covered" in await talk.say("show the coverage")
        assert "yes or no?" in (await talk.say("tomatoes"))["Problem"].text
        assert "Withheld" in await talk.say("no")
        assert hub.repos == {}

        folder = Path((await talk.say("push it to me/my-set"))["Exported"].result.path)
        restarted = Talk(talk.deps, talk.graph.checkpointer)
        sent = (await restarted.say("yes, looks good"))["Sent"].result
        assert (sent.private, sent.address) == (True, f"{hub.url}/datasets/me/my-set")
        for name in ("train.jsonl", "validation.jsonl", "README.md"):
            assert hub.repos["me/my-set"].files[name] == (folder / name).read_bytes()
        assert "Sent" not in await talk.say("coverage")
        talk.deps = replace(talk.deps, opens_paths=False)
        assert "not yours to use" in (await talk.say("push it to me/my-set"))["Problem"].text

    with hub_server.logged_in(monkeypatch, tmp_path) as hub:
        run(conversation, Deps(engine, tmp_path / "runs"))


def test_what_is_asked_of_the_review_is_answered_and_nothing_is_lost_where_nothing_new_comes(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        gaps = Run.open(Path((await talk.state())["run"])).gaps()
        assert "one subgoal at a time" in (await talk.say("make 20 samples for all gaps"))["Noted"].text
        assert talk.buttons[0].startswith("Make 20 samples for ")
        assert "Advised" in await talk.say("should I make samples or collect them?")
        first = (await talk.say("make 3 samples for the worst one"))["Proposed"].batch
        assert first.subgoal_id == gaps[0].subgoal_id
        assert "asked for" in (await talk.say("why did you make so few?"))["Noted"].text
        before = len((await talk.state())["batch"].proposals)
        told = await talk.say("give me 4 more")
        more = told["Proposed"].batch
        assert before < len(more.proposals) < 7
        assert "Nothing new came of it: the samples above stay" in (await talk.say("more"))["Noted"].text
        assert (await talk.state())["batch"] == more
        second = (await talk.say("and for the second gap"))["Proposed"].batch
        assert (second.subgoal_id, second.asked) == (gaps[1].subgoal_id, 4)

    run(conversation, deps)


def test_a_restart_does_not_lose_proposals(files, deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        await talk.say(f"make 2 samples for {PAY}", "reject 1")
        other = Talk(talk.deps, talk.graph.checkpointer)
        shown = [one async for one in reopened(Session(other.graph, deps, tmp_path, "one"))]
        assert [type(one).__name__ for one in shown] == ["Proposed", "Wait"]
        assert "(rejected)" in render(shown[0])
        assert (await other.say("looks good"))["Kept"].accepted.accepted == 1

    run(conversation, deps)


def test_kept_samples_that_nobody_has_judged_close_no_gap(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        await talk.say(f"make 1 sample for {PAY}", "looks good")
        folder = Run.open(Path((await talk.state())["run"])).synthetic_path
        (one,) = kept(folder)
        unread = [one.sample.model_copy(update={"output": f"Pay {n} pounds."}) for n in range(9)]
        keep(folder, one.origin.subgoal_id, [one.model_copy(update={"sample": sample}) for sample in unread], [])
        assert [row.gap for row in (await talk.say("coverage"))["Covered"].kept] == [None]
        assert (await talk.say("what should I do first?"))["Advised"].closed == ()
        assert PAY in [need.name for need in (await talk.say("how many samples do I need?"))["Needed"].needs]

    run(conversation, deps)


def test_what_cannot_be_made_is_said_with_its_reason(files, engine: Engine, tmp_path: Path):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        batch = (await talk.say("make 3 samples for gas leaks"))["Proposed"].batch
        assert batch.proposals == ()
        assert "invents nothing" in batch.shortfall
        assert talk.waiting.suggestions[0].label == "Show the lowest samples"
        assert "Covered" in await talk.say("coverage")

    run(conversation, Deps(engine, tmp_path / "runs"))


def test_the_diagnosis_is_put_to_the_test(files, engine: Engine, tmp_path: Path):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Start")
        tested = (await talk.say("can I trust this?"))["Tested"].result
        assert len(tested.subgoals) == 9
        assert all(one.reason for one in tested.subgoals)
        assert (Path((await talk.state())["run"]) / "selftest.json").is_file()
        said = await talk.say("what was removed for gas leaks?")
        assert "Testing" not in said
        assert (said["Tested"].result, len(said["Tested"].about)) == (tested, 1)
        text = render(said["Tested"])
        assert tested.subgoals[0].name not in text.split("What to keep in mind")[0].split("\n\n", 2)[2]
        assert len((await talk.say("how accurate are the scores?"))["Tested"].about) == 9

    run(conversation, Deps(engine, tmp_path / "runs"))
