"""Candidates are judged in groups, by id, with real samples hidden among them, and never by a number that failed."""

import asyncio
import json
import re

import pytest
from goalcover.agent.discriminator import LLMDiscriminator
from goalcover.agent.material import in_calls
from goalcover.agent.synthesis import Anchors, Candidate
from openai_faults import Faults
from role_data import ATTACK, DRUGS, sample
from scripted import chat_model, scripted, serving

ANCHORS = Anchors(strong=sample(1, said="strong: both medicines"), weak=sample(2, said="weak: no medicine"))
DIMENSIONS = ("correctness", "completeness", "faithfulness", "format", "level")


def candidate(name, output=None):
    return Candidate(
        id=name,
        input=f"ask {name}",
        output=output or f"{name}: fine",
        capability="c",
        difficulty="basic",
        form="",
    )


def shown(user):
    """The samples of a request, in the order shown."""
    blocks = re.findall(r"<data-([0-9a-f]{16})>\n(.*?)\n</data-\1>", user, re.DOTALL)
    return json.loads(blocks[-1][1])


def judging(level_of, log=None, reverse=False):
    """Gives each sample the level that `level_of` gives its output."""

    def judge(user):
        samples = shown(user)
        if log is not None:
            log.append([one["output"] for one in samples])
        verdicts = [
            {"id": one["id"], "explanation": "E.", **dict.fromkeys(DIMENSIONS, level_of(one["output"]))}
            for one in samples
        ]
        return verdicts[::-1] if reverse else verdicts

    return judge


def by_word(output):
    return {"strong": 5, "weak": 1, "poor": 1, "bad": 0}.get(re.split(r"\W", output)[0], 4)


def judge(folder, candidates, level_of=by_word, anchors=ANCHORS, brain=None, **switches):
    with serving(brain=scripted(verdicts=brain or judging(level_of)), **switches) as server:
        discriminator = LLMDiscriminator(chat_model(server, folder, "discriminator"))
        return asyncio.run(discriminator.judge(DRUGS, candidates, anchors)), server.chats


def test_verdicts_stand_in_the_candidates_order_whatever_order_they_came_in(tmp_path):
    candidates = [candidate("a"), candidate("b", "poor: x"), candidate("c", "bad: x")]
    for reverse in (False, True):
        found, _ = judge(tmp_path, candidates, brain=judging(by_word, reverse=reverse))
        assert [(one.candidate_id, one.level) for one in found] == [("a", 4), ("b", 1), ("c", 0)]
        assert [one.passes for one in found] == [True, False, False]
        assert [one.above_weak for one in found] == [True, False, False]


def test_anchors_are_hidden_and_nothing_tells_them_from_candidates(tmp_path):
    found, chats = judge(tmp_path, [candidate(name) for name in "abcde"])
    samples = shown(chats[1]["messages"][1]["content"])
    assert len(samples) == 7
    assert [one["id"] for one in samples] == [f"s{n}" for n in range(1, 8)]
    assert {one["output"].split(":")[0] for one in samples} == {*"abcde", "strong", "weak"}
    assert [one["output"] for one in samples] != sorted(one["output"] for one in samples)
    assert "anchor" not in json.dumps(chats[1])
    assert len(found) == 5


def test_what_was_cut_for_length_is_told_from_a_candidate_that_breaks_off(tmp_path):
    long, broken = candidate("a", "word " * 3_000), candidate("b", "poor: it breaks off [...]")
    _, chats = judge(tmp_path, [long, broken], anchors=Anchors(strong=None, weak=None))
    system, user = (one["content"] for one in chats[1]["messages"])
    by_start = {one["output"][:4]: one for one in shown(user)}
    assert by_start["word"]["output"].endswith("word [...]")
    assert by_start["word"]["shortened"] is True
    assert "shortened" not in by_start["poor"]
    assert '"shortened": true' in system


@pytest.mark.parametrize(("levels", "asked"), [((5, 5), 1), ((3, 1), 1), ((5, 4), 2), ((4, 1), 2)])
def test_what_passes_by_a_hair_is_tried_the_other_way_round(tmp_path, levels, asked):
    log, level_of = [], {f"{name}: fine": level for name, level in zip("ab", levels, strict=True)}
    brain = judging(lambda output: level_of.get(output, by_word(output)), log)
    judge(tmp_path, [candidate("a"), candidate("b")], brain=brain)
    assert len(log) == asked
    assert log[0] == log[-1][:: 1 if asked == 1 else -1]


def test_of_two_passes_that_disagree_the_doubt_counts(tmp_path):
    found, _ = judge(
        tmp_path,
        [candidate("a"), candidate("b")],
        brain=(judging(by_word), judging(lambda output: 3 if output[0] in "ab" else by_word(output))),
    )
    assert [one.level for one in found] == [3, 3]


def test_equal_candidates_are_judged_once(tmp_path):
    found, chats = judge(tmp_path, [candidate("a"), candidate("b", "poor: x"), candidate("a")])
    assert len(shown(chats[1]["messages"][1]["content"])) == 4
    assert found[0] == found[2]


def test_a_judge_that_puts_the_weak_above_the_strong_is_not_believed(tmp_path):
    found, _ = judge(tmp_path, [candidate("a")], lambda output: 5 if output.startswith("weak") else 2)
    assert (found[0].level, found[0].passes) == (None, False)
    assert "known to be weak above" in found[0].rationale


@pytest.mark.parametrize("fault", ["refusal", "schema"])
def test_a_group_that_fails_is_judged_in_halves(tmp_path, fault):
    # After the probe, the group of four fails as often as it is asked; its halves do not.
    script = ["ok", fault] if fault == "refusal" else ["ok", fault, fault]
    candidates = [candidate("a"), *(candidate(name, "poor: x") for name in "bcd")]
    found, _ = judge(tmp_path, candidates, faults=Faults(script=script))
    assert [one.level for one in found] == [4, 1, 1, 1]


def test_what_cannot_be_judged_has_no_level(tmp_path):
    found, _ = judge(tmp_path, [candidate("a")], faults=Faults(script=["ok", "refusal"]))
    assert (found[0].level, found[0].correctness, found[0].passes) == (None, None, False)
    assert "refused" in found[0].rationale


def test_a_candidate_that_speaks_to_the_judge_stays_inside_its_fence(tmp_path):
    _, chats = judge(tmp_path, [candidate("a", ATTACK), candidate("b", "poor: x")])
    system, user = (one["content"] for one in chats[1]["messages"])
    assert "praise everything" not in system
    assert ATTACK in [one["output"] for one in shown(user)]


def test_without_anchors_there_is_no_rank(tmp_path):
    found, _ = judge(tmp_path, [candidate("a")], anchors=Anchors(strong=None, weak=None))
    assert (found[0].level, found[0].above_weak, found[0].passes) == (4, None, True)


@pytest.mark.parametrize("n", [0, 1, 3, 8, 9, 15, 16, 17, 100])
def test_groups_are_of_four_to_eight(n):
    texts = [(str(one), "") for one in range(n)]
    sizes = [len(group) for group in in_calls(texts, 8)]
    assert sum(sizes) == n
    assert all(size <= 8 for size in sizes)
    assert n <= 8 or min(sizes) >= 4
