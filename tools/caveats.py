"""What a person has to know before believing a run's figures: what its judge cannot read or see, and whether the data's
outputs are those of their inputs. They stand in coverage.json, and are told wherever its figures are."""

from collections.abc import Sequence

import numpy as np
from goalcover.agent.embedded.naming import hidden_form
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Goal, Sample
from goalcover.memory.runs import Run
from goalcover.tools.language import foreign_notes
from goalcover.tools.lows import evenly
from goalcover.tools.outputs import Pairs, nearer_share
from goalcover.tools.profile import traits

_READ = 160
"""Samples that are looked at."""
_FEWEST = 40
"""Samples with an input and an output of some length, below which nothing is said about all of them."""
_MIXED = 0.15
"""Mean share of other outputs that are nearer to an input than its own. On the fifteen sets of data at hand it is 0.07
at the most, and 0.18 at the least where half of the outputs are mixed up."""

_NEARLY_ALL = 0.9


def caveats(run: Run, goal: Goal, embedder: Embedder, *, embedded: bool) -> tuple[str, ...]:
    """Of a run whose samples and scores are written; `embedded` where the embedded judge has judged."""
    ids = run.sample_ids()
    samples = list(run.samples([ids[place] for place in evenly(len(ids), _READ)]))
    return (*(limits(goal, samples) if embedded else ()), *_mixed_up(samples, embedder))


def limits(goal: Goal, samples: Sequence[Sample]) -> tuple[str, ...]:
    """What the embedded judge cannot do for this goal and data of which these are some: known before it judges."""
    return (*foreign_notes(goal, samples[0]), *_rated_low(samples), *_unseen(goal))


def mostly_code(samples: Sequence[Sample]) -> bool:
    """Whether most outputs are code, which the embedded judge rates too low; JSON is none."""
    outputs = [samples[place].output for place in evenly(len(samples), _READ)]
    found = traits([one for one in outputs if one.strip()])
    return "code" in found and "JSON" not in found


def _rated_low(samples: Sequence[Sample]) -> list[str]:
    if not mostly_code(samples):
        return []
    return [
        "most outputs are code, which the embedded judge ranks well but rates too low, because code seldom names what "
        "it does: what it calls a gap may be none. Look at the samples, or use the LLM engine."
    ]


def _unseen(goal: Goal) -> list[str]:
    names = [one.name for one in goal.subgoals if hidden_form(one)]
    if not names:
        return []
    return [
        f"the embedded judge sees what a text says, but not in what form or how soundly: its figures for "
        f"{', '.join(names)} mean little. Use the LLM engine for {'them' if len(names) > 1 else 'it'}."
    ]


def _mixed_up(samples: Sequence[Sample], embedder: Embedder) -> list[str]:
    pairs = list(Pairs(embedder).of(samples).values())
    share = float(np.mean(nearer_share(pairs))) if len(pairs) >= _FEWEST else 0.0
    if share < _MIXED:
        return []
    return [
        f"{_how_many(share)} outputs fit their own input no better than any other: look whether rows were mixed up. "
        "(Nothing is wrong where outputs are not about their inputs, as in free writing or translations.)"
    ]


def _how_many(share: float) -> str:
    # Where an output belongs to another input, half of the others are nearer to this one than it is.
    return "nearly all" if 2 * share >= _NEARLY_ALL else f"about {2 * share:.0%} of the"
