"""The buttons that go with an answer: what a person is likely to ask next."""

from collections.abc import Sequence

from goalcover.agent.models import Gap, Goal, Subgoal
from goalcover.graph.state import Data, Suggestion
from goalcover.tools.explain import End
from goalcover.tools.typeset import cut

FIRST = 200
"""Samples of a quick look."""
OFFERED = 3
_LABEL = 48

DEMO = Suggestion(label="Try the demo", says="Try the demo")
OTHER_DATA = Suggestion(label="Other data", says="Other data")
ADVICE = Suggestion(label="What should I do first?", says="What should I do first?")
COVERAGE = Suggestion(label="Coverage table", says="Show the coverage table")
REPORT = Suggestion(label="Report", says="Report")


def before(data: Data | None, goal: Goal | None) -> tuple[Suggestion, ...]:
    """While a dataset and a goal are being handed over."""
    if data is None or goal is None:
        return (DEMO,)
    start = Suggestion(label="Start", says="Start")
    quick = Suggestion(label=f"Judge {FIRST} first", says=f"Judge {FIRST} first")
    return (start, quick, OTHER_DATA) if data.samples > FIRST else (start, OTHER_DATA)


def after_assessment(goal: Goal, gaps: Sequence[Gap], data: Data, judged: int) -> tuple[Suggestion, ...]:
    """With the result: why, what to do, and all samples when only some were judged."""
    rest = Suggestion(label=f"Judge all {data.samples:,}", says="Judge all")
    more = (rest,) if judged < data.samples else ()
    advice = (ADVICE,) if gaps else ()
    return (*why(_named(goal, gaps)[:OFFERED]), *advice, REPORT, *more, OTHER_DATA)


def after_explanation(goal: Goal, gaps: Sequence[Gap], subgoal: Subgoal) -> tuple[Suggestion, ...]:
    """With the reason: its samples, what to do, the next gap."""
    others = [one for one in _named(goal, gaps) if one.id != subgoal.id]
    advice = (ADVICE,) if gaps else ()
    return (samples(subgoal, "lowest"), samples(subgoal, "highest"), *advice, *why(others[:1]), COVERAGE)


def after_samples(gaps: Sequence[Gap], subgoal: Subgoal, end: End) -> tuple[Suggestion, ...]:
    """With samples: the other end, the reason, what to do."""
    other: End = "highest" if end == "lowest" else "lowest"
    advice = (ADVICE,) if gaps else ()
    return (samples(subgoal, other), *why([subgoal]), *advice, COVERAGE)


def after_other(goal: Goal, gaps: Sequence[Gap]) -> tuple[Suggestion, ...]:
    """With a table, a report or advice: the gaps."""
    return (*why(_named(goal, gaps)[:OFFERED]), COVERAGE, REPORT, OTHER_DATA)


def why(subgoals: Sequence[Subgoal]) -> tuple[Suggestion, ...]:
    """Ask why each is weak."""
    return tuple(_about(f"Why is {one.name} weak?") for one in subgoals)


def samples(subgoal: Subgoal, end: End) -> Suggestion:
    """Ask for a subgoal's samples."""
    return Suggestion(label=f"Show the {end} samples", says=f"Show the {end} samples of {subgoal.name}")


def _about(question: str) -> Suggestion:
    return Suggestion(label=cut(question, _LABEL), says=question)


def _named(goal: Goal, gaps: Sequence[Gap]) -> list[Subgoal]:
    return [goal.subgoal(gap.subgoal_id) for gap in gaps]
