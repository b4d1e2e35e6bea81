"""The embedded clarifier: a question bank by field and part of the scope (section 3.2, steps 2 and 3).

What goal and answers already say about an open part of the scope is offered as the first answer, and the question asks
for the rest; what the dataset shows comes next, then what practitioners of the field usually answer.
"""

import asyncio
from collections.abc import Sequence

from goalcover.agent.elicitation import DataProfile, Question, Specification
from goalcover.agent.embedded import naming, wordings
from goalcover.agent.embedded.clauses import FORM_SLOTS, Clause, clauses, goal_clauses, main_verb
from goalcover.agent.embedded.domains import Domain, Wording, field_of, key, named
from goalcover.agent.embedded.phrases import joined, lower_first
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import SLOTS, Slot

AT_ONCE = 3
MOST_SUGGESTED = 6
TOPICS_NAMED = 3
SHORT = 60
"""Median words of the answers up to which the data's answers are short."""
_AS_TRAITS: dict[Slot, dict[str, str]] = {
    "output": {
        "JSON": "JSON",
        "numbered or bulleted steps": "Step-by-step instructions",
        "amounts of money": "Amounts of money",
    },
    "evidence": {"citations": "Cites its sources"},
}


class EmbeddedClarifier:
    """Asks without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def ask(self, specification: Specification, profile: DataProfile | None) -> tuple[Question, ...]:
        """See `roles.Clarifier`. Works in a thread, so that whoever waits for it can go on."""
        return await asyncio.to_thread(self._ask, specification, profile)

    def _ask(self, specification: Specification, profile: DataProfile | None) -> tuple[Question, ...]:
        domain = field_of(specification, profile, self._embedder)
        known = clauses(specification, domain)
        slots = [slot for slot in domain.order if slot in specification.open_slots]
        return tuple(_question(slot, specification, known, domain, profile) for slot in slots[:AT_ONCE])


def _question(
    slot: Slot, specification: Specification, known: Sequence[Clause], domain: Domain, profile: DataProfile | None
) -> Question:
    wording = domain.questions[slot]
    ruled_out = goal_clauses(specification.goal, domain) if slot == "out_of_scope" else ()
    stated = tuple(_called(one, domain) for one in (*known, *ruled_out) if one.slot == slot)
    answers = [*stated, *_shown(slot, profile), *_usual(slot, wording, domain, specification)]
    asked_for = {_identity(one.text, domain) for one in known} if slot == "out_of_scope" else set()
    unique = {_identity(answer, domain): answer for answer in reversed(answers)}
    kept = [name for name in dict.fromkeys(_identity(answer, domain) for answer in answers) if name not in asked_for]
    return Question(
        text=_text(slot, wording, stated, known, profile),
        slot=slot,
        why=_why(slot, wording, profile),
        suggestions=tuple(unique[name] for name in kept[:MOST_SUGGESTED]),
        many=True,
    )


def _called(clause: Clause, domain: Domain) -> str:
    """What a clause asks for, as an answer: by the name that the field has for it, or in its own words."""
    if clause.slot in FORM_SLOTS:
        return naming.subgoal_for(clause, domain, domain.frame).name
    word, _, rest = clause.text.removeprefix("never ").partition(" ")
    verb = wordings.VERBS.get(word.lower(), "") if rest else ""
    return _capitalised(f"{wordings.gerund(verb)} {rest}" if verb else clause.text)


def _identity(answer: str, domain: Domain) -> str:
    """Equal for answers that ask for the same."""
    plain = answer.partition(" (")[0]
    found = named(plain, domain, SLOTS)
    return key(found.name if found else plain)


def _text(
    slot: Slot, wording: Wording, stated: Sequence[str], known: Sequence[Clause], profile: DataProfile | None
) -> str:
    lay = any(one.slot == "audience" and wordings.LAY.search(one.text) for one in known)
    ask = wording.lay if lay and wording.lay else wording.ask
    said = _listed(stated) if stated else ""
    if slot == "domain" and profile is not None and len(profile.topics) > 1:
        about = wording.data.format(topics=_listed([topic.name for topic in profile.topics]))
        return f"You name {said}. {about}" if said else about
    if said and slot == "audience":
        return f"You mention {said}: does anyone else read what it writes?"
    if said and slot == "out_of_scope":
        return f"You rule out {said}: what else should it leave alone?"
    if said:
        return f"Besides {said}: {lower_first(ask)}"
    topics = [lower_first(one.text) for one in known if one.slot == "domain"]
    if slot == "safety" and topics:
        return f"On {joined([*topics[:2], *(['the rest'] if len(topics) > 2 else [])])}: {lower_first(ask)}"
    return ask


def _why(slot: Slot, wording: Wording, profile: DataProfile | None) -> str:
    if slot == "evidence" and profile is not None and profile.output_words and "citations" not in profile.traits:
        return "Few answers in your data cite anything, and no model picks it up from uncited ones."
    return wording.why


def _shown(slot: Slot, profile: DataProfile | None) -> list[str]:
    """What the dataset shows of a part of the scope, as an answer."""
    if profile is None:
        return []
    if slot == "domain":
        return [_capitalised(topic.name) for topic in profile.topics]
    found = [answer for trait, answer in _AS_TRAITS.get(slot, {}).items() if trait in profile.traits]
    if slot == "output" and 0 < profile.output_words <= SHORT and "code" not in profile.traits:
        found.append(f"Short answers (about {profile.output_words} words as in your data)")
    return found


def _usual(slot: Slot, wording: Wording, domain: Domain, specification: Specification) -> list[str]:
    """What practitioners of the field answer; the task that the goal's own verb names comes first."""
    if slot == "domain" and not wording.suggestions:
        return [one.name for one in domain.capabilities if one.about and one.typical]
    verb = main_verb(specification) if slot == "task" else ""
    return sorted(wording.suggestions, key=lambda answer: not verb or verb not in answer.lower())


def _listed(names: Sequence[str]) -> str:
    """The first few within a sentence; a comma keeps apart names that hold an "and"."""
    items = [lower_first(name) for name in names[:TOPICS_NAMED]]
    if len(items) > 1 and any(" and " in item for item in items):
        return f"{', '.join(items[:-1])}, and {items[-1]}"
    return joined(items)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
