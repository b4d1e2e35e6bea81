"""What a goal says that no clause took up: it is told, so that nothing is lost in silence."""

import re
from collections.abc import Iterator, Sequence

from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.clauses import Clause
from goalcover.agent.embedded.domains import Domain
from goalcover.agent.embedded.items import is_frame
from goalcover.agent.words import stem, weight

_TELLING = 0.9
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CUT = re.compile(
    rf"[,;:.!?()\n]|\b(?:and|or|but)\b|\b{wordings.NEVER.pattern}|{wordings.CONNECTOR.pattern}", re.IGNORECASE
)


def unread(goal: str, found: Sequence[Clause], domain: Domain) -> tuple[str, ...]:
    """What is left of a goal without its clauses, its frame and the words that tell nothing; none twice."""
    taken = {stem(word) for one in found for word in _words(f"{one.text} {one.verb} {one.misspelt}")}
    left = (_from_first_to_last(part, taken) for sentence in _sentences(goal) for part in _parts(sentence))
    return tuple(dict.fromkeys(one for one in left if one and not _frames(one, domain)))


def _sentences(goal: str) -> Iterator[str]:
    """Without what only says that something is to be built, and what it is handed."""
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", goal):
        text = wordings.BUILD.sub("", wordings.OPENING.sub("", sentence.strip()))
        if agent := wordings.AGENT.match(text) or wordings.DOER.match(text):
            does = wordings.WHICH.match(agent["rest"])
            text = f"{agent['head']}, {wordings.READS.sub('', agent['rest'][does.end() :] if does else agent['rest'])}"
        yield text


def _parts(text: str) -> Iterator[str]:
    start = 0
    for cut in _CUT.finditer(text):
        yield text[start : cut.start()]
        start = cut.end()
    yield text[start:]


def _from_first_to_last(part: str, taken: set[str]) -> str:
    lost = [match for match in _WORD.finditer(part) if not _is_known(match.group().lower(), taken)]
    return part[lost[0].start() : lost[-1].end()] if lost else ""


def _is_known(word: str, taken: set[str]) -> bool:
    plain = re.sub(r"['’]\w+$", "", word)
    return stem(plain) in taken or weight(plain) < _TELLING or plain in wordings.VAGUE or plain in wordings.VERBS_NAMED


def _frames(text: str, domain: Domain) -> bool:
    return is_frame(text, domain) or wordings.SETTING.search(text) is not None


def _words(text: str) -> list[str]:
    return [match.group() for match in _WORD.finditer(text.lower())]
