"""What speaks against a choice of models is told by every command that uses them, once, on stderr."""

import io

import pytest
from goalcover.agent.errors import InputError
from goalcover.ui import talk
from goalcover.ui.engines import engine_named
from openai_server import KEY
from scripted import serving

KIN = "note: judge and discriminator are of the generator's family (test)"


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """One model for all roles."""
    with serving() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("GOALCOVER_MODEL", "test-model")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        yield


def told(capsys) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    return " ".join(said.err.split())


def test_an_engine_comes_with_its_warnings(configured, capsys):
    engine_named("auto")
    assert told(capsys).count(KIN) == 1


def test_a_conversation_begins_with_them(configured, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    talk.talk(None, resume=False)
    assert told(capsys).count(KIN) == 1


def test_an_engine_that_needs_no_warning_says_nothing(capsys, embedder):
    engine_named("embedded")
    assert told(capsys) == ""


def test_an_engine_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(InputError, match="no engine 'magic': there are auto, embedded, llm"):
        engine_named("magic")
