"""The statistics, against figures worked out elsewhere: the paper's own table, and exact distributions."""

import numpy as np
import pytest
from goalcover.tools.studies import separation
from goalcover.tools.studies.domain import load_domain
from goalcover.tools.studies.separation import (
    EXACT_UP_TO,
    bootstrap_change,
    cohens_d,
    interval,
    least_p,
    means,
    random_removal,
    removal_change,
    resamples,
    sign_flip_p,
)

NAN = float("nan")
EVERYONE = np.ones((1, 4))


def paper_changes():
    """Relative changes of Table 2: the target's, and the non-targets', removal by removal."""
    for name in ("legal", "code", "medical"):
        domain = load_domain(name)
        for removal in domain.removals:
            rows = domain.paper[removal.id].subgoals
            change = {one: after / before - 1 for one, (before, after) in rows.items()}
            yield change.pop(removal.target), list(change.values())


def test_the_paper_s_table_gives_the_figures_that_are_claimed_for_it():
    targets, others = zip(*paper_changes(), strict=True)
    assert -np.mean(targets) == pytest.approx(0.319, abs=0.0005)
    assert np.mean([abs(one) for each in others for one in each]) == pytest.approx(0.030, abs=0.0005)
    signed = np.array([np.mean(each) for each in others])
    assert float(cohens_d(np.array(targets), signed)) == pytest.approx(1.58, abs=0.005)
    assert sign_flip_p((signed - targets).tolist()) == 2 / 64


def test_means_count_the_scored_alone():
    levels = np.array([[1.0, NAN], [0.0, NAN], [NAN, NAN], [0.5, NAN]])
    found = means(levels, EVERYONE)[0]
    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1])


def test_a_removal_changes_means_as_by_hand():
    levels = np.array([[1.0, 0.2], [1.0, 0.2], [0.5, 0.4], [0.0, 0.0]])
    change = removal_change(levels, np.array([True, True, False, False]), EVERYONE)
    assert change.before.tolist() == [[0.625, pytest.approx(0.2)]]
    assert change.relative[0].tolist() == [pytest.approx(-0.6), pytest.approx(0.0)]


def test_nothing_before_or_nothing_left_has_no_relative_change():
    levels = np.array([[0.0], [0.0], [0.0], [0.0]])
    assert np.isnan(removal_change(levels, np.array([True, False, False, False]), EVERYONE).relative).all()
    assert np.isnan(removal_change(levels + 1, np.ones(4, dtype=bool), EVERYONE).relative).all()


def test_bootstrap_weights_are_draws_with_replacement():
    weights = resamples(50, 400, np.random.default_rng(0))
    assert weights.shape == (400, 50)
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean() == 1
    assert weights.var() == pytest.approx(1, abs=0.05)


def test_the_interval_of_a_change_covers_the_population_s():
    """200 studies of 300 samples from a population whose change is known: 95% intervals hold it about that often."""
    random = np.random.default_rng(1)
    about = random.random(20_000) < 0.2
    population = np.where(about, random.choice([0.6, 1.0], 20_000), random.choice([0.0, 0.2], 20_000))[:, None]
    truth = removal_change(population, about, np.ones((1, 20_000))).relative[0, 0]
    held = 0
    for _ in range(200):
        places = random.integers(0, 20_000, 300)
        draws = removal_change(population[places], about[places], resamples(300, 300, random))
        low, high = interval(draws.relative[:, 0]) or (0, 0)
        held += low <= truth <= high
    assert 180 <= held <= 198


def test_random_removals_leave_the_mean_where_it_is_and_say_how_far_chance_goes():
    levels = np.concatenate([np.ones(30), np.zeros(70)])[:, None]
    control = random_removal(levels, 20, 4_000, np.random.default_rng(0))
    assert control.relative.mean() == pytest.approx(0, abs=0.005)
    # The mean of 80 of 100 drawn without replacement: sd = sqrt(0.3 x 0.7 / 80 x 20 / 99), relative to 0.3.
    assert control.relative.std() == pytest.approx(np.sqrt(0.21 / 80 * 20 / 99) / 0.3, rel=0.05)


def test_a_random_removal_of_all_leaves_nothing():
    assert np.isnan(random_removal(np.ones((3, 1)), 3, 5, np.random.default_rng(0)).relative).all()


@pytest.mark.parametrize(
    ("differences", "p"), [([1.0], None), ([1.0, 1.0], 0.5), ([1.0] * 6, 2 / 64), ([1.0, -1.0], 1.0), ([0.0, 0.0], 1.0)]
)
def test_the_paired_test_is_exact_for_few_pairs(differences, p):
    assert sign_flip_p(differences) == p


def test_the_paired_test_draws_signs_for_many_pairs_and_is_the_same_each_time():
    assert sign_flip_p([1.0] * 30) == sign_flip_p([1.0] * 30) == pytest.approx(1 / 4096)


@pytest.mark.parametrize("n", [2, 6, EXACT_UP_TO, 30])
def test_the_least_p_is_that_of_pairs_that_all_say_the_same(n):
    assert least_p(n) == sign_flip_p([1.0] * n)


def test_draws_by_the_block_are_the_draws_at_once(monkeypatch):
    levels = np.random.default_rng(1).random((30, 2))
    removed = np.arange(30) < 7

    def drawn():
        random = np.random.default_rng(2)
        return bootstrap_change(levels, removed, 11, random), random_removal(levels, 7, 11, random)

    whole = drawn()
    monkeypatch.setattr(separation, "_CELLS", 100)
    for one, other in zip(whole, drawn(), strict=True):
        assert one.before.tolist() == other.before.tolist()
        assert one.after.tolist() == other.after.tolist()


def test_no_spread_or_one_removal_has_no_effect_size():
    assert np.isnan(cohens_d(np.array([-0.3]), np.array([0.0])))
    assert np.isnan(cohens_d(np.array([-0.3, -0.3]), np.array([0.0, 0.0])))


def test_an_interval_of_nothing_is_none():
    assert interval(np.array([NAN, NAN])) is None
