"""Answers about a finished run."""

import shutil

import pytest
from assessing import GOAL, assess_rows, embedder, write_rows
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools.explain import explain, find_subgoal, judged, similar, weak
from word_judge import WordJudge

TEXTS = ["heart heart", "drug", "heart " * 5, "heart heart again", "none", "drug drug drug drug", "gone"]
NAMED = Goal(
    goal="G",
    subgoals=(
        Subgoal(id="gas-safety", name="Gas leaks and danger", description="d"),
        Subgoal(id="billing", name="Explaining bills", description="d"),
    ),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("explained")
    judge = WordJudge()
    judge.fails_on = {"gone"}
    # 60 rows of fill keep the one failed judgement below a tenth.
    rows = write_rows(folder / "rows.jsonl", TEXTS + [f"fill {n} drug drug drug drug drug" for n in range(60)])
    assess_rows(rows, folder / "run", judge=judge)
    return Run.open(folder / "run")


# --- find_subgoal


@pytest.mark.parametrize("asked", ["gas-safety", "GAS-Safety", "Gas leaks and danger", "gas LEAKS and danger"])
def test_a_subgoal_is_found_by_id_or_name_in_upper_or_lower_case(asked):
    assert find_subgoal(NAMED, asked).id == "gas-safety"


@pytest.mark.parametrize("asked", ["gas-saftey", "gas safety", "Gas leaks and dangers"])
def test_a_misspelt_subgoal_gets_the_nearest_id(asked):
    with pytest.raises(InputError, match=r"did you mean 'gas-safety'\?"):
        find_subgoal(NAMED, asked)


def test_an_unknown_subgoal_gets_all_ids():
    with pytest.raises(InputError, match="there are: gas-safety, billing"):
        find_subgoal(NAMED, "quantum physics")


def test_an_id_counts_more_than_another_subgoals_name():
    one = Subgoal(id="a", name="First", description="d")
    other = Subgoal(id="b", name="A", description="d")
    for goal in (Goal(goal="G", subgoals=(one, other)), Goal(goal="G", subgoals=(other, one))):
        assert find_subgoal(goal, "a") == one


# --- judged


def test_the_lowest_and_the_highest_samples_come_in_the_datasets_order_where_levels_are_equal(run):
    assert [(one.sample_id, one.level) for one in judged(run, "drug", "lowest", 5)] == [
        ("q1", 0), ("q3", 0), ("q4", 0), ("q5", 0), ("q2", 1),
    ]  # fmt: skip
    assert [(one.sample_id, one.level) for one in judged(run, "heart", "highest", 4)] == [
        ("q3", 5), ("q1", 2), ("q4", 2), ("q2", 0),
    ]  # fmt: skip


def test_a_sample_comes_with_its_text_and_its_judgement(run):
    (one,) = judged(run, "heart", "highest", 1)
    assert (one.row, one.score, one.input.split(), one.output) == (3, 1.0, ["heart"] * 5, "yes")
    assert one.explanation == "says it 5 times"


@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_unscored_samples_are_left_out_and_more_than_there_are_is_all(run, end):
    found = judged(run, "heart", end, 1000)
    assert len(found) == 66
    assert "q7" not in {one.sample_id for one in found}


def test_no_samples_asked_are_none(run):
    assert judged(run, "heart", "lowest", 0) == ()


# --- explain


def test_an_explanation_of_a_gap_holds_figures_causes_and_samples(run):
    found = explain(run, "Heart", 3)
    assert found.subgoal == GOAL.subgoals[0]
    assert found.coverage == run.coverage().subgoals[0]
    assert found.gap is not None
    assert found.gap.capabilities
    assert [one.sample_id for one in found.samples] == ["q2", "q5", "q6"]


def test_what_something_can_be_done_about_comes_before_others_of_its_level(run):
    gaps = run.gaps()
    (heart,) = (gap for gap in gaps if gap.subgoal_id == "heart")
    run.write_gaps([heart.model_copy(update={"in_input": ("q6",), "broken": ("q5",)})])
    assert [one.sample_id for one in explain(run, "heart", 3).samples] == ["q5", "q6", "q2"]
    run.write_gaps(gaps)


def test_a_subgoal_that_is_no_gap_is_explained_too(run):
    found = explain(run, "drug", 2)
    assert found.gap is None
    assert found.coverage.gap is False


# --- weak


def test_a_check_names_the_gaps_or_the_means_below_a_number(run):
    assert [one.id for one in weak(run, None)] == ["heart"]
    assert [one.id for one in weak(run, 0.5)] == ["heart"]
    assert [one.id for one in weak(run, 1.0)] == ["heart", "drug"]
    assert list(weak(run, 0.0)) == []


def test_a_mean_that_equals_the_number_does_not_fail(run):
    mean = run.coverage().subgoals[0].alignment
    assert list(weak(run, mean)) == []


def test_a_subgoal_without_a_verdict_fails_no_check(tmp_path):
    judge = WordJudge()
    judge.fails_on = {"gone"}
    assess_rows(write_rows(tmp_path / "rows.jsonl", ["gone", "drug"]), tmp_path / "run", judge=judge)
    run = Run.open(tmp_path / "run")
    assert [one.gap for one in run.coverage().subgoals] == [None, None]
    assert list(weak(run, None)) == []


# --- similar


def test_low_samples_like_one_are_found_for_its_own_and_for_other_subgoals(run):
    found = similar(run, "heart", "q8", 3, embedder())
    assert len(found.same) == 3
    assert "q8" not in {one.sample_id for one in found.same}
    assert {one.subgoal_id for one in found.same} == {"heart"}
    assert {one.subgoal_id for one in found.others} <= {"drug"}
    assert [one.likeness for one in found.same] == sorted((one.likeness for one in found.same), reverse=True)
    assert all(one.level is not None and one.level <= 2 for one in found.same)


def test_near_duplicates_are_one_neighbour_with_their_number(tmp_path):
    text = "In the garden behind the old house the children found eggs in a wicker basket on day"
    eggs = [*(f"{text} {n}" for n in range(4)), text.replace("the children", "children")]
    rows = write_rows(tmp_path / "rows.jsonl", ["drug drug drug drug drug", "How late is the train?", *eggs])
    assess_rows(rows, tmp_path / "run")
    found = similar(Run.open(tmp_path / "run"), "heart", "q1", 10, embedder())
    assert sorted((one.sample_id, one.copies) for one in found.same) == [("q2", 1), ("q3", 5)]


def test_neighbours_are_found_again_after_the_store_is_lost_or_of_other_scores(run):
    before = similar(run, "heart", "q8", 3, embedder())
    shutil.rmtree(run.explanations_path)
    assert similar(run, "heart", "q8", 3, embedder()) == before
    with run.explanations("another embedder") as store:
        assert not store.is_filled
    assert similar(run, "heart", "q8", 3, embedder()) == before


def test_neighbours_are_the_same_from_a_server_and_nothing_is_kept_in_the_run(run, chroma_server, monkeypatch):
    before = similar(run, "heart", "q8", 3, embedder())
    shutil.rmtree(run.explanations_path)
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", chroma_server)
    assert similar(run, "heart", "q8", 3, embedder()) == before
    assert not run.explanations_path.exists()


@pytest.mark.parametrize(
    ("subgoal", "sample", "said"),
    [("heart", "nobody", "no sample 'nobody'"), ("drug", "q8", "'drug' is no gap, .* gaps are: heart")],
)
def test_neighbours_that_cannot_be_told_are_told(run, subgoal, sample, said):
    with pytest.raises(InputError, match=said):
        similar(run, subgoal, sample, 3, embedder())
