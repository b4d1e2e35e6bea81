"""The real server and a real browser: from a vague goal to the reason of a gap, by clicking and typing.

Screenshots of a run lie in `artefacts/`, for a person to look at.
"""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import (
    GOALCOVER,
    PATIENCE_MS,
    PHONE,
    WIDE,
    Server,
    choose,
    ended,
    hand_over,
    keep,
    press,
    say,
    shows,
    visit,
)
from goalcover.graph.attachments import DEMO
from playwright.sync_api import Browser, BrowserContext, expect

PUBMEDQA = Path(__file__).parents[3] / "shared" / "data" / "pubmedqa.jsonl"
HOSTILE = (
    "<img src=x onerror=document.title='owned'> **bold** [l](https://evil.example) https://evil.example :note[gone] "
    '<button onclick="document.title=1">Start</button>'
)
SENDS_AWAY = """() => new Promise(refused => {
    document.addEventListener("securitypolicyviolation", event => refused(event.effectiveDirective))
    new WebSocket("ws://localhost:9/")
    setTimeout(refused, 5000, "by nobody")
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("chat"))
    yield server
    server.stop()


def rows(folder: Path, n: int) -> Path:
    lines = Path(DEMO[0].path).read_text().splitlines(keepends=True)[:n]
    (folder / "mine.jsonl").write_text("".join(lines))
    return folder / "mine.jsonl"


@pytest.mark.skipif(not PUBMEDQA.is_file(), reason="needs ../shared/data/pubmedqa.jsonl")
def test_from_a_vague_goal_to_a_named_gap_by_clicking(context: BrowserContext, server: Server):
    page = visit(context, server.address)
    expect(page.get_by_text("Embedded engine").first).to_be_visible(timeout=PATIENCE_MS)
    keep(page, "1-welcome")
    page.get_by_role("button", name="A medical question-answering assistant").click()
    shows(page, "Question 1 of 3")
    hand_over(page, PUBMEDQA)
    shows(page, "1,000 samples in 1,000 rows")
    shows(page, "mostly about")
    keep(page, "2-data")
    choose(page, 1, 2)
    shows(page, "Question 2 of 3")
    keep(page, "3-question")
    expect(page.locator(".gc-plan")).to_contain_text("Form of the answers")
    press(page, "That's enough")
    for _ in range(6):
        ended(page)
        if page.get_by_text("Ready to judge").count():
            break
        choose(page, 1)
    shows(page, "judgements by the embedded engine")
    keep(page, "4-ready")
    press(page, "Judge 200 first")
    shows(page, "Judged a random 200 of 1,000 samples")
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=PATIENCE_MS)
    keep(page, "5-result")
    page.locator(".gc-card").get_by_role("button", name="Why?").first.click()
    shows(page, "is weak")
    expect(page.locator(".gc-quote").first).to_be_visible(timeout=PATIENCE_MS)
    keep(page, "6-why")
    page.locator(".gc-quote").last.click()
    shows(page, "of the data.")
    keep(page, "7-sample")
    say(page, "report")
    with page.expect_download() as downloading:
        page.get_by_text("report.html").last.click()
    assert "<!doctype html>" in Path(downloading.value.path()).read_text().lower()


def test_a_sample_that_holds_markup_stays_text(context: BrowserContext, server: Server, tmp_path: Path):
    page = visit(context, server.address)
    hostile = json.dumps({"id": "lf-0000", "instruction": HOSTILE, "output": HOSTILE})
    lines = Path(DEMO[0].path).read_text().splitlines()[:19]
    (tmp_path / "mine.jsonl").write_text("\n".join([hostile, *lines]) + "\n")
    hand_over(page, tmp_path / "mine.jsonl")
    shows(page, "What should the model be able to do?")
    hand_over(page, Path(DEMO[1].path))
    shows(page, "Ready to judge")
    press(page, "Start")
    shows(page, "subgoals are gaps")
    expect(page.locator(".gc-plan")).to_contain_text("supported by", timeout=PATIENCE_MS)
    say(page, "Show sample lf-0000")
    shows(page, "<img src=x onerror=document.title='owned'>")
    shows(page, ":note[gone]")
    keep(page, "8-hostile")
    assert page.locator("a[href*='evil']").count() == page.locator("img[src='x']").count() == 0
    assert page.locator("button[onclick]").count() == 0
    assert page.title() == "GoalCover"
    assert page.evaluate(SENDS_AWAY) == "connect-src"


def test_a_chat_goes_on_after_a_reload_and_after_a_restart(context: BrowserContext, server: Server, tmp_path: Path):
    page = visit(context, server.address)
    page.get_by_role("button", name="A Python coding assistant").click()
    shows(page, "Question 1 of 3")
    ended(page)
    other = visit(context, page.url)
    offered = other.get_by_role("group", name="Suggested answers").get_by_role("button")
    offered.first.click()
    choose(page, 1)
    shows(page, "Question 2 of 3")
    offered.last.click()
    shows(other, "load this page again")
    other.close()
    server.stop()
    server.start()
    page.reload()
    shows(page, "Question 2 of 3")
    expect(page.get_by_role("group", name="Suggested answers")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator(".gc-plan")).to_contain_text("Form of the answers", timeout=PATIENCE_MS)
    keep(page, "9-resumed")
    ended(page)
    page.get_by_role("button", name="Go back").last.evaluate(
        "button => { for (let n = 0; n < 5; n += 1) button.click(); }"
    )
    expect(page.get_by_text("Question 1 of 3")).to_have_count(2, timeout=PATIENCE_MS)
    ended(page)
    expect(page.locator("[data-step-type='user_message']", has_text="go back")).to_have_count(1)
    assert page.get_by_text("at work").count() == 0


def test_two_people_do_not_see_each_other(chromium: Browser, server: Server, tmp_path: Path):
    first, second = chromium.new_context(viewport=WIDE), chromium.new_context(viewport=WIDE)
    ann, bob = visit(first, server.address), visit(second, server.address)
    say(ann, "Answer questions about the moon")
    shows(ann, "Question 1 of 3")
    (tmp_path / "empty.jsonl").touch()
    hand_over(bob, tmp_path / "empty.jsonl")
    shows(bob, "empty.jsonl has no rows")
    hand_over(bob, rows(tmp_path, 20))
    shows(bob, "What should the model be able to do?")
    assert bob.get_by_text("moon").count() == ann.get_by_text("mine.jsonl").count() == 0
    thread = ann.url.rpartition("/")[2]
    assert ann.request.get(f"{server.address}/project/thread/{thread}").ok
    assert not bob.request.get(f"{server.address}/project/thread/{thread}").ok
    mine = bob.url.rpartition("/")[2]
    (kept,) = server.folder.glob(f"**/sessions/{mine}")
    for who, deleted in ((ann, False), (bob, True)):
        who.request.delete(f"{server.address}/project/thread", data={"threadId": mine})
        assert kept.exists() is not deleted
    first.close()
    second.close()


def test_it_fits_a_phone(chromium: Browser, server: Server, tmp_path: Path):
    context = chromium.new_context(viewport=PHONE, color_scheme="dark")
    page = visit(context, server.address)
    expect(page.locator("html.dark")).to_have_count(1)
    keep(page, "10-phone-welcome")
    hand_over(page, rows(tmp_path, 20))
    shows(page, "What should the model be able to do?")
    hand_over(page, Path(DEMO[1].path))
    shows(page, "Ready to judge")
    assert page.locator(".gc-plan").count() == 0
    press(page, "Start")
    shows(page, "subgoals are gaps")
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=PATIENCE_MS)
    keep(page, "11-phone-result")
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    keep(page, "12-phone-chart")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.reload()
    shows(page, "subgoals are gaps")
    expect(page.locator(".js-plotly-plot .gtitle").first).to_contain_text("How well", timeout=PATIENCE_MS)
    page.locator("#new-chat-button").click()
    expect(page.locator("[data-step-type]")).to_have_count(0)
    page.go_back()
    expect(page.locator("[data-step-type='user_message']").last).to_be_in_viewport(timeout=PATIENCE_MS)
    keep(page, "12-phone-again")
    context.close()


def test_people_sign_in_where_names_are_given(chromium: Browser, tmp_path: Path):
    server = Server(tmp_path, GOALCOVER_CHAT_USERS="ann=correct horse;bob=battery staple")
    context = chromium.new_context(viewport=WIDE)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.address)
        page.locator("input[name=email]").fill("ann")
        page.locator("input[name=password]").fill("wrong password")
        page.locator("button[type=submit]").click()
        page.wait_for_timeout(1500)
        assert page.locator("#chat-input").count() == 0
        page.locator("input[name=password]").fill("correct horse")
        page.locator("button[type=submit]").click()
        expect(page.locator("#chat-input")).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_timeout(1000)
        say(page, str(rows(tmp_path, 20)))
        shows(page, "cannot be opened from here")
    finally:
        context.close()
        server.stop()


def test_another_page_may_not_speak_to_the_chat(server: Server):
    for header, value in (("Host", "evil.example"), ("Origin", "https://evil.example")):
        headers = {"Host": f"127.0.0.1:{server.port}"} | {header: value}
        lines = "".join(f"{name}: {content}\r\n" for name, content in headers.items())
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(
                f"GET /ws/socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode()
            )
            assert connection.recv(12).endswith(b" 400")


def test_a_page_names_no_folder_of_the_server(server: Server, tmp_path: Path):
    def connected(**ids: str) -> str:
        polling = "/ws/socket.io/?EIO=4&transport=polling"
        polling += f"&sid={json.loads(client.get(polling).text[1:])['sid']}"
        client.post(polling, content="40" + json.dumps({"clientType": "webapp"} | ids))
        return client.get(polling).text

    with httpx.Client(base_url=server.address) as client:
        client.get("/")
        client.post("/auth/header")
        for ids in ({"sessionId": str(tmp_path)}, {"sessionId": "a", "threadId": "../../etc"}):
            assert connected(**ids).startswith("44")
        assert connected(sessionId="a", threadId="b").startswith("40")


def test_without_sign_in_no_other_machine_is_served():
    command = [GOALCOVER, "chat", "--host", "0.0.0.0", "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "GOALCOVER_CHAT_USERS" in done.stderr
