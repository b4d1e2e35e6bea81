"""Strategic sampling (paper, section 4.3)."""

import numpy as np
from assessing import write_rows
from goalcover.tools.load import open_dataset
from goalcover.tools.studies.sampling import draw, only

RARE = np.zeros((2, 1000), dtype=bool)
RARE[0, :40] = RARE[1, 500:900] = True


def test_half_is_shared_out_to_the_removals_so_that_each_has_something_to_remove():
    places = np.array(draw(RARE, 200, seed=0))
    assert len(set(places.tolist())) == 200
    # 100 at random hold some 4 and 40 of them; 50 more are wanted of each, and of the first there are only 40.
    assert RARE[0, places].sum() == 40
    assert 80 <= RARE[1, places].sum() <= 115


def test_what_no_removal_can_fill_is_filled_at_random():
    places = draw(np.zeros((1, 50), dtype=bool), 20, seed=0)
    assert len(set(places)) == 20


def test_a_seed_is_a_draw_and_another_seed_another():
    assert draw(RARE, 100, seed=1) == draw(RARE, 100, seed=1)
    assert set(draw(RARE, 100, seed=1)) != set(draw(RARE, 100, seed=2))


def test_the_order_is_shuffled_and_a_draw_of_all_is_the_dataset():
    places = draw(RARE, 5_000, seed=0)
    assert sorted(places) == list(range(1000))
    assert abs(np.corrcoef(places, range(1000))[0, 1]) < 0.1


def test_a_part_of_a_dataset_keeps_ids_and_rows(tmp_path):
    part = only(open_dataset(str(write_rows(tmp_path / "rows.jsonl", ["a", "b", "c"]))), [2, 0])
    assert len(part) == 2
    assert [(sample.id, sample.row, sample.input) for sample in part] == [("q1", 1, "a"), ("q3", 3, "c")]
