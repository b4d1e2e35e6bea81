"""Cards of gaps (`Gaps.jsx`) and of proposed samples (`Candidates.jsx`): pure properties, shown as text alone."""

from collections.abc import Sequence
from typing import Any

from goalcover.agent.models import Capability, Gap, Recommendation, SubgoalCoverage
from goalcover.agent.synthesis import Proposal
from goalcover.graph.events import Diagnosed, Explained
from goalcover.graph.remedy import YOURS
from goalcover.tools.accept import Review
from goalcover.tools.kinds import MEANINGS, closing, left_over
from goalcover.tools.synthesize import Batch
from goalcover.tools.typeset import cut, listed, visible

_QUOTE = 280
_TITLE = 110


def overview(said: Diagnosed) -> dict[str, Any]:
    """A short card for every gap, the worst first: its largest cause and the first step."""
    rows = {one.id: one for one in said.coverage.subgoals}
    names = {one.id: one.name for one in said.goal.subgoals}
    cards = [_card(names[gap.subgoal_id], rows[gap.subgoal_id], gap, capabilities=1, steps=1) for gap in said.gaps]
    return {"gaps": cards}


def in_full(said: Explained) -> dict[str, Any]:
    """One card with everything that is known; none when the subgoal is no gap."""
    found = said.explanation
    if found.gap is None:
        return {"gaps": []}
    card = _card(found.subgoal.name, found.coverage, found.gap, capabilities=9, steps=9)
    # The message above it has said how the subgoal stands, and that it is about the reason.
    return {"gaps": [card | {"standing": visible(_why(found.gap)), "asks": card["asks"][1:]}]}


def candidates(batch: Batch, reviews: Sequence[Review] = ()) -> dict[str, Any]:
    """A card for every proposed sample, numbered as the review names them, with what was decided (`Candidates.jsx`)."""
    decided = {review.candidate_id: review for review in reviews}
    cards = [_candidate(number, one, decided.get(one.candidate.id)) for number, one in enumerate(batch.proposals, 1)]
    return {"cards": cards, "open": True, "asked": batch.digest}


def shows(props: dict[str, Any], batch: Batch) -> bool:
    """Whether these are the cards of a batch."""
    return [one["input"] for one in props["cards"]] == [visible(one.sample.input) for one in batch.proposals]


def closed(props: dict[str, Any], rest: str) -> dict[str, Any]:
    """The same cards when the review is over; `rest` is what became of those that were not turned down."""
    cards = [one | {"decision": one["decision"] if one["decision"] == "rejected" else rest} for one in props["cards"]]
    return {"cards": cards, "open": False}


def _candidate(number: int, one: Proposal, review: Review | None) -> dict[str, Any]:
    edited = review.output if review is not None and review.decision == "edited" else ""
    return {
        "number": number,
        "input": visible(one.sample.input),
        "output": visible(edited or one.sample.output),
        "badge": "your words" if edited else f"level {one.verdict.level} of 5",
        "verdict": f"It is {YOURS}" if edited else visible(one.verdict.rationale),
        "capability": cut(visible(one.candidate.capability).partition(". ")[0], _TITLE),
        "parents": [visible(parent) for parent in one.candidate.parents],
        "flags": [visible(flag) for flag in one.flags],
        "decision": review.decision if review is not None else "",
        "why": visible(review.reason) if review is not None else "",
    }


def _card(name: str, row: SubgoalCoverage, gap: Gap, *, capabilities: int, steps: int) -> dict[str, Any]:
    return {
        "name": visible(name),
        "badge": gap.kind or "gap",
        "standing": visible(f"{row.rule} {_why(gap)}"),
        "capabilities": [_capability(one) for one in gap.capabilities[:capabilities]],
        "rest": visible(left_over(gap)) if capabilities > 1 else "",
        "advice": [_step(one) for one in gap.recommendations[:steps]],
        "asks": [
            {"label": "Why?", "says": f"Why is {name} weak?"},
            {"label": "Make 20 samples", "says": f"Make 20 samples for {name}"},
            {"label": "Lowest samples", "says": f"Show the lowest samples of {name}"},
            {"label": "How many samples are needed?", "says": f"How many samples are needed for {name}?"},
        ],
    }


def _why(gap: Gap) -> str:
    kind = f"{gap.kind.capitalize()}: {MEANINGS[gap.kind]}. {gap.why} " if gap.kind else ""
    return f"{kind}{closing(gap)}"


def _capability(one: Capability) -> dict[str, Any]:
    """Quotes of a run that an older version made name no sample, and are left out."""
    quotes = [
        {"quote": cut(visible(quote), _QUOTE), "sample": source}
        for quote, source in zip(one.quotes, one.quote_ids, strict=False)
    ]
    return {"title": visible(one.title), "summary": visible(one.summary), "quotes": quotes}


def _step(one: Recommendation) -> str:
    samples = f" Samples: {listed(one.sample_ids)}" if one.sample_ids else ""
    return visible(f"{one.action}: {one.detail}{samples}")
