"""The chat's tools give what the run holds, and say what they cannot give."""

import asyncio
import json

import pytest
from goalcover.agent.errors import InputError
from goalcover.memory.runs import Run
from goalcover.tools.catalog import CHARACTERS, SAMPLES_MOST, catalog, facts


@pytest.fixture(scope="module")
def run(small_demo):
    return Run.open(small_demo.path)


def call(run, name, **arguments):
    (tool,) = (one for one in catalog(run) if one.name == name)
    return asyncio.run(tool.call(arguments))


def test_every_tool_that_needs_no_argument_answers_in_json(run):
    free = [tool.name for tool in catalog(run) if not tool.parameters["required"]]
    assert {"coverage", "gaps", "run_info"} <= set(free)
    for name in free:
        assert json.dumps(call(run, name), allow_nan=False)


def test_figures_are_those_of_the_run(run):
    told = {one["id"]: one["alignment"] for one in call(run, "coverage")["subgoals"]}
    assert told == {one.id: pytest.approx(one.alignment, abs=1e-4) for one in run.coverage().subgoals}
    assert call(run, "run_info")["counts"]["samples"] == 60
    assert [one["subgoal_id"] for one in call(run, "gaps")] == [gap.subgoal_id for gap in run.gaps()]


def test_a_subgoal_may_be_named_by_name_or_id(run):
    subgoal = run.goal().subgoals[0]
    by_id = call(run, "explain_subgoal", subgoal=subgoal.id)
    assert by_id == call(run, "explain_subgoal", subgoal=subgoal.name.upper())
    assert by_id["coverage"]["id"] == subgoal.id


@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_samples_come_from_the_end_that_was_asked_for(run, end):
    subgoal = run.goal().subgoals[0].id
    levels = [one["level"] for one in call(run, "samples", subgoal=subgoal, end=end, n=7)]
    every = sorted(one.level for one in run.alignments(subgoal))
    assert sorted(levels) == (every[:7] if end == "lowest" else every[-7:])


def test_no_model_is_given_more_than_it_can_read(run):
    subgoal = run.goal().subgoals[0].id
    found = call(run, "samples", subgoal=subgoal, end="lowest", n=10_000)
    assert len(found) == SAMPLES_MOST
    assert all(len(one[side]) <= CHARACTERS + len(" [...]") for one in found for side in ("input", "output"))


def test_a_sample_is_told_with_all_its_levels(run):
    one = next(iter(run.samples()))
    told = call(run, "sample", sample_id=one.id)
    assert told["input"].startswith(one.input[:100])
    assert [each["subgoal"] for each in told["judgements"]] == [each.id for each in run.goal().subgoals]


def test_two_subgoals_stand_side_by_side(run):
    a, b = (one.id for one in run.goal().subgoals[:2])
    told = call(run, "compare_subgoals", a=a, b=b)
    assert (told["a"]["id"], told["b"]["id"]) == (a, b)
    assert told["samples_that_support_both"] >= 0


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("explain_subgoal", {"subgoal": "no such thing at all"}, "no subgoal"),
        ("explain_subgoal", {}, "subgoal is missing"),
        ("samples", {"subgoal": 3, "end": "lowest"}, "subgoal is missing"),
        ("sample", {"sample_id": "nobody"}, "no sample 'nobody'"),
    ],
)
def test_what_cannot_be_given_is_said(run, name, arguments, error):
    with pytest.raises(InputError, match=error):
        call(run, name, **arguments)


def test_an_end_that_there_is_not_is_said(run):
    with pytest.raises(InputError, match="end is one of"):
        call(run, "samples", subgoal=run.goal().subgoals[0].id, end="middle")


def test_the_facts_name_goal_subgoals_data_and_judge(run):
    told = facts(run)
    assert run.goal().text in told
    assert all(one.name in told for one in run.goal().subgoals)
    assert "60 samples judged" in told
    assert "embedded engine" in told
