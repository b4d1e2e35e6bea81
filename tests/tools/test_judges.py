"""Figures before and after are of one judge: the run's own, or none."""

import json

import pytest
from assessing import GOAL, assess_rows, write_rows
from goalcover.agent.engine import build_engine
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings
from goalcover.memory.runs import Run
from goalcover.tools.judges import judge_of
from judging_cases import judge_on
from scripted import serving, settings
from unjudged import run_of
from word_judge import WordJudge


@pytest.fixture
def judged_by(tmp_path):
    """Makes a run that was judged by a judge of that id."""

    def make(judge_id: str):
        (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "q", "answer": "a"}))
        run = run_of(tmp_path / "rows.jsonl", tmp_path / "run")
        name, _, rest = judge_id.partition("/")
        model, _, version = rest.rpartition("/")
        info = run.info()
        made_by = info.engine.model_copy(update={"name": name, "model": model, "version": version})
        run.finish(info.model_copy(update={"engine": made_by}))
        return run

    return make


def test_the_judge_at_hand_is_taken_when_it_is_the_one(tmp_path):
    run_path, judge = tmp_path / "run", WordJudge()
    assess_rows(write_rows(tmp_path / "rows.jsonl", ["heart"] * 3), run_path, GOAL, judge)
    run = Run.open(run_path)
    assert judge_of(run, Settings(), judge) is judge
    with pytest.raises(InputError, match="start the assessment again"):
        judge_of(run, Settings(), WordJudge(judge_id="test/words/2"))


def test_another_model_than_the_engine_s_is_made_again(judged_by, tmp_path):
    with serving() as server:
        given, other = settings(server, tmp_path), judge_on(server, tmp_path, name="a/second model")
        run = judged_by(other.id)
        engine = build_engine("llm", given)
        found = judge_of(run, given, engine.judge)
    assert found.id == other.id != engine.judge.id


def test_the_embedded_judge_is_made_again_by_whatever_engine(judged_by, tmp_path):
    embedded = build_engine("embedded", Settings()).judge
    with serving() as server:
        run, given = judged_by(embedded.id), settings(server, tmp_path)
        assert judge_of(run, given, build_engine("llm", given).judge).id == embedded.id


@pytest.mark.parametrize(
    ("judge_id", "said"),
    [
        ("llm/alpha, beta/1", "several models together"),
        ("llm/test-model/of-an-older-prompt", "start the assessment again"),
        ("embedded/all-MiniLM-L6-v2/0", "start the assessment again"),
    ],
)
def test_where_the_judge_is_no_more_figures_are_not_compared(judged_by, tmp_path, judge_id, said):
    with serving() as server, pytest.raises(InputError, match=said):
        judge_of(judged_by(judge_id), settings(server, tmp_path))
