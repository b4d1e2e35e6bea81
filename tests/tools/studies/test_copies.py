"""Copies and questions on one context stand together: what is learnt on one is not tested on the other."""

import random

import numpy as np
import pytest
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.tools.studies.copies import copies, halve, removed_by_chance
from goalcover.tools.studies.selftest import try_all
from goalcover.tools.studies.trust import trust

WORDS = [
    f"{a}{b}{c}" for a in "bdfgklmnprstvz" for b in ("ar", "el", "in", "ot", "um") for c in ("ba", "di", "ko", "me")
]


def samples(rows) -> list[Sample]:
    return [Sample(id=str(n), row=n, input=q, output=a) for n, (q, a) in enumerate(rows, 1)]


def sentence(chance: random.Random, n: int = 16) -> str:
    return f"{' '.join(chance.sample(WORDS, n))}."


def text(chance: random.Random) -> str:
    return " ".join(sentence(chance) for _ in range(4))


@pytest.fixture
def chance() -> random.Random:
    return random.Random(0)


def test_distinct_samples_repeat_nothing_and_are_halved_one_by_one(chance):
    found = copies(samples([(text(chance), sentence(chance)) for _ in range(9)]))
    assert found.tolist() == list(range(9))
    assert halve(found).tolist() == [True, False] * 4 + [True]


@pytest.mark.parametrize("edited", ["{0} Indeed.", "Please tell: {0}", "{0}\n\nAnswer in one word.", "  {0}"])
def test_an_edited_copy_is_one(chance, edited):
    rows = [(text(chance), sentence(chance)) for _ in range(8)]
    (question, answer), *_ = rows
    rows.append((edited.format(question.upper()), answer.replace(".", "!")))
    assert copies(samples(rows)).tolist() == [*range(8), 0]


def test_questions_on_one_context_repeat_each_other_wherever_they_stand(chance):
    contexts = [text(chance) for _ in range(8)]
    rows = [(f"{context}\n{sentence(chance, 6)}", sentence(chance, 5)) for _ in range(3) for context in contexts]
    assert copies(samples(rows)).tolist() == [*range(8)] * 3


def test_short_rows_are_copies_when_most_of_them_is_the_same(chance):
    rows = [(sentence(chance, 5), sentence(chance, 4)) for _ in range(8)]
    rows.append((rows[3][0], f"Well, {rows[3][1]}"))
    assert copies(samples(rows)).tolist() == [*range(8), 3]


def test_what_many_rows_begin_with_is_their_form(chance):
    frame = sentence(chance, 30)
    rows = [(f"{frame}\n{sentence(chance, 6)}", sentence(chance, 6)) for _ in range(40)]
    assert len(set(copies(samples(rows)).tolist())) == 40


def test_a_short_line_that_some_have_in_common_makes_no_copies(chance):
    rows = [(text(chance), f"{sentence(chance)}\nreturn the result") for _ in range(3)]
    rows += [(text(chance), sentence(chance)) for _ in range(40)]
    assert len(set(copies(samples(rows)).tolist())) == 43


def test_stock_phrases_make_no_copies_though_every_answer_ends_with_some(chance):
    stock = [sentence(chance, 12) for _ in range(30)]
    rows = [(sentence(chance), f"{sentence(chance, 6)}\n{stock[n % 30]}\n{sentence(chance, 4)}") for n in range(120)]
    assert len(set(copies(samples(rows)).tolist())) == 120


def test_halves_are_even_and_no_group_is_in_both():
    groups = np.repeat(np.arange(30), [1, 2, 3] * 10)
    first = halve(groups)
    assert abs(int(first.sum()) - 30) <= 3
    assert all(len(set(first[groups == one].tolist())) == 1 for one in range(30))


def test_by_chance_whole_groups_go():
    scores, groups = np.repeat([[0.0], [1.0]], 50, axis=0), np.repeat(np.arange(4), 25)
    found = removed_by_chance(scores, groups, 25)
    assert set(found.after.ravel().round(3)) == {0.333, 0.667}
    assert set(found.before.ravel()) == {0.5}


def test_random_scores_of_copies_are_not_trusted():
    chance, levels = random.Random(1), np.random.default_rng(1)
    rows = [(text(chance), sentence(chance)) for _ in range(80)]
    goal = Goal(goal="G", subgoals=tuple(Subgoal(id=one, name=one, description="Answers it") for one in ("a", "b")))
    scores = np.repeat(levels.choice([0.0, 0.2, 0.8, 1.0], (80, 2), p=[0.4, 0.2, 0.2, 0.2]), 4, axis=0)
    held = samples([(q, f"{a} {n}") for q, a in rows for n in ("Yes.", "Indeed.", "Thus.", "Well.")])
    assert [trust(one, None, (), embedded=False).grade for one in try_all(goal, held, scores)] == ["untrustworthy"] * 2
