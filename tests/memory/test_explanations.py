"""The store of explanations: found by meaning, of these scores or empty, in the run's directory or on a server."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from goalcover.agent.errors import InputError, RunBusyError
from goalcover.agent.models import Alignment
from goalcover.memory import explanations
from goalcover.memory.explanations import Explanations, Lot, Vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def alignment(n: int, subgoal_id: str = "a") -> Alignment:
    return Alignment(
        sample_id=f"row-{n}", subgoal_id=subgoal_id, level=n % 3, explanation=f"why {n}", evidence="q", judge="j/m/1"
    )


def vectors(n: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)


def lot(numbers: Sequence[int], subgoal_id: str = "a", seed: int = 0) -> Lot:
    found = [alignment(n, subgoal_id) for n in numbers]
    return Lot(found, vectors(len(found), seed), [n + 1 for n in numbers])


def in_the_way(path: Path) -> None:
    raise OSError(13, "in the way", str(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chroma"


@pytest.fixture(params=["directory", "server"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("chroma_server") if request.param == "server" else None


@pytest.fixture
def filled(path: Path, url: str | None) -> Path:
    """A closed store of 300 explanations of subgoal a and 20 of b, of the scores `one`."""
    with Explanations(path, "one", url) as store:
        store.fill([lot(range(300)), lot(range(20), "b", 1)])
    return path


def test_the_nearest_explanations_come_first_with_cosine_vector_and_copies(filled: Path, url: str | None) -> None:
    held, query = vectors(300), vectors(300)[7] + 0.1 * vectors(300)[8]
    with Explanations(filled, "one", url) as store:
        found = store.similar(query, 5, "a")
    cosines = held @ query / np.linalg.norm(held, axis=1) / np.linalg.norm(query)
    best = np.argsort(-cosines)[:5]
    assert [one.alignment for one in found] == [alignment(int(n)) for n in best]
    assert [one.cosine for one in found] == pytest.approx(cosines[best], abs=1e-5)
    assert [one.copies for one in found] == [n + 1 for n in best]
    np.testing.assert_allclose([one.vector for one in found], held[best], rtol=1e-5)


def test_a_search_keeps_to_the_subgoal_asked_for_or_to_the_others(filled: Path, url: str | None) -> None:
    with Explanations(filled, "one", url) as store:
        query = vectors(1)[0]
        assert {one.alignment.subgoal_id for one in store.similar(query, 50, "b")} == {"b"}
        assert len(store.similar(query, 50, "b")) == 20
        assert {one.alignment.subgoal_id for one in store.similar(query, 30, "b", others=True)} == {"a"}
        assert len(store.similar(query, 1_000, "a")) == 300
        assert store.similar(query, 5, "unknown") == []


def test_the_vectors_of_a_subgoals_levels_come_in_the_order_added(filled: Path, url: str | None) -> None:
    with Explanations(filled, "one", url) as store:
        held, low = store.vectors("b", range(6)), store.vectors("b", range(1, 3))
        none = store.vectors("unknown", range(6))
    assert held.dtype == np.float32
    np.testing.assert_allclose(held, vectors(20, 1), rtol=1e-6)
    np.testing.assert_allclose(low, [one for n, one in enumerate(vectors(20, 1)) if n % 3], rtol=1e-6)
    assert len(none) == 0


def test_a_store_that_is_filled_again_holds_that_alone(filled: Path, url: str | None) -> None:
    with Explanations(filled, "one", url) as store:
        assert store.is_filled
        store.fill([lot([1, 2], "b")])
        assert store.count() == 2
        assert store.similar(vectors(1)[0], 5, "a") == []


def test_a_store_of_other_scores_is_empty(filled: Path, url: str | None) -> None:
    with Explanations(filled, "two", url) as store:
        assert not store.is_filled
        assert store.count() == 0
        store.fill([lot([1])])
        assert store.is_filled
    with Explanations(filled, "two", url) as store:
        assert (store.is_filled, store.count()) == (True, 1)


def test_a_store_that_was_not_filled_to_the_end_is_empty(filled: Path, url: str | None) -> None:
    def stopped():
        yield lot(range(5))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Explanations(filled, "one", url) as store:
        store.fill(stopped())
    with Explanations(filled, "one", url) as store:
        assert (store.is_filled, store.count()) == (False, 0)


def test_more_than_a_batch_is_added(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "BATCH", 7)
    with Explanations(path, "one") as store:
        store.fill([lot(range(40))])
        assert store.count() == 40
        np.testing.assert_allclose(store.vectors("a", range(6)), vectors(40), rtol=1e-6)


def test_an_empty_store_finds_nothing(path: Path, url: str | None) -> None:
    with Explanations(path, "one", url) as store:
        assert not store.is_filled
        store.fill([lot([])])
        assert (store.is_filled, store.count(), store.similar(vectors(1)[0], 3, "a")) == (True, 0, [])


def test_stores_of_several_runs_live_side_by_side(tmp_path: Path) -> None:
    with Explanations(tmp_path / "one", "x") as one, Explanations(tmp_path / "two", "x") as two:
        one.fill([lot([1])])
        two.fill([lot([2, 3])])
        assert (one.count(), two.count()) == (1, 2)
    with Explanations(tmp_path / "one", "x") as one:
        assert one.count() == 1


def test_a_removed_store_leaves_nothing(filled: Path, url: str | None) -> None:
    Explanations(filled, "one", url).remove()
    assert not filled.exists()
    with Explanations(filled, "one", url) as store:
        assert store.count() == 0


def test_a_store_that_cannot_be_removed_is_in_use_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "BUSY_SECONDS", 0.1)
    store = Explanations(path, "one")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", in_the_way)
        with pytest.raises(InputError, match="in the way"):
            store.remove()
    Explanations(path, "one").close()


def test_a_store_is_open_once_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "BUSY_SECONDS", 0.1)
    with Explanations(path, "one") as store:
        with pytest.raises(RunBusyError, match="in use by another process"):
            Explanations(path, "one")
        store.close()
        with Explanations(path, "one"):
            pass


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=5, max_size=20, unique_by=lambda texts: texts[0]))
def test_any_text_comes_back_as_it_was(path: Path, texts: list[tuple[str, str, str]]) -> None:
    kept = [
        Alignment(sample_id=one, subgoal_id="a", level=1, explanation=why, evidence=quote, judge="j")
        for one, why, quote in texts
    ]
    with Explanations(path, "one") as store:
        store.fill([Lot(kept, vectors(len(kept)), [1] * len(kept))])
        for one, vector in zip(kept, vectors(len(kept)), strict=True):
            assert [found.alignment for found in store.similar(vector, 1, "a")] == [one]


def test_alignments_vectors_and_counts_must_go_together(path: Path) -> None:
    with Explanations(path, "one") as store, pytest.raises(ValueError, match="1 alignments, 2 vectors, 1 counts"):
        store.fill([Lot([alignment(0)], vectors(2), [1])])
