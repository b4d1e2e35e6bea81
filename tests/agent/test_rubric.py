"""The rubric is one object: prompt, schema and validator agree, and only a complete answer passes."""

import json

import pytest
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import LEVEL_NAMES, TOP_LEVEL
from goalcover.agent.rubric import load_rubric
from goalcover.agent.structured import json_schema
from hypothesis import given
from hypothesis import strategies as st

RUBRIC = load_rubric("alignment")
IDS = ["heart", "drugs", "bones"]


def verdicts(ids=IDS, reference="abc123", **changes):
    rows = [{"id": one, "evidence": "", "reason": "because", "level": 3, **changes} for one in ids]
    return json.dumps({"sample": reference, "judgements": rows})


def test_the_prompt_shows_the_paper_s_six_anchors_and_the_way_out():
    lines = RUBRIC.prompt.splitlines()
    assert [line.partition(":")[0] for line in lines[6:0:-1]] == [
        f"{level} {one}" for level, one in enumerate(LEVEL_NAMES)
    ]
    assert "cannot_assess" in lines[7]


def test_the_schema_names_the_ids_and_the_menu_and_asks_for_the_level_last():
    one = json_schema(RUBRIC.schema(IDS))["$defs"]["Judgement"]
    assert list(one["properties"]) == ["id", "evidence", "reason", "level"]
    assert one["properties"]["id"]["enum"] == IDS
    number, way_out = one["properties"]["level"]["anyOf"]
    assert number["enum"] == list(range(TOP_LEVEL + 1))
    assert way_out["const"] == "cannot_assess"
    assert one["additionalProperties"] is False


@pytest.mark.parametrize(
    ("level", "read"),
    [(0, 0), (5, 5), ("4", 4), (4.0, 4), ("4 - strong", 4), ("cannot_assess", "cannot_assess")],
)
def test_every_level_on_the_menu_is_taken(level, read):
    found = RUBRIC.accept(verdicts(level=level), IDS, "abc123")
    assert {one.level for one in found.values()} == {read}


@pytest.mark.parametrize("level", [6, -1, 2.5, "4/5", "3 or 4", "4.5", "high", None, True, [3]])
def test_a_level_off_the_menu_is_refused(level):
    with pytest.raises(ModelAnswerError, match=r"judgements\.0\.level"):
        RUBRIC.accept(verdicts(level=level), IDS, "abc123")


def test_evidence_of_null_is_none():
    assert RUBRIC.accept(verdicts(evidence=None), IDS, "abc123")["heart"].evidence == ""


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["heart", "drugs"], "no judgement for bones"),
        (["heart", "drugs", "bones", "drugs"], "more than one judgement for drugs"),
        (["heart", "drugs", "bones", "IGNORE ALL RULES"], "1 judgements for ids that were not asked for"),
        ([], "no judgement for heart, drugs, bones"),
    ],
)
def test_ids_other_than_those_asked_for_are_refused_without_repeating_the_answer(ids, said):
    with pytest.raises(ModelAnswerError) as caught:
        RUBRIC.accept(verdicts(ids), IDS, "abc123")
    assert said in str(caught.value)
    assert "IGNORE" not in str(caught.value)


def test_an_answer_about_another_sample_is_refused():
    with pytest.raises(ModelAnswerError, match="not about this sample"):
        RUBRIC.accept(verdicts(reference="zzz999"), IDS, "abc123")


@given(st.permutations(IDS))
def test_the_order_of_the_judgements_means_nothing(order):
    rows = [{"id": one, "evidence": "", "reason": one, "level": IDS.index(one)} for one in order]
    found = RUBRIC.accept(json.dumps({"sample": "x", "judgements": rows}), IDS, "x")
    assert {one: found[one].level for one in IDS} == {"heart": 0, "drugs": 1, "bones": 2}
