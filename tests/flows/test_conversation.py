"""Whole conversations about an assessment through the compiled graph, on 60 rows of the demo."""

import asyncio
from pathlib import Path

import pytest
from goalcover.graph.build import stop
from goalcover.graph.deps import Deps
from goalcover.graph.state import STORED, Heard
from goalcover.memory.checkpoints import open_checkpoints, serializer
from talking import CONFIG, Talk, demo_files, run


def lose(folder: Path, name: str) -> None:
    next(folder.glob(f"*/{name}")).unlink()


async def cut_off(deps: Deps, saver, files) -> Talk:
    """A conversation whose assessment was cancelled in the middle."""
    talk = await Talk(deps, saver).begin()
    await talk.say(f"{files[0]} {files[1]}", "keep all as they are")
    work = asyncio.create_task(talk.say("Start"))
    await asyncio.sleep(0.3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    return talk


def test_from_files_to_a_named_gap_and_its_reason(files, deps: Deps):
    async def conversation(talk: Talk):
        assert talk.buttons == ("Try the demo",)
        assert "no file" in (await talk.say("/nowhere/at-all.jsonl"))["Problem"].text

        half = (await talk.say(str(files[0])))["Understood"].reading
        assert (half.data.samples, half.data.preview.id) == (60, "lf-0001")
        assert "Start" not in talk.buttons
        ready = (await talk.say(str(files[1])))["Ready"]
        assert (len(ready.goal.subgoals), ready.pairs) == (9, 540)
        assert talk.buttons == ("Start", "Other data")

        found = await talk.say("Start")
        assert (found["Progress"].done, found["Progress"].total) == (60, 60)
        diagnosed = found["Diagnosed"]
        worst = diagnosed.goal.subgoal(diagnosed.gaps[0].subgoal_id)
        assert talk.buttons[0] == f"Why is {worst.name} weak?"
        assert all(gap.kind for gap in diagnosed.gaps)

        said = (await talk.say(talk.buttons[0]))["Explained"]
        assert said.explanation.gap == diagnosed.gaps[0]
        assert said.explanation.gap.capabilities[0].title
        assert talk.buttons[:2] == (f"Make 20 samples for {worst.name}", f"Show the lowest samples of {worst.name}")
        cause = said.explanation.gap.capabilities[0]
        quote, source = cause.quotes[0], cause.quote_ids[0]
        assert said.map.points
        assert "Like which sample" in (await talk.say("more like this one"))["Problem"].text
        second = said.explanation.samples[1].sample_id
        assert (await talk.say("show me more like the second"))["Alike"].sample_id == second
        opened = (await talk.say(f"Show sample {source}"))["Opened"]
        assert (await talk.say("more like this one"))["Alike"].sample_id == source
        assert f"“drop {worst.name}”" in (await talk.say(f"why not just drop {worst.name}?"))["Noted"].text
        assert " ".join(quote.split()).strip("…") in " ".join(f"{opened.sample.input}\n{opened.sample.output}".split())
        assert len(opened.judgements) == 9
        alike = (await talk.say(f"Show more like sample {source}"))["Alike"]
        assert alike.name == worst.name
        assert all(one.sample_id != source for one in alike.neighbours.same)

        highest = (await talk.say(f"why is {worst.name} weak?", "and the highest?"))["Shown"]
        levels = [one.level for one in highest.samples]
        assert (highest.name, levels) == (worst.name, sorted(levels, reverse=True))
        assert (await talk.say("typical samples of it"))["Shown"].end == "typical"

        advice = (await talk.say("What should I do first?"))["Advised"]
        assert (advice.name, advice.gap) == (worst.name, diagnosed.gaps[0])
        assert (await talk.say("coverage"))["Covered"].coverage == diagnosed.coverage
        needs = (await talk.say("how many samples are needed?"))["Needed"].needs
        assert {one.name for one in needs} == {diagnosed.goal.subgoal(gap.subgoal_id).name for gap in diagnosed.gaps}
        assert all(one.needed > 0 for one in needs)
        assert [path.name for path in (await talk.say("report"))["Reported"].files] == [
            "report.html",
            "scores.parquet",
            "goal.yaml",
        ]
        assert (await talk.say("why is cybersecurity weak?"))["Unsure"].names == ()
        weak = {diagnosed.goal.subgoal(gap.subgoal_id).name for gap in diagnosed.gaps}
        assert {name.removeprefix("Why is ").removesuffix(" weak?") for name in talk.buttons if "Why" in name} <= weak
        if len(diagnosed.gaps) > 1:
            second = (await talk.say("which one is the worst?", "and the second one?"))["Explained"].explanation
            assert second.gap == diagnosed.gaps[1]
            await talk.say("what should I do first?", "show the lowest samples of gap 2")
            about_it = (await talk.say("how many are needed for it?"))["Needed"].needs
            assert [one.name for one in about_it] == [diagnosed.goal.subgoal(diagnosed.gaps[1].subgoal_id).name]
            assert (await talk.say("what should I do first?", "how bad is it?"))[
                "Explained"
            ].explanation.gap == diagnosed.gaps[0]
        assert (await talk.say("show me row 5"))["Opened"].sample.row == 5
        assert (await talk.say("what does support mean?"))["Defined"].term == "support"

        again = (await talk.say("Judge 20 first"))["Diagnosed"]
        assert again.info.counts.reused == again.info.counts.pairs == 180
        assert "takes the place of support.jsonl" in (await talk.say("Other data"))["Noted"].text
        assert "Covered" in await talk.say("coverage")

    run(conversation, deps)


def test_what_would_be_at_another_threshold_is_told_and_can_be_set(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Start")
        supposed = (await talk.say("what would change at a threshold of 1?"))["Supposed"]
        assert len(supposed.gaps) == 9
        low = (await talk.say("set threshold 0.2"))["Diagnosed"]
        assert (low.goal.threshold, low.info.counts.reused) == (0.2, 540)
        assert {gap.subgoal_id for gap in low.gaps} == {one.id for one in low.coverage.subgoals if one.alignment < 0.2}
        back = await talk.say("undo the threshold")
        assert back["Revised"].label == "Took back: Threshold 0.2 for all subgoals"
        assert (back["Diagnosed"].goal.threshold, back["Diagnosed"].info.counts.reused) == (None, 540)
        assert "no change to take back" in (await talk.say("go back"))["Problem"].text
        few = (await talk.say("Judge 20 first", "set threshold 30%"))["Diagnosed"]
        assert few.info.counts.samples == 20
        assert (await talk.say("go back to the default rule"))["Diagnosed"].goal.threshold is None

    run(conversation, deps)


def test_an_edit_after_scoring_judges_only_what_is_new(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Start")
        revised = await talk.say("add Solar panels: Answers questions about solar panels and what they earn")
        assert revised["Revised"].label == "Add Solar panels"
        found = (await talk.say("keep all as they are", "Start") if talk.asked else await talk.say("Start"))[
            "Diagnosed"
        ]
        assert (found.info.counts.pairs, found.info.counts.reused) == (600, 540)
        both = (await talk.say("compare Solar panels and Explaining bills"))["Compared"]
        assert (both.a.name, both.b.name) == ("Solar panels", "Explaining bills")
        assert 0 <= both.both <= 60
        assert "“Add Solar panels”, and what was judged" in (await talk.say("undo"))["Noted"].text
        assert talk.buttons[0] == "Undo the last change"
        assert (await talk.say("drop solar pannels"))["Revised"].label == "Drop Solar panels"

    run(conversation, deps)


def test_the_last_result_is_talked_about_while_a_changed_goal_waits(files, deps: Deps):
    async def conversation(talk: Talk):
        coverage = (await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Start"))["Diagnosed"].coverage
        await talk.say("add Solar panels: Answers questions about solar panels and what they earn", "keep all")
        assert "Start" in talk.buttons
        assert (await talk.say("coverage"))["Covered"].coverage == coverage
        assert (await talk.say("why is gas weak?"))["Explained"].explanation.subgoal.id == "gas-safety"
        assert "not judged yet" in (await talk.say("why is Solar panels weak?"))["Problem"].text
        assert "first" in (await talk.say("export it for TRL"))["Problem"].text
        assert "Start" in talk.buttons
        assert "Revised" in await talk.say("go back")
        assert "Start" not in talk.buttons
        assert (await talk.say("coverage"))["Covered"].coverage == coverage

    run(conversation, deps)


def test_a_run_that_disappears_is_told_and_asked_on(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say(f"{files[0]} {files[1]}", "keep all as they are", "Judge 20 first")
        lose(deps.runs, "gaps.json")
        assert "has not finished" in (await talk.say("coverage"))["Problem"].text
        assert "Diagnosed" in await talk.say("Judge all")

    run(conversation, deps)


def test_data_that_changed_since_they_were_handed_over_are_not_judged(deps: Deps, tmp_path: Path):
    async def conversation(talk: Talk):
        data, goal = demo_files(tmp_path, 20)
        await talk.say(f"{data} {goal}", "keep all as they are")
        demo_files(tmp_path, 10)
        problem = (await talk.say("Start"))["Problem"].text
        assert problem.startswith("support.jsonl holds other rows now than when it was handed over")
        assert not list(deps.runs.glob("*/run.json"))
        await talk.say(str(data))
        assert (await talk.say("Start"))["Diagnosed"].coverage.n_samples == 10

    run(conversation, deps)


def test_everything_can_be_forgotten(files, deps: Deps):
    async def conversation(talk: Talk):
        await talk.say("Answer customers of a bank", str(files[0]))
        assert "Welcomed" in await talk.say("start over")
        state = await talk.state()
        assert (state["specification"], state["data"], state["goal"]) == (None, None, None)

    run(conversation, deps)


def test_stopped_work_waits_for_the_word_to_go_on(files, deps: Deps, tmp_path: Path):
    async def conversation():
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            talk = await cut_off(deps, saver, files)
            await stop(talk.graph, CONFIG)
            await talk.go_on()
            assert "Start" in talk.buttons
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            assert (await Talk(deps, saver).say("Start"))["Diagnosed"].coverage.n_samples == 60

    asyncio.run(conversation())


def test_a_server_that_died_while_scoring_goes_on_by_itself(files, deps: Deps, tmp_path: Path):
    async def conversation():
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            await cut_off(deps, saver, files)
        async with open_checkpoints(tmp_path / "c.sqlite", STORED) as saver:
            assert (await Talk(deps, saver).go_on())["Diagnosed"].coverage.n_samples == 60

    asyncio.run(conversation())


def test_only_listed_types_come_back_from_a_checkpoint():
    kept = serializer(STORED)
    heard = Heard(text="hello")
    assert kept.loads_typed(kept.dumps_typed(heard)) == heard
    bare = serializer(())
    assert bare.loads_typed(bare.dumps_typed(heard)) == {"text": "hello", "files": []}
