"""`goalcover study ...`: what was asked, the progress, the tables."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from goalcover.agent.engine import Engine, build_engine
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal
from goalcover.agent.settings import Settings
from goalcover.agent.validation import Interval, Published, Removal, RemovalEffect, SubgoalEffect, Summary, Validation
from goalcover.memory.goals import load_goal
from goalcover.memory.proofs import SELFTEST
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget, budget_for
from goalcover.tools.judges import judge_of
from goalcover.tools.load import open_dataset
from goalcover.tools.studies.ablation import ablate
from goalcover.tools.studies.corruption import compute, design_study, drawn, judge_study, validate
from goalcover.tools.studies.domain import load_domain
from goalcover.tools.studies.filtering import study_filter
from goalcover.tools.studies.removals import load_removals
from goalcover.tools.studies.sampling import DEFAULT_SIZE
from goalcover.tools.studies.selftest import selftest
from goalcover.ui import show
from goalcover.ui.assessing import Judging, tell_outdated
from goalcover.ui.commands.options import print_json
from goalcover.ui.engines import engine_named
from goalcover.ui.work import Meter, announce, budget_of, confirm, print_took, resumable, stoppable
from rich.text import Text

GRADES = {"trustworthy": "green", "weak": "yellow", "untrustworthy": "red"}


@dataclass(frozen=True)
class Asked:
    """A study as asked for."""

    data: str
    goal: Goal
    removals: tuple[Removal, ...]
    out: Path
    size: int = DEFAULT_SIZE
    paper: dict[str, Published] | None = None


def asked(
    data: str | None,
    goal: Path | None,
    removals: Path | None,
    out: Path | None,
    domain: str | None,
    source: str | None = None,
) -> Asked:
    """A study of a domain of the paper, or of the person's own; InputError when it is neither. `source` is `--data`."""
    if data and source:
        raise InputError(f"two datasets, {data} and {source}: give one, as DATA or with --data")
    data = data or source
    if domain is not None:
        if goal or removals:
            raise InputError("--domain brings its own goal and removals: leave --goal and --removals out")
        built_in = load_domain(domain)
        where = out or Path("runs") / f"study-{domain}"
        return Asked(data or built_in.hub, built_in.goal, built_in.removals, where, built_in.size, dict(built_in.paper))
    if data is None or goal is None or removals is None or out is None:
        raise InputError("a study needs DATA, --goal, --removals and --out, or --domain medical, legal or code")
    loaded = load_goal(goal)
    return Asked(data, loaded, load_removals(removals, loaded), out)


def parse_seeds(text: str) -> tuple[int, ...]:
    """`0,1,2` as numbers, each once; InputError otherwise."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"--seeds takes whole numbers with commas, such as 0,1,2, not '{text}'")
    return tuple(dict.fromkeys(int(part) for part in parts))


def run_corruption(
    study: Asked, seeds: Sequence[int], size: int | None, how: Judging, mapping: str | None, split: str | None
) -> Validation:
    """Judges what is not judged yet and computes the study. StoppedError when interrupted, and at the cap."""
    with resumable(study.out):
        engine, budget = _paid(how)
        dataset = open_dataset(study.data, mapping=mapping, split=split)
        design = design_study(dataset, study.removals, seeds, size or study.size, study.paper)
        samples = drawn(dataset, design)
        run = Run.create(study.out)
        show.print_dataset(samples, study.goal, [engine.judge])
        expected = announce(samples, study.goal.subgoals, [run], [engine.judge], budget, engine)
        confirm(samples, expected, how.yes, fewer="--sample")
        with Meter(budget) as meter:
            work = judge_study(samples, study.goal, design, run, engine, meter.update, budget)
            judged = asyncio.run(stoppable(work))
        tell_outdated([one for one in judged.outdated if one == SELFTEST], run)
        print_took(budget, run)
        return validate(run)


def _paid(how: Judging) -> tuple[Engine, Budget]:
    settings = Settings()
    engine = engine_named(how.engine, settings)
    return engine, budget_of(engine, [engine.judge], settings, how.max_cost)


def summary(paths: Sequence[Path]) -> Validation:
    """The studies in these runs as one. InputError when a run is given twice: it would count twice."""
    places = [path.resolve() for path in paths]
    if twice := next((path for path, place in zip(paths, places, strict=True) if places.count(place) > 1), None):
        raise InputError(f"{twice} is given twice, and would count twice: name every run once")
    return compute([Run.open(path) for path in paths])


def run_selftest(path: Path, max_cost: float | None, json: bool) -> None:
    """Tests a run and tells how far each subgoal's diagnosis carries; StoppedError at the cap."""
    run, settings = Run.open(path), Settings()
    engine = build_engine("auto", settings)
    judge = judge_of(run, settings, engine.judge)
    found = asyncio.run(selftest(run, judge, engine.embedder, budget_for((judge,), settings, max_cost)))
    if json:
        print_json(found.model_dump(mode="json"))
        return
    for one in found.subgoals:
        show.console.print(Text.assemble((f"{one.grade:<14}", GRADES[one.grade]), (one.name, "bold")))
        show.console.print(Text(f"  {one.reason}"))
        for gap in one.natural:
            show.console.print(Text(f"  {gap.detail}", style="dim"))
    show.console.print(Text(f"\n{found.verdict}", style="bold"))
    show.print_notes(found.caveats)
    show.console.print(f"Report: {run.html_path}", soft_wrap=True)


