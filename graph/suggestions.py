"""The buttons that go with a wait: what a person is likely to say next."""

from collections.abc import Sequence

from goalcover.agent.models import Gap, Goal, Subgoal
from goalcover.graph.events import Overlap
from goalcover.graph.intent import wants_again
from goalcover.graph.state import Data, Heard, Suggestion
from goalcover.tools.explain import End
from goalcover.tools.typeset import cut

FIRST = 200
"""Samples of a quick look."""
OFFERED = 3
_LABEL = 48

DEMO = Suggestion(label="Try the demo", says="Try the demo")
OTHER_DATA = Suggestion(label="Other data", says="Other data")
ADVICE = Suggestion(label="What should I do first?", says="What should I do first?")
COVERAGE = Suggestion(label="Coverage", says="Show the coverage")
REPORT = Suggestion(label="Report and files", says="Report and files")
TRUST = Suggestion(label="Can I trust this?", says="Can I trust this?")
EXPORT = Suggestion(label="Export for training", says="Export the goal-aligned plus synthetic mix for TRL")
FILTER = Suggestion(label="Which rows to keep?", says="Filter the data by the goal")
NEEDED = Suggestion(label="How many samples are needed?", says="How many samples are needed?")
SKIP = Suggestion(label="Skip", says="Skip")
ENOUGH = Suggestion(label="That's enough", says="That's enough")
BACK = Suggestion(label="Go back", says="Go back")
KEEP_ALL = Suggestion(label="Keep all as they are", says="Keep all as they are")
AGAIN = Suggestion(label="Try again", says="Try again")
PLAN = Suggestion(label="Show the subgoals", says="Show the subgoals")
UNDO = Suggestion(label="Take the change back", says="Undo the last change")


def repeat(said: str) -> Suggestion:
    """Try again, where a request did not work: says what was said."""
    return Suggestion(label=AGAIN.label, says=said)


def meant(heard: Heard, offered: Sequence[Suggestion]) -> Heard:
    """What was said, but for a button's label, or the wish to try again in other words, what that button says."""
    label = AGAIN.label if wants_again(heard.text) else heard.text.strip()
    says = {one.label.casefold(): one.says for one in offered}.get(label.casefold())
    return heard.model_copy(update={"text": says}) if says and not heard.files else heard


def before(data: Data | None, stuck: bool) -> tuple[Suggestion, ...]:
    """While the goal or the data is still to come, or something waits to be tried again."""
    if stuck:
        return (AGAIN,)
    return (DEMO,) if data is None else ()


def while_asking(first: bool) -> tuple[Suggestion, ...]:
    """With a clarifying question: the ways around it."""
    return (SKIP, ENOUGH) if first else (SKIP, ENOUGH, BACK)


def while_mending(n: int) -> tuple[Suggestion, ...]:
    """With a failed check: let all pass at once, where there are several."""
    return (KEEP_ALL, PLAN) if n > 1 else (PLAN,)


def to_confirm(data: Data | None, has_past: bool) -> tuple[Suggestion, ...]:
    """Before the assessment."""
    back = (BACK,) if has_past else ()
    if data is None:
        return back
    start = Suggestion(label="Start", says="Start")
    quick = Suggestion(label=f"Judge {FIRST} first", says=f"Judge {FIRST} first")
    return (start, quick, *back, OTHER_DATA) if data.samples > FIRST else (start, *back, OTHER_DATA)


def after_assessment(
    goal: Goal, gaps: Sequence[Gap], data: Data, judged: int, pairs: Sequence[Overlap]
) -> tuple[Suggestion, ...]:
    """With the result: why, what to do, and all samples when only some were judged."""
    rest = Suggestion(label=f"Judge all {data.samples:,}", says="Judge all")
    more = (rest,) if judged < data.samples else ()
    merges = tuple(_saying(f"Merge {one.a} and {one.b}") for one in pairs[:1])
    advice = (ADVICE,) if gaps else ()
    return (*why(_named(goal, gaps)[:OFFERED]), *advice, TRUST, REPORT, *more, *merges, OTHER_DATA)


def after_explanation(goal: Goal, gaps: Sequence[Gap], subgoal: Subgoal) -> tuple[Suggestion, ...]:
    """With the reason: its samples, what to do, the next gap."""
    others = [one for one in _named(goal, gaps) if one.id != subgoal.id]
    advice = (ADVICE,) if gaps else ()
    return (make(subgoal), samples(subgoal, "lowest"), samples(subgoal, "highest"), *advice, *why(others[:1]), COVERAGE)


def after_opening(sample_id: str, topic: str | None, goal: Goal) -> tuple[Suggestion, ...]:
    """With a sample: the weak ones that are like it."""
    like = Suggestion(label="More like this", says=f"Show more like sample {sample_id}")
    return (like, *why([goal.subgoal(topic)] if topic else []), COVERAGE)


def to_review() -> tuple[Suggestion, ...]:
    """With proposed samples: keep them, or have others."""
    return tuple(_saying(words) for words in ("Looks good", "Stricter", "Reject all"))


def to_release() -> tuple[Suggestion, ...]:
    """With a training set that waits to be uploaded."""
    return (Suggestion(label="Yes, upload it", says="Yes, upload it"), Suggestion(label="No", says="No, keep it here"))


def after_keeping() -> tuple[Suggestion, ...]:
    """With what the new samples change: what to do with them."""
    return (EXPORT, FILTER, COVERAGE)


def after_selecting() -> tuple[Suggestion, ...]:
    """With a selection: take it to the trainer."""
    goal_aligned = _saying("Export the goal-aligned rows as they are")
    return (goal_aligned, _saying("Export the goal-aligned rows for OpenAI"), EXPORT, COVERAGE)


def after_samples(gaps: Sequence[Gap], subgoal: Subgoal, end: End) -> tuple[Suggestion, ...]:
    """With samples: the other end, the reason, what to do."""
    other: End = "highest" if end == "lowest" else "lowest"
    advice = (ADVICE,) if gaps else ()
    return (samples(subgoal, other), *why([subgoal]), *advice, COVERAGE)


def after_other(goal: Goal, gaps: Sequence[Gap]) -> tuple[Suggestion, ...]:
    """With a table, a report or advice: the gaps."""
    needed = (NEEDED,) if gaps else ()
    return (*why(_named(goal, gaps)[:OFFERED]), *needed, FILTER, COVERAGE, REPORT, OTHER_DATA)


def why(subgoals: Sequence[Subgoal]) -> tuple[Suggestion, ...]:
    """Ask why each is weak."""
    return tuple(_saying(f"Why is {one.name} weak?") for one in subgoals)


def samples(subgoal: Subgoal, end: End) -> Suggestion:
    """Ask for a subgoal's samples."""
    return Suggestion(label=f"Show the {end} samples", says=f"Show the {end} samples of {subgoal.name}")


def make(subgoal: Subgoal) -> Suggestion:
    """Ask for synthetic samples."""
    return Suggestion(label="Make 20 samples", says=f"Make 20 samples for {subgoal.name}")


def to_make(subgoals: Sequence[Subgoal], n: int) -> tuple[Suggestion, ...]:
    """Ask for n synthetic samples, where it was not said for which subgoal."""
    return tuple(_saying(f"Make {n} samples for {one.name}") for one in subgoals)


def _saying(words: str) -> Suggestion:
    return Suggestion(label=cut(words, _LABEL), says=words)


def _named(goal: Goal, gaps: Sequence[Gap]) -> list[Subgoal]:
    return [goal.subgoal(gap.subgoal_id) for gap in gaps]
