"""A specification taken apart: every clause of goal and answers that a subgoal has to cover (Eq. 1 and 4).

What only frames a goal ("build an assistant for"), names its field as a whole ("medical") or praises ("accurate") asks
for no capability of its own and makes no clause. Nor does an answer about what is out of scope.
"""

import re
from collections.abc import Iterator, Sequence

from goalcover.agent.elicitation import Specification
from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.domains import GENERIC, Domain, key, meant, mentioned, named
from goalcover.agent.embedded.items import is_frame, item_slot, split, tidy
from goalcover.agent.embedded.manners import is_manner
from goalcover.agent.embedded.verbs import acts, first_verb, leading_verbs, verb_phrases
from goalcover.agent.models import SLOTS, Frozen, Slot

FORM_SLOTS: tuple[Slot, ...] = ("task", "output", "safety", "evidence")
_VERB_SLOTS: dict[str, Slot] = {"cite": "evidence", "warn": "safety"}
"""What is done to something in answers of all kinds."""
_SENTENCE = re.compile(
    r"(?<=[.!?])\s+|[;\n]+|\s[–—]\s|:\s+(?=\S+ \S+)"
    r"|,?\s+and\s+(?=(?:must|should|has\s+to|have\s+to|needs\s+to)\b)"
    r"|(?:,|,?\s+and)\s+(?=(?:we|I|it|they)(?:['’]|\s+(?:want|need|should|must)\b))"
)
_DETERMINER = re.compile(r"(?:an?|the|our|my)\s+", re.IGNORECASE)
_MUST = re.compile(r"\b(?:must|should|needs?\s+to|ha(?:s|ve)\s+to|ought\s+to)\b", re.IGNORECASE)
_CAREFULLY = re.compile(
    rf"^(?P<what>(?:(?!\b(?:who|that|which)\b).)+?)\s+{_MUST.pattern}\s+(?:always\s+)?be\s+\w+(?:ed|en|t)\b",
    re.IGNORECASE,
)
"""What something has to be done to: `allergies must be handled carefully`."""
_SAYS = re.compile(
    r"^(?:(?:clearly|always)\s+)*(?:says?|states?|mentions?|points?\s+out|makes?\s+(?:it\s+)?clear|notes?)\s+"
    r"(?:that\s+)?(?P<what>(?:it|this|that|they|these)\b.+)$",
    re.IGNORECASE,
)
"""A sentence that every answer has to hold."""

_THEM = re.compile(r"^(\w+) (?:it|them|these|those)\b", re.IGNORECASE)
"""A verb of what the verb before it was of: `summarises notes and translates them`."""
_IT_DOES = re.compile(r"(?:it|this|they)\s", re.IGNORECASE)
"""What has been said to be built is spoken of again: `it suggests recipes`."""
_NOT = re.compile(r"not\s", re.IGNORECASE)
"""What is left out beside what is asked for: `beginners, not experts`."""


class Clause(Frozen):
    """Something that the goal or an answer asks for."""

    text: str
    slot: Slot
    source: Slot | None = None
    """The answer that it stands in; None for the goal itself."""
    misspelt: str = ""
    """How the topic was spelt, where another spelling was meant."""
    verb: str = ""
    """For a task, its verb in the base form; the text then begins with another form of it."""


def clauses(specification: Specification, domain: Domain) -> tuple[Clause, ...]:
    """The goal's clauses and the answers', none twice. An answered slot replaces what the goal says about it."""
    found = list(goal_clauses(specification.goal, domain))
    for answer in specification.answers:
        if answer.slot is not None and answer.slot != "out_of_scope":
            found += (_spelt(one, domain) for one in _answer_clauses(answer.answer, answer.slot, domain))
    excluded = {key(item) for item in split(specification.answer_to("out_of_scope") or "", domain)}
    excluded |= {key(clause.text) for clause in found if clause.slot == "out_of_scope"}
    unique = {key(clause.text): clause for clause in reversed(found)}
    kept = [unique[name] for name in dict.fromkeys(key(clause.text) for clause in found)]
    return tuple(one for one in kept if key(one.text) not in excluded and one.slot != "out_of_scope")


def main_verb(specification: Specification) -> str:
    """What the model is to do, in the base form: as the answer about the task says, or else the goal; "" for none."""
    for text in (specification.answer_to("task") or "", specification.goal):
        words = re.findall(r"[\w-]+", text.lower())
        verbs = [verb for verb in map(wordings.VERBS_NAMED.get, words) if verb in wordings.TASK_VERBS]
        if verbs:
            return verbs[0]
    return ""


