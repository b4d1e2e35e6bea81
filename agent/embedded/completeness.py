"""Eq. 1: is every clause of the refined goal covered by some subgoal?"""

import re
from collections.abc import Sequence

from goalcover.agent.elicitation import Edit, Specification, Uncovered, free_id
from goalcover.agent.embedded import naming
from goalcover.agent.embedded.clauses import Clause, clauses, main_verb
from goalcover.agent.embedded.domains import Domain, key
from goalcover.agent.embedded.statement import statement
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import SLOT_NAMES, Subgoal
from goalcover.agent.words import stem, weight

MEANS = 0.5
"""Cosine of a clause with a subgoal's name or statement from which the subgoal covers it."""
SAYS = 0.66
"""Share of a clause's telling words, by weight, from which a subgoal that says them covers it."""
_TELLING = 0.9


def uncovered(
    specification: Specification, subgoals: Sequence[Subgoal], domain: Domain, embedder: Embedder
) -> tuple[Uncovered, ...]:
    """The clauses that no subgoal covers, in order, each with a subgoal to add."""
    frame = domain.frames.get(main_verb(specification), domain.frame)
    asked = naming.asked(clauses(specification, domain), domain)
    wanted = [(clause, naming.subgoal_for(clause, domain, frame)) for clause in asked]
    left = [(clause, one) for clause, one in wanted if not _is_there(clause, one, subgoals)]
    if not left:
        return ()
    near = _nearest([clause.text for clause, _ in left], subgoals, embedder)
    return tuple(
        _uncovered(clause, one, subgoals) for (clause, one), cosine in zip(left, near, strict=True) if cosine < MEANS
    )


def _is_there(clause: Clause, wanted: Subgoal, subgoals: Sequence[Subgoal]) -> bool:
    """Whether a subgoal has the name or the description that the clause's own would have, or says its words."""
    if any(key(one.name) == key(wanted.name) or one.description == wanted.description for one in subgoals):
        return True
    words = _words(clause.text)
    total = sum(map(weight, words.values()))
    said = (_words(statement(one)).keys() for one in subgoals)
    return any(sum(weight(word) for root, word in words.items() if root in there) >= SAYS * total > 0 for there in said)


def _nearest(texts: Sequence[str], subgoals: Sequence[Subgoal], embedder: Embedder) -> list[float]:
    """For each text its cosine with the subgoal that comes closest."""
    if not subgoals:
        return [-1.0] * len(texts)
    offered = [text for one in subgoals for text in (one.name, statement(one))]
    cosines = embedder.vectors(texts) @ embedder.vectors(offered).T
    return [float(row.max()) for row in cosines]


def _uncovered(clause: Clause, wanted: Subgoal, subgoals: Sequence[Subgoal]) -> Uncovered:
    where = "the goal" if clause.source is None else f"your answer about {SLOT_NAMES[clause.source]}"
    taken = {one.id for one in subgoals}
    new = wanted if wanted.id not in taken else wanted.model_copy(update={"id": free_id(wanted.id, taken)})
    return Uncovered(
        clause=clause.text,
        reason=f"No subgoal covers “{clause.text}”, which {where} asks for: a lack of it would show nowhere.",
        repair=Edit(label=f"Add “{new.name}”", put=(new,)),
    )


def _words(text: str) -> dict[str, str]:
    return {stem(word): word for word in re.findall(r"[^\W\d_]+", text.lower()) if weight(word) >= _TELLING}
