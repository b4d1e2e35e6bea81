"""What a senior practitioner of a field knows before the first answer: its questions, its topics, its rules.

One TOML file a field in `bank/`; `generic.toml` holds what every field shares, and stands in for fields not listed.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from math import inf
from pathlib import Path

from goalcover.agent.elicitation import DataProfile, Specification, slug
from goalcover.agent.embedded import wordings
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Frozen, Scope, Slot, Subgoal
from goalcover.agent.words import is_known
from pydantic import Field
from rapidfuzz.distance import OSA

GENERIC = "generic"
ALIKE = 0.34
"""Cosine of a goal and a field's gist from which the goal belongs to the field, whatever words it uses."""
HINT = 0.1
"""What each topic of the field that the text names adds to that."""
_ONE_SLIP, _TWO_SLIPS = 6, 10
"""Letters from which a word may hold as many slips of the keyboard."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Capability(Frozen):
    """A capability that people ask for by name."""

    name: str
    about: str = ""
    """What it is about, for a topic: goes into the goal's own frame."""
    does: str = ""
    """The whole description, for everything else."""
    says: tuple[str, ...] = ()
    """How people call it."""
    slot: Slot = "domain"
    scope: Scope = "some"
    seen: bool = True
    """Whether the embedded judge can see it: it reads what a text says and counts some forms, but no length."""
    typical: bool = True
    """Whether it is proposed to someone who names no topic."""


class Wording(Frozen):
    """How a field asks about a part of the scope."""

    ask: str
    data: str = ""
    """With `{topics}`: how it asks when a dataset is there."""
    lay: str = ""
    """How it asks once it is known that lay people read the answers."""
    why: str = ""
    suggestions: tuple[str, ...] = ()


class Domain(Frozen):
    """A field."""

    id: str
    gist: str
    """What it is about, for goals that use none of its words."""
    umbrella: tuple[str, ...]
    """Words that name the field itself, and so no topic of it."""
    frame: str
    """Sentence around a topic, with `{}`."""
    frames: Mapping[str, str] = Field(default_factory=dict)
    """The same for some tasks, by their verb."""
    order: tuple[Slot, ...]
    """What to ask first."""
    also: tuple[str, ...]
    """Names of capabilities that fill up a goal which says very little."""
    questions: dict[Slot, Wording]
    capabilities: tuple[Capability, ...] = ()


@lru_cache(maxsize=1)
def domains() -> dict[str, Domain]:
    """All fields by name, the generic one last."""
    folder = Path(__file__).with_name("bank")
    read = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    shared = read.pop(GENERIC)
    found = {name: _domain(name, content, shared) for name, content in read.items()}
    return found | {GENERIC: _domain(GENERIC, shared, {"questions": {}, "capabilities": []})}


def _domain(name: str, content: dict[str, object], shared: dict[str, object]) -> Domain:
    questions, capabilities = content.get("questions", {}), content.get("capabilities", [])
    assert isinstance(questions, dict)
    assert isinstance(capabilities, list)
    whole = content | {
        "id": name,
        "questions": shared["questions"] | questions,  # type: ignore[operator]
        "capabilities": capabilities + shared["capabilities"],  # type: ignore[operator]
    }
    return Domain.model_validate(whole)


def key(text: str) -> str:
    """A text's words with blanks between and around, so that one phrase stands in another when its key does.

    Plurals and American spellings count alike; stems would not do: a nurse is not nursing, nor a developer development.
    """
    return f" {' '.join(_plain(word) for word in _WORD.findall(text.lower()))} "


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    word = re.sub(r"is(e[sd]?|ing|ations?)$", r"iz\1", word.replace("’", "'"))
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def recognise(text: str, embedder: Embedder) -> Domain:
    """The field of a goal and its answers; the generic one when nothing tells.

    Words that name a field tell it. One alone may mean something else, as in building code or acts of a play: it counts
    like a topic, and no more where neither a topic of the field nor the meaning speaks for it too.
    """
    said, called = key(text), key(_called(text))
    fields = [one for one in domains().values() if one.id != GENERIC]
    most = max(_own_words(one, said, called) for one in fields)
    if most > 1:
        fields = [one for one in fields if _own_words(one, said, called) == most]
    if len(fields) == 1:
        return fields[0]
    vectors = embedder.vectors([text, *(one.gist for one in fields)])
    named = [(min(_own_words(one, said), 1), _topics(one, said)) for one in fields]
    fits = [float(cosine) + HINT * sum(words) for cosine, words in zip(vectors[1:] @ vectors[0], named, strict=True)]
    fit, (own, topics), best = max(zip(fits, named, fields, strict=True), key=lambda one: one[0])
    return best if most > 1 or (own and topics) or fit - HINT * own >= ALIKE else domains()[GENERIC]