def goal_clauses(goal: str, domain: Domain) -> tuple[Clause, ...]:
    """What the goal's own text asks for, out-of-scope clauses included."""
    found = [clause for sentence in _SENTENCE.split(goal) if sentence.strip() for clause in _sentence(sentence, domain)]
    asked = (one for one in found if one.verb or one.slot == "audience" or not is_frame(one.text, domain))
    return tuple(_spelt(one, domain) for one in asked)


def _spelt(clause: Clause, domain: Domain) -> Clause:
    """With a topic's name as it is spelt."""
    name = meant(clause.text, domain) if clause.slot == "domain" else ""
    return clause.model_copy(update={"text": name, "misspelt": clause.text}) if name else clause


def _answer_clauses(answer: str, slot: Slot, domain: Domain) -> Iterator[Clause]:
    answer = wordings.OPENING.sub("", answer)
    if slot not in FORM_SLOTS or slot == "task":
        said = [sentence for sentence in _SENTENCE.split(answer) if sentence.strip()]
        rules = [one for one in said if _is_rule(one)]
        for rule in rules:  # wherever it is said, it asks for what it would ask for in the goal
            yield from (one.model_copy(update={"source": slot}) for one in _sentence(rule, domain))
        answer = "; ".join(one for one in said if one not in rules) if rules else answer
    if slot == "audience":
        yield from (Clause(text=item, slot=slot, source=slot) for item in split(answer, domain) if not _NOT.match(item))
        return
    if slot in FORM_SLOTS and slot != "task":
        answer = wordings.IN_LANGUAGE.sub("; in ", answer)
    for item in split(answer, domain):
        if slot == "domain":
            people = " " in item and wordings.PEOPLE.search(item)
            yield from (_topic(item, domain),) if people or not is_frame(item, domain) else ()
        else:
            yield from _act(item, domain) if slot == "task" else _form(item, slot, domain)


def _act(item: str, domain: Domain) -> Iterator[Clause]:
    """Something to be done, or never to be done; what is merely said not to be meant is nothing."""
    if _NOT.match(item):
        return
    if wordings.NEVER.match(item):
        yield Clause(text=item, slot="safety", source="task")
        return
    verb, rest = first_verb(item)
    is_task = bool(rest) and verb in wordings.TASK_VERBS
    if is_task or named(item, domain, SLOTS) or not is_frame(rest if verb else item, domain):
        yield Clause(text=item, slot="task", source="task", verb=verb if is_task else "")


def _form(item: str, slot: Slot, domain: Domain) -> Iterator[Clause]:
    """How an answer is to be."""
    if duty := wordings.DUTY.match(item):
        yield Clause(text=f"{'never ' if duty['no'] else ''}{item[duty.end() :]}", slot=slot, source=slot)
    elif not (_NOT.match(item) and wordings.PEOPLE.search(item)):
        verb, rest = first_verb(item)
        if named(item, domain, SLOTS) or not is_frame(rest if verb else item, domain):
            yield Clause(text=item, slot=slot, source=slot)


def _topic(item: str, domain: Domain) -> Clause:
    """Who is named among the topics is one: angry customers. A language that answers are to be in is none."""
    slot = item_slot(item, domain, "domain") if " " not in item or not wordings.language(item) else "output"
    return Clause(text=item, slot="domain" if slot == "audience" else slot, source="domain")


def _is_rule(sentence: str) -> bool:
    duty = wordings.DUTY.match(sentence.strip())
    return bool(duty and _MUST.search(duty.group())) or _CAREFULLY.match(sentence.strip()) is not None


def _sentence(sentence: str, domain: Domain) -> Iterator[Clause]:
    text = sentence.strip().rstrip(".!?")
    duty = wordings.DUTY.match(text)
    if not duty and (careful := _CAREFULLY.match(text)):
        yield from (_clause(item, slot) for item, slot in _classified(careful["what"], "domain", domain))
        return
    if duty:
        rest = text[duty.end() :]
        yield from _predicate(rest, domain) if not duty["no"] else _items(rest, "out_of_scope", domain)
        return
    if _IT_DOES.match(text) and acts(said := text.partition(" ")[2]):
        yield from _predicate(said, domain)
        return
    text = wordings.OPENING.sub("", text)
    built = wordings.BUILD.match(text) or _DETERMINER.match(text)
    text = text[built.end() :] if built else text
    if agent := _agent(text, is_noun=bool(built)):
        yield from _head(agent["head"], domain)
        does = wordings.WHICH.match(agent["rest"])
        yield from _predicate(agent["rest"][does.end() :], domain) if does else _rest(_cut(agent["rest"]), domain)
    elif built and (predicate := re.match(r"^\S+(?:\s\S+)?\s+(?:to|that|for)\s+", text)):
        yield from _predicate(text[predicate.end() :], domain)
    else:
        yield from _predicate(text, domain)


