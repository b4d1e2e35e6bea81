"""Settings come from the environment, under the names that people know, and a key in them shows nowhere."""

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings


def test_the_usual_names_are_read(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1")
    monkeypatch.setenv("GOALCOVER_MODEL", "big")
    monkeypatch.setenv("GOALCOVER_JUDGE_MODEL", "")
    found = Settings()
    assert found.api_key.get_secret_value() == "sk-secret"
    assert found.base_url == "http://localhost:11434/v1"
    assert (found.model_for("judge"), found.model_for("embedding")) == ("big", None)


def test_names_that_mean_something_else_are_not_read(monkeypatch):
    monkeypatch.setenv("BASE_URL", "http://elsewhere")
    monkeypatch.setenv("MODEL", "another")
    monkeypatch.setenv("API_KEY", "sk-another")
    assert not Settings().has_server
    assert Settings().model is None


def test_neither_a_key_nor_a_password_in_an_address_is_shown():
    found = Settings(api_key="sk-secret", base_url="http://host/v1?key=hunter2", azure_api_key="sk-azure")
    assert not [word for word in ("sk-secret", "hunter2", "sk-azure") if word in f"{found!r} {found}"]
    assert found.without_keys("Bad key sk-secret or sk-azure.") == "Bad key *** or ***."


def test_a_key_that_is_a_letter_leaves_the_words_readable():
    found = Settings(api_key="x")
    assert found.without_keys("The key x does not fit: exceeds the context size") == (
        "The key *** does not fit: exceeds the context size"
    )


@pytest.mark.parametrize("value", ["soon", "-1"])
def test_a_value_that_cannot_be_used_is_told_by_its_variable(monkeypatch, value):
    monkeypatch.setenv("GOALCOVER_TIMEOUT", value)
    with pytest.raises(InputError, match="GOALCOVER_TIMEOUT"):
        Settings()


@pytest.mark.parametrize(
    ("address", "says"),
    [("localhost:8000/v1", "begins with http"), ("http://ann:herword@localhost/v1", "OPENAI_API_KEY")],
)
def test_an_address_that_cannot_work_is_told_and_what_it_holds_is_not(monkeypatch, address, says):
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(InputError, match=f"OPENAI_BASE_URL cannot be used.*{says}") as told:
        Settings()
    assert "herword" not in str(told.value)
