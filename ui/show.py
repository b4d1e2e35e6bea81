"""Results for a person at a terminal. Everything goes to stderr: stdout is for machines (`--json`)."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from goalcover.agent.models import Capability, CoverageReport, Gap, Goal, SubgoalCoverage
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.memory.runs import EngineInfo
from goalcover.tools.caveats import limits
from goalcover.tools.compare import Change
from goalcover.tools.doctor import Finding
from goalcover.tools.explain import Explanation, Judged, Neighbour, Neighbours
from goalcover.tools.kinds import MEANINGS, closing, left_over
from goalcover.tools.load import Dataset
from goalcover.tools.typeset import count, listed, visible
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text


class Terminal(Console):
    """A console on which text shows and never acts: what data, models and servers say may hold escape sequences."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Every text that is printed comes through here, whatever holds it."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(visible(one.text), one.style)


# Sample text may hold what looks like console markup: it is printed as `Text`, and markup is off everywhere.
# Where stderr is a file or a pipe there is no width to ask for: 120 columns keep a table in shape.
console = Terminal(stderr=True, markup=False, highlight=False, width=None if sys.stderr.isatty() else 120)

_BAR = 24


def table(*columns: str | Column) -> Table:
    """A table as all commands print it."""
    return Table(*columns, box=None, pad_edge=False, header_style="bold")


def whole(*titles: str, justify: JustifyMethod = "left") -> Iterator[Column]:
    """Columns whose cells stand on one line."""
    return (Column(title, no_wrap=True, justify=justify) for title in titles)


def print_dataset(dataset: Dataset, goal: Goal, judges: Sequence[Judge]) -> None:
    """What was understood of the data, with one row as an example, and who judges it."""
    embedded = not any(isinstance(one, RemoteJudge) for one in judges)
    size = f"{count(len(dataset), 'sample')} of {count(dataset.rows, 'row')}"
    console.print(f"{size} in {dataset.source}: {dataset.shape}")
    for note in (*dataset.notes, *(limits(goal, dataset.head) if embedded else ())):
        console.print(f"  note: {note}")
    if dataset.n_skipped:
        console.print(f"  skipped {count(dataset.n_skipped, 'row')}:")
        for skip in dataset.skipped[:5]:
            console.print(f"    {skip.where}: {skip.reason}")
    preview = dataset.preview
    console.print(f"  {preview.id} reads  input: {one_line(preview.input)}")
    console.print(f"  {' ' * len(preview.id)}       output: {one_line(preview.output) or '(none)'}")
    n, engine = len(goal.subgoals), EngineInfo.of(judges)
    judgements = f"{count(n, 'subgoal')}, {count(len(dataset) * n, 'judgement')}"
    console.print(f"{judgements} by the {engine.name} engine ({engine.model}).\n")


def print_coverage(coverage: CoverageReport) -> None:
    """One line a subgoal: bar, mean with interval, support, verdict."""
    shown = table("Subgoal", *whole("Alignment", "", "95% interval", "Support", ""))
    for one in coverage.subgoals:
        shown.add_row(
            one.name,
            _bar(one),
            figure(one.alignment),
            _interval(one),
            f"{one.support:,} of {one.n_scored:,}",
            _verdict(one),
        )
    console.print(shown)
    _print_summary(coverage)


def print_gaps(goal: Goal, coverage: CoverageReport, gaps: Sequence[Gap]) -> None:
    """A card a gap, worst first."""
    _print_summary(coverage)
    rows = {one.id: one for one in coverage.subgoals}
    for gap in gaps:
        _print_gap(goal.subgoal(gap.subgoal_id).name, rows[gap.subgoal_id], gap)


def print_explanation(found: Explanation) -> None:
    """Why one subgoal is weak."""
    if found.gap is not None:
        _print_gap(found.subgoal.name, found.coverage, found.gap)
    elif found.coverage.gap is None:
        console.print(f"{found.subgoal.name}: {found.coverage.rule}")
    else:
        console.print(f"{found.subgoal.name} is no gap. {found.coverage.rule}")
    if found.samples:
        console.print("\nThe samples to read first:" if found.samples[0].fault else "\nThe lowest samples:")
        print_samples(found.samples)


def print_samples(found: Sequence[Judged]) -> None:
    """Samples with level, explanation and text."""
    for one in found:
        console.print(f"\n{one.sample_id} (row {one.row}): level {one.level}", style="bold")
        console.print(f"  {one.explanation}")
        console.print(f"  input:  {one_line(one.input)}")
        console.print(f"  output: {one_line(one.output)}")
        if one.fault:
            console.print(f"  Its output is {one.fault}.")


def print_neighbours(sample_id: str, goal: Goal, found: Neighbours) -> None:
    """Samples that are weak in the way one is, in its subgoal and in others."""
    _print_alike(f"The weak samples most like {sample_id}:", goal, found.same)
    _print_alike("Weak in other subgoals in the same way:", goal, found.others)


def _print_alike(title: str, goal: Goal, found: Sequence[Neighbour]) -> None:
    console.print(title if found else f"{title} none.", style="bold")
    for one in found:
        repeated = f", {count(one.copies, 'sample')} say this" if one.copies > 1 else ""
        where = f"{one.sample_id}, {goal.subgoal(one.subgoal_id).name}"
        console.print(f"\n{where}: level {one.level}, likeness {one.likeness:.2f}{repeated}", style="bold")
        console.print(f"  {one_line(one.evidence or one.explanation)}")


