"""The real server and a real browser: from a vague goal to the reason of a gap, by clicking and typing.

Screenshots of a run lie in `artefacts/`, for a person to look at.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from goalcover.graph.attachments import DEMO
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH")
GOALCOVER = str(Path(sys.executable).with_name("goalcover"))
PUBMEDQA = Path(__file__).parents[3] / "shared" / "data" / "pubmedqa.jsonl"
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
HOSTILE = (
    "<img src=x onerror=document.title='owned'> **bold** [l](https://evil.example) https://evil.example :note[gone] "
    '<button onclick="document.title=1">Start</button>'
)
PATIENCE_MS = 60_000
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`goalcover chat` on a port of its own, with folders of its own; it can be started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        folders = {"XDG_DATA_HOME": str(folder / "data")}
        self.environment = os.environ | folders | environment
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [GOALCOVER, "chat", "--port", str(self.port), "--headless"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        for _ in range(600):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail("the server does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("chat"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=WIDE)
    yield context
    context.close()


def visit(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    # An upload before the server knows the session is refused.
    with page.expect_websocket() as connecting:
        page.goto(address)
    connecting.value.wait_for_event("framereceived")
    page.wait_for_timeout(500)
    return page


def keep(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(800)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def idle(page: Page) -> None:
    """Chainlit ignores a button while an answer is still coming in, and begins a moment after one was pressed."""
    quiet = 0
    for _ in range(PATIENCE_MS // 250):
        quiet = quiet + 1 if page.locator("#stop-button").count() == 0 else 0
        if quiet == 4:
            return
        page.wait_for_timeout(250)
    pytest.fail("the answer does not end")


def say(page: Page, text: str) -> None:
    idle(page)
    page.locator("#chat-input").click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def press(page: Page, label: str) -> None:
    """Clicks a button until the page takes it: Chainlit drops a click that comes a moment too early."""
    for _ in range(4):
        idle(page)
        try:
            with page.expect_response(lambda response: response.url.endswith("/project/action"), timeout=3_000):
                page.get_by_role("button", name=label, exact=True).last.click()
        except PlaywrightTimeoutError:
            continue
        return
    pytest.fail(f"the page does not take a click on {label}")


def choose(page: Page, *places: int) -> None:
    """Clicks suggested answers by their place, and takes them where several may apply."""
    idle(page)
    offered = page.get_by_role("group", name="Suggested answers").last
    for place in places:
        offered.get_by_role("button").nth(place - 1).click()
    if (take := offered.get_by_role("button", name="Use these")).count():
        take.click()


def shows(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)


def hand_over(page: Page, path: Path, words: str = "here it is") -> None:
    """The name shows at once; a message sent before the server has the file goes without it."""
    idle(page)
    with page.expect_response(lambda response: "/project/file" in response.url and response.ok):
        page.locator("#upload-button-input").set_input_files(path)
    expect(page.get_by_text(path.name).first).to_be_visible()
    page.wait_for_timeout(300)
    say(page, words)


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
    expect(page.locator(".gc-plan")).to_contain_text("Domain and topics")
    press(page, "That's enough")
    for _ in range(6):
        idle(page)
        if page.get_by_text("Ready to judge").count():
            break
        choose(page, 1)
    shows(page, "judgements by the embedded engine")
    keep(page, "4-ready")
    press(page, "Judge 200 first")
    shows(page, "Judged a random 200 of 1,000 samples")
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=PATIENCE_MS)
    keep(page, "5-result")
    idle(page)
    page.locator(".gc-card").get_by_role("button", name="Why?").first.click()
    shows(page, "is weak")
    expect(page.locator(".gc-quote").first).to_be_visible(timeout=PATIENCE_MS)
    keep(page, "6-why")
    idle(page)
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
    say(page, "Show sample lf-0000")
    shows(page, "<img src=x onerror=document.title='owned'>")
    shows(page, ":note[gone]")
    keep(page, "8-hostile")
    assert page.locator("a[href*='evil']").count() == page.locator("img[src='x']").count() == 0
    assert page.locator("button[onclick]").count() == 0
    assert page.title() == "GoalCover"


def test_a_chat_goes_on_after_a_reload_and_after_a_restart(context: BrowserContext, server: Server, tmp_path: Path):
    page = visit(context, server.address)
    page.get_by_role("button", name="A Python coding assistant").click()
    shows(page, "Question 1 of 3")
    choose(page, 1)
    shows(page, "Question 2 of 3")
    server.stop()
    server.start()
    page.reload()
    shows(page, "Question 2 of 3")
    expect(page.get_by_role("group", name="Suggested answers")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator(".gc-plan")).to_contain_text("Domain and topics", timeout=PATIENCE_MS)
    keep(page, "9-resumed")
    press(page, "Go back")
    page.wait_for_timeout(1000)
    shows(page, "Question 1 of 3")


def test_two_people_do_not_see_each_other(chromium: Browser, server: Server, tmp_path: Path):
    first, second = chromium.new_context(viewport=WIDE), chromium.new_context(viewport=WIDE)
    ann, bob = visit(first, server.address), visit(second, server.address)
    say(ann, "Answer questions about the moon")
    shows(ann, "Question 1 of 3")
    hand_over(bob, rows(tmp_path, 20))
    shows(bob, "What should the model be able to do?")
    assert bob.get_by_text("moon").count() == ann.get_by_text("mine.jsonl").count() == 0
    thread = ann.url.rpartition("/")[2]
    assert ann.request.get(f"{server.address}/project/thread/{thread}").ok
    assert not bob.request.get(f"{server.address}/project/thread/{thread}").ok
    first.close()
    second.close()


def test_it_fits_a_phone(chromium: Browser, server: Server, tmp_path: Path):
    context = chromium.new_context(viewport=PHONE, color_scheme="dark")
    page = visit(context, server.address)
    page.evaluate("localStorage.setItem('vite-ui-theme', 'dark')")
    page.reload()
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


def test_without_sign_in_no_other_machine_is_served():
    command = [GOALCOVER, "chat", "--host", "0.0.0.0", "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "GOALCOVER_CHAT_USERS" in done.stderr
