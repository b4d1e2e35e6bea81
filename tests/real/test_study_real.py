"""The paper's controlled corruption (sections 4, 5) on real rows. The removals are tests: nothing is tuned on them."""

import asyncio
from pathlib import Path

import pytest
from goalcover.agent.engine import build_engine
from goalcover.agent.settings import Settings
from goalcover.agent.validation import Validation
from goalcover.memory.runs import Run
from goalcover.tools.load import open_dataset
from goalcover.tools.studies.corruption import design_study, drawn, judge_study, validate
from goalcover.tools.studies.domain import load_domain
from goalcover.tools.studies.selftest import selftest


def study(name: str, data: Path, out: Path, size: int, n_seeds: int) -> Validation:
    domain, dataset = load_domain(name), open_dataset(str(data))
    design = design_study(dataset, domain.removals, range(n_seeds), size, domain.paper)
    engine = build_engine("embedded", Settings())
    run = Run.create(out)
    asyncio.run(judge_study(drawn(dataset, design), domain.goal, design, run, engine, lambda done, total: None))
    return validate(run)


@pytest.fixture(scope="module")
def medical(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("medical") / "run"


def test_medical_targets_fall_and_the_others_stay(shared_data, medical):
    found = study("medical", shared_data / "pubmedqa.jsonl", medical, 1_000, n_seeds=5)
    assert [(one.separated, one.n_samples) for one in found.removals] == [(True, 1_000), (True, 1_000)]
    assert [one.n_removed for one in found.removals] == [118, 163]
    assert found.summary.target_mean_drop is not None
    assert found.summary.nontarget_mean_abs_change is not None
    assert found.summary.target_mean_drop >= 0.319
    assert found.summary.nontarget_mean_abs_change <= 0.021
    assert all(one.falls_most is not None and one.falls_most > 0.99 for one in found.removals)


def test_medical_specialties_pass_their_self_test(shared_data, medical):
    if not medical.exists():
        study("medical", shared_data / "pubmedqa.jsonl", medical, 1_000, n_seeds=5)
    engine = build_engine("embedded", Settings())
    found = asyncio.run(selftest(Run.open(medical), engine.judge, engine.embedder))
    grades = {one.id: one.grade for one in found.subgoals}
    assert (grades["cardiology"], grades["drug-information"]) == ("trustworthy", "trustworthy")
    cardiology = next(one for one in found.subgoals if one.id == "cardiology")
    assert {"cardiac", "coronary"} <= set(cardiology.terms)
    # An encoder reads what samples are about: an answer of another sample goes unseen, and is said to.
    assert "swapped answers go unseen" in cardiology.reason


def test_code_targets_fall_most_in_small_draws(shared_data, tmp_path):
    found = study("code", shared_data / "codealpaca.jsonl.gz", tmp_path / "run", 150, n_seeds=2)
    assert [one.separated for one in found.removals] == [True, True]
    assert found.summary.target_mean_drop is not None
    assert found.summary.target_mean_drop >= 0.319
