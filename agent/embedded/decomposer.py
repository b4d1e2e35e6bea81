"""The embedded decomposer: the clauses of goal and answers become subgoals (section 3.2, step 4, Eq. 5).

A clause that goes by the name of a capability of its field gets that capability's description, which says what belongs
to it ("heart disease, its diagnosis and its treatment"); any other is put into a sentence as it stands.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence

from goalcover.agent.elicitation import MOST_SUBGOALS, Checks, DataProfile, Draft, Specification
from goalcover.agent.embedded import naming
from goalcover.agent.embedded.checks import check
from goalcover.agent.embedded.clauses import FORM_SLOTS, Clause, clauses, goal_clauses, main_verb
from goalcover.agent.embedded.domains import GENERIC, Capability, Domain, by_name, field_of, key, subgoal_of
from goalcover.agent.embedded.items import split
from goalcover.agent.embedded.phrases import joined
from goalcover.agent.embedded.unread import unread
from goalcover.agent.embedder import Embedder
from goalcover.agent.language import in_english, own_words, refuse_unread
from goalcover.agent.models import Subgoal
from goalcover.agent.words import is_telling, stem

MOST_FORMS = 6
"""Of the twelve, when there are more topics than fit."""
FEWEST = 3
FROM_DATA = 6
OF_THE_FIELD = 3
"""What practitioners of the field expect besides, whether the data shows it or not: its lack is what they look for."""
FOREIGN = (
    "The goal does not look like English, the only language that the embedded engine was made for: its subgoals and "
    "checks mean little here. Use the LLM engine, or translate."
)


class EmbeddedDecomposer:
    """Decomposes without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def decompose(self, specification: Specification, profile: DataProfile | None) -> Draft:
        """See `roles.Decomposer`. InputError when it can read no word of the goal."""
        refuse_unread(specification.goal, own_words(specification))
        return await asyncio.to_thread(self._decompose, specification, profile)

    async def check(self, specification: Specification, subgoals: Sequence[Subgoal]) -> Checks:
        """See `roles.Decomposer`."""
        checks = await asyncio.to_thread(check, specification, subgoals, self._embedder)
        return checks if in_english(specification, subgoals) else checks.model_copy(update={"note": FOREIGN})

    def _decompose(self, specification: Specification, profile: DataProfile | None) -> Draft:
        domain = field_of(specification, profile, self._embedder)
        frame = domain.frames.get(main_verb(specification), domain.frame)
        found = clauses(specification, domain)
        asked = naming.asked(found, domain)
        topics = _unique(naming.subgoal_for(one, domain, frame) for one in asked if one.slot == "domain")
        topics = topics or _typical(specification, domain, frame, profile)
        forms = _unique(naming.subgoal_for(one, domain, frame) for one in asked if one.slot != "domain")
        forms = forms[: max(MOST_FORMS, MOST_SUBGOALS - len(topics))]
        both = _unique([*topics[: MOST_SUBGOALS - len(forms)], *forms])
        added = _usual(specification, domain, frame, both)
        told = filter(None, (_told(specification.goal, found, domain), _unasked(added)))
        return Draft(subgoals=(*both, *added), note=" ".join(told))


def _usual(specification: Specification, domain: Domain, frame: str, asked: Sequence[Subgoal]) -> tuple[Subgoal, ...]:
    """What goes with a goal that asks for little: what its field is usually asked for, but for what the goal rules out.

    Where no field is known nothing is usual, so only a goal that asks for nothing at all is filled up.
    """
    if len(asked) >= FEWEST or (asked and domain.id == GENERIC):
        return ()
    bans = {stem(word) for ban in _bans(specification, domain) for word in _words(ban) if is_telling(word)}
    usual = (subgoal_of(by_name(name, domain), frame) for name in domain.also)
    new = [one for one in usual if one not in asked]
    allowed = [one for one in new if bans.isdisjoint(map(stem, _words(f"{one.name} {one.description}")))]
    return tuple(allowed[: FEWEST - len(asked)])


def _unasked(added: Sequence[Subgoal]) -> str:
    if not added:
        return ""
    names = joined([f"“{one.name}”" for one in added])
    return f"You did not ask for {names}, which such goals usually do: drop what your data need not show."


def _bans(specification: Specification, domain: Domain) -> list[str]:
    """What the goal and the answers leave out."""
    said = [one.text for one in goal_clauses(specification.goal, domain) if one.slot == "out_of_scope"]
    return [*said, *split(specification.answer_to("out_of_scope") or "", domain)]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _told(goal: str, found: Sequence[Clause], domain: Domain) -> str:
    """What is to be known: which names were taken for others, and of what in the goal no subgoal was made."""
    said = goal_clauses(goal, domain)
    bans = [one.text for one in said if one.slot == "out_of_scope"]
    ruled_out = "Your goal rules out {}: no subgoal asks for it."
    lost = "I made no subgoal of {} in your goal: say “add …: what it does” if it should be one."
    asked = naming.asked(said, domain)
    form = [one for one in said if one.verb or one.slot in FORM_SLOTS]
    plain = [one.text for one in form if one not in asked and one.verb not in domain.frames]
    told = ((ruled_out, bans), (lost, (*plain, *unread(goal, said, domain))))
    quoted = (words.format(joined([f"“{one}”" for one in these])) for words, these in told if these)
    return " ".join(filter(None, (_slips(found), *quoted)))


def _slips(found: Sequence[Clause]) -> str:
    """Which topics were read as others than they were spelt."""
    read = [f"“{one.misspelt}” as {one.text}" for one in found if one.misspelt]
    return f"I read {joined(read)}: rename the subgoal, and say what it asks for, if it is another." if read else ""


def _typical(specification: Specification, domain: Domain, frame: str, profile: DataProfile | None) -> list[Subgoal]:
    """For someone who names no topic: what the data is about, and what is typical of the field."""
    excluded = " ".join(map(key, _bans(specification, domain)))
    common = [topic.name for topic in profile.topics if key(topic.name) not in excluded] if profile else []
    found = [Clause(text=name, slot="domain") for name in common[:FROM_DATA]]
    of_data = [naming.subgoal_for(one, domain, frame) for one in found]
    expected = [
        one
        for one in domain.capabilities
        if one.about and one.typical and not any(name in excluded for name in _names(one))
    ]
    of_field = [subgoal_of(one, frame) for one in expected]
    missing = [one for one in of_field if one not in of_data]
    return _unique([*of_data, *(missing[:OF_THE_FIELD] if of_data else missing)])


def _names(capability: Capability) -> set[str]:
    return {key(capability.name), *map(key, capability.says)}


def _unique(subgoals: Iterable[Subgoal]) -> list[Subgoal]:
    return list({one.id: one for one in subgoals}.values())
