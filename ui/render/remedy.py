"""Words for what closes a gap: proposed samples, what they change, selections, training sets."""

from goalcover.agent.models import Goal, SubgoalCoverage
from goalcover.graph import events
from goalcover.graph.remedy import HELP
from goalcover.tools.filter import Cut, Selection
from goalcover.tools.synthesize import Batch, Proposal
from goalcover.tools.typeset import count, score
from goalcover.ui.render.base import brief, render
from goalcover.ui.render.text import sample, text

_REASONS = 3


@render.register
def _(said: events.Making) -> str:
    return f"Making and checking samples … {said.done:,} of {said.total:,} have passed"


@render.register
def _(said: events.Proposed) -> str:
    cards = [_card(number, one) for number, one in enumerate(said.batch.proposals, 1)]
    return "\n\n".join([_outcome(said), *cards, HELP if cards else ""])


@brief.register
def _(said: events.Proposed) -> str:
    return f"{_outcome(said)}\n\n{HELP if said.batch.proposals else ''}"


def _outcome(said: events.Proposed) -> str:
    batch = said.batch
    made = count(len(batch.proposals), "sample")
    head = f"### {made} for {text(said.name)}" if batch.proposals else f"### No sample for {text(said.name)}"
    lines = [head, _rejected(batch), text(batch.shortfall) if batch.shortfall else "", _spread(batch)]
    return "\n\n".join(line for line in [*lines, *map(text, said.warnings)] if line)


def _rejected(batch: Batch) -> str:
    asked = f"Asked for {batch.asked:,}; each that passed reaches level 4 or better, and is new."
    if not batch.rejected:
        return asked
    reasons = dict.fromkeys(reason for one in batch.rejected for reason in one.reasons)
    told = "; ".join(text(one, 160) for one in list(reasons)[:_REASONS])
    return f"{asked} {count(len(batch.rejected), 'candidate')} did not pass: {told}."


def _spread(batch: Batch) -> str:
    named = [f"{text(name)} ({n:,})" for name, n in batch.spread.capabilities.items()]
    return f"Spread over: {', '.join(named)}." if len(named) > 1 else ""


def _card(number: int, one: Proposal) -> str:
    flags = f" **Look at:** {text(', '.join(one.flags))}." if one.flags else ""
    parents = f" From {', '.join(map(text, one.candidate.parents))}." if one.candidate.parents else ""
    verdict = f"level {one.verdict.level} of 5. {text(one.verdict.rationale)}"
    return f"**{number}.** {verdict}{parents}{flags}\n\n{sample(one.sample.input, one.sample.output)}"


@render.register
def _(said: events.Reviewed) -> str:
    named = ", ".join(map(str, said.numbers))
    done = "Rejected" if said.verb == "reject" else "Changed"
    return f"{done}: {named}. {count(said.left, 'sample')} will be kept: **looks good** keeps them."


@render.register
def _(said: events.Kept) -> str:
    kept, name = said.accepted, text(said.name)
    if not kept.accepted:
        return "None was kept. What you rejected is remembered: the next samples learn from it."
    before, after = kept.before, kept.after
    verdict = "It is no gap any more." if before.gap and after.gap is False else ""
    table = f"| | Before | After |\n|---|---|---|\n| Alignment | {_mean(before)} | {_mean(after)} |"
    table += f"\n| Support | {before.support:,} | {after.support:,} |"
    head = f"{count(kept.accepted, 'sample')} kept and judged like any other. {name}, with them:"
    return f"{head}\n\n{table}\n\n{verdict} {text(after.rule)}"


def _mean(row: SubgoalCoverage) -> str:
    interval = f" ({score(row.ci_low)} to {score(row.ci_high)})" if row.ci_low is not None else ""
    return f"{score(row.alignment)}{interval}"


@render.register
def _(said: events.Selected) -> str:
    chosen = said.selection
    head = f"### Keep {chosen.cut.kept:,} of {count(chosen.n, 'row')}"
    table = _trade_off(said.goal, chosen)
    lost = [one for one in chosen.lost if one.support_after < one.support_before]
    told = "; ".join(
        f"{text(said.goal.subgoal(one.subgoal_id).name)} {one.support_before:,} to {one.support_after:,}"
        for one in lost
    )
    costs = f"What it costs, in supporting samples: {told}." if told else "It costs no supporting sample."
    return f"{head}\n\n{text(chosen.reason)}\n\n{table}\n\n{costs}"


def _trade_off(goal: Goal, chosen: Selection) -> str:
    names = [goal.subgoal(one).name for one in chosen.subgoal_ids or [one.id for one in goal.subgoals]]
    ids = list(chosen.subgoal_ids or [one.id for one in goal.subgoals])
    head = f"| Goal score from | Rows | {' | '.join(map(text, names))} |\n|---|---|{'---|' * len(ids)}"
    rows = [f"| {_at(one, chosen)} | {one.kept:,} | {_means(one, ids)} |" for one in chosen.curve if one.kept]
    return "\n".join([head, *rows])


def _at(one: Cut, chosen: Selection) -> str:
    mark = " (suggested)" if one.min_score == chosen.suggested.min_score else ""
    return f"{one.min_score:.2f}{mark}"


def _means(one: Cut, ids: list[str]) -> str:
    return " | ".join(score(one.alignments.get(key)) for key in ids)


@render.register
def _(said: events.Exported) -> str:
    done = said.result
    synthetic = f", {done.synthetic:,} of them synthetic" if done.synthetic else ""
    lines = [f"**{text(done.mix)}** for {text(done.format)}: {count(done.rows, 'row')}{synthetic}."]
    if done.duplicates:
        lines.append(f"{count(done.duplicates, 'duplicate')} left out.")
    lines += [f"Left out: {text(reason)} ({n:,})." for reason, n in done.skipped.items()]
    lines += [text(note) for note in done.notes]
    return " ".join([*lines, f"It lies in {text(done.path)}, with its card and where every row comes from."])
