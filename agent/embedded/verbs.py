"""Verbs at the front of a phrase, and what each is done to."""

import re

from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.manners import is_manner
from goalcover.agent.words import weight

_PAST, _ING = 1.12, 0.35
"""How much rarer than a verb's third person its past, or its other form, may be; for a plural they are far rarer."""
_FAR = 120
"""Characters in which it shows what begins; all that is left of a long text would take the square of its time."""
_INSTEAD = re.compile(r"(?:just|only)\s", re.IGNORECASE)
"""What is asked for beside a ban: `no advice, just recipes`."""
_NEXT = re.compile(r"(?:,\s*(?:(?:and|but)\s+)?|\s+(?:and|but)\s+)(?=([\w'’]+)\s)")


def verb_phrases(text: str) -> list[str]:
    """`classify the fault, extract the parts and suggest a date`: three. A verb without object takes the next's.

    What is not to be done is one of them, and what an answer is to be like.
    """
    first = re.match(r"\w+", wordings.NEVER.sub("", text, count=1))
    form = _form(first.group()) if first else None
    form = form or ("s" if acts(text) else "")
    cuts = [
        match.end() for match in _NEXT.finditer(text) if _begins(text[match.end() : match.end() + _FAR], match[1], form)
    ]
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    joined: list[str] = []
    for piece in pieces:
        if joined and not leading_verbs(_open_end(joined[-1]))[1]:
            joined[-1] += piece
        else:
            joined.append(piece)
    return [_open_end(piece) for piece in joined]


def _begins(rest: str, word: str, form: str) -> bool:
    """Whether a rest that begins with this word says something else that is done, or not done."""
    if wordings.NEVER.match(rest) or _INSTEAD.match(rest) or is_manner(rest):
        return True
    return bool(form) and (_form(word) == form or (form == "s" and acts(rest) and not wordings.KEEPS.fullmatch(word)))


def acts(text: str) -> bool:
    """Whether a text begins with a verb in the third person and what it is done to: `flags drug interactions`.

    Any verb counts whose other forms are about as common: `flagged` and `flagging`, but nobody `saled` or `sporteds`.
    """
    word, _, rest = text.strip().lower().partition(" ")
    if not rest or not word.isalpha() or (root := wordings.base(word)) == word:
        return False
    if re.match(r"(?:of|and|or)\b", rest) or (wordings.CONNECTOR.match(rest) and not rest.startswith("to ")):
        return False
    past, ing = (min(map(weight, forms)) - weight(word) for forms in _other_forms(root))
    return word in wordings.VERBS or past <= _PAST or ing <= _ING


def _other_forms(root: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the past and the -ing form may be written."""
    if root.endswith("e"):
        return (f"{root}d",), (f"{root[:-1]}ing",)
    last = f"{root}{root[-1]}"
    return (f"{root}ed", f"{last}ed", f"{root[:-1]}ied"), (f"{root}ing", f"{last}ing")


def first_verb(text: str) -> tuple[str, str]:
    """The verb that a text begins with, in its base form, and what follows it; no verb: ("", text)."""
    word, _, rest = text.strip().partition(" ")
    verb = wordings.VERBS.get(word.strip(",").lower(), "")
    return (verb, rest.strip()) if verb else ("", text)


def leading_verbs(text: str) -> tuple[list[str], str]:
    """All verbs that a text begins with: `drafts, reviews and explains clauses`."""
    verbs: list[str] = []
    while True:
        verb, rest = first_verb(re.sub(r"^(?:,?\s*(?:and|or)\s+|also\s+)", "", text.strip()) if verbs else text)
        if not verb:
            return verbs, text.strip()
        verbs.append(verb)
        text = rest


def _form(word: str) -> str | None:
    """`base`, `s` or `ing`; None for what is no verb."""
    verb = wordings.VERBS.get(word.lower())
    if verb is None:
        return None
    return "base" if word.lower() == verb else "ing" if word.lower().endswith("ing") else "s"


def _open_end(piece: str) -> str:
    return re.sub(r"(?:\s*,)?\s*(?:\b(?:and|but))?\s*$", "", piece)
