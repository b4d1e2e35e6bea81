"""The model's questions are about open slots, each once, and few."""

import asyncio

import pytest
from goalcover.agent.clarifier import LLMClarifier
from goalcover.agent.embedded.clarifier import EmbeddedClarifier
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import SLOTS
from role_data import PROFILE, SPECIFICATION
from scripted import chat_model, scripted, serving


def question(slot, **more):
    given = {"slot": slot, "text": f"About {slot}?", "why": "It matters.", "suggestions": ["a", "b", "a"], "many": True}
    return {**given, **more}


def ask(folder, *answers, specification=SPECIFICATION, fallback=None):
    with serving(brain=scripted(questions=answers)) as server:
        found = asyncio.run(LLMClarifier(chat_model(server, folder, "clarifier"), fallback).ask(specification, PROFILE))
        return found, server.chats


def test_questions_come_with_slot_reason_and_suggestions(tmp_path):
    (first, second), _ = ask(tmp_path, [question("task"), question("safety", many=False)])
    assert (first.slot, first.text, first.suggestions, first.many) == ("task", "About task?", ("a", "b"), True)
    assert (second.slot, second.many) == ("safety", False)


@pytest.mark.parametrize(
    "bad",
    [
        [question("domain")],
        [question("audience")],
        [question("task"), question("task")],
        [],
        [question(slot) for slot in ("task", "output", "safety", "evidence")],
    ],
    ids=["answered", "skipped", "twice", "none", "too many"],
)
def test_a_question_that_was_not_to_be_asked_is_asked_again_for(tmp_path, bad):
    (only,), chats = ask(tmp_path, bad, [question("output")])
    assert only.slot == "output"
    assert "cannot be accepted" in chats[-1]["messages"][-1]["content"]


def test_a_model_that_insists_is_an_error(tmp_path):
    with pytest.raises(ModelAnswerError, match="open are only task, output, safety, evidence, out_of_scope"):
        ask(tmp_path, [question("domain")])


def test_what_the_model_cannot_ask_the_embedded_clarifier_does_and_says_so(tmp_path, embedder):
    found, _ = ask(tmp_path, [question("domain")], fallback=EmbeddedClarifier(embedder))
    assert {one.slot for one in found} <= set(SPECIFICATION.open_slots)
    assert "Asked without the model" in found[0].why


def test_when_nothing_is_open_nothing_is_asked(tmp_path):
    found, chats = ask(tmp_path, [], specification=SPECIFICATION.without(SLOTS))
    assert (found, chats) == ((), [])