def print_changes(changes: Sequence[Change], differences: Iterable[str] = ()) -> None:
    """Two runs side by side, and what makes their figures hard to compare."""
    reworded = [one.subgoal_id for one in changes if one.reworded]
    notes = (
        [f"Worded otherwise, so that the figures are of different things: {', '.join(reworded)}."] if reworded else []
    )
    for note in (*differences, *notes):
        console.print(f"note: {note}")
    shown = table("Subgoal", "Before", "After", "Change", "Support", "Verdict")
    for one in changes:
        relative = "" if one.delta_rel is None else f" ({one.delta_rel:+.1%})"
        delta = "-" if one.delta_abs is None else f"{one.delta_abs:+.3f}{relative}"
        support = f"{_count(one.support_before)} to {_count(one.support_after)}"
        verdict = f"{_word(one.gap_before)} to {_word(one.gap_after)}"
        shown.add_row(
            one.subgoal_id, _with(one.before, one.ci_before), _with(one.after, one.ci_after), delta, support, verdict
        )
    console.print(shown)


def print_findings(findings: Sequence[Finding]) -> None:
    """What works here."""
    for one in findings:
        console.print(
            Text.assemble(
                ("works  " if one.ok else "fails  ", "green" if one.ok else "red"), f"{one.part}: {one.detail}"
            )
        )


def _print_gap(name: str, row: SubgoalCoverage, gap: Gap) -> None:
    # A threshold's rule names the mean itself.
    mean = "95% interval" if row.rule.startswith("Mean") else f"Mean alignment {figure(row.alignment)}, 95% interval"
    parts: list[Text] = [Text(f"{row.rule} {mean} {_interval(row)}.")]
    if gap.kind is not None:
        parts.append(Text.assemble((gap.kind.capitalize(), "bold"), f": {MEANINGS[gap.kind]}. {gap.why}"))
    if missing := closing(gap):
        parts.append(Text(missing))
    for capability in gap.capabilities:
        parts += _capability(capability)
    if left := left_over(gap):
        parts.append(Text(f"\n{left}", style="dim"))
    parts.append(Text("\nWhat to do", style="bold"))
    for number, one in enumerate(gap.recommendations, 1):
        parts.append(Text(f"{number}. {one.action}: {one.detail}"))
        if one.sample_ids:
            parts.append(Text(f"   samples: {listed(one.sample_ids)}", style="dim"))
    console.print(Panel(Group(*parts), title=Text(f"Gap: {name}"), title_align="left", border_style="red"))


def _capability(one: Capability) -> list[Text]:
    parts = [Text(f"\n{one.title}", style="bold"), Text(one.summary)]
    sources = one.quote_ids or ("",) * len(one.quotes)
    for quote, source in zip(one.quotes, sources, strict=True):
        parts.append(Text.assemble((f"  “{one_line(quote)}”", "italic"), (f"  {source}", "dim")))
    if one.terms:
        parts.append(Text(f"  key terms: {', '.join(one.terms)}", style="dim"))
    sure = f"{one.confidence} confidence; " if one.confidence else ""
    parts.append(Text(f"  {sure}samples: {listed(one.sample_ids)}", style="dim"))
    return parts


def _print_summary(coverage: CoverageReport) -> None:
    console.print(_summary(coverage))
    print_notes(coverage.notes)


def print_notes(notes: Iterable[str]) -> None:
    """What to know before believing the figures."""
    for note in notes:
        console.print(Text(f"note: {note}"))


def _summary(coverage: CoverageReport) -> Text:
    named = [one.name for one in coverage.subgoals if one.gap]
    unknown = sum(one.gap is None for one in coverage.subgoals)
    open_end = f" No verdict on {unknown}: too many judgements failed." if unknown else ""
    whole = count(len(coverage.subgoals), "subgoal")
    if unknown == len(coverage.subgoals):
        return Text(f"No verdict on any of {whole}: too many judgements failed.", style="bold red")
    if not named:
        return Text(f"No gaps among {whole}.{open_end}", style="" if unknown else "green")
    are = "is a gap" if len(named) == 1 else "are gaps"
    return Text(f"{len(named)} of {whole} {are}: {', '.join(named)}.{open_end}", style="bold")


def _bar(one: SubgoalCoverage) -> Text:
    filled = round((one.alignment or 0.0) * _BAR)
    return Text.assemble(("█" * filled, "red" if one.gap else "green"), ("░" * (_BAR - filled), "dim"))


def _verdict(one: SubgoalCoverage) -> Text:
    if one.gap is None:
        return Text("no verdict", style="yellow")
    return Text("GAP", style="bold red") if one.gap else Text("covered", style="green")


def _word(gap: bool | None) -> str:
    return "-" if gap is None else "gap" if gap else "covered"


def figure(value: float | None) -> str:
    """A mean, 0 to 1, in three decimals."""
    return "-" if value is None else f"{value:.3f}"


def _interval(one: SubgoalCoverage) -> str:
    return "-" if one.ci_low is None or one.ci_high is None else f"{one.ci_low:.3f} to {one.ci_high:.3f}"


def _with(value: float | None, ends: tuple[float, float] | None) -> str:
    return figure(value) if ends is None else f"{figure(value)} ({ends[0]:.3f} to {ends[1]:.3f})"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def one_line(text: str, most: int = 400) -> str:
    """The beginning of a text, in at most so many characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 2 * most]).split())
    return line if len(line) <= most else f"{line[:most].rstrip()} …"
