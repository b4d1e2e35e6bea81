"""Verbs at the front of a phrase, and what each is done to."""

import re

from goalcover.agent.embedded import wordings


def verb_phrases(text: str) -> list[str]:
    """`classify the fault, extract the parts and suggest a date`: three. A verb without object takes the next's."""
    first = re.match(r"\w+", text)
    form = _form(first.group()) if first else None
    if form is None:
        return [text]
    cuts = [
        match.end()
        for match in re.finditer(r"(?:,\s*(?:and\s+)?|\s+and\s+)(?=(\w+)\s)", text)
        if _form(match[1]) == form
    ]
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    joined: list[str] = []
    for piece in pieces:
        if joined and not leading_verbs(_open_end(joined[-1]))[1]:
            joined[-1] += piece
        else:
            joined.append(piece)
    return [_open_end(piece) for piece in joined]


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
    return re.sub(r"(?:\s*,)?\s*(?:\band)?\s*$", "", piece)
