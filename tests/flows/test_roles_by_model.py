"""Every role of the paper played by a model, on a server that has its bad days: elicitation, gaps, synthesis, talk."""

import asyncio
import re
from pathlib import Path

import pytest
from commands import DEMO_DATA, DEMO_GOAL
from goalcover.agent.elicitation import Specification
from goalcover.agent.engine import build_engine
from goalcover.agent.models import SLOTS, Clarification
from goalcover.agent.synthesis import Anchors, Brief
from goalcover.agent.talk import Turn
from goalcover.agent.usage import paid_by
from goalcover.memory.goals import load_goal
from goalcover.memory.runs import Run
from goalcover.tools.assess import assess
from goalcover.tools.budget import Budget
from goalcover.tools.catalog import catalog, facts
from goalcover.tools.load import open_dataset
from openai_faults import Faults
from openai_server import KEY
from scripted import one_a_group, scripted, serving, settings

BAD_DAY = {"429": 0.05, "500": 0.03, "malformed": 0.03, "think": 0.05, "fence": 0.05, "two": 0.03}
GOAL = Specification(
    goal="Answer energy customers' messages",
    answers=(Clarification(question="Which topics?", answer="bills and meters", slot="domain"),),
)


def questions(user):
    slot = re.search(r"open slots: (\w+)", user)[1]
    return [{"slot": slot, "text": f"What about {slot}?", "why": "w.", "suggestions": ["a", "b"], "many": False}]


def capabilities(user):
    return one_a_group(user, "Missing in group {}", "It lacks it.", "payments")


def subgoal(name):
    return {"id": name, "name": name, "description": f"Shows {name}.", "scope": "some", "share": None, "weight": 1}


def atomic(user):
    ids = re.findall(r'"id": "([a-z0-9_-]+)"', user)
    verdicts = [{"id": one, "ok": True, "reason": "One thing.", "parts": []} for one in ids]
    return {"atomic": verdicts, "overlaps": [], "uncovered": []}


def samples(user):
    n = int(user.rsplit("Write ", 1)[1].split()[0])
    texts = [{"input": f"Ask {place}", "output": f"Say {place}"} for place in range(n)]
    return [{"columns": [{"name": name, "text": text} for name, text in one.items()]} for one in texts]


def verdicts(user):
    marks = ("correctness", "completeness", "faithfulness", "format", "level")
    return [
        {"id": one, "explanation": "Fine.", **dict.fromkeys(marks, 4)} for one in re.findall(r'"id": "(s\d+)"', user)
    ]


BRAIN = {
    "questions": questions,
    "subgoals": [subgoal("bills"), subgoal("meters")],
    "atomic": atomic,
    "capabilities": capabilities,
    "recommendations": [{"action": "Collect it", "detail": "Write it down.", "sample_ids": []}] * 2,
    "samples": samples,
    "verdicts": verdicts,
}


async def journey(engine, folder: Path):
    """Elicits, assesses, synthesizes, talks; gives the run and what was made and said."""
    asked = await engine.clarifier.ask(GOAL, None)
    draft = await engine.decomposer.decompose(GOAL.without(SLOTS[1:]), None)
    checks = await engine.decomposer.check(GOAL, draft.subgoals)
    run, goal = Run.create(folder), load_goal(DEMO_GOAL)
    await assess(open_dataset(str(DEMO_DATA), limit=30), goal, run, engine, lambda *_: None)
    brief = Brief(capability="Bills", exemplars=tuple(run.samples())[:2])
    made = await engine.generator.generate(goal.subgoals[0], brief, 3)
    first, second = brief.exemplars
    judged = await engine.discriminator.judge(goal.subgoals[0], made.candidates, Anchors(strong=first, weak=second))
    turns = (Turn("user", "Show me the coverage."),)
    said = [spoken async for spoken in engine.companion.answer(turns, facts(run), catalog(run))]
    return asked, checks, run, made, judged, said


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, serving(brain=scripted(**BRAIN), faults=Faults(BAD_DAY)) as server:
        patch.setattr("goalcover.agent.model._FIRST_WAIT", 0.01)
        engine = build_engine("auto", settings(server, tmp_path_factory.mktemp("models")))
        with paid_by(budget := Budget()):
            found = asyncio.run(journey(engine, tmp_path_factory.mktemp("run") / "run"))
        return engine, found, budget.usage.calls, len(server.chats)


def test_the_whole_way_is_gone_on_a_bad_day(bad_day):
    engine, (asked, checks, run, made, judged, said), *_ = bad_day
    assert engine.name == "llm"
    assert asked[0].slot == "task"
    assert [one.id for one in checks.atomic] == ["bills", "meters"]
    assert run.info().counts.unscored == 0
    assert [one.input for one in made.candidates] == ["Ask 0", "Ask 1", "Ask 2"]
    assert [one.level for one in judged] == [4, 4, 4]
    assert said


def test_gaps_carry_the_models_words_and_quotes_that_are_in_the_samples(bad_day):
    _, (_, _, run, *_), *_ = bad_day
    named = [one for gap in run.gaps() for one in gap.capabilities]
    assert all(one.title.startswith("Missing in group") for one in named)
    texts = {one.id: " ".join(f"{one.input} {one.output}".split()) for one in run.samples()}
    quoted = [(quote, texts[where]) for one in named for quote, where in zip(one.quotes, one.quote_ids, strict=True)]
    assert quoted
    assert all(quote in text for quote, text in quoted)
    assert all(one.action == "Collect it" for gap in run.gaps() for one in gap.recommendations)


def test_what_the_roles_used_is_counted_and_no_key_is_left_behind(bad_day):
    _, (_, _, run, *_), n_paid, n_asked = bad_day
    # On the account: all but what the judge and the roles of the assessment were asked, and that is in the run.
    assert n_paid + run.info().usage.calls == n_asked
    assert run.info().usage.prompt_tokens > 0
    assert not [path for path in run.path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_of_a_model_that_follows_every_form_and_means_nothing_only_what_can_be_used_is_taken(tmp_path):
    subgoals = load_goal(DEMO_GOAL).subgoals
    with serving() as server:
        engine = build_engine("llm", settings(server, tmp_path))
        questions = asyncio.run(engine.clarifier.ask(GOAL, None))
        draft = asyncio.run(engine.decomposer.decompose(GOAL, None))
        checks = asyncio.run(engine.decomposer.check(GOAL, subgoals))
        made = asyncio.run(engine.generator.generate(subgoals[0], Brief(capability="x"), 2))
    assert all("Asked without the model" in one.why for one in questions)
    assert draft.subgoals
    assert [one.id for one in checks.atomic] == [one.id for one in subgoals]
    assert made.candidates == ()
    assert "no usable answer" in made.shortfall
