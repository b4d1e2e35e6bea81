"""One assessment from start to end, and the run directory to the letter of the contract."""

import asyncio
import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import trace_server
from assessing import BONE, DRUG, GOAL, HEART, assess_rows, engine, write_rows
from goalcover.agent.advisor import LLMAdvisor
from goalcover.agent.analyst import LLMAnalyst
from goalcover.agent.errors import InputError, RunBusyError, StoppedError
from goalcover.agent.models import Goal
from goalcover.memory.goals import goal_sha256
from goalcover.memory.runs import Run
from goalcover.tools.assess import Assessment, assess
from goalcover.tools.budget import Budget, Price
from goalcover.tools.load import open_dataset
from judging_cases import asked, judge_on
from scripted import chat_model, one_a_group, scripted, serving
from word_judge import WordJudge

TEXTS = ["heart " * 5, "drug " * 4, "heart", "nothing at all", "nothing else", "drug drug heart", "gone"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", TEXTS)


@pytest.fixture(scope="module")
def assessed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("assessed")
    judge = WordJudge()
    judge.fails_on = {"gone"}
    assess_rows(write_rows(folder / "rows.jsonl", TEXTS), folder / "run", judge=judge)
    return folder / "run"


def read(path: Path):
    return json.loads(path.read_text("utf-8"))


# --- the contract


def test_the_run_directory_holds_the_files_of_the_contract(assessed):
    named = {path.name for path in assessed.iterdir() if not path.name.startswith(".")}
    assert named == {
        "run.json", "goal.yaml", "ledger.sqlite", "scores.parquet", "samples.parquet", "coverage.json", "gaps.json",
        "maps.json", "report.html", "report.md",
    }  # fmt: skip


def test_explanations_of_gaps_are_kept_in_the_run_or_on_a_chroma_server_with_the_same_result(
    data, tmp_path, chroma_server, monkeypatch
):
    kept = assess_rows(data, tmp_path / "kept").gaps
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", chroma_server)
    assert assess_rows(data, tmp_path / "sent").gaps == kept
    assert len(kept) == 2
    assert [(tmp_path / one / "chroma").exists() for one in ("kept", "sent")] == [True, False]


def test_a_chroma_server_that_is_not_there_is_told_before_anything_is_judged(data, tmp_path, monkeypatch):
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", "http://127.0.0.1:9")
    judge = WordJudge()
    with pytest.raises(InputError, match="GOALCOVER_CHROMA_URL"):
        assess_rows(data, tmp_path / "run", judge=judge)
    assert judge.asked == []


def test_run_json_has_the_keys_of_the_contract(assessed):
    info = read(assessed / "run.json")
    assert list(info) == [
        "schema_version", "created_at", "engine", "dataset", "goal_sha256", "counts", "usage", "wall_s",
    ]  # fmt: skip
    assert info["schema_version"] == 1
    assert datetime.fromisoformat(info["created_at"]).tzinfo is not None
    assert info["engine"] == {"name": "test", "model": "words", "version": "1"}
    assert {"path", "fingerprint", "rows"} <= set(info["dataset"])
    assert info["dataset"]["rows"] == 7
    assert info["goal_sha256"] == goal_sha256(GOAL)
    assert info["counts"] == {"samples": 7, "pairs": 14, "scored": 12, "unscored": 2, "reused": 0}
    assert info["usage"] == {
        "calls": 0, "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0, "cost_usd": None, "retries": 0,
        "reasks": 0, "unscored": {},
    }  # fmt: skip
    assert info["wall_s"] > 0


def test_scores_parquet_has_the_columns_and_types_of_the_contract(assessed):
    scores = pd.read_parquet(assessed / "scores.parquet")
    assert list(scores) == ["sample_id", "subgoal_id", "level", "score", "explanation", "evidence", "status", "judge"]
    assert str(scores["level"].dtype) == "Int8"
    assert str(scores["score"].dtype) == "float64"
    assert len(scores) == 14
    by_pair = scores.set_index(["sample_id", "subgoal_id"])
    assert by_pair.loc[("q1", "heart"), ["level", "score", "status"]].tolist() == [5, 1.0, "scored"]
    assert by_pair.loc[("q2", "drug"), "score"] == 0.8
    failed = by_pair.loc[("q7", "heart")]
    assert failed[["level", "score"]].isna().all()
    assert (failed["status"], failed["judge"]) == ("unscored", "test/words/1")


def test_samples_parquet_keeps_the_original_rows(assessed):
    samples = pd.read_parquet(assessed / "samples.parquet")
    assert list(samples) == ["sample_id", "row", "input", "output", "original"]
    assert samples["sample_id"].tolist() == [f"q{n}" for n in range(1, 8)]
    assert samples["row"].tolist() == list(range(1, 8))
    assert json.loads(samples["original"][1]) == {"id": "q2", "question": TEXTS[1], "answer": "yes"}


def test_coverage_json_has_the_keys_of_the_contract(assessed):
    coverage = read(assessed / "coverage.json")
    assert {"subgoals", "overall"} <= set(coverage)
    for row in coverage["subgoals"]:
        assert list(row) == [
            "id", "name", "scope", "alignment", "ci_low", "ci_high", "support", "support_share", "share_wanted",
            "n_scored", "n_unscored", "histogram", "gap", "rule", "outputs",
        ]  # fmt: skip
    heart, drug = coverage["subgoals"]
    assert (heart["id"], heart["n_scored"], heart["n_unscored"], heart["gap"]) == ("heart", 6, 1, None)
    assert heart["histogram"] == [3, 2, 0, 0, 0, 1]
    assert (drug["histogram"], drug["support"]) == ([4, 0, 1, 0, 1, 0], 1)


def test_gaps_json_has_the_keys_of_the_contract(data, tmp_path):
    assess_rows(data, tmp_path / "run")
    gaps = read(tmp_path / "run" / "gaps.json")
    assert {gap["subgoal_id"] for gap in gaps} == {"heart", "drug"}
    for gap in gaps:
        assert list(gap)[:5] == ["subgoal_id", "alignment", "capabilities", "recommendations", "kind"]
        assert gap["capabilities"]
        assert gap["recommendations"]
        for capability in gap["capabilities"]:
            assert list(capability)[:7] == ["title", "summary", "share", "n", "sample_ids", "quotes", "quote_ids"]
            assert set(capability["sample_ids"]) <= {f"q{n}" for n in range(1, 8)}
        for recommendation in gap["recommendations"]:
            assert list(recommendation) == ["action", "detail", "sample_ids"]


def test_the_goal_is_kept_as_it_was_assessed(assessed):
    assert Run.open(assessed).goal() == GOAL


# --- what it tells and returns


def test_what_is_returned_is_what_is_written(data, tmp_path):
    result = assess_rows(data, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert (run.info(), run.coverage(), run.gaps()) == (result.info, result.coverage, result.gaps)


def test_progress_ends_at_all_samples(data, tmp_path):
    told: list[tuple[int, int]] = []
    assess_rows(data, tmp_path / "run", on_progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_a_goal_without_gaps_leaves_an_empty_list(tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", [f"heart heart heart heart heart {n}" for n in range(25)])
    result = assess_rows(data, tmp_path / "run", Goal(goal="G", subgoals=(HEART,)))
    assert result.gaps == ()
    assert read(tmp_path / "run" / "gaps.json") == []


def test_no_two_assessments_differ(data, tmp_path):
    one, other = (assess_rows(data, tmp_path / name) for name in ("one", "other"))
    assert (one.coverage, one.gaps) == (other.coverage, other.gaps)


# --- again into the same run


def test_a_second_assessment_judges_only_what_is_new(data, tmp_path):
    assess_rows(data, tmp_path / "run")
    judge = WordJudge()
    wider = GOAL.model_copy(update={"subgoals": (*GOAL.subgoals, BONE)})
    counts = assess_rows(data, tmp_path / "run", wider, judge).info.counts
    assert {name for _, name in judge.asked} == {"bone"}
    assert (counts.pairs, counts.reused) == (21, 14)


def test_a_subgoal_that_is_dropped_leaves_the_results_and_stays_in_the_ledger(data, tmp_path):
    assess_rows(data, tmp_path / "run")
    narrow = GOAL.model_copy(update={"subgoals": (DRUG,)})
    assess_rows(data, tmp_path / "run", narrow)
    assert set(Run.open(tmp_path / "run").scores().column("subgoal_id").to_pylist()) == {"drug"}
    assert assess_rows(data, tmp_path / "run").info.counts.reused == 14


def test_an_assessment_that_broke_off_counts_as_unfinished_and_goes_on_where_it_was(data, tmp_path):
    def stop(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assess_rows(data, tmp_path / "run", on_progress=stop)
    with pytest.raises(InputError, match=re.escape("has not finished")):
        Run.open(tmp_path / "run")
    judge = WordJudge()
    result = assess_rows(data, tmp_path / "run", judge=judge)
    assert judge.asked == [("gone", "heart"), ("gone", "drug")]
    assert result.coverage == assess_rows(data, tmp_path / "other").coverage


PRICE = Price(prompt=1.0, cached=0.5, completion=4.0)


def assess_by_model(server, data: Path, folder: Path, cap: float | None = None) -> tuple[Assessment | None, Budget]:
    """By a model that counts words; no assessment where the cap was reached."""
    judge = judge_on(server, folder, concurrency=2)
    dataset, run, budget = open_dataset(str(data)), Run.create(folder / "run"), Budget({judge.id: PRICE}, cap)
    work = assess(dataset, GOAL, run, engine(WordJudge()), lambda done, total: None, judges=[judge], budget=budget)
    with suppress(StoppedError):
        return asyncio.run(work), budget
    return None, budget


def test_what_a_run_took_adds_up_over_every_call_of_assess(tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", [f"Case {n}: heart" for n in range(40)])
    with serving() as server:
        stopped, first = assess_by_model(server, data, tmp_path, cap=0.005)
        result, second = assess_by_model(server, data, tmp_path)
        n_asked = len(asked(server))
        resumed, third = assess_by_model(server, data, tmp_path)
    assert stopped is None
    assert result is not None
    assert resumed is not None
    assert 0 < second.used.calls < result.info.usage.calls == first.usage.calls + second.usage.calls == n_asked
    assert result.info.usage.prompt_tokens == first.usage.prompt_tokens + second.usage.prompt_tokens
    assert result.info.usage.cost_usd == pytest.approx(PRICE.of(first.usage + second.usage), abs=1e-6)
    assert (third.used.calls, third.used.cost_usd) == (0, None)
    assert resumed.info.usage == result.info.usage == Run.open(tmp_path / "run").info().usage


def test_the_cap_holds_for_naming_and_advising_and_the_embedded_roles_take_over(tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", [f"Case {n}: nothing of it" for n in range(40)])
    brain = scripted(
        capabilities=lambda user: one_a_group(user, "Missing in group {}", "It lacks it.", ""),
        recommendations=[{"action": "Collect it", "detail": "Write it down.", "sample_ids": []}] * 2,
    )
    with serving(brain=brain) as server:
        model, parts = chat_model(server, tmp_path), engine(WordJudge())
        roles = {"analyst": LLMAnalyst(model, parts.analyst), "advisor": LLMAdvisor(model, parts.advisor)}
        with_roles = replace(parts, **roles)

        def capped(cap: float | None) -> tuple[Assessment, Budget]:
            run, budget = Run.create(tmp_path / f"run {cap}"), Budget({"test-model": Price(1.0, 1.0, 0.1)}, cap)
            work = assess(open_dataset(str(data)), GOAL, run, with_roles, lambda *_: None, budget=budget)
            return asyncio.run(work), budget

        whole, free = capped(None)
        some, part = capped(0.7 * free.spent)
        none, nothing = capped(0.0)
    assert (free.is_reached, part.is_reached, nothing.is_reached) == (False, True, True)
    assert 0 < part.spent <= part.max_cost
    assert nothing.spent is None
    assert [found.info.usage.calls for found in (whole, some, none)] == [free.usage.calls, part.usage.calls, 0]
    assert all(gap.recommendations for found in (whole, some, none) for gap in found.gaps)
    note = "Named without the model: stopped before passing --max-cost"
    noted = [[note in gap.capabilities[0].summary for gap in found.gaps] for found in (whole, some, none)]
    assert noted == [[False, False], [False, True], [True, True]]
    assert whole.without_model == ""
    assert some.without_model.startswith("stopped before passing --max-cost")


def test_an_assessment_is_one_trace(tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", [f"Case {n}: heart" for n in range(3)])
    with serving() as server, trace_server.sending() as traces:
        result, _ = assess_by_model(server, data, tmp_path)
        traces.wait(5)
    assert result is not None
    (parent,) = traces.named("assess")
    assert (parent["inputs"]["dataset"], parent["inputs"]["subgoals"]) == (str(data), ["heart", "drug"])
    assert parent["outputs"]["used"]["calls"] == 3
    assert [one["id"] for one in parent["outputs"]["coverage"]["subgoals"]] == ["heart", "drug"]
    judged = [one for one in traces.named("judge") if "sample_id" in one["extra"]["metadata"]]
    assert {one["extra"]["metadata"]["sample_id"] for one in judged} == {"q1", "q2", "q3"}
    assert {one["trace_id"] for one in traces.runs.values()} == {parent["id"]}


def test_a_run_that_is_at_work_takes_no_second_one(data, tmp_path):
    with Run.create(tmp_path / "run").lock(), pytest.raises(RunBusyError, match="in use by another process"):
        assess_rows(data, tmp_path / "run")
