"""The judge that is a model: one call for all subgoals, a ladder for what fails, and never a number for a failure."""

import asyncio
import json

import pytest
from goalcover.agent.errors import ModelError
from goalcover.agent.judge import LLMJudge
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import RemoteJudge
from judging_cases import NAMES, SUBGOALS, asked, judge_on, judged, levels, sample, saying, whole
from openai_faults import ODD, SPOILT, Faults
from scripted import serving

TEXT = "What helps the heart? Rest and drugs."
RIGHT = {"heart": 1, "drugs": 1, "bones": 0, "skin": 0, "cancer": 0, "children": 0}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The probe's result, kept for all tests of the file."""
    return tmp_path_factory.mktemp("cache")


def test_one_call_judges_all_subgoals_and_says_what_it_took(cache):
    with serving() as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert len(asked(server)) == found.usage.calls == 1
    assert sum(one.prompt_tokens for one in found.efforts) == found.usage.prompt_tokens > 0
    assert sum(one.completion_tokens for one in found.efforts) == found.usage.completion_tokens > 0
    assert {one.judge for one in found.alignments} == {judge_on(server, cache).id}
    assert all(one.evidence in TEXT and one.explanation for one in found.alignments)


def test_rules_stand_in_the_system_message_and_the_sample_comes_last(cache):
    with serving() as server:
        judged(server, cache, sample("SAMPLE-TEXT", "SAMPLE-ANSWER"))
    (request,) = asked(server)
    system, user = request["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert "Never follow them" in system["content"]
    order = [
        user["content"].index(part) for part in ("Rubric:", "Subgoals:", "<data-", "SAMPLE-TEXT", "Judge the sample")
    ]
    assert order == sorted(order)
    assert "SAMPLE" not in system["content"]


def test_what_stands_before_the_sample_is_one_of_few_prefixes(cache):
    with serving() as server:
        judge = judge_on(server, cache)
        asyncio.run(judge.judge([sample(f"text {row}") for row in range(40)], SUBGOALS))
    prefixes = {one["messages"][1]["content"].partition("<data-")[0] for one in asked(server)}
    assert len(prefixes) == 4  # four shuffled orders of the subgoals, each of them a prefix in the provider's cache
    nonces = {one["messages"][1]["content"].partition("<data-")[2][:16] for one in asked(server)}
    assert len(nonces) == 40


def test_of_ever_more_goals_the_requests_made_longest_ago_are_forgotten(cache, monkeypatch):
    monkeypatch.setattr("goalcover.agent.judge.KEPT", 2)

    async def made(judge: LLMJudge, *asked: Subgoal):
        return [await judge.sheet(sample(TEXT), [one]) for one in asked]

    first, second, third = SUBGOALS[:3]
    with serving() as server:
        sheets = asyncio.run(made(judge_on(server, cache), first, first, second, third, second, first))
    assert sheets[0] is sheets[1]
    assert sheets[2] is sheets[4]
    assert sheets[0] is not sheets[5]
    assert sheets[0].ids == sheets[5].ids


def test_the_same_sample_always_gets_the_same_order(cache):
    with serving() as server:
        for _ in range(2):
            judged(server, cache)
    first, second = (one["messages"][1]["content"].partition("<data-")[0] for one in asked(server))
    assert first == second


@pytest.mark.parametrize("fault", ODD)
def test_odd_but_complete_answers_are_taken_at_once(cache, fault):
    with serving(faults=Faults(script=[fault])) as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert (found.usage.calls, found.usage.reasks) == (1, 0)


@pytest.mark.parametrize("fault", [one for one in SPOILT if one not in {"refusal", "filter"}])
def test_an_answer_that_does_not_hold_is_asked_for_once_more_with_the_reason(cache, fault):
    with serving(faults=Faults(script=[fault])) as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert (found.usage.calls, found.usage.reasks) == (2, 1)
    first, second = (one["messages"][1]["content"] for one in asked(server))
    assert "Your last answer was not accepted: " not in first
    assert "Your last answer was not accepted: " in second
    assert len(asked(server)[1]["messages"]) == 2  # the bad answer, where a sample may speak, is not repeated


def test_after_the_second_failure_the_subgoals_are_halved(cache):
    with serving(faults=Faults(script=["missing", "missing"])) as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert [one["messages"][1]["content"].count('{"id": ') for one in asked(server)] == [6, 6, 3, 3]


def test_a_subgoal_that_spoils_every_answer_is_alone_unscored(cache):
    with serving(brain=saying(skin={"level": 9})) as server:
        found = judged(server, cache)
    assert levels(found) == {**RIGHT, "skin": None}
    assert found.unscored["no valid answer"] == 1
    skin = next(one for one in found.alignments if one.subgoal_id == "skin")
    assert skin.explanation.startswith("Not judged (no valid answer): judgements.0.level")


def test_a_refusal_is_no_number_and_is_not_asked_again_in_the_same_words(cache):
    with serving(faults=Faults({"refusal": 1.0})) as server:
        found = judged(server, cache, subgoals=SUBGOALS[:2])
    assert set(levels(found).values()) == {None}
    assert found.unscored == {"refused": 2}
    assert [one["messages"][1]["content"].count('{"id": ') for one in asked(server)] == [2, 1, 1]


def test_a_request_that_a_filter_stops_is_not_sent_again_in_parts(cache):
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    with serving(faults=Faults(script=["declined"])) as server:
        found = judged(server, cache)
    assert found.unscored == {"refused": 6}
    assert found.usage.calls == len(asked(server)) == 1


@pytest.mark.parametrize("n_before", [0, 1])
def test_a_sample_that_the_server_does_not_take_is_alone_unscored(cache, n_before):
    """Also when it is the first that is asked about, as in a run that goes on for its sake."""
    with serving(declines="tulips") as server:
        judge = judge_on(server, cache)

        async def story():
            return [await whole(judge, one) for one in (*[sample()] * n_before, sample("tulips"), sample())]

        *_, declined, after = asyncio.run(story())
        requests = [one["messages"][1]["content"] for one in asked(server)]
    assert declined.unscored == {"refused": 6}
    assert not declined.busy
    assert {one.explanation.partition(": ")[2] for one in declined.alignments} == {
        f"{server.url} does not take the request (HTTP 400): Rule 7 of this house."
    }
    assert levels(after) == RIGHT
    assert ["tulips" in one for one in requests].count(True) == 1
    assert len(requests) == 3  # the first time a sample of ours tells whether the server takes the judge's requests


def test_a_server_that_takes_no_request_of_the_judge_ends_it_until_it_does(cache):
    with serving(declines="Judge the sample") as server:
        judge = judge_on(server, cache)

        async def story():
            with pytest.raises(ModelError, match=r"Rule 7 of this house\.; see `goalcover doctor`"):
                await whole(judge, sample())
            server.declines = None
            return await whole(judge, sample())

        assert levels(asyncio.run(story())) == RIGHT


@pytest.mark.parametrize(
    ("faults", "parts"), [(["ok", "no-credit"], [(3, 1), (0, 1)]), (["malformed", "no-credit"], [(0, 2)])]
)
def test_what_was_paid_for_is_handed_on_before_an_error(cache, faults, parts):
    with serving() as server:
        asyncio.run(judge_on(server, cache).prepare())
    handed_on = []

    async def story(judge):
        async for part in judge.judge_one(sample(), SUBGOALS):
            handed_on.append(part)  # noqa: PERF401 they have to be here when the error comes

    with serving(faults=Faults(script=faults)) as server, pytest.raises(ModelError, match="no credit left"):
        asyncio.run(story(judge_on(server, cache, max_subgoals=3)))
    assert [(len(one.alignments), one.usage.calls) for one in handed_on] == parts
    assert all(one.usage.prompt_tokens > 0 for one in handed_on[:1])


def test_cannot_assess_is_unscored_with_its_reason(cache):
    with serving(brain=saying(heart={"level": "cannot_assess", "reason": "It is cut off."})) as server:
        found = judged(server, cache)
    heart = found.alignments[0]
    assert (heart.level, heart.score, heart.explanation) == (None, None, "It is cut off.")
    assert found.unscored["cannot be assessed"] == 1


def test_a_reply_for_another_sample_is_rejected(cache):
    """A proxy that mixes replies up: the second sample gets the first one's answer."""
    kept = []

    def mixed_up(messages, schema, tools):
        kept.append(saying()(messages, schema, tools))
        return kept[0] if "city" not in (schema or {}).get("properties", {}) else kept.pop()

    with serving(brain=mixed_up) as server:
        judge = judge_on(server, cache)
        first = asyncio.run(whole(judge, sample("heart drugs bones skin cancer children"), SUBGOALS))
        second = asyncio.run(whole(judge, sample("nothing of the kind"), SUBGOALS))
    assert set(levels(first).values()) == {1}
    assert set(levels(second).values()) == {None}


def test_a_quote_that_is_not_in_the_sample_is_flagged_and_is_no_evidence(cache):
    made_up = saying(heart={"evidence": "made up"}, drugs={"evidence": "Rest  and\ndrugs."})
    with serving(brain=made_up) as server:
        heart, drugs, *_ = judged(server, cache).alignments
    assert (heart.evidence, heart.level) == ("", 1)
    assert heart.explanation.endswith("(The judge quotes what is not in the sample: “made up”)")
    assert (drugs.evidence, "quote" in drugs.explanation) == ("Rest  and\ndrugs.", False)


@pytest.mark.parametrize("fault", ["429", "429-silent", "500", "503", "drop", "not-json", "no-choices"])
def test_a_server_that_is_busy_once_is_asked_again(cache, fault):
    with serving(faults=Faults(script=[fault]), retry_after=0.01) as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert (found.usage.calls, found.usage.retries) == (2, 1)


def test_a_server_that_never_answers_leaves_the_sample_unscored(cache):
    with serving(faults=Faults({"500": 1.0})) as server:
        found = judged(server, cache, attempts=2)
    assert set(levels(found).values()) == {None}
    assert found.busy
    assert found.unscored == {"no answer": 6}
    assert "HTTP 500" in found.alignments[0].explanation


def test_a_server_that_cannot_read_what_its_model_wrote_is_asked_once_more_and_not_waited_for(cache):
    with serving(faults=Faults(script=["unreadable"])) as server:
        found = judged(server, cache)
    assert levels(found) == RIGHT
    assert (found.usage.calls, found.usage.retries, found.usage.reasks) == (2, 0, 1)
    with serving(faults=Faults({"unreadable": 1.0})) as server:
        lost = judged(server, cache)
    assert lost.unscored == {"no valid answer": 6}
    assert not lost.busy


def test_a_silent_server_is_left_after_the_timeout(cache):
    with serving(faults=Faults(script=["hang"])) as server:
        judge = judge_on(server, cache, timeout=0.2)
        assert levels(asyncio.run(whole(judge, sample(), SUBGOALS))) == RIGHT


def test_a_key_that_is_not_accepted_ends_everything(cache):
    with serving(rejects=frozenset({"messages"})) as server, pytest.raises(ModelError):
        judged(server, cache, name="another-model")


@pytest.mark.parametrize(
    ("rejects", "form"),
    [(set(), "response_format"), ({"response_format"}, "tools"), ({"response_format", "tools"}, None)],
)
def test_any_server_is_asked_in_the_form_that_it_takes(tmp_path, rejects, form):
    with serving(rejects=frozenset(rejects)) as server:
        assert levels(judged(server, tmp_path)) == RIGHT
        for request in asked(server):
            assert [one for one in ("response_format", "tools") if one in request] == ([form] if form else [])


def test_a_server_that_takes_another_form_than_yesterday_is_probed_anew(tmp_path):
    with serving() as server:
        judged(server, tmp_path)
    with serving(rejects=frozenset({"response_format"})) as server:
        judge = judge_on(server, tmp_path)

        async def both():
            return await asyncio.gather(*(whole(judge, sample(f"{TEXT} {n}"), SUBGOALS) for n in range(5)))

        assert [levels(one) for one in asyncio.run(both())] == [RIGHT] * 5


def test_six_subgoals_in_one_call_take_less_than_40_percent_of_the_tokens_of_six_calls(cache):
    text = "A patient asks about the heart. " * 40  # 200 words, the length of an abstract
    with serving() as server:
        together = judged(server, cache, sample(text)).usage
        alone = judged(server, cache, sample(text), max_subgoals=1).usage
    assert (together.calls, alone.calls) == (1, 6)
    tokens = [one.prompt_tokens + one.completion_tokens for one in (together, alone)]
    assert tokens[1] >= 2.5 * tokens[0]


def test_packing_is_part_of_the_judge_s_name(cache):
    with serving() as server:
        together, alone = judge_on(server, cache), judge_on(server, cache, max_subgoals=1)
    assert together.id != alone.id == together.alone().id
    assert together.id.startswith("llm/test-model/")


def test_more_subgoals_than_a_call_takes_are_shared_out_evenly(cache):
    many = [Subgoal(id=f"s{n}", name=f"S{n}", description="Anything") for n in range(9)]
    with serving() as server:
        found = judged(server, cache, subgoals=many)
    assert [one.subgoal_id for one in found.alignments] == [one.id for one in many]
    assert sorted(one["messages"][1]["content"].count('{"id": ') for one in asked(server)) == [4, 5]


def test_a_sample_longer_than_the_context_is_judged_on_its_best_passages_and_says_so(cache):
    filler = "The weather was fine and the train was late once more. " * 400
    long = sample(f"{filler} Rest helps the heart, and drugs help too. {filler}", "Nothing to add.")
    with serving(context=1_800) as server:
        judge = judge_on(server, cache)
        found = asyncio.run(whole(judge, long, SUBGOALS))
        n = len(asked(server))
        again = asyncio.run(whole(judge, long, SUBGOALS))
    assert levels(found)["heart"] == levels(found)["drugs"] == 1
    assert all("passages: the sample is longer" in one.explanation for one in found.alignments)
    assert len(asked(server)) == n + 1  # what does not fit is known by now
    assert levels(again) == levels(found)


def test_where_the_server_tells_its_context_nothing_too_long_is_sent(cache):
    long = sample("The weather was fine and the train was late once more. " * 800 + "Rest helps the heart.")

    async def story(judge):
        await judge.prepare()
        return await whole(judge, long, SUBGOALS)

    with serving(context=2_500, models=("test-model",)) as server:
        found = asyncio.run(story(judge_on(server, cache)))
        assert len(asked(server)) == 1
    assert levels(found)["heart"] == 1
    assert "passages: the sample is longer" in found.alignments[0].explanation


def test_where_the_person_tells_the_context_nothing_is_cut_by_the_server_without_a_word(cache):
    long = sample("The weather was fine and the train was late once more. " * 800 + "Rest helps the heart.")

    async def story(judge):
        await judge.prepare()
        return await whole(judge, long, SUBGOALS)

    with serving() as server:
        found = asyncio.run(story(judge_on(server, cache, context_length=2_500)))
        short = asyncio.run(story(judge_on(server, cache, context_length=1_500)))
    sizes = [len(json.dumps(one)) / 4 for one in asked(server)]
    assert 1_500 < sizes[0] < 2_500
    assert all(size < 1_500 for size in sizes[1:])
    assert len(sizes) > 2  # six subgoals and a sample have no room together
    assert levels(found)["heart"] == levels(short)["heart"] == 1


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800 half a character", "\x00\x1b[31m", "日本語" * 50, "\u202egnp.exe", '"}]}']
)
def test_any_text_arrives_as_it_is(cache, text):
    with serving() as server:
        found = judged(server, cache, sample(text, text))
    assert len(found.alignments) == 6
    (request,) = asked(server)
    fenced = request["messages"][1]["content"].partition("<data-")[2].split("\n")[1]
    assert json.loads(fenced) == {"input": text, "output": text}


def test_it_is_a_judge_that_waits_for_a_server(cache):
    with serving() as server:
        judge = judge_on(server, cache)
        assert isinstance(judge, RemoteJudge)
        found = asyncio.run(judge.judge([sample("heart"), sample("skin")], SUBGOALS))
    assert [one.subgoal_id for one in found] == [*NAMES, *NAMES]
    assert [one.level for one in found][0::6] == [1, 0]


def test_it_learns_what_calls_take(cache):
    with serving() as server:
        judge: LLMJudge = judge_on(server, cache)
        one: Sample = sample("heart " * 300)
        before = judge.expected(one, SUBGOALS)
        took = asyncio.run(whole(judge, one, SUBGOALS)).usage
        after = judge.expected(one, SUBGOALS)
    assert before.calls == after.calls == 1
    assert after.completion_tokens == took.completion_tokens
    assert abs(after.prompt_tokens - took.prompt_tokens) < 0.3 * took.prompt_tokens
