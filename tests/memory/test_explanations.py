"""The store of explanations: found by meaning, rebuilt when lost, never a reason for a run to fail."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from goalcover.agent.errors import InputError, RunBusyError
from goalcover.agent.models import Alignment
from goalcover.memory import explanations
from goalcover.memory.explanations import Explanations, Vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]))

USER = """
import sys
from pathlib import Path
import numpy as np
from goalcover.agent.models import Alignment
from goalcover.memory.explanations import Explanations
with Explanations(Path(sys.argv[1])) as store:
    one = Alignment(sample_id="a", subgoal_id="b", level=0, explanation="c", judge="d")
    store.add([one], np.eye(1, 16, dtype="f4"))
    print(len(store.similar(np.eye(1, 16, dtype="f4")[0], 1)))
print(*{"onnxruntime", "torch", "sentence_transformers"} & set(sys.modules))
"""


def alignment(n: int, subgoal_id: str = "a") -> Alignment:
    return Alignment(
        sample_id=f"row-{n}", subgoal_id=subgoal_id, level=n % 3, explanation=f"why {n}", evidence="q", judge="j/m/1"
    )


def vectors(n: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chroma"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed store of 300 explanations of subgoal a and 20 of b, small enough and yet with its index in files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(explanations.HNSW, "batch_size", 50)
        patch.setitem(explanations.HNSW, "sync_threshold", 100)
        with Explanations(path) as store:
            store.add([alignment(n) for n in range(300)], vectors(300))
            store.add([alignment(n, "b") for n in range(20)], vectors(20, 1))
            store.similar(vectors(1)[0], 1)
    return path


def test_the_nearest_explanations_come_first_with_their_cosine(filled: Path) -> None:
    held, query = vectors(300), vectors(300)[7] + 0.1 * vectors(300)[8]
    with Explanations(filled) as store:
        found = store.similar(query, 5, subgoal_id="a")
    cosines = held @ query / np.linalg.norm(held, axis=1) / np.linalg.norm(query)
    assert [one for one, _ in found] == [alignment(int(n)) for n in np.argsort(-cosines)[:5]]
    assert [similarity for _, similarity in found] == pytest.approx(np.sort(-cosines)[:5] * -1, abs=1e-5)


def test_a_search_keeps_to_the_subgoal_asked_for(filled: Path) -> None:
    with Explanations(filled) as store:
        assert {one.subgoal_id for one, _ in store.similar(vectors(1)[0], 50, "b")} == {"b"}
        assert len(store.similar(vectors(1)[0], 50, "b")) == 20
        assert len(store.similar(vectors(1)[0], 1_000)) == 320
        assert store.similar(vectors(1)[0], 5, "unknown") == []


def test_all_vectors_of_a_subgoal_come_in_the_order_added(filled: Path) -> None:
    with Explanations(filled) as store:
        ids, held = store.vectors("b")
        nobody, none = store.vectors("unknown")
    assert ids == [f"row-{n}" for n in range(20)]
    assert held.dtype == np.float32
    np.testing.assert_allclose(held, vectors(20, 1), rtol=1e-6)
    assert nobody == []
    assert len(none) == 0


def test_an_explanation_added_again_replaces_the_old_one(path: Path) -> None:
    changed = alignment(0).model_copy(update={"explanation": "new", "level": 2})
    with Explanations(path) as store:
        store.add([alignment(0), alignment(1)], vectors(2))
        store.add([alignment(0), changed], vectors(2, 1))
        assert store.count() == 2
        assert store.similar(vectors(2, 1)[1], 1)[0][0] == changed


def test_more_than_a_batch_is_added(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "BATCH", 7)
    with Explanations(path) as store:
        store.add([alignment(n) for n in range(40)], vectors(40))
        assert store.count() == 40
        assert store.vectors("a")[0] == [f"row-{n}" for n in range(40)]


def test_an_empty_store_finds_nothing(path: Path) -> None:
    with Explanations(path) as store:
        store.add([], vectors(0))
        assert (store.count(), store.similar(vectors(1)[0], 3)) == (0, [])


def test_alignments_and_vectors_must_go_together(path: Path) -> None:
    with Explanations(path) as store, pytest.raises(ValueError, match="1 alignments with 2 vectors"):
        store.add([alignment(0)], vectors(2))


def test_vectors_of_another_embedder_are_told(filled: Path) -> None:
    with Explanations(filled) as store, pytest.raises(InputError, match=r"chroma cannot be used .* delete that"):
        store.add([alignment(0)], np.ones((1, 3), np.float32))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sample_id=TEXT, explanation=TEXT, evidence=TEXT)
def test_any_text_comes_back_as_it_was(path: Path, sample_id: str, explanation: str, evidence: str) -> None:
    kept = Alignment(
        sample_id=sample_id, subgoal_id="a", level=1, explanation=explanation, evidence=evidence, judge="j"
    )
    with Explanations(path) as store:
        store.drop()
        store.add([kept], vectors(1))
        assert [one for one, _ in store.similar(vectors(1)[0], 1)] == [kept]
        assert store.vectors("a")[0] == [sample_id]


def test_a_dropped_store_is_empty_and_can_be_filled_again(filled: Path) -> None:
    with Explanations(filled) as store:
        store.drop()
        assert store.count() == 0
        store.add([alignment(0)], vectors(1))
    with Explanations(filled) as store:
        assert store.count() == 1


def test_reading_leaves_the_store_as_it_was(filled: Path) -> None:
    for _ in range(2):
        with Explanations(filled) as store:
            assert store.count() == 320
            store.similar(vectors(1)[0], 3)


@pytest.mark.parametrize(
    "pattern",
    ["chroma.sqlite3", "*/data_level0.bin", "*/header.bin", "*/length.bin", "*/index_metadata.pickle", "seal"],
)
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "gone"])
def test_a_damaged_store_is_emptied_instead_of_trusted(filled: Path, pattern: str, damage: str) -> None:
    (file,) = filled.glob(pattern)
    whole = file.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "garbage": b"\xa5" * len(whole), "empty": b""}
    file.unlink() if damage == "gone" else file.write_bytes(damaged[damage])
    with Explanations(filled) as store:
        assert store.count() == 0
        store.add([alignment(0)], vectors(1))
        assert store.similar(vectors(1)[0], 1)[0][0] == alignment(0)


def test_a_store_that_is_lost_or_a_file_is_made_again(filled: Path) -> None:
    shutil.rmtree(filled)
    with Explanations(filled) as store:
        assert store.count() == 0
    shutil.rmtree(filled)
    filled.write_text("no directory")
    with Explanations(filled) as store:
        assert store.count() == 0


def test_stores_of_several_runs_live_side_by_side(tmp_path: Path) -> None:
    with Explanations(tmp_path / "one") as one, Explanations(tmp_path / "two") as two:
        one.add([alignment(1)], vectors(1))
        two.add([alignment(2), alignment(3)], vectors(2))
        assert (one.count(), two.count()) == (1, 2)
    with Explanations(tmp_path / "one") as one:
        assert one.count() == 1


def test_a_store_is_open_once_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "BUSY_SECONDS", 0.1)
    with Explanations(path) as store:
        with pytest.raises(RunBusyError, match="in use by another process"):
            Explanations(path)
        store.close()
        with Explanations(path):
            pass


WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from goalcover.agent.models import Alignment
from goalcover.memory.explanations import Explanations

store = Explanations(Path(sys.argv[1]))
row = Alignment(sample_id="s", subgoal_id="a", level=1, explanation="why", judge="j")
store.add([row], np.ones((1, 16), np.float32))
print("added", flush=True)
time.sleep(60)
"""


def test_a_store_whose_process_was_killed_is_emptied(filled: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(filled)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    with Explanations(filled) as store:
        assert store.count() == 0


def test_the_store_calls_nobody(path: Path, socket_disabled: None) -> None:
    with Explanations(path) as store:
        store.add([alignment(0)], vectors(1))
        assert store.similar(vectors(1)[0], 1)


def test_the_store_loads_no_model(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", USER, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]
