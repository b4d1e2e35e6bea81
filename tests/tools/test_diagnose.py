"""From a run's scores to its gaps: planted groups are found, counted and told apart."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Alignment, Gap, Goal, Sample, Subgoal
from goalcover.agent.vectors import VectorCache
from goalcover.memory.runs import Run
from goalcover.tools import held, lows
from goalcover.tools.broken import with_broken
from goalcover.tools.clusters import find_cores
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps

HEART = Subgoal(id="heart", name="Cardiology expertise", description="Answers questions about heart disease", share=0.5)
TRAVEL = Subgoal(id="travel", name="Travel", description="Answers questions about flights and hotels", share=0.5)
GOAL = Goal(goal="g", subgoals=(HEART, TRAVEL))
MONTHS = "January February March April May June July August September October November December".split()
BIRTHS = [
    f"How does the pregnancy go on in {month}? The midwife visits before the birth of the baby." for month in MONTHS
]
FLIGHTS = [f"How late are the flights in {month}? The airport tells the passengers at the gate." for month in MONTHS]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    with VectorCache(tmp_path_factory.mktemp("cache") / "vectors.sqlite") as cache:
        yield Embedder(cache)


def gaps(
    path: Path, embedder: Embedder, texts: list[str], levels: list[list[int]], output: str = "", emptied: int = 0
) -> tuple[Gap, ...]:
    """`levels` holds a level for each subgoal of every text; all have the same output, but for the first `emptied`."""
    run, tally = Run.create(path / "run"), Tally(GOAL)
    samples = [
        Sample(id=f"r{place}", row=place + 1, input=text, output=output if place >= emptied else "")
        for place, text in enumerate(texts)
    ]
    alignments = [
        Alignment(sample_id=one.id, subgoal_id=subgoal.id, level=level, explanation="e", evidence=one.input, judge="j")
        for one, row in zip(samples, levels, strict=True)
        for subgoal, level in zip(GOAL.subgoals, row, strict=True)
    ]
    with run.sample_writer() as sample_writer, run.score_writer() as score_writer:
        sample_writer.write(samples)
        score_writer.write(alignments)
    tally.add(alignments)
    coverage = with_broken(run, GOAL, tally.report(len(samples)), embedder)
    found = find_gaps(
        run, GOAL, coverage, analyst=EmbeddedAnalyst(embedder), advisor=EmbeddedAdvisor(), embedder=embedder
    )
    return asyncio.run(found)


def test_planted_groups_become_capabilities_with_all_their_samples(tmp_path, embedder):
    found = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 24)
    heart = next(gap for gap in found if gap.subgoal_id == "heart")
    births, flights = ({f"r{place}" for place in range(start, start + 12)} for start in (0, 12))
    members = [set(one.sample_ids) for one in heart.capabilities]
    assert len(members) == 2
    assert all(group <= births or group <= flights for group in members)
    assert sum(one.n for one in heart.capabilities) == 24 - heart.n_outliers >= 20
    assert all(quote in BIRTHS + FLIGHTS for one in heart.capabilities for quote in one.quotes)


def test_the_gap_furthest_below_what_is_wanted_comes_first(tmp_path, embedder):
    found = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 12 + [[0, 0]] * 12)
    assert [gap.subgoal_id for gap in found] == ["heart", "travel"]


def test_near_misses_and_samples_about_something_else_are_grouped_apart(tmp_path, embedder):
    heart = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 12 + [[2, 5]] * 12)[0]
    assert [one.title.startswith("Near misses") for one in heart.capabilities].count(True) == 1


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_a_few_low_samples_are_enough(tmp_path, embedder, n):
    heart = gaps(tmp_path, embedder, BIRTHS[:n], [[0, 5]] * n)[0]
    assert [(one.n, one.share) for one in heart.capabilities] == [(n, 1.0)]
    assert heart.recommendations


def test_a_gap_without_low_samples_still_says_what_to_do(tmp_path, embedder):
    heart = gaps(tmp_path, embedder, BIRTHS[:3], [[3, 5]] * 3)[0]
    assert heart.capabilities == ()
    assert heart.recommendations[0].action.startswith("Add at least 20 samples")


def test_the_same_run_gives_the_same_gaps(tmp_path, embedder):
    texts, levels = BIRTHS + FLIGHTS, [[0, 2]] * 24
    assert gaps(tmp_path, embedder, texts, levels) == gaps(tmp_path, embedder, texts, levels)


def test_of_very_many_low_samples_a_selection_is_read_and_said_to_be_one(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr(lows, "MOST_READ", 10)
    monkeypatch.setattr(lows, "LEAST_READ", 10)
    heart = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 24)[0]
    assert sum(one.n for one in heart.capabilities) + heart.n_outliers == 10
    assert heart.why.endswith("Its groups are of 10 of the 24 low-scoring samples, evenly chosen.")


def test_one_row_many_times_over_is_counted_as_repeats_and_makes_no_capability(tmp_path, embedder):
    copies = ["How many eggs are in the basket? There are 12."] * 10
    found = gaps(tmp_path, embedder, BIRTHS + FLIGHTS + copies, [[0, 5]] * 34)[0]
    assert found.n_repeated == 9
    assert not any("r24" in one.sample_ids and one.n < 12 for one in found.capabilities)
    assert all(one.n_different >= 3 for one in found.capabilities)


def test_the_map_shows_every_low_sample_with_its_capability(tmp_path, embedder):
    found = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 24)
    (drawn,) = Run(tmp_path / "run").maps()
    assert drawn.subgoal_id == found[0].subgoal_id == "heart"
    assert {point.sample_id for point in drawn.points} == {f"r{place}" for place in range(24)}
    assert all(0 <= one <= 1 for point in drawn.points for one in (point.x, point.y))
    for number, capability in enumerate(found[0].capabilities):
        assert {point.sample_id for point in drawn.points if point.group == number} == set(capability.sample_ids)


def test_a_gap_says_its_kind_what_would_close_it_and_how_sure_its_groups_are(tmp_path, embedder):
    heart = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 24)[0]
    assert (heart.kind, heart.needed, heart.n_low) == ("absent", 24, 24)
    assert heart.why.startswith("0 of 24 samples touch it")
    for one in heart.capabilities:
        assert one.confidence in {"medium", "high"}
        assert 0 < one.cohesion <= 1
        assert len(one.quotes) == len(one.quote_ids) == 3


def test_a_sample_with_a_broken_output_is_no_model(tmp_path, embedder):
    levels = [[5, 5]] * 4 + [[0, 5]] * 20
    heart = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, levels, "See chapter four of the handbook for that.", 3)[0]
    models = next(one for one in heart.recommendations if "model" in one.action)
    assert (heart.kind, heart.broken, models.sample_ids) == ("broken", ("r0", "r1", "r2"), ("r3",))


def test_what_is_grouped_is_what_chroma_gives_back(tmp_path, embedder, monkeypatch):
    """Of 24 low samples it is given 12, and no other is in it: the groups are of those, and the others join them."""
    monkeypatch.setattr(held, "MOST_HELD", 12)
    heart = gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 24)[0]
    with Run(tmp_path / "run").explanations(embedder.name) as store:
        assert (store.is_filled, store.count()) == (True, 12)
        found = find_cores(store.vectors("heart", range(6)))
    assert len(found.centres) == len(heart.capabilities)
    assert sum(one.n for one in heart.capabilities) + heart.n_outliers == 24


def test_a_repeated_row_is_held_once_with_its_number(tmp_path, embedder):
    gaps(tmp_path, embedder, [*BIRTHS, *["How many eggs are in the basket? There are 12."] * 10], [[0, 5]] * 22)
    with Run(tmp_path / "run").explanations(embedder.name) as store:
        found = store.similar(embedder.vectors(["eggs in a basket"])[0], 22, "heart")
    assert [one.copies for one in found] == [10] + [1] * 12


def test_near_misses_have_their_own_share_of_what_is_held(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr(held, "MOST_HELD", 5)
    gaps(tmp_path, embedder, BIRTHS + FLIGHTS, [[0, 5]] * 20 + [[2, 5]] * 4)
    with Run(tmp_path / "run").explanations(embedder.name) as store:
        assert [len(store.vectors("heart", levels)) for levels in (held.NEAR, held.FAR)] == [4, 5]


def test_without_a_gap_nothing_is_held(tmp_path, embedder):
    assert gaps(tmp_path, embedder, BIRTHS * 2, [[5, 5]] * 24) == ()
    assert not Run(tmp_path / "run").explanations_path.exists()


def test_copies_of_one_text_are_no_group_of_their_own():
    random = np.random.default_rng(0)
    different = random.normal(size=(30, 64))
    vectors = np.concatenate([different, np.repeat(random.normal(size=(1, 64)), 50, axis=0)]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert not any((core @ vectors[-1]) > 0.99 for core in find_cores(vectors).centres)
