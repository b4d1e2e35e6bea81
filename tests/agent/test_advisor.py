"""The model's advice holds no figure and no id that it was not given."""

import asyncio
from dataclasses import replace

import pytest
from goalcover.agent.advisor import LLMAdvisor
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from openai_faults import Faults
from role_data import CAPABILITY, COVERAGE, DRUGS, STANDING
from scripted import chat_model, scripted, serving


def advice(detail="Take row-1 as a model.", ids=("row-1", "row-77"), action="Add 17 questions"):
    return {"action": action, "detail": detail, "sample_ids": list(ids)}


def recommend(folder, *answers, standing=STANDING, capability=CAPABILITY, **switches):
    with serving(brain=scripted(recommendations=answers), **switches) as server:
        model = chat_model(server, folder, "advisor", attempts=1)
        found = asyncio.run(LLMAdvisor(model, EmbeddedAdvisor()).recommend(DRUGS, standing, [capability]))
        return found, server.chats


def test_ids_that_were_not_given_are_dropped(tmp_path):
    (first, second), _ = recommend(tmp_path, [advice(), advice(ids=[])])
    assert (first.action, first.sample_ids, second.sample_ids) == ("Add 17 questions", ("row-1",), ())


def test_given_figures_may_be_told_in_other_words(tmp_path):
    found, chats = recommend(tmp_path, [advice("21.4 % now, 0.21; 3 of 60 support it; 40 % lack it."), advice()])
    assert len(found) == 2
    assert len(chats) == 2  # the probe, and one question


def test_ids_that_are_numbers_are_no_figures_where_the_recommendation_lists_them(tmp_path):
    standing = replace(STANDING, exemplars=("21645374", "16418930"))
    good = advice("Take 21645374 and 16418930 as models.", ids=("21645374", "16418930"))
    found, chats = recommend(tmp_path, [good, good], standing=standing)
    assert found[0].sample_ids == ("21645374", "16418930")
    assert len(chats) == 2  # the probe, and one question
    made_up = advice(ids=("21645374",), action="Add 16418930 questions")
    found, chats = recommend(tmp_path, [made_up, good], [good, good], standing=standing)
    assert "figures 16418930 are not" in chats[-1]["messages"][-1]["content"]


def test_levels_may_be_named(tmp_path):
    coverage = COVERAGE.model_copy(update={"rule": "too few", "support": 8, "histogram": (30, 10, 10, 7, 9, 9)})
    good = advice("Raise those at level 2 or 3 to level 4.")
    _, chats = recommend(tmp_path, [good, good], standing=replace(STANDING, coverage=coverage))
    assert len(chats) == 2


def test_whether_rewriting_closes_the_gap_is_told(tmp_path):
    standing = replace(STANDING, to_rewrite=9, rewriting_closes=False)
    _, chats = recommend(tmp_path, [advice(), advice()], standing=standing)
    assert '"to_rewrite": 9, "rewriting_closes_the_gap": false' in chats[-1]["messages"][1]["content"]


def test_a_figure_that_was_made_up_is_asked_away(tmp_path):
    (first, _), chats = recommend(tmp_path, [advice("Add 250 of them."), advice()], [advice(), advice()])
    assert "250" not in first.detail
    assert "the figures 250 are not among those given" in chats[-1]["messages"][-1]["content"]


@pytest.mark.parametrize("bad", [[advice()], [advice()] * 5, [advice("Add 250."), advice()]])
def test_a_model_that_insists_is_passed_over_which_is_told(tmp_path, bad):
    found, _ = recommend(tmp_path, bad)
    first, *others = asyncio.run(EmbeddedAdvisor().recommend(DRUGS, STANDING, [CAPABILITY]))
    assert (found[0].action, list(found[1:])) == (first.action, others)
    assert found[0].detail.startswith(f"{first.detail} (Recommended without the model: no usable answer")
    assert found[0].note.startswith("no usable answer")


def test_figures_of_a_capability_s_summary_are_not_the_gap_s(tmp_path):
    told = CAPABILITY.model_copy(update={"title": "Doses above 75 mg", "summary": "Of 1,912 patients, 83% died."})
    good = advice("Add doses above 75 mg.")
    found, _ = recommend(tmp_path, [advice("83% of 1,912 lack it."), advice()], [good, good], capability=told)
    assert [one.detail for one in found] == [good["detail"]] * 2


def test_a_server_that_is_down_loses_no_advice_and_is_told(tmp_path):
    found, _ = recommend(tmp_path, [], faults=Faults(script=["500"]))
    assert "(Recommended without the model: " in found[0].detail
