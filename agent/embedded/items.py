"""Enumerations taken apart, item by item: what belongs together, what only frames, and which slot each is of."""

import re
from collections.abc import Iterator

from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.domains import Domain, key, named
from goalcover.agent.models import SLOTS, Slot

LONGEST = 12
"""Words of an item; a longer one is cut to its first clause."""
_SEPARATOR = re.compile(
    r"\s*[,;\n•]\s*(?:(?:and|or|but|as well as|plus)\s+)?|\s+(?:and|or|&|as well as|plus|along with)\s+", re.IGNORECASE
)
_ARTICLE = re.compile(
    r"^(?:(?:a|an|the|our|their|its|your|my|all|some|any|both|also|either|mainly|mostly|especially|of"
    r"|questions?\s+(?:about|on)|to|and|or|us|always|just|only|i\.e\.|e\.g\.)\s+)+",
    re.IGNORECASE,
)
_ELABORATES = re.compile(r"^(?:its|their|his|her|it|them)\b|^such as\b", re.IGNORECASE)
_HEADED = re.compile(
    r"^(?:\w+\s+){0,2}(?:topics?|specialt(?:y|ies)|areas?|subjects?|things?|fields?|domains?|languages?"
    r"|something|anything|stuff)\s*"
    r"(?:such as|like|including|e\.g\.,?|for example,?|:)\s*",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*\([^()]*[,;][^()]*\)")
"""An enumeration in parentheses belongs to what stands before it, and ends it."""
_TALK = re.compile(
    r"(?:[Ii]t|[Ww]e|[Tt]hey|[Yy]ou|I)(?:\s|['’]|$)"
    r"|(?:(?!\b(?:wh\w+|how|that|if)\b).)*?\s(?:is|are|am|was|were|has|have|gets)(?:\s|$)"
)
"""People who speak of themselves, or of how things are: `we want something`, `our team gets 400 tickets a day`."""
_TOGETHER = (
    "terms and conditions",
    "research and development",
    "health and safety",
    "ear, nose and throat",
    "profit and loss",
    "supply and demand",
    "diagnosis and treatment",
    "pros and cons",
    "wear and tear",
    "do's and don'ts",
    "question and answer",
    "questions and answers",
    "arts and crafts",
    "rights and duties",
    "food and drink",
    "mergers and acquisitions",
    "input and output",
    "cause and effect",
    "search and rescue",
    "oil and gas",
    "gas and electricity",
    "electricity and gas",
    "trial and error",
    "law and order",
    "bread and butter",
    "nuts and bolts",
    "hardware and software",
    "science and technology",
    "arms and legs",
)


def split(text: str, domain: Domain) -> list[str]:
    """The items of an enumeration. Names that hold an "and", and elaborations ("its treatment"), stay whole."""
    text = _HEADED.sub("", text.replace("\0", " ").strip())
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\0{len(kept) - 1}\0"

    text = _LIST.sub(keep, _LIST.sub(r"\g<0>, ", text))
    for phrase in _whole_phrases(domain):
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", keep, text, flags=re.IGNORECASE)
    items: list[str] = []
    for part, glue in _parts(text):
        if items and (_elaborates(part) or _shares_head(items[-1], part, glue)):
            items[-1] += f"{glue}{part}"
        elif part:
            items.append(part)
    items = [item for item in items if not wordings.NOTHING.match(item)]
    restored = (re.sub("\0(\\d+)\0", lambda match: kept[int(match.group(1))], item) for item in items)
    tidied = (tidy(part) for item in restored for part in _two_names(item, domain))
    return list(dict.fromkeys(item for item in tidied if item))


def is_frame(text: str, domain: Domain) -> bool:
    """Whether a text names the field as a whole, or nothing at all."""
    if named(text, domain, SLOTS):
        return False
    if _TALK.match(text.strip()):
        return True
    rest = text.strip()
    while (shorter := wordings.GENERIC_NOUN.sub("", wordings.QUALITY.sub("", rest))) != rest:
        rest = shorter.strip()
    said = key(rest)
    return not said.strip() or any(said.endswith(key(word)) for word in domain.umbrella)


def item_slot(item: str, domain: Domain, default: Slot) -> Slot:
    """The part of the scope that an item belongs to, by the name it goes by, or else by its words."""
    found = named(item, domain, SLOTS)
    if wordings.PEOPLE.search(item) and not (found and " " in item):
        return "audience"
    if found:
        return found.slot
    if re.match(r"(?:never|not|no)\b", item, re.IGNORECASE):
        return "out_of_scope"
    return next((slot for slot, words in wordings.SLOT_WORDS if words.search(item)), default)


def tidy(item: str) -> str:
    """Without articles, praise and punctuation around it, and not too long."""
    edges = " \t\n.,;:!?\"'“”-*" + ("" if re.search(r"\(.*\)", item) else "()")
    text = _ARTICLE.sub("", wordings.ADVERB.sub("", re.sub(r"\s+(?:and|or)\s*$", "", item)).strip(edges))
    words = text.split()
    return " ".join(words if len(words) <= LONGEST else wordings.CONNECTOR.split(text)[0].split()[:LONGEST])


def _whole_phrases(domain: Domain) -> list[str]:
    """Names that a separator stands in, the longest first."""
    names = [name for one in domain.capabilities for name in (one.name, *one.says)]
    names += [answer for wording in domain.questions.values() for answer in wording.suggestions]
    return sorted(
        {name for name in (*names, *_TOGETHER) if _SEPARATOR.search(name)}, key=lambda name: (-len(name), name)
    )


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """(item, the separator before it)."""
    start, glue = 0, ""
    for match in _SEPARATOR.finditer(text):
        yield text[start : match.start()].strip(), glue
        start, glue = match.end(), match.group()
    yield text[start:].strip(), glue


def _elaborates(part: str) -> bool:
    """Whether `its treatment` goes with what stands before it; `it must not lie` does not."""
    return bool(_ELABORATES.match(part)) and not wordings.DUTY.match(part)


def _shares_head(before: str, part: str, glue: str) -> bool:
    """Whether `acute` waits for the noun in `chronic pain`."""
    waits = wordings.ADJECTIVE.match(before) or before.lower() in wordings.VERBS
    return bool(waits) and " " in part and "," not in glue


def _two_names(item: str, domain: Domain) -> list[str]:
    """`monetary and regulatory detail` is two where each goes by a name of its own."""
    match = re.match(r"^(\w+)\s+and\s+(\w+)\s+(\w+)$", item)
    if match:
        both = [f"{match[1]} {match[3]}", f"{match[2]} {match[3]}"]
        if all(named(one, domain, SLOTS) for one in both):
            return both
    return [item]
