"""Whether a decomposition is valid (Eq. 1 to 3) in the eyes of a language model, and what becomes of a disagreement."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TypeVar

from goalcover.agent.elicitation import (
    Atomicity,
    Checks,
    Completeness,
    Disjointness,
    Edit,
    Uncovered,
    free_id,
    merged,
    slug,
)
from goalcover.agent.embedder import Floats
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.models import Scope, Subgoal, Text
from goalcover.agent.structured import Strict

Verdict = TypeVar("Verdict", Atomicity, Disjointness)


class Wording(Strict):
    """A subgoal that would mend a fault."""

    name: Text
    description: Text


class Wanted(Wording):
    """A subgoal that would cover a demand."""

    scope: Scope = "some"


class AtomicFinding(Strict):
    """The model's verdict on one subgoal."""

    id: str
    ok: bool
    reason: Text
    parts: tuple[Wording, ...] = ()


class Overlap(Strict):
    """Two subgoals that ask for the same."""

    a: str
    b: str
    reason: Text
    merged: Wording | None = None


class Missing(Strict):
    """A demand that no subgoal covers."""

    clause: Text
    reason: Text
    missing: Wanted | None = None


class Findings(Strict):
    """The checker's answer."""

    atomic: tuple[AtomicFinding, ...]
    overlaps: tuple[Overlap, ...] = ()
    uncovered: tuple[Missing, ...] = ()


def both(model: Checks, guard: Checks) -> Checks:
    """Each check holds when both hold; where they disagree the reason names both."""
    pairs = {frozenset((one.a, one.b)): one for one in guard.disjoint}
    verdicts = {one.id: one for one in guard.atomic}
    uncovered = _all_uncovered(model.complete, guard.complete)
    return Checks(
        atomic=tuple(_agreed(one, verdicts.get(one.id)) for one in model.atomic),
        disjoint=tuple(_agreed(one, pairs.get(frozenset((one.a, one.b)))) for one in model.disjoint),
        complete=Completeness(ok=not uncovered, uncovered=uncovered),
    )


def _agreed(model: Verdict, guard: Verdict | None) -> Verdict:
    if guard is None or model.ok == guard.ok:
        return model
    reason = f"The model: {model.reason} The embedded check: {guard.reason}"
    repair = model.repair or guard.repair
    return model.model_copy(update={"ok": False, "reason": reason, "repair": repair, "disputed": True})


def _all_uncovered(model: Completeness, guard: Completeness) -> tuple[Uncovered, ...]:
    """What either finds, each clause once."""
    mine = [one if _holds(guard, one) else _only(one, "The model", "The embedded check") for one in model.uncovered]
    theirs = [_only(one, "The embedded check", "The model") for one in guard.uncovered if not _holds(model, one)]
    return (*mine, *theirs)


def _holds(found: Completeness, one: Uncovered) -> bool:
    """Whether the clause is among those found, or a part of one, or one a part of it."""
    clause = _plain(one.clause)
    return any(clause in other or other in clause for other in (_plain(each.clause) for each in found.uncovered))


def _only(one: Uncovered, finder: str, other: str) -> Uncovered:
    return one.model_copy(update={"reason": f"{finder}: {one.reason} {other}: it is covered.", "disputed": True})


def demanded(findings: Findings, text: str) -> Findings:
    """Without the demands whose clause the practitioner's text does not hold: nobody made them."""
    told = _plain(text)
    held = tuple(one for one in findings.uncovered if (clause := _plain(one.clause)) and clause in told)
    return findings.model_copy(update={"uncovered": held})


def _plain(text: str) -> str:
    """Its words alone: how they are spaced, set and punctuated makes no other clause of them."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def to_checks(findings: Findings, subgoals: Sequence[Subgoal], cosines: Floats) -> Checks:
    """What the model found, with repairs; `cosines`, shape (n, n), say how similar the subgoals are."""
    verdicts = {one.id: one for one in findings.atomic}
    overlaps = {frozenset((one.a, one.b)): one for one in findings.overlaps}
    uncovered = tuple(_uncovered(one, subgoals) for one in findings.uncovered)
    return Checks(
        atomic=tuple(_atomicity(one, verdicts[one.id], subgoals) for one in subgoals),
        disjoint=tuple(
            _disjointness(subgoals[i], subgoals[j], overlaps, float(cosines[i, j]), subgoals)
            for i, j in combinations(range(len(subgoals)), 2)
        ),
        complete=Completeness(ok=not uncovered, uncovered=uncovered),
    )


def check_findings(ids: Sequence[str], findings: Findings) -> None:
    """Raises ModelAnswerError unless every subgoal is judged once and only subgoals are named."""
    given = [one.id for one in findings.atomic]
    if sorted(given) != sorted(ids):
        raise ModelAnswerError(f"`atomic` has to hold each of these ids once: {', '.join(ids)}")
    for one in findings.overlaps:
        if one.a == one.b or not {one.a, one.b} <= set(ids):
            raise ModelAnswerError(f"`overlaps` may only name two different ids of these: {', '.join(ids)}")


def _atomicity(subgoal: Subgoal, found: AtomicFinding, subgoals: Sequence[Subgoal]) -> Atomicity:
    parts = found.parts if not found.ok and len(found.parts) > 1 else ()
    put: list[Subgoal] = []
    for part in parts:
        share = subgoal.share / len(parts) if subgoal.share else None
        put.append(_put(part, subgoals, put, scope=subgoal.scope, share=share, weight=subgoal.weight / len(parts)))
    repair = Edit(label=f"Split it into {len(put)}", out=(subgoal.id,), put=tuple(put)) if put else None
    return Atomicity(id=subgoal.id, ok=found.ok, reason=found.reason, repair=repair)


def _disjointness(
    a: Subgoal, b: Subgoal, overlaps: dict[frozenset[str], Overlap], similarity: float, subgoals: Sequence[Subgoal]
) -> Disjointness:
    found = overlaps.get(frozenset((a.id, b.id)))
    if found is None:
        return Disjointness(a=a.id, b=b.id, ok=True, similarity=similarity, reason="They ask for different things.")
    repair = None
    if found.merged and a.scope == b.scope:
        new = _put(found.merged, subgoals, (), scope=a.scope, share=None, weight=1.0)
        repair = Edit(label="Merge them into one", out=(a.id, b.id), put=(merged(new, (a, b)),))
    return Disjointness(a=a.id, b=b.id, ok=False, similarity=similarity, reason=found.reason, repair=repair)


def _uncovered(found: Missing, subgoals: Sequence[Subgoal]) -> Uncovered:
    repair = None
    if found.missing:
        put = _put(found.missing, subgoals, (), scope=found.missing.scope, share=None, weight=1.0)
        repair = Edit(label=f"Add {put.name}", put=(put,))
    return Uncovered(clause=found.clause, reason=found.reason, repair=repair)


def _put(
    wording: Wording,
    subgoals: Sequence[Subgoal],
    others: Sequence[Subgoal],
    *,
    scope: Scope,
    share: float | None,
    weight: float,
) -> Subgoal:
    new = free_id(slug(wording.name), {one.id for one in (*subgoals, *others)})
    return Subgoal(id=new, name=wording.name, description=wording.description, scope=scope, share=share, weight=weight)