def _agent(text: str, *, is_noun: bool) -> re.Match[str] | None:
    """What is to be built, where a text begins with it.

    "Support agents with refunds" begins with a verb; "support agent for refunds" does not: it would lack an article.
    """
    agents = (rule.match(text) for rule in (wordings.AGENT, wordings.DOER))
    agent = next((one for one in agents if one and not wordings.CONNECTOR.search(one["head"])), None)
    if agent is None or is_noun or not first_verb(text)[0]:
        return agent
    follows = not agent["rest"] or wordings.CONNECTOR.match(agent["rest"])
    return agent if _is_verb(agent["head"]) and follows and not agent["noun"].endswith("s") else None


def _is_verb(text: str) -> bool:
    verb, rest = first_verb(text)
    return bool(verb) and not rest


def _head(text: str, domain: Domain) -> Iterator[Clause]:
    """What stands before "assistant": `medical question-answering`. In `review tool` it says what all samples do."""
    if speaks := wordings.SPEAKS.match(text):
        rest = text[speaks.end() :]
        if speaks["language"].lower().endswith("lingual") or (rest and is_frame(rest, domain)):
            yield Clause(text=speaks["language"], slot="output")
            text = rest
    if _is_verb(text):
        return
    task = mentioned(text, domain, ("task",))
    for item in split(text, domain):
        if not wordings.PLACE.fullmatch(item):
            yield Clause(text=item, slot="task" if task else item_slot(item, domain, "domain"))


def _predicate(text: str, domain: Domain) -> Iterator[Clause]:
    """`drafts, reviews and explains clauses, keeping ...`: verbs, and what each is done to."""
    if helped := wordings.HELPED.match(text.strip()) or wordings.STAFF_HELPED.match(text.strip()):
        yield Clause(text=tidy(helped["who"]), slot="audience")
        text = wordings.GRASP.sub("", helped["does"])
    if says := _SAYS.match(text.strip()):
        yield Clause(text=f"says {tidy(says['what'])}", slot="safety")
        return
    phrases = verb_phrases(wordings.READS.sub("", text.strip()))
    bounds = [one for one in phrases if wordings.NEVER.match(one) or is_manner(one)]
    several, done_to = len(phrases) - len(bounds) > 1, ""
    for phrase in phrases:
        if phrase in bounds:
            yield from _bound(phrase, domain)
            continue
        said = _named_again(phrase, done_to)
        yield from _verb_phrase(said, several, domain)
        verbs, objects = leading_verbs(said)
        done_to = tidy(_cut(objects)[0][1]) if verbs else done_to


def _named_again(phrase: str, done_to: str) -> str:
    """With what was named before in the place of "them"."""
    them = _THEM.match(phrase)
    return f"{them[1]} {done_to}{phrase[them.end() :]}" if them and done_to else phrase


def _bound(text: str, domain: Domain) -> Iterator[Clause]:
    """What an answer is to be like, or is not to do."""
    if is_manner(text):
        slot = next((slot for slot, words in wordings.SLOT_WORDS if words.search(text)), "safety")
        yield Clause(text=tidy(text), slot=slot)
    else:
        yield from _items(wordings.NEVER.sub("", text, count=1), "out_of_scope", domain)


def _verb_phrase(text: str, several: bool, domain: Domain) -> Iterator[Clause]:
    """Several verbs share what follows them. A single one is a task of its own when others stand beside it."""
    verbs, rest = leading_verbs(text)
    if not verbs and acts(text):
        yield Clause(text=tidy(text), slot=item_slot(text, domain, "task"))
        return
    if len(verbs) == 1 and (slot := _VERB_SLOTS.get(verbs[0])) and rest:
        yield from _rule(text, slot, domain)
        return
    (_, objects), *others = _cut(rest)
    tasks = [verb for verb in verbs if verb in wordings.TASK_VERBS and not _THEM.match(text)]
    if verbs == ["speak"]:
        yield from _items(objects, "output", domain)
    elif tasks and (several or len(tasks) > 1) and (what := tidy(objects)):
        yield from (Clause(text=f"{wordings.gerund(verb)} {what}", slot="task", verb=verb) for verb in tasks)
    else:
        found = [_clause(item, slot) for item, slot in _classified(objects, "domain", domain)]
        known = {*domain.frames, wordings.base(domain.frame.split()[0].lower())}
        if tasks and not found and tasks[0] not in known and (what := tidy(objects)):  # no frame of topics says it
            found = [Clause(text=f"{wordings.gerund(tasks[0])} {what}", slot="task", verb=tasks[0])]
        yield from found
    yield from _rest(others, domain)


