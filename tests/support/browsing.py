"""A real server and a real browser: `goalcover chat` as a person starts it, and what a person does with the page."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Locator, Page, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
GOALCOVER = str(Path(sys.executable).with_name("goalcover"))
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
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


def visit(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    with connected(page):
        page.goto(address)
    return page


@contextmanager
def connected(page: Page) -> Iterator[None]:
    """Opens a page within, and waits until the server knows its session: an upload before that is refused."""
    with page.expect_websocket() as connecting:
        yield
    connecting.value.wait_for_event("framereceived")
    page.wait_for_timeout(500)


def keep(page: Page, name: str) -> None:
    """A screenshot, when what moves has come to rest."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(500)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def say(page: Page, text: str) -> None:
    """While an answer comes in, Stop stands where Send is: the click waits for that.

    What is typed at the moment in which the box is drawn anew is lost, and typed again.
    """
    box = page.locator("#chat-input")
    for _ in range(5):
        box.click()
        page.keyboard.insert_text(text)
        page.wait_for_timeout(100)
        if box.input_value().strip():
            break
    page.locator("#chat-submit").click()


def press(page: Page, label: str) -> None:
    """Clicks a button below an answer, and waits until it is gone: then what it says has been heard."""
    ended(page)
    take(page.get_by_role("button", name=label, exact=True).last)


def take(button: Locator, group: Locator | None = None) -> None:
    """Clicks a button until it, or its group, is gone: a click is lost where the page moves under it, or is refused
    while an answer ends."""
    gone, clicked = (group or button).element_handle(), button.element_handle()
    for _ in range(10):
        with suppress(Error):
            clicked.click(timeout=3_000)
            gone.wait_for_element_state("hidden", timeout=5_000)
            return
    gone.wait_for_element_state("hidden")


def choose(page: Page, *places: int) -> None:
    """Clicks suggested answers by their place, and takes them where several may apply."""
    ended(page)
    offered = page.get_by_role("group", name="Suggested answers").last
    buttons = [offered.get_by_role("button").nth(place - 1) for place in places]
    if buttons[0].get_attribute("aria-pressed") is not None:  # waits for the button, which a count would not
        for button in buttons:
            button.click()
        take(offered.get_by_role("button", name="Use these"), offered)
    else:
        take(buttons[0], offered)


def ended(page: Page) -> None:
    """Waits until the page may speak again."""
    page.locator("#chat-submit").wait_for()


def shows(page: Page, text: str) -> None:
    expect(page.get_by_text(text).last).to_be_visible(timeout=PATIENCE_MS)


def hand_over(page: Page, path: Path, words: str = "here it is") -> None:
    """The name shows at once; a message sent before the server has the file goes without it."""
    ended(page)
    assert any(_uploaded(page, path) for _ in range(6))
    expect(page.get_by_text(path.name).first).to_be_visible()
    page.wait_for_timeout(300)
    say(page, words)


def _uploaded(page: Page, path: Path) -> bool:
    """A server that does not know the session yet refuses a file, and a page that moves may not notice it."""
    try:
        with page.expect_response(lambda response: "/project/file" in response.url, timeout=10_000) as uploading:
            page.locator("#upload-button-input").set_input_files(path)
    except Error:
        return False
    if not uploading.value.ok:
        page.wait_for_timeout(1_000)
    return uploading.value.ok
