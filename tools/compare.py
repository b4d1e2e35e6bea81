"""Two runs side by side, subgoal by subgoal, and what makes their figures hard to compare."""

from collections.abc import Iterator, Mapping

from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal, SubgoalCoverage
from goalcover.memory.runs import Run
from goalcover.tools.coverage import share_wanted
from goalcover.tools.load import Dataset
from goalcover.tools.typeset import count, percent
from pydantic import BaseModel, ConfigDict


class Change(BaseModel):
    """How a subgoal's figures differ between two runs; None where one run has no such subgoal or no figure."""

    model_config = ConfigDict(frozen=True)

    subgoal_id: str
    before: float | None
    after: float | None
    delta_abs: float | None
    delta_rel: float | None
    """A fraction: -0.31 is a fall of 31%."""
    ci_before: tuple[float, float] | None = None
    """95% interval of the mean."""
    ci_after: tuple[float, float] | None = None
    reworded: bool = False
    """Whether its name or description differ: then the figures are of two different things."""
    support_before: int | None
    support_after: int | None
    gap_before: bool | None
    gap_after: bool | None


def compare(before: Run, after: Run) -> tuple[Change, ...]:
    """Every subgoal of either run: the first run's in its order, then those that only the second has."""
    old = {one.id: one for one in before.coverage().subgoals}
    new = {one.id: one for one in after.coverage().subgoals}
    asked, asks = ({one.id: one.digest for one in run.goal().subgoals} for run in (before, after))
    return tuple(
        _change(
            one, old.get(one), new.get(one), reworded=asked.get(one, asks.get(one)) != asks.get(one, asked.get(one))
        )
        for one in dict.fromkeys([*old, *new])
    )


def differences(before: Run, after: Run) -> Iterator[str]:
    """What two runs do not have in common, each a sentence: goal, judge, data, samples or rules."""
    old, new = before.info(), after.info()
    if before.goal().text != after.goal().text:
        yield "The goals have different words."
    if old.engine != new.engine:
        judges = [f"{one.name} engine, {one.model}, version {one.version}" for one in (old.engine, new.engine)]
        yield f"The judges differ: {' and '.join(judges)}."
    if old.dataset.fingerprint != new.dataset.fingerprint:
        data = [f"{one.path} ({count(one.rows, 'row')})" for one in (old.dataset, new.dataset)]
        yield f"The data differ: {' and '.join(data)}."
    elif (some := set(before.sample_ids())) != (others := set(after.sample_ids())):
        yield (
            f"The samples differ: {len(some):,} and {len(others):,} of the {count(new.dataset.rows, 'row')} of "
            f"{new.dataset.path}, {len(some & others):,} of them in both."
        )
    if rules := list(_other_rules(_rules(before.goal()), _rules(after.goal()))):
        yield f"The rules differ: {', '.join(rules)}."


def is_other_sample(run: Run, dataset: Dataset) -> bool:
    """Whether a run holds other samples than these of the same data; what cannot be read holds none."""
    n = run.info().counts.samples
    if n != len(dataset) or n == dataset.rows - dataset.n_skipped:  # their number tells: the data need not be read
        return n != len(dataset)
    try:
        return set(run.sample_ids()) != {one.id for one in dataset}
    except InputError:
        return False


def _rules(goal: Goal) -> dict[str, dict[str, str]]:
    """What verdicts and the overall figure hang on besides the levels, in words."""
    threshold = "none" if goal.threshold is None else f"{goal.threshold:g}"
    wanted = {one.id: share_wanted(goal, one) for one in goal.subgoals}
    shares = {name: "none" if share is None else percent(share) for name, share in wanted.items()}
    return {
        "the goal": {"threshold": threshold},
        **{one.id: {"scope": one.scope, "weight": f"{one.weight:g}", "share": shares[one.id]} for one in goal.subgoals},
    }


def _other_rules(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name in before:
        old, new = before[name], after.get(name, before[name])
        parts = [f"{rule} {value} and {new[rule]}" for rule, value in old.items() if new[rule] != value]
        if parts:
            yield f"{name} ({', '.join(parts)})"


def _change(
    subgoal_id: str, before: SubgoalCoverage | None, after: SubgoalCoverage | None, *, reworded: bool
) -> Change:
    old, new = before.alignment if before else None, after.alignment if after else None
    delta = new - old if old is not None and new is not None else None
    return Change(
        subgoal_id=subgoal_id,
        before=old,
        after=new,
        delta_abs=delta,
        delta_rel=delta / old if delta is not None and old else None,
        ci_before=_ends(before),
        ci_after=_ends(after),
        reworded=reworded,
        support_before=before.support if before else None,
        support_after=after.support if after else None,
        gap_before=before.gap if before else None,
        gap_after=after.gap if after else None,
    )


def _ends(row: SubgoalCoverage | None) -> tuple[float, float] | None:
    return (row.ci_low, row.ci_high) if row and row.ci_low is not None and row.ci_high is not None else None
