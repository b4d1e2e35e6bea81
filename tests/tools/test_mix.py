"""The five training sets of the paper's Table 3."""

import json
import time
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Sample
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import Origin, SyntheticSample, keep
from goalcover.tools.mix import MIXES, Member, _roots, make_mix, parse_mix
from unjudged import run_of


def run_with(tmp_path: Path, n: int = 10, synthetic: int = 4) -> Run:
    """Rows q0, q1 ...; the even ones serve the goal. Synthetic sample s0 is made from q0, s1 from q1 ..."""
    data = tmp_path / "rows.jsonl"
    rows = [{"id": f"q{i}", "question": f"Question {i}?", "answer": f"Answer {i}"} for i in range(n)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(data, tmp_path / "run", level=lambda sample, _: 0 if int(sample.id[1:]) % 2 else 5)
    made = [made_from(f"q{i}", f"s{i}") for i in range(synthetic)]
    if made:
        keep(run.synthetic_path, "any", made, ())
    return run


def made_from(parent: str, name: str, text: str = "", engine: str = "embedded/test") -> SyntheticSample:
    row = {"id": name, "question": text or f"New {name}?", "answer": f"New answer {name}"}
    sample = Sample(id=name, row=1, input=row["question"], output=row["answer"], original=json.dumps(row))
    origin = Origin(
        subgoal_id="any",
        verdict="accepted",
        score=0.8,
        rationale="good",
        parents=(parent,),
        engine=engine,
        sample_id=name,
    )
    return SyntheticSample(sample=sample, origin=origin)


@pytest.mark.parametrize(
    ("name", "originals", "synthetics"),
    [
        ("original", 10, 0),
        ("goal-aligned", 5, 0),
        ("synthetic", 0, 4),
        ("synthetic+original", 10, 4),
        ("synthetic+goal-aligned", 5, 4),
    ],
)
def test_each_mix_holds_what_its_name_says(tmp_path, name, originals, synthetics):
    sources = [member.source for member in make_mix(run_with(tmp_path), name, min_score=0.5).train]
    assert (sources.count("original"), sources.count("synthetic")) == (originals, synthetics)


def test_the_parts_of_a_name_may_come_in_any_order():
    assert parse_mix("Goal-Aligned + synthetic") == "synthetic+goal-aligned"
    assert [parse_mix(name) for name in MIXES] == list(MIXES)
    with pytest.raises(InputError, match="no mix 'everything'"):
        parse_mix("everything")


def test_the_same_text_goes_in_once_and_indentation_and_capitals_make_another(tmp_path):
    run = run_with(tmp_path, synthetic=0)
    answers = {"s1": "Answer 3 \r\n", "s2": "answer 3", "s3": "if a:\n  b()\nc()", "s4": "if a:\n  b()\n  c()"}
    made = [made_from("q1", name, "Question 3?") for name in answers]
    twins = [
        one.model_copy(update={"sample": one.sample.model_copy(update={"output": answers[one.sample.id]})})
        for one in made
    ]
    keep(run.synthetic_path, "any", twins, ())
    mix = make_mix(run, "synthetic+original")
    assert (len(mix.train), mix.n_duplicates) == (13, 1)


def test_pairs_that_differ_in_the_rejected_answer_alone_are_no_duplicates(tmp_path):
    data = tmp_path / "pairs.jsonl"
    rows = [{"prompt": "Why?", "chosen": "So.", "rejected": f"No {n}"} for n in range(3)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert len(make_mix(run_of(data, tmp_path / "run"), "original").train) == 3


def test_the_seed_decides_the_order(tmp_path):
    run = run_with(tmp_path)

    def order(seed: int) -> list[str]:
        return [member.sample.id for member in make_mix(run, "original", seed=seed).train]

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))


@pytest.mark.parametrize("seed", range(5))
def test_a_synthetic_sample_is_never_validated_with_while_its_parent_is_trained_on(tmp_path, seed):
    mix = make_mix(run_with(tmp_path), "synthetic+original", seed=seed, validation=0.4)
    held = {member.sample.id for member in mix.validation}
    assert len(mix.validation) + len(mix.train) == 14
    assert 4 <= len(mix.validation) <= 6
    assert all((f"q{n}" in held) == (f"s{n}" in held) for n in range(4))


def test_samples_that_a_model_wrote_after_the_same_rows_are_validated_with_and_trained_on(tmp_path):
    run = run_with(tmp_path, n=60, synthetic=0)
    written = [made_from("q1", f"s{n}", engine="llm/test/1") for n in range(20)]
    keep(run.synthetic_path, "any", written, ())
    for seed in range(5):
        mix = make_mix(run, "synthetic+original", seed=seed, validation=0.3)
        held = [member.source for member in mix.validation].count("synthetic")
        assert len(mix.validation) == 24
        assert 1 <= held <= 15


def test_a_mix_of_nothing_says_what_to_do(tmp_path):
    run = run_with(tmp_path, synthetic=0)
    with pytest.raises(InputError, match="has no synthetic samples yet: `goalcover synthesize"):
        make_mix(run, "synthetic")
    with pytest.raises(InputError, match="share of validation rows"):
        make_mix(run, "original", validation=1.0)


def test_families_of_many_are_told_in_a_time_that_grows_with_their_number():
    made = [made_from("q0", f"s{n}") for n in range(5_000)]
    both = [made_from(f"q{n}", f"t{n}") for n in range(5_000)]  # each made from two rows: one chain of all
    both = [replaced(one, parents=(f"q{n}", f"q{n + 1}")) for n, one in enumerate(both)]
    for members in (made, both, both[::-1]):
        started = time.process_time()
        assert len(set(_roots([Member(sample=one.sample, origin=one.origin) for one in members]))) == 1
        assert time.process_time() - started < 1


def replaced(one: SyntheticSample, **changes: object) -> SyntheticSample:
    return one.model_copy(update={"origin": one.origin.model_copy(update=changes)})
