"""Several judges: the median counts, and Krippendorff's alpha says how far they agree."""

import asyncio

import pytest
from goalcover.agent.models import Alignment
from goalcover.memory.ledger import Ledger
from goalcover.tools.agreement import Panel, alpha, median_of
from goalcover.tools.budget import Budget
from goalcover.tools.score import score_together
from judging_cases import NAMES, SUBGOALS, judge_on, samples
from scripted import serving


def votes(*levels):
    return [
        Alignment(sample_id="a", subgoal_id="heart", level=level, explanation=f"says {level}", judge=f"judge-{n}")
        for n, level in enumerate(levels)
    ]


@pytest.mark.parametrize(
    ("levels", "median"),
    [((3, 1, 5), 3), ((2, 3), 2), ((4, 4, 0), 4), ((5, None, 5), 5), ((None, None, 4), None), ((1, None), 1)],
)
def test_the_median_counts_in_the_words_of_a_judge_who_gave_it(levels, median):
    found = median_of(votes(*levels))
    assert found.level == median
    assert found.explanation == f"says {median}"
    assert found.judge == " + ".join(f"judge-{n}" for n in range(len(levels)))


def test_alpha_is_one_in_agreement_and_about_nought_by_chance():
    panel = Panel(["a", "b"])
    for level in (0, 1, 2, 3, 4, 5) * 5:
        panel.add("heart", votes(level, level))
    assert panel.agreement().alpha == 1.0
    chance = Panel(["a", "b"])
    for n in range(360):
        chance.add("heart", votes(n % 6, n // 6 % 6))
    assert abs(chance.agreement().alpha) < 0.05


def test_alpha_equals_the_published_example():
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: ordinal 0.815, levels one lower."""
    rows = [
        (1, 1, None, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4), (4, 4, 4, 4),
        (1, 1, 2, 1), (2, 2, 2, 2), (None, 5, 5, 5), (None, None, 1, 1),
    ]  # fmt: skip
    panel = Panel(["a", "b", "c", "d"])
    for row in rows:
        panel.add("heart", votes(*row))
    assert panel.agreement().alpha == pytest.approx(0.815, abs=0.001)


def test_nothing_to_compare_is_unknown_and_not_perfect():
    assert alpha(Panel(["a"])._votes["heart"]) is None
    panel = Panel(["a", "b"])
    for _ in range(10):
        panel.add("heart", votes(0, 0))
        panel.add("drugs", votes(1, None))
    heart, drugs = panel.agreement().subgoals
    assert (heart.alpha, heart.n, heart.disputed) == (None, 10, False)
    assert (drugs.alpha, drugs.n, drugs.means, drugs.far_apart) == (None, 0, {"a": 0.2}, None)
    assert (panel.agreement().pairs, panel.agreement().lacking) == (20, {"b": 10})


def test_subgoals_on_which_the_judges_differ_are_named():
    panel = Panel(["a", "b"])
    for level in (0, 1, 2, 3, 4, 5):
        panel.add("heart", votes(level, level))
        panel.add("drugs", votes(level, 5 - level))
    heart, drugs = panel.agreement().subgoals
    assert (heart.disputed, drugs.disputed) == (False, True)
    assert (heart.far_apart, drugs.far_apart) == (0.0, pytest.approx(4 / 6))
    assert drugs.means == {"a": 0.5, "b": 0.5}


def test_every_pair_is_judged_by_each_and_kept_for_each(tmp_path):
    given = samples(70)
    with serving() as server, Ledger(tmp_path / "ledger.sqlite") as ledger:
        judges = [judge_on(server, tmp_path, name=name) for name in ("alpha", "beta", "gamma")]
        panel = Panel([judge.id for judge in judges])

        async def collect():
            found = score_together(given, SUBGOALS, judges, ledger, Budget(), panel)
            return [batch async for batch in found]

        batches = asyncio.run(collect())
        assert ledger.count() == 3 * len(given) * len(NAMES)
        assert {one["model"] for one in server.chats} == {"alpha", "beta", "gamma"}
    assert [one for batch in batches for one in batch.samples] == given
    assert panel.agreement().alpha == 1.0
    assert {one.n for one in panel.agreement().subgoals} == {70}
