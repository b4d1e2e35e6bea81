"""The run's synthetic samples: kept, found again, and never read wrongly."""

import json

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Sample
from goalcover.memory.synthetic import Decision, Origin, SyntheticSample, keep, kept, rejected_before

REFUSED = Decision(decision="rejected", reasons=("too long",), input="I", output="O", parents=("q1",), level=2)


def made(name: str, subgoal_id: str = "heart") -> SyntheticSample:
    row = {"id": name, "frage": "Warum? なぜ", "antwort": "Darum."}
    origin = Origin(
        subgoal_id=subgoal_id,
        verdict="accepted",
        score=0.8,
        rationale="good",
        parents=("q1",),
        engine="test",
        sample_id=name,
    )
    sample = Sample(id=name, row=1, input="Warum? なぜ", output="Darum.", original=json.dumps(row))
    return SyntheticSample(sample=sample, origin=origin)


def test_what_was_kept_comes_back_as_it_was(tmp_path):
    keep(tmp_path / "synthetic", "heart", [made("a")], [REFUSED])
    (again,) = kept(tmp_path / "synthetic")
    assert (again.sample.id, again.sample.input, again.sample.output) == ("a", "Warum? なぜ", "Darum.")
    assert json.loads(again.sample.original) == {"id": "a", "frage": "Warum? なぜ", "antwort": "Darum."}
    assert again.origin == made("a").origin


def test_requests_are_numbered_and_read_in_their_order(tmp_path):
    names = [
        keep(tmp_path, subgoal, [made(name, subgoal)], []).name for name, subgoal in (("b", "heart"), ("a", "bone"))
    ]
    assert names == ["001-heart.jsonl", "002-bone.jsonl"]
    assert [one.sample.id for one in kept(tmp_path)] == ["b", "a"]
    (tmp_path / "001-heart.jsonl").rename(tmp_path / "1000-heart.jsonl")
    assert [one.sample.id for one in kept(tmp_path)] == ["a", "b"]
    assert keep(tmp_path, "bone", [], []).name == "1001-bone.jsonl"


def test_rejections_are_remembered_by_subgoal_and_are_no_samples(tmp_path):
    keep(tmp_path, "heart", [], [REFUSED])
    assert rejected_before(tmp_path, "heart") == (REFUSED,)
    assert rejected_before(tmp_path, "bone") == ()
    keep(tmp_path, "sweet-heart", [], [REFUSED])
    assert rejected_before(tmp_path, "heart") == rejected_before(tmp_path, "sweet-heart") == (REFUSED,)
    assert list(kept(tmp_path)) == []


def test_decisions_of_before_they_named_their_candidate_are_read(tmp_path):
    older = [REFUSED.model_dump(exclude={"candidate_id"})]
    (tmp_path / "001-heart.decisions.json").write_text(json.dumps(older))
    assert rejected_before(tmp_path, "heart") == (REFUSED,)


def test_a_run_without_synthetic_samples_has_none(tmp_path):
    assert list(kept(tmp_path / "nothing")) == []


@pytest.mark.parametrize("line", ["not json", "{}", '{"_goalcover": 3}', '{"_goalcover": {"input": "", "output": ""}}'])
def test_a_file_of_somebody_else_is_refused_by_name(tmp_path, line):
    (tmp_path / "001-heart.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"001-heart\.jsonl holds a row that `goalcover synthesize` did not write"):
        list(kept(tmp_path))