def run_filter(path: Path, min_score: float | None, json: bool) -> None:
    """What filtering a run would do to its subgoals."""
    found = study_filter(Run.open(path), min_score)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    shown = show.table(*show.whole("Subgoal", "Before", "Filtered", "As many at random", "Support"))
    for one in found.subgoals:
        chance = "-" if one.chance is None else f"{one.chance[0]:.3f} to {one.chance[1]:.3f}"
        support = f"{one.support_before:,} to {one.support_after:,}"
        shown.add_row(one.id, show.figure(one.before), show.figure(one.after), chance, support)
    show.console.print(shown)
    show.console.print(Text(found.verdict, style="bold"))


def run_ablation(data: str, goal: Path, out: Path, how: Judging, limit: int | None, json: bool) -> None:
    """What the clarification loop changes. The estimate is by the goal's own subgoals: those to come are not known."""
    loaded, (engine, budget) = load_goal(goal), _paid(how)
    dataset = open_dataset(data, limit=limit)
    runs = Run.create(out / "clarified"), Run.create(out / "unclarified")
    confirm(dataset, announce(dataset, loaded.subgoals, runs, [engine.judge], budget, engine), how.yes)
    with resumable(*(run.path for run in runs)), Meter(budget) as meter:
        found = asyncio.run(stoppable(ablate(dataset, loaded, engine, runs, meter.update, budget)))
    print_took(budget)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    for name, one in (("with", found.clarified), ("without", found.unclarified)):
        show.console.print(Text(f"{name}: {', '.join(one.subgoals)} ({one.failed_checks} checks failed)"))
        print_summary(one.separation)
    show.console.print(Text(f"\n{found.verdict}", style="bold"))


def tell(found: Validation, out: Path | None, json: bool) -> None:
    """Prints a study for machines or for people."""
    if json:
        print_json(found.model_dump(mode="json"))
        return
    print_effects(found.removals)
    print_summary(found.summary)
    for note in found.notes:
        show.console.print(f"Note: {note}", style="dim")
    if out is not None:
        show.console.print(f"Report: {Run(out).html_path}", soft_wrap=True)


def print_effects(removals: Sequence[RemovalEffect]) -> None:
    """The table of the paper (Table 2), with intervals, the random control and, where there are any, its figures."""
    paper = any(one.paper for removal in removals for one in removal.subgoals)
    figures = ("Before", "After", "Absolute", "Change %", "95%", "Random", *(["Paper's"] if paper else []))
    shown = show.table(*show.whole("Removed", "Subgoal"), *show.whole(*figures, justify="right"))
    for removal in removals:
        for place, one in enumerate(removal.subgoals):
            shown.add_row(*_cells(removal, place, one, paper), style="bold" if one.is_target else "")
        shown.add_section()
    show.console.print(shown)
    show.console.print(
        "* the target. Random: how far as many samples removed at random move the mean (95% of the time)."
        + (" Paper's: its own change in % (Table 2), by another judge on other rows." if paper else ""),
        style="dim",
    )
    for removal in removals:
        show.console.print(Text(f"{removal.id}: {removal.verdict}"))


def print_summary(summary: Summary) -> None:
    """Target against non-target."""
    show.console.print(Text(f"\n{summary.verdict}", style="bold"))
    show.console.print(f"Mean fall of targets {_percent(summary.target_mean_drop, summary.target_mean_drop_ci)}")
    show.console.print(
        "Mean absolute change of the others "
        f"{_percent(summary.nontarget_mean_abs_change, summary.nontarget_mean_abs_change_ci)}"
    )
    if summary.cohens_d is not None:
        low_high = summary.cohens_d_ci
        ends = f" (95%: {low_high[0]:.2f} to {low_high[1]:.2f})" if low_high else ""
        show.console.print(f"Cohen's d {summary.cohens_d:.2f}{ends}; {summary.cohens_d_formula}")
    if summary.paired_p is not None:
        show.console.print(f"p {summary.p_shown}; {summary.paired_test}")
    show.console.print(f"Seeds {', '.join(map(str, summary.seeds))}")


def _cells(removal: RemovalEffect, place: int, one: SubgoalEffect, paper: bool) -> list[str]:
    head = {0: removal.id, 1: f"  {removal.retention:.1%} kept"}.get(place, "")
    cells = [
        head,
        f"{one.id} *" if one.is_target else one.id,
        show.figure(one.before),
        show.figure(one.after),
        "-" if one.delta_abs is None else f"{one.delta_abs:+.3f}",
        _points(one.delta_rel),
        _ends(one.ci),
        "-" if one.control is None else f"±{100 * max(map(abs, one.control)):.1f}",
    ]
    return [*cells, _points(one.paper_rel)] if paper else cells


def _points(change: float | None) -> str:
    return "-" if change is None else f"{100 * change:+.1f}"


def _ends(ends: Interval | None) -> str:
    return "-" if ends is None else f"{_points(ends[0])} to {_points(ends[1])}"


def _percent(value: float | None, ends: Interval | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" + (f" (95%: {ends[0]:.1%} to {ends[1]:.1%})" if ends else "")
