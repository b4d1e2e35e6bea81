"""What a dataset looks like before anything is judged: its topics, lengths and forms (what questions draw on).

A topic is counted where a sample's input speaks of it. Names are those that practitioners of the field use, where the
field is one that `agent/embedded/bank` knows; what its topics leave over is named in the data's own words.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import compress
from statistics import median

from goalcover.agent.elicitation import DataProfile, Topic
from goalcover.agent.embedded.cues import CUES
from goalcover.agent.embedded.domains import GENERIC, Capability, Domain, domains, key
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.models import Sample
from goalcover.agent.words import weight
from goalcover.tools.load import Dataset
from goalcover.tools.lows import evenly

MOST_READ = 500
MOST_TOPICS = 10
OWN_WORDS = 4
"""Of them, in the data's own words where the field is known."""
OPENING = 350
"""Characters of an input that say what it is about."""
LEAST = 0.02
"""Share of the samples from which a topic is one."""
FIELD = 0.3
"""Share of the samples that speak of a field's topics, from which the data is of that field."""
FORM = 0.5
"""Share of the answers from which a form is a trait of the data."""
_TELLING = 2.6
_CODE = re.compile(
    r"```|^\s*(?:def |class |import |from \w+ import|#include|function |SELECT |public )|[;{}]\s*$", re.MULTILINE
)
_CAPITALS = re.compile(r"^[A-Z]{2,}$")


def profile(dataset: Dataset) -> DataProfile:
    """The profile of up to 500 evenly spaced samples. Raises InputError when the source can no longer be read."""
    samples = _spread(dataset, len(dataset))
    outputs = [sample.output for sample in samples if sample.output.strip()]
    return DataProfile(
        topics=_topics(samples),
        n_read=len(samples),
        shape=dataset.shape,
        input_words=_words([sample.input for sample in samples]),
        output_words=_words(outputs),
        traits=traits(outputs),
    )


def traits(outputs: Sequence[str]) -> tuple[str, ...]:
    """Forms that half of the outputs have, such as `code`; an empty output is of no form."""
    return tuple(name for name, shows in _TRAITS if _share(outputs, shows) >= FORM)


def _spread(samples: Iterable[Sample], n: int) -> list[Sample]:
    wanted = set(evenly(n, MOST_READ))
    return [sample for place, sample in enumerate(samples) if place in wanted]


def _topics(samples: Sequence[Sample]) -> tuple[Topic, ...]:
    openings = [sample.input[:OPENING] for sample in samples]
    keys = [key(text) for text in openings]
    field = _of_the_field(_field(keys))
    found = {one.name: _where(one, keys) for one in field}
    told = [any(column) for column in zip(*found.values(), strict=True)] if found else [False] * len(keys)
    most = OWN_WORDS if found else MOST_TOPICS
    own = [name for name in _own_words(openings, told, found) if not any(_where(one, [key(name)])[0] for one in field)]
    found |= {name: [key(name) in text for text in keys] for name in own[:most]}
    least = max(2, LEAST * len(samples))
    kept = [(name, where) for name, where in found.items() if sum(where) >= least]
    kept.sort(key=lambda one: -sum(one[1]))
    return tuple(_topic(name, list(compress(samples, where)), len(samples)) for name, where in kept[:MOST_TOPICS])


def _topic(name: str, samples: Sequence[Sample], n: int) -> Topic:
    return Topic(name=name, share=round(len(samples) / n, 3), sample_ids=tuple(sample.id for sample in samples))


def _field(keys: Sequence[str]) -> Domain:
    """The field whose topics most samples speak of; the generic one when that is too few of them."""
    fields = [one for one in domains().values() if one.id != GENERIC]
    shares = []
    for field in fields:
        columns = [_where(one, keys) for one in _of_the_field(field)]
        shares.append(sum(map(any, zip(*columns, strict=True))) / max(len(keys), 1))
    best = max(shares)
    return fields[shares.index(best)] if best >= FIELD else domains()[GENERIC]


def _of_the_field(field: Domain) -> list[Capability]:
    return [one for one in field.capabilities if one.about]


def _where(capability: Capability, keys: Sequence[str]) -> list[bool]:
    names = [key(name) for name in (capability.name, *capability.says)]
    return [any(name in text for name in names) for text in keys]


def _own_words(openings: Sequence[str], told: Sequence[bool], known: Collection[str]) -> list[str]:
    """Telling terms of the data: of the samples that no topic of the field is found in, where there are enough."""
    left = [text for text, is_told in zip(openings, told, strict=True) if not is_told]
    rest = [text for text, is_told in zip(openings, told, strict=True) if is_told]
    groups = [left, rest] if len(left) >= len(openings) // 10 and rest else [list(openings)]
    avoid = [word for name in known for word in name.split()]
    terms = [term for term, _ in key_terms(groups, avoid, most=40)[0]]
    return [term for term in terms if _names_something(term, alone=not known)]


def _names_something(term: str, alone: bool) -> bool:
    """Two words usually do; one does when it tells much, and beside the names of a known field it only disturbs."""
    words = term.split()
    if len(words) > 1 or not alone:
        return len(words) > 1 and not any(_CAPITALS.match(word) and len(word) > 5 for word in words)
    return bool(_CAPITALS.match(term)) or weight(term.lower()) >= _TELLING


def _words(texts: Sequence[str]) -> int:
    return round(median([len(text.split()) for text in texts])) if texts else 0


def _share(texts: Sequence[str], shows: Callable[[str], bool]) -> float:
    return sum(map(shows, texts)) / len(texts) if texts else 0.0


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _shows_cue(noun: str) -> Callable[[str], bool]:
    cue = next(one for one in CUES if one.noun == noun)
    return lambda text: bool(cue.shown.search(text[:4000]))


_TRAITS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("code", lambda text: bool(_CODE.search(text[:4000]))),
    ("one-word answers", lambda text: len(text.split()) <= 2),
    ("JSON", _is_json),
    ("citations", _shows_cue("citations")),
    ("numbered or bulleted steps", _shows_cue("numbered or bulleted steps")),
    ("amounts of money", _shows_cue("amounts of money")),
)
