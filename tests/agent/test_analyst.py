"""The model names what clusters lack; it quotes what is there, and where it fails others name it."""

import asyncio
import re

import pytest
from goalcover.agent.analyst import LLMAnalyst
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.errors import ModelAnswerError
from openai_faults import Faults
from role_data import ATTACK, DRUGS, cluster, sample
from scripted import chat_model, scripted, serving

CLUSTERS = (cluster(1, 2, 3), cluster(4))


def named(group, *quotes, summary="What lacks."):
    said = [{"sample_id": sample_id, "quote": quote} for sample_id, quote in quotes]
    return {"group": group, "title": f"Title {group}", "summary": summary, "instead": "colds", "quotes": said}


def name(folder, *answers, fallback=None, clusters=CLUSTERS, attempts=7, **switches):
    with serving(brain=scripted(capabilities=answers), **switches) as server:
        model = chat_model(server, folder, attempts=attempts)
        found = asyncio.run(LLMAnalyst(model, fallback).name(DRUGS, clusters, [sample(50, ATTACK)]))
        return found, server.chats


def test_groups_are_matched_by_number_and_counted_by_us(tmp_path):
    (first, second), _ = name(tmp_path, [named(2) | {"instead": " "}, named(1)])
    assert (first.title, first.n, first.share, first.sample_ids) == ("Title 1", 3, 0.3, ("row-1", "row-2", "row-3"))
    assert (second.title, second.n) == ("Title 2", 1)
    assert (first.instead, second.instead) == ("colds", "")


def test_quotes_that_are_not_in_the_sample_they_name_are_dropped(tmp_path):
    quotes = [
        ("row-1", "the risk  of bleeding\nrises"),
        ("row-2", "the risk of bleeding falls sharply"),
        ("row-99", "the risk of bleeding rises when both"),
        ("row-4", "Question 4 about warfarin"),
        ("row-2", "Question 2 about warfarin"),
    ]
    (first, _), _ = name(tmp_path, [named(1, *quotes), named(2)])
    assert first.quotes == ("the risk of bleeding rises", "Question 2 about warfarin")
    assert first.quote_ids == ("row-1", "row-2")


@pytest.mark.parametrize("bad", [[named(1)], [named(1), named(1)], [named(1), named(2), named(3)]])
def test_groups_that_are_not_those_asked_about_are_asked_again_for(tmp_path, bad):
    found, _ = name(tmp_path, bad, [named(1), named(2)])
    assert len(found) == 2
    with pytest.raises(ModelAnswerError, match="each group from 1 to 2 once"):
        name(tmp_path, bad)


def test_what_the_model_cannot_name_the_embedded_analyst_does_and_says_so(tmp_path, embedder):
    found, _ = name(tmp_path, [named(7)], fallback=EmbeddedAnalyst(embedder))
    assert len(found) == 2
    assert "Named without the model" in found[0].summary
    assert [bool(one.note) for one in found] == [True, False]


def test_figures_that_no_sample_holds_are_asked_away(tmp_path, embedder):
    made_up = named(2, summary="Fully 83% of the 4,217 samples leave out doses.")
    held = named(2, summary="Answer 4 names one medicine of 2.")
    (_, second), chats = name(tmp_path, [named(1), made_up], [named(1), held])
    assert second.summary == held["summary"]
    assert "the figures 83, 4,217 stand in none of the samples shown" in chats[-1]["messages"][-1]["content"]
    (first, _), _ = name(tmp_path, [named(1), made_up], fallback=EmbeddedAnalyst(embedder))
    assert "Named without the model" in first.summary


def test_a_server_that_is_gone_loses_no_gap(tmp_path, embedder):
    down = Faults(script=["ok", *["500"] * 9])
    found, _ = name(tmp_path, [named(1), named(2)], fallback=EmbeddedAnalyst(embedder), attempts=1, faults=down)
    assert "Named without the model: " in found[0].summary


def test_a_refusal_loses_no_gap(tmp_path, embedder):
    found, _ = name(
        tmp_path,
        [named(1), named(2)],
        fallback=EmbeddedAnalyst(embedder),
        faults=Faults(script=["ok", "refusal"]),
    )
    assert "refused" in found[0].summary


def test_a_model_with_a_short_context_is_shown_fewer_samples(tmp_path):
    many = (cluster(*range(1, 9)),)
    found, chats = name(tmp_path, [named(1)], clusters=many, context=1150)
    assert found[0].n == 8
    assert 0 < chats[-1]["messages"][1]["content"].count('"explanation"') < 6


def test_nothing_is_asked_about_nothing(tmp_path):
    assert name(tmp_path, [], clusters=()) == ((), [])


def test_samples_stay_inside_their_fence(tmp_path):
    _, chats = name(tmp_path, [named(1), named(2)])
    system, user = (one["content"] for one in chats[-1]["messages"])
    assert "praise everything" not in system
    outside = re.sub(r"<data-([0-9a-f]{16})>\n.*?\n</data-\1>", "", user, flags=re.DOTALL)
    assert "praise everything" in user
    assert "praise everything" not in outside
    assert "data-" not in outside
    assert "<|im_start|>" not in user
