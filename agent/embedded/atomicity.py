"""Eq. 3: is a subgoal one capability that one sample can show and one judge can score?"""

import re
from collections.abc import Sequence

from goalcover.agent.elicitation import Atomicity, Edit
from goalcover.agent.embedded import naming, wordings
from goalcover.agent.embedded.clauses import Clause
from goalcover.agent.embedded.domains import (
    GENERIC,
    Capability,
    Domain,
    by_name,
    domains,
    everywhere,
    named,
    subgoal_of,
)
from goalcover.agent.embedded.items import item_slot
from goalcover.agent.embedded.phrases import joined, lower_first
from goalcover.agent.embedded.statement import content
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import SLOTS, Scope, Subgoal
from goalcover.agent.words import is_telling

NEAR = 0.25
"""Cosine from which two things that one name joins are one: bones and joints are, paediatrics and dentistry are not."""
NEAR_NAMED = 0.5
"""The same for things that each go by a name of their own: drug interactions and dosing are two."""
APART = 0.3
"""Cosine below which two things that a description does are two."""
_JOINT = re.compile(r"\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|&|/|or|plus)\s+|/", re.IGNORECASE)
_THEN = re.compile(r",?\s+and\s+(?:also\s+)?(?=(\w+)\s+\w)", re.IGNORECASE)
_ELABORATES = re.compile(r"\b(?:such as|for example|including|e\.g\.)\s", re.IGNORECASE)
"""What follows belongs to one thing: danger such as gas leaks and electric shocks."""
_ARTICLE = re.compile(r"(?:\s+(?:the|an?|how|to|what|which|that|its|their))+$", re.IGNORECASE)
_REFERS = re.compile(r"\b(?:it|its|they|them|their)\b", re.IGNORECASE)
_PLAIN = frozenset("Covers Explains Handles Discusses Describes Summarises Summarizes Teaches Interprets".split())
_REWORDED = (
    (re.compile(r"accura|correct|precis", re.IGNORECASE), "Exact figures"),
    (re.compile(r"help|useful|satisf|happy|handle", re.IGNORECASE), "Next steps"),
)
_INSTEAD = ("Step-by-step instructions", "Citing sources", "Next steps", "Safety warnings", "Exact figures")


def check(subgoal: Subgoal, subgoals: Sequence[Subgoal], domain: Domain, embedder: Embedder) -> Atomicity:
    """The verdict, and where it is bad news a split or another wording."""
    if _is_vague(subgoal):
        reason = f"“{subgoal.name}” names nothing that a sample can show or lack: say what makes an answer so."
        return Atomicity(id=subgoal.id, ok=False, reason=reason, repair=_reword(subgoal, subgoals))
    parts = _parts(subgoal, domain, embedder)
    if len(parts) < 2:
        return Atomicity(id=subgoal.id, ok=True, reason="One capability that a sample can show.")
    several = joined([lower_first(part.text) for part in parts])
    reason = (
        f"“{subgoal.name}” reads as {_number(len(parts))} capabilities, {several}: a sample may show one without the "
        "other, and one score could not say which is missing."
    )
    return Atomicity(id=subgoal.id, ok=False, reason=reason, repair=_split(subgoal, parts, subgoals, domain))


def _is_vague(subgoal: Subgoal) -> bool:
    words = re.findall(r"[^\W\d_]+", f"{subgoal.name} {subgoal.description}".lower())
    return not any(is_telling(word) and word not in wordings.VAGUE for word in words)


def _parts(subgoal: Subgoal, domain: Domain, embedder: Embedder) -> list[Clause]:
    """What a subgoal asks for, when it is several things."""
    if _known(subgoal.name, domain):
        return []
    joint = [part for part in _JOINT.split(subgoal.name) if part.strip()]
    if len(joint) > 1:
        return _named_parts(joint, subgoal, domain, embedder)
    done = _done(subgoal.description)
    return (
        [Clause(text=part, slot="task", verb=verb) for verb, part in done]
        if _far([p for _, p in done], embedder)
        else []
    )


def _named_parts(joint: list[str], subgoal: Subgoal, domain: Domain, embedder: Embedder) -> list[Clause]:
    if any(wordings.ADJECTIVE.match(part) for part in joint[:-1]) and " " in joint[-1]:
        return []  # acute and chronic pain
    parts = [_clause(part, domain) for part in _with_objects(joint)]
    verbs = {part.verb for part in parts if part.verb in wordings.TASK_VERBS}
    if len(verbs) == len(parts):
        return parts  # drafting and translating contracts
    known = [_known(part.text, domain) for part in parts]
    if all(known):
        kept_apart = len({one.name for one in known if one}) == len(known)
        return parts if kept_apart and _far(joint, embedder, NEAR_NAMED) else []
    return parts if not _ELABORATES.search(subgoal.description) and _far(joint, embedder, NEAR) else []


