"""The browser with a language model behind it that has its bad days: one conversation, from a goal to a training file.

Each fixture goes one part of the way on the same page; the tests say what has to be true there.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import energy
import openai_brains
import pytest
from browsing import PATIENCE_MS, WIDE, Server, choose, hand_over, keep, press, say, shows, take, visit
from goalcover.agent.embedder import Embedder
from openai_faults import Faults
from openai_server import KEY, running
from openai_server import Server as ModelServer
from playwright.sync_api import Browser, Page, expect
from talking import demo_files

ROWS = 60
BAD_DAY = {"429": 0.05, "500": 0.03, "malformed": 0.03, "think": 0.05, "fence": 0.05}
EDITED = "We can set up an affordable payment plan, and our hardship fund helps with the debt."
REASON = "nobody would write that to us"


@dataclass(frozen=True)
class Desk:
    """A page, the model's server behind it, and where the chat keeps its files."""

    page: Page
    model: ModelServer
    home: Path

    def judged(self) -> Counter[str]:
        """How often a judgement was given for each sample, that is, paid for."""
        answered = [one.json["messages"] for one in self.model.requests if one.fault in {"ok", "think", "fence"}]
        judging = [one[-1]["content"] for one in answered if openai_brains.is_judging(one)]
        return Counter(openai_brains.taken_apart(one)[1]["input"] for one in judging)

    def run(self, name: str) -> Path:
        """A file of the conversation's only run."""
        (path,) = self.home.glob(f"sessions/*/runs/*/{name}")
        return path


