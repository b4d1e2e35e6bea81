"""What a person takes is kept, judged like any other sample, and shown in the subgoal's figures."""

import asyncio
import json
from pathlib import Path

import openai_brains
import pytest
from goalcover.agent.errors import ModelBusyError
from goalcover.agent.judge import LLMJudge
from goalcover.agent.models import Goal, Subgoal
from goalcover.agent.synthesis import Candidate, Proposal, Verdict
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import kept, rejected_before
from goalcover.tools.accept import Review, accept, to_look_at, with_kept
from goalcover.tools.budget import Budget
from goalcover.tools.load import open_dataset
from goalcover.tools.plan import Spread
from goalcover.tools.synthesize import Batch, read_material
from scripted import chat_model, serving, settings
from unjudged import run_of
from word_judge import WordJudge

GOAL = Goal(
    goal="Answer",
    subgoals=(
        Subgoal(id="heart", name="heart", description="Answers about the heart"),
        Subgoal(id="bone", name="bone", description="Answers about bones"),
    ),
)


def run_in(tmp_path: Path, judge: str = "test/words/1") -> Run:
    data = tmp_path / "rows.jsonl"
    rows = [{"id": f"q{n}", "question": f"Question {n}", "answer": "heart heart"} for n in range(10)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return run_of(data, tmp_path / "run", GOAL, lambda *_: 2, judge=judge)


def batch_of(run: Run, *answers: str) -> Batch:
    layout = read_material(run, "heart").layout
    proposals = []
    for number, answer in enumerate(answers, 1):
        candidate = Candidate(
            id=f"c{number}",
            input=f"New {number}?",
            output=answer,
            capability="c",
            difficulty="basic",
            form="",
            parents=("q1",),
        )
        sample = layout.sample(candidate, f"synthetic-c{number}", number)
        verdict = Verdict(
            candidate_id=candidate.id,
            level=5,
            correctness=5,
            completeness=5,
            faithfulness=5,
            format=5,
            rationale="fine",
            judge="test",
        )
        proposals.append(Proposal(candidate=candidate, sample=sample, verdict=verdict, flags=()))
    return Batch(
        subgoal_id="heart",
        asked=len(answers),
        proposals=tuple(proposals),
        rejected=(),
        rounds=1,
        shortfall="",
        spread=Spread(capabilities={}, difficulties={}, forms={}),
        engine="test/generator",
        missing=(),
    )


def test_accepted_samples_are_judged_by_the_runs_judge_and_the_mean_moves(tmp_path):
    run, judge = run_in(tmp_path), WordJudge()
    result = asyncio.run(accept(run, batch_of(run, "heart heart heart heart heart", "heart heart heart heart"), judge))
    assert (result.accepted, result.before.alignment, result.before.n_scored) == (2, 0.4, 10)
    assert result.after.alignment == pytest.approx((10 * 2 + 5 + 4) / 60)
    assert (result.after.n_scored, result.after.support) == (12, 2)
    assert result.after.ci_low < result.after.alignment < result.after.ci_high
    assert ("New 1?", "bone") in judge.asked
    assert with_kept(run) == {"heart": result.after}


def test_no_row_and_no_sample_is_judged_twice(tmp_path):
    run, judge = run_in(tmp_path), WordJudge()
    asyncio.run(accept(run, batch_of(run, "heart"), judge))
    assert len(judge.asked) == 2
    asyncio.run(accept(run, batch_of(run), judge))
    assert len(judge.asked) == 2


def test_the_file_holds_rows_of_the_datasets_own_format_with_their_origin(tmp_path):
    run = run_in(tmp_path)
    result = asyncio.run(accept(run, batch_of(run, "heart heart heart heart heart"), WordJudge()))
    (row,) = map(json.loads, Path(result.path).read_text("utf-8").splitlines())
    assert {name: row[name] for name in ("id", "question", "answer")} == {
        "id": "synthetic-c1",
        "question": "New 1?",
        "answer": "heart heart heart heart heart",
    }
    origin = row["_goalcover"]
    assert {"subgoal_id", "verdict", "score", "rationale", "parents", "engine"} <= set(origin)
    assert (origin["subgoal_id"], origin["verdict"], origin["score"]) == ("heart", "accepted", 1.0)
    assert origin["parents"] == ["q1"]
    (again,) = open_dataset(result.path)
    assert (again.input, again.output) == ("New 1?", "heart heart heart heart heart")


def test_a_review_rejects_edits_and_is_remembered(tmp_path):
    run = run_in(tmp_path)
    reviews = [
        Review(candidate_id="c1", decision="rejected", reason="too short"),
        Review(candidate_id="c2", decision="edited", output="heart at length"),
    ]
    result = asyncio.run(accept(run, batch_of(run, "heart", "heart", "heart heart"), WordJudge(), reviews))
    assert (result.accepted, result.rejected) == (2, 1)
    samples = [one for one in kept(run.synthetic_path) if one.origin.subgoal_id == "heart"]
    assert [(one.origin.verdict, one.sample.output) for one in samples] == [
        ("edited", "heart at length"),
        ("accepted", "heart heart"),
    ]
    assert json.loads(samples[0].sample.original)["answer"] == "heart at length"
    assert [one.origin.rationale for one in samples] == ["says it 1 times", "fine"]
    (refused,) = rejected_before(run.synthetic_path, "heart")
    assert (refused.reasons, refused.output) == (("too short",), "heart")


def test_what_a_person_writes_in_review_is_looked_at_and_not_refused(tmp_path):
    run = run_in(tmp_path)
    batch, edited = batch_of(run, "heart"), Review(candidate_id="c1", decision="edited", output="heart " * 40)
    assert to_look_at(run, batch, edited) == ["its output has 40 words, and the dataset's have 0 to 22"]
    assert to_look_at(run, batch, edited.model_copy(update={"output": "heart at length"})) == []
    assert asyncio.run(accept(run, batch, WordJudge(), [edited])).accepted == 1


class SilentJudge(WordJudge):
    """Never answers."""

    async def judge(self, samples, subgoals):
        raise ModelBusyError("the server is gone")


def test_what_was_taken_is_kept_when_the_judge_fails_and_judged_the_next_time(tmp_path):
    run = run_in(tmp_path)
    result = asyncio.run(accept(run, batch_of(run, "heart heart heart"), SilentJudge()))
    assert (result.accepted, result.unjudged, result.after.n_scored) == (1, "the server is gone", 10)
    assert [one.origin.score for one in kept(run.synthetic_path)] == [None]
    assert with_kept(run) == {"heart": result.after}
    again = asyncio.run(accept(run, batch_of(run, "heart heart"), WordJudge()))
    assert (again.unjudged, again.after.n_scored) == ("", 12)
    assert with_kept(run) == {"heart": again.after}


def test_samples_that_got_no_level_are_told_with_the_reason_and_judged_the_next_time(tmp_path):
    run, judge = run_in(tmp_path), WordJudge()
    judge.fails_on = {"New 1?", "New 2?"}
    result = asyncio.run(accept(run, batch_of(run, "heart", "heart heart", "heart"), judge))
    assert (result.unjudged, result.after.n_unscored) == ("2 samples got no level. no answer", 2)
    assert result.after.gap is None
    assert with_kept(run) == {"heart": result.after}
    again = asyncio.run(accept(run, batch_of(run), WordJudge()))
    assert (again.unjudged, again.after.n_scored) == ("", 13)


def test_the_figures_with_what_was_kept_are_of_the_judge_that_judged_the_run_last(tmp_path):
    run = run_in(tmp_path)
    asyncio.run(accept(run, batch_of(run, "heart"), WordJudge()))
    run = run_in(tmp_path, "test/words/2")
    assert with_kept(run)["heart"].n_unscored == 1
    result = asyncio.run(accept(run, batch_of(run, "heart"), WordJudge(judge_id="test/words/2")))
    assert (result.after.n_scored, result.after.n_unscored) == (12, 0)
    assert with_kept(run) == {"heart": result.after}


def test_who_edits_the_answer_leaves_the_columns_of_the_question_as_they_are(tmp_path):
    data = tmp_path / "rows.jsonl"
    first = {"question": "No context here?", "context": None, "answer": "No."}
    rows = [first, *({"question": f"Q{n}?", "context": f"Context {n}.", "answer": "Yes."} for n in range(5))]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(data, tmp_path / "run", GOAL, lambda *_: 2)
    (proposal,) = batch_of(run, "heart").proposals
    columns = {"question": "Is it safe?", "context": "The trial was.", "answer": "heart"}
    candidate = proposal.candidate.model_copy(update={"input": "Is it safe?\n\nThe trial was.", "columns": columns})
    batch = batch_of(run).model_copy(update={"proposals": (proposal.model_copy(update={"candidate": candidate}),)})
    asyncio.run(accept(run, batch, WordJudge(), [Review(candidate_id="c1", decision="edited", output="heart, yes")]))
    (one,) = kept(run.synthetic_path)
    assert json.loads(one.sample.original) == columns | {"answer": "heart, yes"}


def test_a_second_request_stands_beside_the_first(tmp_path):
    run = run_in(tmp_path)
    paths = [asyncio.run(accept(run, batch_of(run, f"heart {word}"), WordJudge())).path for word in ("one", "two")]
    assert [Path(path).name for path in paths] == ["001-heart.jsonl", "002-heart.jsonl"]
    assert len(list(kept(run.synthetic_path))) == 2
    assert "bone" not in {one.origin.subgoal_id for one in kept(run.synthetic_path)}


def test_a_model_judges_them_too_and_what_it_costs_is_counted(tmp_path):
    with serving(brain=openai_brains.words) as server:
        judge = LLMJudge(chat_model(server, tmp_path, "judge"), settings(server, tmp_path))
        run = run_in(tmp_path, judge.id)
        budget = Budget({judge.id: None})
        batch = batch_of(run, *(f"Answers about the heart {n}" for n in range(5)))
        result = asyncio.run(accept(run, batch, judge, budget=budget))
    assert (result.accepted, result.after.n_scored) == (5, 15)
    assert result.after.histogram == (0, 5, 10, 0, 0, 0)
    assert budget.usage.calls >= 5
