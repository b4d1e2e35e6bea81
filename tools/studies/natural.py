"""Weaknesses as data have them, planted in a run's own samples: rare, shallow, swapped. Does the diagnosis see them?"""

import random
from collections.abc import Mapping, Sequence

import numpy as np
from goalcover.agent.models import SUPPORT_LEVEL, TOP_LEVEL, Goal, Sample, Subgoal
from goalcover.agent.roles import Judge
from goalcover.agent.validation import NaturalGap, NaturalKind
from goalcover.memory.ledger import Ledger
from goalcover.tools.budget import Budget
from goalcover.tools.coverage import cover
from goalcover.tools.score import score
from goalcover.tools.studies.marks import LOW
from goalcover.tools.studies.separation import Mask, Numbers, sign_flip_p
from goalcover.tools.typeset import count

PLANTABLE: tuple[NaturalKind, ...] = ("shallow", "swapped")
"""What is planted in single samples, and judged."""
PLANTED = 20
"""Samples in which a weakness is planted, of every subgoal."""
FEWEST = 6
"""Samples below which nothing is planted: of 5 the least p is 2 / 2^5 = 0.06, and nothing could ever be seen."""
KEPT = 0.1
"""Share of the marked samples that stay when a subgoal is made rare."""
CUT_WORDS = 8
"""Words that stay of an answer that is made shallow."""
SEEN_FALL = 0.1
"""Fall of the mean score, half a level, from which a planted weakness counts as seen."""
SURE = 0.05


def make_rare(goal: Goal, subgoal: Subgoal, scores: Numbers, marked: Mask) -> NaturalGap | None:
    """The coverage verdict when only a tenth of the marked samples is left; None where there is nothing to thin."""
    before = cover(goal, subgoal, *_histogram(scores))
    places = np.flatnonzero(marked)
    if before.gap is not False or len(places) < FEWEST:
        return None
    gone = np.random.default_rng(0).permutation(places)[max(1, round(KEPT * len(places))) :]
    after = cover(goal, subgoal, *_histogram(np.delete(scores, gone)))
    seen = after.gap is True
    return NaturalGap(
        kind="rare",
        n=len(gone),
        before=before.alignment or 0.0,
        after=after.alignment or 0.0,
        seen=seen,
        detail=(
            f"Made rare ({count(len(gone), 'sample')} with its terms taken out): support goes from {before.support:,} "
            f"to {after.support:,}, and the report {'calls it a gap' if seen else 'still calls it covered'}."
        ),
    )


async def plant(
    subgoal: Subgoal,
    samples: Sequence[Sample],
    scores: Numbers,
    judge: Judge,
    ledger: Ledger,
    budget: Budget | None = None,
) -> tuple[NaturalGap, ...]:
    """Cuts and swaps the answers of strong samples, and judges them against the subgoal. `scores` is (samples,).

    Nothing is planted where the answer would stay what it is, and no answer of a sample that shows the subgoal itself
    is put in; of a weakness that is left with fewer than `FEWEST` samples nothing is said.
    """
    chance = random.Random(0)  # noqa: S311 (a reproducible choice, not a secret)
    answered = [(one, level) for one, level in zip(samples, scores, strict=True) if one.output.strip()]
    strong = [one for one, level in answered if level >= SUPPORT_LEVEL / TOP_LEVEL]
    foreign = [one.output for one, level in answered if level <= LOW]
    ways: dict[NaturalKind, dict[str, str]] = {"shallow": _cut(strong), "swapped": _swapped(strong, foreign, chance)}
    found = []
    for kind, outputs in ways.items():
        able = [one for one in strong if one.id in outputs]
        if len(able) >= FEWEST:
            chosen = chance.sample(able, min(PLANTED, len(able)))
            before = await _judged(subgoal, chosen, {}, judge, ledger, budget)
            found.append(_compared(kind, before, await _judged(subgoal, chosen, outputs, judge, ledger, budget)))
    return tuple(one for one in found if one)


def _cut(strong: Sequence[Sample]) -> dict[str, str]:
    """Sample id -> the beginning of its answer, where that is not the whole."""
    words = {one.id: one.output.split() for one in strong}
    return {name: " ".join(said[:CUT_WORDS]) for name, said in words.items() if len(said) > CUT_WORDS}


def _swapped(strong: Sequence[Sample], foreign: Sequence[str], chance: random.Random) -> dict[str, str]:
    """Sample id -> another answer, from those that are foreign to the subgoal."""
    different = sorted(set(foreign))
    if len(different) < FEWEST:  # one and the same answer would be judged again and again
        return {}
    drawn = {one.id: chance.sample(different, 2) for one in strong}
    return {one.id: next(text for text in drawn[one.id] if text != one.output) for one in strong}


async def _judged(
    subgoal: Subgoal,
    samples: Sequence[Sample],
    outputs: Mapping[str, str],
    judge: Judge,
    ledger: Ledger,
    budget: Budget | None,
) -> Numbers:
    asked = [one.model_copy(update={"output": outputs.get(one.id, one.output)}) for one in samples]
    scores = [each.score async for batch in score(asked, [subgoal], judge, ledger, budget) for each in batch.alignments]
    return np.array([np.nan if one is None else one for one in scores])


def _compared(kind: NaturalKind, before: Numbers, after: Numbers) -> NaturalGap | None:
    both = ~np.isnan(before) & ~np.isnan(after)
    if both.sum() < FEWEST:
        return None
    old, new = float(before[both].mean()), float(after[both].mean())
    p = sign_flip_p((before - after)[both].tolist())
    seen = old - new >= SEEN_FALL and p is not None and p < SURE
    what = f"answers cut to {CUT_WORDS} words" if kind == "shallow" else "answers of other samples put in"
    return NaturalGap(
        kind=kind,
        n=int(both.sum()),
        before=old,
        after=new,
        seen=seen,
        detail=(
            f"Made {kind} ({what}) in {count(int(both.sum()), 'strong sample')}: their mean goes from {old:.2f} to "
            f"{new:.2f}; {'seen' if seen else 'not seen'}."
        ),
    )


def _histogram(scores: Numbers) -> tuple[list[int], int]:
    """Samples at each level, and the number of the unscored."""
    levels = np.rint(scores[~np.isnan(scores)] * TOP_LEVEL).astype(int)
    return np.bincount(levels, minlength=TOP_LEVEL + 1).tolist(), int(np.isnan(scores).sum())