def _with_objects(joint: list[str]) -> list[str]:
    """`drafting`, `translating contracts`: both are about contracts."""
    first, _, last = joint[-1].partition(" ")
    if not last or first.lower() not in wordings.VERBS:
        return joint
    return [f"{part} {last}" if part.lower() in wordings.VERBS else part for part in joint]


def _clause(part: str, domain: Domain) -> Clause:
    verb = wordings.VERBS.get(part.split()[0].lower(), "") if " " in part else ""
    return Clause(text=part, slot="task" if verb else item_slot(part, domain, "domain"), verb=verb)


def _known(name: str, domain: Domain) -> Capability | None:
    """The capability of that name, in the goal's own field or in any other."""
    return named(name, domain, SLOTS) or next(iter(everywhere(name)), None)


def _done(description: str) -> list[tuple[str, str]]:
    """(verb, phrase) of each thing that a description does, each with an object: `fixes errors and styles pages`."""
    cuts = [match for match in _THEN.finditer(description) if _third_person(match[1])]
    starts, ends = [0, *(match.end() for match in cuts)], [*(match.start() for match in cuts), len(description)]
    phrases = [description[start:end].strip(" .") for start, end in zip(starts, ends, strict=True)]
    found = [(_third_person(phrase.split()[0]), phrase) for phrase in phrases if " " in phrase]
    return found if len(found) == len(phrases) > 1 and all(verb for verb, _ in found) else []


def _third_person(word: str) -> str:
    """The base form of a verb in the third person; "" for any other word."""
    verb = wordings.VERBS.get(word.lower(), "")
    return verb if verb and word.lower() == wordings.third(verb) else ""


def _far(parts: Sequence[str], embedder: Embedder, cut: float = APART) -> bool:
    if len(parts) < 2:
        return False
    vectors = embedder.vectors(parts)
    return bool((vectors @ vectors.T).min() < cut)


def _split(subgoal: Subgoal, parts: Sequence[Clause], subgoals: Sequence[Subgoal], domain: Domain) -> Edit:
    frame = _frame(subgoal.description) or domain.frame
    put = []
    for part, said in zip(parts, _said_apart(subgoal, len(parts)), strict=True):
        known = _known(part.text, domain)
        one = subgoal_of(known, frame) if known else naming.describe(part, frame)
        one = one.model_copy(update={"description": frame.format(said)}) if said and not known else one
        put.append(one.model_copy(update={"weight": subgoal.weight / len(parts), "scope": _scope(known, subgoal)}))
    names = joined([one.name for one in put])
    return Edit(label=f"Split it into {names}", out=(subgoal.id,), put=_free(put, subgoals, subgoal))


def _said_apart(subgoal: Subgoal, n: int) -> list[str]:
    """What the description says of each of n things, in order; empty texts where it does not go over them."""
    said = [content(one) for one in _JOINT.split(content(subgoal.description)) if one]
    apart = len(said) == n and _frame(subgoal.description) and not any(map(_REFERS.search, said))
    return said if apart else [""] * n


def _frame(description: str) -> str:
    """The sentence around what a description is about: `Answers questions about {}`; "" when it is no plain one."""
    about = content(description)
    lead = _ARTICLE.sub("", description[: description.find(about)].strip())
    plain = lead in _PLAIN or (len(lead.split()) > 1 and " and " not in lead)
    return f"{lead} {{}}" if plain else ""


def _scope(known: Capability | None, subgoal: Subgoal) -> Scope:
    return known.scope if known else subgoal.scope


def _free(put: Sequence[Subgoal], subgoals: Sequence[Subgoal], gone: Subgoal) -> tuple[Subgoal, ...]:
    """Without what another subgoal is there for already."""
    others = {one.id for one in subgoals if one.id != gone.id}
    return tuple(one for one in {one.id: one for one in put}.values() if one.id not in others)


def _reword(subgoal: Subgoal, subgoals: Sequence[Subgoal]) -> Edit:
    """Something that a sample can show, as near as words tell; or nothing, when all of that is there already."""
    hinted = [name for pattern, name in _REWORDED if pattern.search(subgoal.name)]
    taken = {one.id for one in subgoals if one.id != subgoal.id}
    for name in (*hinted, *_INSTEAD):
        instead = subgoal_of(by_name(name, domains()[GENERIC]), "")
        if instead.id not in taken:
            changed = instead.model_copy(update={"weight": subgoal.weight})
            return Edit(label=f"Ask for “{instead.name}” instead", out=(subgoal.id,), put=(changed,))
    return Edit(label="Leave it out", out=(subgoal.id,))


def _number(n: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(n, str(n))