def _rule(text: str, slot: Slot, domain: Domain) -> Iterator[Clause]:
    """`warns about heat, pressure and acids` is one rule; `cites its sources and is polite` is two."""
    first, *others = split(text, domain)
    if all(item_slot(item, domain, slot) == slot for item in others):
        yield Clause(text=tidy(text), slot=slot)
    else:
        yield Clause(text=first, slot=slot)
        yield from (_clause(item, item_slot(item, domain, slot)) for item in others)


def _clause(item: str, slot: Slot) -> Clause:
    verb, what = first_verb(item)
    is_task = slot == "domain" and bool(what) and verb in wordings.TASK_VERBS
    return Clause(text=item, slot="task", verb=verb) if is_task else Clause(text=item, slot=slot)


def _cut(text: str) -> list[tuple[str, str]]:
    """(connecting word, what follows it); the first has no word before it. `medicines that interact` is one thing."""
    pieces = wordings.CONNECTOR.split(text)
    cut = [("", pieces[0])]
    for word, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        before, said = cut[-1]
        if said.strip() and word.lower() in {"that", "which", "who"} and not (first_verb(rest)[0] or acts(rest)):
            cut[-1] = (before, f"{said} {word} {rest}")
        else:
            cut.append((word.lower(), rest))
    return cut


def _rest(segments: Sequence[tuple[str, str]], domain: Domain) -> Iterator[Clause]:
    for word, text in segments:
        if not text.strip(" ,"):
            continue
        if word in {"that", "which", "who", "while"}:
            yield from _predicate(text, domain)
        elif word in {"without", "excluding", "except", "except for", "but not", "not"}:
            yield from _items(text, "out_of_scope", domain)
        elif word in {"in", "into", "from", "to"} and any(map(wordings.language, split(text, domain))):
            yield from (Clause(text=one, slot=item_slot(one, domain, "output")) for one in split(text, domain))
        elif word in {"from", "using", "based on", "so that", "so", "by", "in", "into"}:
            yield from (
                Clause(text=item, slot=slot)
                for item, slot in _classified(text, "domain", domain)
                if slot in FORM_SLOTS or named(item, domain, ("domain",))
            )
        elif wordings.KEEPS.fullmatch(word):
            yield from _items(re.sub(r"^(?:it|them|everything)\s+", "", text.strip()), "output", domain)
        elif word == "for" and (place := wordings.SETTING.search(text.strip(" ,"))):
            if domain.id == GENERIC:
                yield from _items(text.strip(" ,")[: place.start()], "domain", domain)
        else:
            yield from _predicate(text, domain)


def _items(text: str, slot: Slot, domain: Domain) -> Iterator[Clause]:
    yield from (Clause(text=item, slot=slot) for item in split(text, domain))


def _classified(text: str, default: Slot, domain: Domain) -> Iterator[tuple[str, Slot]]:
    """(item, slot) of what follows a verb or a connecting word."""
    chunks = text.split(",")
    while chunks and (who := _people_first(chunks[0], domain)):
        yield who[0], "audience"
        chunks[0] = who[1]
    told = [
        chunk
        for chunk in chunks
        if wordings.PEOPLE.search(chunk) or not is_frame(wordings.ADVERB.sub("", chunk), domain)
    ]
    yield from ((item, item_slot(item, domain, default)) for item in split(",".join(told), domain))


def _people_first(text: str, domain: Domain) -> tuple[str, str] | None:
    """`teenagers personal finance`, `engineers' questions`: (people, rest). `customer support` is one thing."""
    plain = wordings.ADVERB.sub("", re.sub(r"^and\s+", "", text.strip()))
    who, _, where = plain.partition(" of ")
    if wordings.PEOPLE.search(who) and wordings.SETTING.search(where):
        return who, ""
    match = wordings.WHOSE.match(plain) or re.match(r"^(?P<who>\w+)\s+(?P<what>(?!and\b|or\b).+)$", plain)
    if not match or not wordings.PEOPLE.search(match["who"]):
        return None
    if wordings.PEOPLE.search(match["what"]):
        return plain, ""
    whole = named(plain, domain, SLOTS) or (is_frame(plain, domain) and not is_frame(match["what"], domain))
    return None if whole else (match["who"], match["what"])
