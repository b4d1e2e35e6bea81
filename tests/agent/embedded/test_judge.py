"""The embedded judge: right on what is plain, the same whatever stands beside, and true in what it says."""

import asyncio
import json
import re
import shutil

import pytest
from goalcover.agent.embedded import judge as judge_module
from goalcover.agent.embedded.evidence import Reader
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.words import stem
from handmade import SAMPLES, SUBGOALS
from hypothesis import given, settings
from hypothesis import strategies as st

FORMS = (
    Subgoal(id="warnings", name="Safety", description="Warns users about dangerous mistakes", scope="every"),
    Subgoal(id="amounts", name="Amounts", description="Keeps the amounts of money that the question names"),
)
ODD = {
    "emoji": "😀🐝🍯",
    "Chinese": "蜜蜂在花上采蜜。养蜂人每天检查蜂箱。",
    "a long word": "x" * 50_000,
    "NULs": "\0\0a\0",
    "punctuation": "!!! ??? ... ;;; ---",
    "half a character": "a \ud83d b",
    "nothing to see": "\u200b\u200d\ufeff",
    "line ends": "\n" * 20_000 + "." + "\n" * 20_000,
    "figures": "1,2.3;" * 8_000,
}


@pytest.fixture(scope="module")
def judge(embedder):
    return EmbeddedJudge(embedder)


def run(judge, samples, subgoals):
    return asyncio.run(judge.judge(samples, subgoals))


def test_a_direct_sample_gets_4_or_5_and_an_unrelated_one_0(judge):
    found = {(one.sample_id, one.subgoal_id): one.level for one in run(judge, SAMPLES, SUBGOALS)}
    own = {pair: level for pair, level in found.items() if pair[0] == pair[1]}
    assert set(own.values()) <= {4, 5}
    assert {pair: level for pair, level in found.items() if pair not in own and level} == {}


def test_alignments_come_samples_outermost_in_the_order_given(judge):
    found = run(judge, SAMPLES[::-1], SUBGOALS)
    assert [(one.sample_id, one.subgoal_id) for one in found] == [
        (sample.id, subgoal.id) for sample in SAMPLES[::-1] for subgoal in SUBGOALS
    ]
    assert {one.judge for one in found} == {judge.id}


def test_of_ever_more_subgoals_those_read_longest_ago_are_forgotten_and_read_again(embedder, monkeypatch):
    judge, read, queries = EmbeddedJudge(embedder), [], Reader.queries
    monkeypatch.setattr(judge_module, "KEPT", 2)
    monkeypatch.setattr(Reader, "queries", lambda self, new: read.extend(new) or queries(self, new))
    expected = run(judge, SAMPLES, SUBGOALS)
    read.clear()
    first, second, third = SUBGOALS[:3]
    for one in (first, second, third, third, first):
        assert run(judge, SAMPLES, [one]) == [found for found in expected if found.subgoal_id == one.id]
    assert read == [first, second, third, first]


def test_nothing_to_judge_is_judged_at_once(judge):
    assert run(judge, SAMPLES, []) == run(judge, [], SUBGOALS) == []


def test_other_samples_and_subgoals_and_their_order_change_no_alignment(judge, embedder):
    whole = by_pair(run(judge, SAMPLES, [*SUBGOALS, *FORMS]))
    backwards = by_pair(run(EmbeddedJudge(embedder), SAMPLES[::-1], [*FORMS[::-1], *SUBGOALS[::-1]]))
    alone = [run(EmbeddedJudge(embedder), [sample], [one])[0] for sample in SAMPLES for one in (*SUBGOALS, *FORMS)]
    assert whole == backwards == by_pair(alone)


def test_an_id_a_weight_and_a_scope_change_no_judgement(judge):
    renamed = SUBGOALS[0].model_copy(update={"id": "other", "weight": 5.0, "scope": "every"})
    one, other = run(judge, SAMPLES[:1], [SUBGOALS[0], renamed])
    assert other == one.model_copy(update={"subgoal_id": "other"})


@pytest.mark.parametrize("blank", ["", "  \n\t"])
def test_an_empty_sample_gets_level_0_and_the_reason(judge, blank):
    for one in run(judge, [Sample(id="x", row=1, input=blank, output=blank)], [*SUBGOALS[:1], *FORMS]):
        assert (one.level, one.evidence) == (0, "")
        assert one.explanation == "None (0 of 5). The sample holds no text."


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_judged_like_any_other_and_show_nothing(judge, text):
    samples = [Sample(id="1", row=1, input=text, output=""), Sample(id="2", row=2, input="?", output=text)]
    for one in run(judge, samples, [*SUBGOALS, *FORMS]):
        assert one.level == 0
        assert any(one.evidence in part for part in (text, "?"))


@settings(max_examples=20, deadline=None)
@given(name=st.text(max_size=30), description=st.text(max_size=30))
def test_odd_subgoals_are_judged_against_without_a_crash(judge, name, description):
    odd = Subgoal(id="odd", name=name + "?", description=description + "?")
    [found] = run(judge, SAMPLES[:1], [odd])
    assert found.level in range(6)


def test_evidence_is_a_verbatim_piece_of_the_sample_that_can_be_read_at_a_glance(judge):
    long = Sample(id="long", row=9, input="\n\n".join(one.input for one in SAMPLES), output=SAMPLES[0].output * 9)
    samples = {one.id: one for one in (*SAMPLES, long)}
    for one in run(judge, list(samples.values()), [*SUBGOALS, *FORMS]):
        sample = samples[one.sample_id]
        assert one.evidence in sample.input or one.evidence in sample.output
        assert 0 < len(one.evidence) <= 300


