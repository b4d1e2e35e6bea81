"""Words for what closes a gap: proposed samples, and what they change."""

import re
from collections import Counter

from goalcover.agent.models import TOP_LEVEL, SubgoalCoverage
from goalcover.agent.synthesis import Proposal
from goalcover.graph import events
from goalcover.graph.remedy import HELP, YOURS
from goalcover.tools.accept import Review
from goalcover.tools.synthesize import Batch
from goalcover.tools.typeset import count, score
from goalcover.ui.render.base import brief, render
from goalcover.ui.render.text import sample, text

_REASONS = 3


@render.register
def _(said: events.Making) -> str:
    return f"Making and checking samples … {said.done:,} of {said.total:,} have passed"


@render.register
def _(said: events.Proposed) -> str:
    decided = {one.candidate_id: one for one in said.reviews}
    cards = [_card(number, one, decided.get(one.candidate.id)) for number, one in enumerate(said.batch.proposals, 1)]
    return "\n\n".join([_outcome(said), *cards, HELP if cards else ""])


@brief.register
def _(said: events.Proposed) -> str:
    return f"{_outcome(said)}\n\n{HELP if said.batch.proposals else ''}"


def _outcome(said: events.Proposed) -> str:
    batch = said.batch
    made = count(len(batch.proposals), "sample")
    head = f"### {made} for {text(said.name)}" if batch.proposals else f"### No sample for {text(said.name)}"
    stay = f"The first {batch.n_staying:,} stay from before." if batch.n_staying else ""
    lines = [head, unread_words(said.unread), _rejected(said), stay, _waited(batch), text(batch.shortfall)]
    notes = [f"Note: {text(one)}." for one in said.warnings]
    return "\n\n".join(line for line in [*lines, _spread(batch), *notes] if line)


def _waited(batch: Batch) -> str:
    """What a request of before had found, and nobody had decided about."""
    n = batch.n_waited
    return (
        f"{count(n, 'of them comes', 'of them come')} from an earlier request that nobody decided about." if n else ""
    )


def unread_words(unread: tuple[str, ...]) -> str:
    """What was not understood of a wish: it is said, so that nobody takes it for done."""
    return f"**Not understood, and left out:** {text('; '.join(unread))}." if unread else ""


def _rejected(said: events.Proposed) -> str:
    batch, least = said.batch, "level 5" if said.min_level == TOP_LEVEL else f"level {said.min_level} or better"
    asked = f"Asked for {batch.asked:,}; each that passed reaches {least}, and is new."
    if not batch.rejected:
        return asked
    reasons = Counter(_short(reason) for one in batch.rejected for reason in one.reasons)
    told = "; ".join(f"{text(reason, 160)} ({n:,})" for reason, n in reasons.most_common(_REASONS))
    more = " and others" if len(reasons) > _REASONS else ""
    return f"{asked} {count(len(batch.rejected), 'candidate')} did not pass: {told}{more}."


def _short(reason: str) -> str:
    """A rejection without what is said of this candidate alone: its figures, its rationale, the words it repeats."""
    head = reason.partition(": ")[0]
    marks = re.findall(r"\b(level|correctness|completeness|faithfulness|format) (?:\d|unknown)\b", head)
    return f"too low in {' and '.join(marks)}" if marks else head


def _spread(batch: Batch) -> str:
    """What was wanted for each missing capability and what came out; nothing where there is no choice."""
    wanted, made = batch.spread.wanted, batch.spread.capabilities
    names = {**wanted, **made}
    if len(names) < 2 or not made:
        return ""
    rows = [f"| {text(name)} | {wanted.get(name, 0):,} | {made.get(name, 0):,} |" for name in names]
    return "\n".join(["| Missing capability | Wanted | Most like it |", "|---|---|---|", *rows])


def _card(number: int, one: Proposal, review: Review | None) -> str:
    """With what a person has decided about it, and the output that they have put in the place of its own."""
    done, written = (f" ({review.decision})", review.output) if review else ("", "")
    flags = f" **Look at:** {text(', '.join(one.flags))}." if one.flags else ""
    parents = f" From {', '.join(map(text, one.candidate.parents))}." if one.candidate.parents else ""
    verdict = YOURS if written else f"level {one.verdict.level} of 5. {text(one.verdict.rationale)}"
    return f"**{number}.**{done} {verdict}{parents}{flags}\n\n{sample(one.sample.input, written or one.sample.output)}"


@render.register
def _(said: events.Reviewed) -> str:
    named = ", ".join(map(str, said.numbers))
    done = {"accept": "Accepted", "reject": "Rejected", "edit": "Changed"}[said.verb]
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
    judged = f"; not all were judged: {text(kept.unjudged)}" if kept.unjudged else " and judged like any other"
    head = f"{count(kept.accepted, 'sample')} kept{judged.removesuffix('.')}. {name}, with them:"
    return f"{head}\n\n{table}\n\n{verdict} {text(after.rule)}"


def _mean(row: SubgoalCoverage) -> str:
    interval = f" ({score(row.ci_low)} to {score(row.ci_high)})" if row.ci_low is not None else ""
    return f"{score(row.alignment)}{interval}"


@render.register
def _(said: events.HeldOut) -> str:
    return f"No new sample will share a passage with {text(said.name)} ({count(said.samples, 'sample')})."
