"""The model's advice holds no figure and no id that it was not given."""

import asyncio

import pytest
from goalcover.agent.advisor import LLMAdvisor
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.errors import ModelBusyError
from openai_faults import Faults
from role_data import CAPABILITY, DRUGS, STANDING
from scripted import chat_model, scripted, serving


def advice(detail="Take row-1 as a model.", ids=("row-1", "row-77"), action="Add 17 questions"):
    return {"action": action, "detail": detail, "sample_ids": list(ids)}


def recommend(folder, *answers, **switches):
    with serving(brain=scripted(recommendations=answers), **switches) as server:
        model = chat_model(server, folder, "advisor", attempts=1)
        found = asyncio.run(LLMAdvisor(model, EmbeddedAdvisor()).recommend(DRUGS, STANDING, [CAPABILITY]))
        return found, server.chats


def test_ids_that_were_not_given_are_dropped(tmp_path):
    (first, second), _ = recommend(tmp_path, [advice(), advice(ids=[])])
    assert (first.action, first.sample_ids, second.sample_ids) == ("Add 17 questions", ("row-1",), ())


def test_given_figures_may_be_told_in_other_words(tmp_path):
    found, chats = recommend(tmp_path, [advice("21.4 % now, 0.21; 3 of 60 support it; 40 % lack it."), advice()])
    assert len(found) == 2
    assert len(chats) == 2  # the probe, and one question


def test_a_figure_that_was_made_up_is_asked_away(tmp_path):
    (first, _), chats = recommend(tmp_path, [advice("Add 250 of them."), advice()], [advice(), advice()])
    assert "250" not in first.detail
    assert "the figures 250 are not among those given" in chats[-1]["messages"][-1]["content"]


@pytest.mark.parametrize("bad", [[advice()], [advice()] * 5, [advice("Add 250."), advice()]])
def test_a_model_that_insists_is_passed_over(tmp_path, bad):
    found, _ = recommend(tmp_path, bad)
    assert found == asyncio.run(EmbeddedAdvisor().recommend(DRUGS, STANDING, [CAPABILITY]))


def test_a_server_that_is_down_is_told(tmp_path):
    with pytest.raises(ModelBusyError):
        recommend(tmp_path, [], faults=Faults(script=["500"]))