def _called(goal: str) -> str:
    """What stands before "assistant" or the like, where a goal begins with what is to be built."""
    agent = wordings.AGENT.match(wordings.BUILD.sub("", wordings.OPENING.sub("", goal)))
    return agent["head"] if agent else ""


def field_of(specification: Specification, profile: DataProfile | None, embedder: Embedder) -> Domain:
    """The field of a specification: by goal and answers, or else by what the data is about."""
    asked: tuple[Slot, ...] = ("domain", "task")
    answers = (specification.answer_to(slot) or "" for slot in asked)
    found = recognise(". ".join(one for one in (specification.goal, *answers) if one), embedder)
    if found.id != GENERIC or profile is None or not profile.topics:
        return found
    return recognise(", ".join(topic.name for topic in profile.topics), embedder)


def _own_words(domain: Domain, *said: str) -> int:
    """Words of the field's own names that stand in the texts; its topics' words are often shared with other fields."""
    names = {key(word) for word in domain.umbrella}
    return sum(len(name.split()) for text in said for name in names if name in text)


def _topics(domain: Domain, said: str) -> int:
    return sum(any(key(word) in said for word in one.says) for one in domain.capabilities if one.about)


def named(text: str, domain: Domain, slots: tuple[Slot, ...]) -> Capability | None:
    """The capability that goes by this name."""
    said = key(text)
    among = (one for one in domain.capabilities if one.slot in slots)
    return next((one for one in among if said in {key(one.name), *map(key, one.says)}), None)


def meant(text: str, domain: Domain) -> str:
    """The topic's name that a text is but for slips of the keyboard; empty for none. What people write is no slip."""
    words = key(text).split()
    slips = frozenset(word for word in words if len(word) >= _ONE_SLIP and not is_known(word))
    if not slips:
        return ""
    far = {name: _slips(words, spelt, slips) for name, spelt in _topic_names(domain.id).items()}
    nearest = min(far, key=far.__getitem__)
    return nearest if far[nearest] < inf else ""


@lru_cache
def _topic_names(field: str) -> dict[str, list[str]]:
    """The words of every name of the field's topics, and of the first names of all others'."""
    names = [name for one in domains()[field].capabilities if one.slot == "domain" for name in (one.name, *one.says)]
    names += [one.name for domain in domains().values() for one in domain.capabilities if one.about]
    return {name: key(name).split() for name in names}


def _slips(words: Sequence[str], name: Sequence[str], slips: Collection[str]) -> float:
    """How many slips lead from a name to these words; infinitely many where the words are others."""
    if len(words) != len(name):
        return inf
    pairs = [(word, other) for word, other in zip(words, name, strict=True) if word != other]
    far = [OSA.distance(word, other) for word, other in pairs]
    near = all(word in slips and n <= 1 + (len(word) >= _TWO_SLIPS) for (word, _), n in zip(pairs, far, strict=True))
    return sum(far) if near else inf


def mentioned(text: str, domain: Domain, slots: tuple[Slot, ...]) -> Capability | None:
    """The capability whose name stands in the text, the longest name first; `named` goes before."""
    said = key(text)
    found = [
        (len(key(word)), one)
        for one in domain.capabilities
        if one.slot in slots
        for word in (one.name, *one.says)
        if key(word) in said
    ]
    return max(found, key=lambda pair: pair[0], default=(0, None))[1]


def everywhere(name: str) -> tuple[Capability, ...]:
    """The capabilities that go by this name, in any field."""
    return _index().get(key(name), ())


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[Capability, ...]]:
    found: dict[str, tuple[Capability, ...]] = {}
    for field in domains().values():
        for one in field.capabilities:
            for name in {key(one.name), *map(key, one.says)}:
                found[name] = (*found.get(name, ()), one)
    return found


def by_name(name: str, domain: Domain) -> Capability:
    """The capability of that name; KeyError when there is none."""
    return {one.name: one for one in reversed(domain.capabilities)}[name]


def subgoal_of(capability: Capability, frame: str) -> Subgoal:
    """The capability as a subgoal; its id is its name's slug."""
    description = capability.does or frame.format(capability.about)
    return Subgoal(id=slug(capability.name), name=capability.name, description=description, scope=capability.scope)