@pytest.fixture(scope="module")
def desk(chromium: Browser, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A goal, one answer, data, and subgoals that hold: ready to judge."""
    folder = tmp_path_factory.mktemp("desk")
    with running(brain=energy.model(embedder), faults=Faults(BAD_DAY), latency=0.1, pause=0.04) as model:
        known = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": KEY, "GOALCOVER_MODEL": "test-model"}
        server = Server(folder, GOALCOVER_CONCURRENCY="4", **known)
        page = visit(chromium.new_context(viewport=WIDE), server.address)
        say(page, energy.GOAL)
        shows(page, "Question 1 of 3")
        choose(page, 1, 3)
        shows(page, "Question 2 of 3")
        hand_over(page, demo_files(folder, ROWS)[0])
        shows(page, f"{ROWS} samples in {ROWS} rows")
        press(page, "That's enough")
        shows(page, "Ready to judge")
        yield Desk(page, model, folder / "data" / "goalcover" / "chat")
        page.context.close()
        server.stop()


@pytest.fixture(scope="module")
def at_stop(desk: Desk) -> Counter[str]:
    """Started, and stopped in the middle: what was judged by then."""
    desk.model.latency = 0.4
    press(desk.page, "Start")
    shows(desk.page, f"of {ROWS} samples, ")
    keep(desk.page, "13-model-progress")
    desk.page.locator("#stop-button").click()
    desk.model.latency = 0.1
    shows(desk.page, "What was judged is kept: Start goes on from there.")
    return desk.judged()


@pytest.fixture(scope="module")
def assessed(desk: Desk, at_stop: Counter[str]) -> Desk:
    """Started again, the page loaded again in the middle of it."""
    press(desk.page, "Start")
    desk.page.reload()
    shows(desk.page, "subgoals are gaps")
    keep(desk.page, "14-model-result")
    return desk


@pytest.fixture(scope="module")
def reviewed(assessed: Desk) -> Desk:
    """Four samples: the first accepted, the second edited, the third rejected, the page loaded again."""
    page = assessed.page
    say(page, f"make me 4 samples for {energy.PAY}")
    shows(page, "Asked for 4")
    cards = page.locator(".gc-card:has(.gc-answer)")
    cards.nth(0).get_by_role("button", name="Keep").click()
    expect(cards.nth(0)).to_contain_text("accepted")
    expect(cards.nth(0)).to_be_in_viewport()
    cards.nth(1).get_by_role("button", name="Edit").click()
    page.get_by_label("The new answer").fill(EDITED)
    take(page.get_by_role("button", name="Save"))
    shows(page, "Changed: 2")
    cards.nth(2).get_by_role("button", name="Reject").click()
    page.get_by_label("Why it is rejected").fill(REASON)
    take(page.get_by_role("button", name="Reject it"))
    shows(page, f"Rejected: {REASON}")
    keep(page, "16-model-review")
    page.reload()
    shows(page, f"Rejected: {REASON}")
    return assessed


def test_the_model_asks_and_takes_the_goal_apart(desk: Desk):
    shows(desk.page, "240 judgements")
    shows(desk.page, "by the llm engine, test-model")
    panel = desk.page.locator(".gc-plan")
    expect(panel).to_contain_text("Bills and payments; Power cuts")
    expect(panel).to_contain_text(energy.PAY)


def test_stop_keeps_what_was_judged(at_stop: Counter[str]):
    assert 0 < at_stop.total() < ROWS


def test_start_goes_on_through_a_reload_and_judges_nothing_twice(assessed: Desk, at_stop: Counter[str]):
    assert set(assessed.judged().values()) == {1}
    assert len(assessed.judged()) == ROWS
    info = json.loads(assessed.run("run.json").read_text())
    assert info["counts"]["reused"] == at_stop.total() * len(energy.SUBGOALS)
    assert info["counts"]["unscored"] == 0
    assert info["usage"]["prompt_tokens"] > 0
    assert assessed.page.get_by_text("Judged all 60 samples").count() == 1


def test_a_gap_is_explained_with_quotes_that_open_their_samples(assessed: Desk):
    page = assessed.page
    page.locator(".gc-card", has_text=energy.PAY).get_by_role("button", name="Why?").first.click()
    shows(page, f"Why {energy.PAY} is weak")
    shows(page, "a way to pay that they can afford")
    expect(page.locator(".js-plotly-plot").last).to_be_visible(timeout=PATIENCE_MS)
    keep(page, "15-model-why")
    page.locator(".gc-quote").last.click()
    shows(page, "of the data.")


def test_what_was_decided_by_clicks_is_what_is_kept(reviewed: Desk):
    page = reviewed.page
    cards = page.locator(".gc-card:has(.gc-answer)")
    for place, decision in enumerate(("accepted", "edited", "rejected")):
        expect(cards.nth(place)).to_contain_text(decision)
    page.get_by_role("button", name="Keep these 3 samples").click()
    shows(page, "3 samples kept and judged like any other")
    expect(cards.first).to_contain_text("kept")
    assert page.get_by_role("button", name="Reject").count() == 0
    (path,) = reviewed.run("run.json").parent.glob("synthetic/*.jsonl")
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["_goalcover"]["verdict"] for one in kept] == ["accepted", "edited", "accepted"]
    assert kept[1]["output"] == EDITED


def test_the_reason_of_a_rejection_is_told_to_the_generator(reviewed: Desk):
    say(reviewed.page, f"make me 2 samples for {energy.PAY}")
    shows(reviewed.page, "Asked for 2")
    written = [one["messages"][-1]["content"] for one in reviewed.model.chats]
    assert any("Rejected attempts" in one and REASON in one for one in written)
    press(reviewed.page, "Reject all")
    shows(reviewed.page, "None was kept")


def test_a_training_file_is_written(reviewed: Desk):
    say(reviewed.page, "export goal-aligned plus synthetic for TRL")
    shows(reviewed.page, "3 of them synthetic")
    (path,) = reviewed.home.glob("sessions/*/exports/*trl*.jsonl")
    assert EDITED in path.read_text()


def test_a_free_question_is_answered_as_it_comes_also_through_a_reload(assessed: Desk):
    page = assessed.page
    say(page, energy.FREE)
    shows(page, "on average")
    assert page.get_by_text("have new ones made").count() == 0
    page.reload()
    shows(page, "have new ones made")
    keep(page, "17-model-talk")
    assert page.get_by_text("have new ones made").count() == 1
    expect(page.get_by_role("button", name=f"Why is {energy.PAY} weak?")).to_be_visible(timeout=PATIENCE_MS)