def test_evidence_is_the_passage_that_the_level_rests_on(judge):
    filler = "The train to the coast leaves every hour from the second platform, and the last one leaves at noon. " * 6
    sample = Sample(id="x", row=1, input=filler, output=f"{filler}\nLift the hive and feed the bees.\n{filler}")
    assert "feed the bees" in run(judge, [sample], SUBGOALS[:1])[0].evidence


def test_an_explanation_names_the_level_and_the_words_that_are_there_or_missing(judge):
    names = {one.id: one.name for one in SUBGOALS}
    for one in run(judge, SAMPLES, SUBGOALS):
        sample = next(sample for sample in SAMPLES if sample.id == one.sample_id)
        held = {stem(word) for word in re.findall(r"\w+", f"{sample.input} {sample.output}".lower())}
        said, unsaid = named(one.explanation)
        assert f"({one.level} of 5)" in one.explanation
        assert said or unsaid or "in other words" in one.explanation
        assert one.level < 4 or {word.capitalize() for word in unsaid} <= {names[one.subgoal_id]}
        assert not {stem(word) for word in unsaid} & held
        for word, found in said.items():
            assert stem(found or word) in held


def test_an_explanation_says_which_word_stands_for_the_one_asked_for(judge):
    sample = Sample(id="x", row=1, input="Is cardiac surgery safe at the age of ninety?", output="")
    books = Subgoal(id="books", name="Book-keeping", description="Covers invoices, receipts, tenders and the heart")
    heart = Subgoal(id="heart", name="Heart disease", description="Covers the heart and invoices")
    low, high = run(judge, [sample], [books, heart])
    assert low.explanation.startswith("None (0 of 5). It speaks of heart (as “cardiac”). It does not speak of invoices")
    assert high.explanation == "Perfect (5 of 5). It speaks of heart (as “cardiac”)."


def test_a_high_level_tells_when_the_word_that_names_the_subgoal_is_not_there(judge):
    veterans = Subgoal(
        id="veterans", name="Veterans affairs", description="Explains the benefits and the medical care of veterans"
    )
    asked = "Which benefits and medical care do {} get?"
    given = "{} get medical care in hospital, medical visits and disability benefits."
    pairs = [
        Sample(id=who, row=1, input=asked.format(who), output=given.format(who)) for who in ("Veterans", "Members")
    ]
    own, other = run(judge, pairs, [veterans])
    assert own.level >= 4
    assert "does not speak" not in own.explanation
    assert other.explanation.endswith("It speaks of benefits, medical, care. It does not speak of veterans.")


def test_it_tells_so_too_when_only_the_name_holds_the_word(judge):
    surgery = Subgoal(
        id="surgery", name="Surgery", description="Tells how patients fare and what complications there are"
    )
    asked = "Which complications do patients have after {}, and how do they fare?"
    given = "Complications after {} are rare: nine in ten patients fare well."
    pairs = [Sample(id=one, row=1, input=asked.format(one), output=given.format(one)) for one in ("surgery", "that")]
    own, other = run(judge, pairs, [surgery])
    assert own.explanation.endswith("It speaks of fare, complications, surgery.")
    assert other.explanation == "Perfect (5 of 5). It speaks of fare, complications. It does not speak of surgery."


def test_a_form_is_explained_by_its_count(judge):
    given_text = "I paid $20, $30 and $40. What did I pay last?"
    answers = ["You paid it all back.", "Your last payment was $40. Never pay in cash."]
    samples = [Sample(id=str(row), row=row, input=given_text, output=answer) for row, answer in enumerate(answers)]
    assert [(one.level, one.explanation) for one in run(judge, samples, FORMS)] == [
        (0, "None (0 of 5). The answer shows warnings nowhere."),
        (0, "None (0 of 5). The answer shows amounts of money nowhere; the input holds 3."),
        (3, "Good (3 of 5). The answer shows warnings once."),
        (3, "Good (3 of 5). The answer shows amounts of money once; the input holds 3."),
    ]


def test_judgements_at_the_same_time_are_the_same_judgements(judge, embedder):
    async def together():
        other = EmbeddedJudge(embedder)
        return await asyncio.gather(*[other.judge([sample], SUBGOALS) for sample in SAMPLES])

    assert [one for part in asyncio.run(together()) for one in part] == run(judge, SAMPLES, SUBGOALS)


def test_the_judge_s_id_names_engine_model_and_calibration(judge, embedder, tmp_path, monkeypatch):
    assert re.fullmatch(r"embedded/all-MiniLM-L6-v2/\d+-[0-9a-f]{8}", judge.id)
    assert EmbeddedJudge(embedder).id == judge.id
    here = judge_module.__file__.removesuffix("judge.py")
    for name in ("calibration.json", "projection.npy"):
        shutil.copy(here + name, tmp_path)
    calibration = json.loads((tmp_path / "calibration.json").read_text())
    calibration["cuts"][0] += 0.001
    (tmp_path / "calibration.json").write_text(json.dumps(calibration))
    monkeypatch.setattr(judge_module, "__file__", str(tmp_path / "judge.py"))
    assert EmbeddedJudge(embedder).id != judge.id


def by_pair(alignments):
    return {(one.sample_id, one.subgoal_id): one for one in alignments}


def named(explanation):
    """What an explanation says is there, with the words it is there as, and what it says is missing."""
    said = re.search(r"It speaks of (.*?)\.(?: |$)", explanation)
    unsaid = re.search(r"It does not speak of (.*)\.$", explanation)
    pairs = re.findall(r"([^,(]+?)(?: \(as “(.+?)”\))?(?:, |$)", said[1]) if said else []
    return dict(pairs), unsaid[1].split(", ") if unsaid else []
