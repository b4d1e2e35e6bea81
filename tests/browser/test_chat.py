"""The real server and a real browser: from the welcome to the reason of a gap, by clicking and typing."""

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
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH")
HOSTILE = (
    "<img src=x onerror=document.title='owned'> **bold** [l](https://evil.example) https://evil.example :note[gone]"
)
PATIENCE_MS = 60_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert server.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("chat"), free_port()
    environment = os.environ | {"XDG_DATA_HOME": str(folder / "data"), "GOALCOVER_CACHE_DIR": str(folder / "cache")}
    command = [str(Path(sys.executable).with_name("goalcover")), "chat", "--port", str(port), "--headless"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        # An upload before the server knows the session is refused.
        with page.expect_websocket() as connecting:
            page.goto(address)
        connecting.value.wait_for_event("framereceived")
        page.wait_for_timeout(500)
        yield page
        browser.close()


def say(page: Page, text: str) -> None:
    page.locator("#chat-input").click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def press(page: Page, label: str) -> None:
    # Chainlit ignores a button while an answer is still coming in.
    expect(page.locator("#stop-button")).to_have_count(0, timeout=PATIENCE_MS)
    with page.expect_response(lambda response: response.url.endswith("/project/action")):
        page.get_by_role("button", name=label, exact=True).last.click()


def hand_over(page: Page, path: Path) -> None:
    """The name shows at once; a message sent before the server has the file goes without it."""
    with page.expect_response(lambda response: "/project/file" in response.url and response.ok):
        page.locator("#upload-button-input").set_input_files(path)
    expect(page.get_by_text(path.name).first).to_be_visible()
    page.wait_for_timeout(300)
    say(page, "here it is")


def test_from_an_upload_to_the_reason_of_a_gap(page: Page, tmp_path: Path):
    expect(page.get_by_role("button", name="Assess my data")).to_be_visible(timeout=PATIENCE_MS)
    rows = Path(DEMO[0].path).read_text().splitlines()[:19]
    hostile = json.dumps({"id": "lf-0000", "instruction": HOSTILE, "output": HOSTILE})
    (tmp_path / "mine.jsonl").write_text("\n".join([hostile, *rows]) + "\n")
    hand_over(page, tmp_path / "mine.jsonl")
    expect(page.get_by_text("The data is there.")).to_be_visible(timeout=PATIENCE_MS)
    hand_over(page, Path(DEMO[1].path))
    expect(page.get_by_text("Ready: 180 judgements by the embedded engine")).to_be_visible(timeout=PATIENCE_MS)

    # The first row is shown as it was read, and it is text and nothing else.
    expect(page.get_by_text("<img src=x onerror=document.title='owned'>").first).to_be_visible()
    expect(page.get_by_text(":note[gone]").first).to_be_visible()
    assert page.locator("a[href*='evil']").count() == page.locator("img[src='x']").count() == 0
    assert page.title() == "GoalCover"

    press(page, "Start")
    expect(page.get_by_text("subgoals are gaps")).to_be_visible(timeout=PATIENCE_MS)
    say(page, "why is Customers who cannot pay weak?")
    expect(page.get_by_text("Why Customers who cannot pay is weak")).to_be_visible(timeout=PATIENCE_MS)
    press(page, "Show the highest samples")
    expect(page.get_by_text("Customers who cannot pay: the highest samples")).to_be_visible(timeout=PATIENCE_MS)
    say(page, "report")
    expect(page.get_by_text("report.html").first).to_be_visible(timeout=PATIENCE_MS)


def test_another_page_may_not_speak_to_the_chat(address: str):
    port = int(address.rpartition(":")[2])
    for header, value in (("Host", "evil.example"), ("Origin", "https://evil.example")):
        headers = {"Host": f"127.0.0.1:{port}"} | {header: value}
        lines = "".join(f"{name}: {content}\r\n" for name, content in headers.items())
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(
                f"GET /ws/socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode()
            )
            assert connection.recv(12).endswith(b" 400")


def test_no_other_machine_is_served():
    command = [str(Path(sys.executable).with_name("goalcover")), "chat", "--host", "0.0.0.0", "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no sign-in" in done.stderr
