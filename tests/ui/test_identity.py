import asyncio
import os
import stat
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.ui.identity import COOKIE, USERS, BrowserCookie, browser_of, is_known, keep_secret, users, way
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def _page(_):
    return PlainTextResponse("page")


def answered(path: str, cookie: str = "") -> dict[str, str]:
    """The headers that the middleware sends with a page."""
    app = BrowserCookie(Starlette(routes=[Route("/", _page), Route("/project/x", _page), Route("/thread/{id}", _page)]))
    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b"", "app": app}
    sent: list = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return {key.decode(): value.decode() for key, value in sent[0]["headers"]}


def test_a_browser_gets_a_cookie_with_the_page_and_is_known_by_it():
    given = answered("/")["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    cookie = given.partition(";")[0]
    name = browser_of({"cookie": f"other=1; {cookie}"})
    assert name
    assert name not in cookie
    assert "set-cookie" not in answered("/", cookie)
    assert "set-cookie" in answered("/thread/1")
    assert "set-cookie" not in answered("/project/x")


def test_two_browsers_are_two_people():
    first, second = answered("/")["set-cookie"], answered("/")["set-cookie"]
    assert browser_of({"cookie": first.partition(";")[0]}) != browser_of({"cookie": second.partition(";")[0]})


@pytest.mark.parametrize("cookie", ["", "a=b", f"{COOKIE}x=1", "\x00;;==;"])
def test_without_our_cookie_nobody_is_known(cookie):
    assert browser_of({"cookie": cookie}) is None


def test_people_sign_in_with_the_passwords_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(USERS, "ann=correct horse; bob=battery=staple")
    assert users() == {"ann": "correct horse", "bob": "battery=staple"}
    assert way() == "password"
    assert is_known("ann", "correct horse")
    assert is_known("bob", "battery=staple")
    assert not is_known("ann", "battery=staple")
    assert not is_known("eve", "")


@pytest.mark.parametrize("given", ["ann", "ann=short", "=longenough", "ann=longenough;bob"])
def test_a_list_of_people_that_cannot_be_read_is_refused(given, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(USERS, given)
    with pytest.raises(InputError, match=USERS):
        way()


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHAINLIT_AUTH_SECRET", raising=False)
    keep_secret(tmp_path)
    made = os.environ["CHAINLIT_AUTH_SECRET"]
    assert len(made) >= 48
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    monkeypatch.delenv("CHAINLIT_AUTH_SECRET")
    keep_secret(tmp_path)
    assert os.environ["CHAINLIT_AUTH_SECRET"] == made
    monkeypatch.setenv("CHAINLIT_AUTH_SECRET", "mine")
    keep_secret(tmp_path / "other")
    assert not (tmp_path / "other").exists()
