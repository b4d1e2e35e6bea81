"""The embedded decomposer: the clauses of goal and answers become subgoals (section 3.2, step 4, Eq. 5).

A clause that goes by the name of a capability of its field gets that capability's description, which says what belongs
to it ("heart disease, its diagnosis and its treatment"); any other is put into a sentence as it stands.
"""

import asyncio
from collections.abc import Iterable, Sequence

from goalcover.agent.elicitation import Checks, DataProfile, Draft, Specification
from goalcover.agent.embedded import naming
from goalcover.agent.embedded.checks import check
from goalcover.agent.embedded.clauses import Clause, clauses, main_verb
from goalcover.agent.embedded.domains import Capability, Domain, by_name, field_of, key, subgoal_of
from goalcover.agent.embedded.items import split
from goalcover.agent.embedded.phrases import joined
from goalcover.agent.embedder import Embedder
from goalcover.agent.language import in_english, own_words, refuse_unread
from goalcover.agent.models import Subgoal

MOST = 12
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
        forms = forms[: max(MOST_FORMS, MOST - len(topics))]
        both = _unique([*topics[: MOST - len(forms)], *forms])
        filled = _unique([*both, *(subgoal_of(by_name(name, domain), frame) for name in domain.also)])
        return Draft(subgoals=tuple(both if len(both) >= FEWEST else filled[:FEWEST]), note=_slips(found))


def _slips(found: Sequence[Clause]) -> str:
    """Which topics were read as others than they were spelt."""
    read = [f"“{one.misspelt}” as {one.text}" for one in found if one.misspelt]
    return f"I read {joined(read)}: rename the subgoal, and say what it asks for, if it is another." if read else ""


def _typical(specification: Specification, domain: Domain, frame: str, profile: DataProfile | None) -> list[Subgoal]:
    """For someone who names no topic: what the data is about, and what is typical of the field."""
    excluded = {key(item) for item in split(specification.answer_to("out_of_scope") or "", domain)}
    common = [topic.name for topic in profile.topics if key(topic.name) not in excluded] if profile else []
    found = [Clause(text=name, slot="domain") for name in common[:FROM_DATA]]
    of_data = [naming.subgoal_for(one, domain, frame) for one in found]
    expected = [one for one in domain.capabilities if one.about and one.typical and not excluded & _names(one)]
    of_field = [subgoal_of(one, frame) for one in expected]
    missing = [one for one in of_field if one not in of_data]
    return _unique([*of_data, *(missing[:OF_THE_FIELD] if of_data else missing)])


def _names(capability: Capability) -> set[str]:
    return {key(capability.name), *map(key, capability.says)}


def _unique(subgoals: Iterable[Subgoal]) -> list[Subgoal]:
    return list({one.id: one for one in subgoals}.values())
