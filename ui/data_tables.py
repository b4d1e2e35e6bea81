"""What `synthesize`, `filter` and `export` say to a person at a terminal."""

from collections import Counter
from pathlib import Path

from goalcover.agent.synthesis import Proposal
from goalcover.tools.accept import Accepted
from goalcover.tools.export import Exported
from goalcover.tools.filter import Selection
from goalcover.tools.plan import Spread
from goalcover.tools.synthesize import Batch
from goalcover.tools.typeset import count
from goalcover.ui.show import console, one_line, table, whole
from rich.text import Text

_CUT = 600
_LISTED = 5
_CURVE = 12


def print_proposal(one: Proposal, place: int, total: int) -> None:
    """A candidate with its verdict, for review."""
    console.print(f"\n{place} of {total}", style="bold")
    console.print(Text(f"input:  {one_line(one.candidate.input, _CUT)}"))
    console.print(Text(f"output: {one_line(one.candidate.output, _CUT)}"))
    console.print(Text(f"level {one.verdict.level}: {one.verdict.rationale}", style="dim"))
    console.print(Text(f"made from {', '.join(one.candidate.parents) or 'no sample'}", style="dim"))
    if one.flags:
        console.print(f"It seems to hold {', '.join(one.flags)}.", style="yellow")


def print_batch(batch: Batch, accepted: Accepted, out: Path, briefs: Path | None) -> None:
    """What a request came to, and what it changes."""
    console.print(f"{accepted.accepted:,} of {count(batch.asked, 'sample')} made, in {count(batch.rounds, 'round')}.")
    if batch.n_waited:
        console.print(f"{batch.n_waited:,} of them were found by an earlier request that nobody decided about.")
    if batch.shortfall:
        console.print(Text(batch.shortfall))
    if accepted.unjudged:
        console.print(Text(f"Not all of them were judged: {accepted.unjudged}"))
    if batch.proposals:
        _print_spread(batch.spread)
    reasons = Counter(reason.partition(":")[0] for one in batch.rejected for reason in one.reasons)
    for reason, n in reasons.most_common(_LISTED):
        console.print(Text(f"  rejected {n:,}: {reason}", style="dim"))
    for word, row in (("before", accepted.before), ("after", accepted.after)):
        mean = "-" if row.alignment is None else f"{row.alignment:.3f} ({row.ci_low:.3f} to {row.ci_high:.3f})"
        console.print(f"{word:>6}: mean alignment {mean}; {row.support:,} of {row.n_scored:,} support it. {row.rule}")
    console.print(_written(accepted, out), soft_wrap=True)
    if briefs is not None:
        console.print(f"Briefs for the rest: {briefs}", soft_wrap=True)


def _written(accepted: Accepted, out: Path) -> str:
    if accepted.accepted:
        return f"Samples: {out}"
    return f"No sample was kept: {out} {'stays as it was' if out.exists() else 'is not written'}."


def _print_spread(spread: Spread) -> None:
    """What was wanted for each missing capability and what came out; how hard, and in which forms."""
    if len({**spread.wanted, **spread.capabilities}) > 1:
        shown = table("Missing capability", *whole("Wanted", "Most like it", justify="right"))
        for name in {**spread.wanted, **spread.capabilities}:
            shown.add_row(Text(name), f"{spread.wanted.get(name, 0):,}", f"{spread.capabilities.get(name, 0):,}")
        console.print(shown)
    for title, counts in (("difficulties", spread.difficulties), ("forms", spread.forms)):
        console.print(Text(f"  {title}: {'; '.join(f'{name} ({n:,})' for name, n in counts.items())}"))


def print_selection(selection: Selection, written: Exported) -> None:
    """The trade-off, the cut, and what is lost at it."""
    shown = table("Goal score from", "Rows", "Mean goal score")
    step = max(1, -(-len(selection.curve) // _CURVE))
    for cut in selection.curve[::step]:
        shown.add_row(f"{cut.min_score:.2f}", f"{cut.kept:,} ({cut.kept_share:.0%})", f"{cut.goal_score or 0:.3f}")
    console.print(shown)
    console.print(f"Suggested: {selection.reason}")
    console.print(
        f"Kept {selection.cut.kept:,} of {count(selection.n, 'row')} (goal score from {selection.cut.min_score:.2f})."
    )
    for loss in selection.lost:
        n = loss.support_before - loss.support_after
        if n:
            listed = ", ".join(loss.sample_ids[:_LISTED])
            console.print(
                Text(f"  {loss.subgoal_id} loses {n:,} of {loss.support_before:,} supporting samples: {listed}")
            )
    _print_written(written)


def print_export(written: Exported) -> None:
    """What was written."""
    held = f", {written.validation_rows:,} to validate with" if written.validation_rows else ""
    console.print(
        f"{count(written.rows, 'row')} as {written.format}{held}; {written.synthetic:,} synthetic; "
        f"{count(written.duplicates, 'duplicate')} left out."
    )
    _print_written(written)


def _print_written(written: Exported) -> None:
    for note in written.notes:
        console.print(Text(f"  note: {note}"))
    for path in written.files:
        console.print(Text(f"  {path}"), soft_wrap=True)
