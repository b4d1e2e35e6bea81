"""Questions about an extract, in the extract's own words."""

import re
from collections.abc import Sequence
from dataclasses import replace

from goalcover.agent.embedded.extracts import Draft, n_words
from goalcover.agent.embedded.phrases import lower_first
from goalcover.agent.embedded.quotable import Piece
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.words import weight

NAMELESS = "name nothing that could be asked for"
_FORMS = (
    "What does the text say about {0}?",
    "According to the text, what is known about {0}?",
    "What is reported about {0}?",
)
_TERMS = 12
_TELLING = 2.6
"""Weight from which a single word is worth a question."""
_RARE, _OFTEN = 3.0, 3
"""A word of this weight that a source says so often is what the source is about."""
_ASIDE = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_UNFIT = re.compile(r"^\w+ing\b|\b(?:\w+ed|\w+ly)$", re.IGNORECASE)
_ADJECTIVE = re.compile(r"(?:[ts]ive|ous|able|ible|al|ic|ary|ory|ar|less|ing)$", re.IGNORECASE)


def asked(draft: Draft, least: int) -> tuple[str, Draft] | None:
    """A question, and the draft with the sentences that answer it; None when no `least` words are about one thing.

    What is asked about is a name that the source says more than once: a subject, and no chance neighbours.
    """
    source = draft.source.sample
    spoken = f"{source.input}\n{source.output}".lower()
    best: tuple[str, tuple[Piece, ...]] | None = None
    for term in _terms(draft, spoken):
        about = _about(term, draft.chosen)
        if about and len(_naming(term).findall(spoken)) > 1 and (best is None or len(about) > len(best[1])):
            best = term, about
    if best is None or sum(n_words(one.text) for one in best[1]) < least:
        return None
    kept = replace(draft, chosen=best[1])
    return _question(best[0], kept), kept


def _terms(draft: Draft, spoken: str) -> list[str]:
    """What the sentences could be about, names of several words first."""
    texts = [_ASIDE.sub("", one.text) for one in draft.chosen]
    named = [term for text in texts for term, _ in key_terms([[text]], most=_TERMS)[0] if _is_subject(term)]
    rare = [
        word
        for text in texts
        for word in _WORD.findall(text)
        if weight(word.lower()) >= _RARE and spoken.count(word.lower()) >= _OFTEN
    ]
    return sorted(dict.fromkeys([*named, *filter(_is_subject, rare)]), key=lambda term: " " not in term)


def _about(term: str, chosen: Sequence[Piece]) -> tuple[Piece, ...]:
    """The sentences that name the term, with those that go on from them."""
    kept: list[Piece] = []
    before: Piece | None = None
    for one in chosen:
        follows = one.leans == "before"
        if (bool(kept) and kept[-1] is before) if follows else _naming(term).search(one.text.lower()):
            kept.append(one)
        before = one
    return tuple(kept)


def _naming(term: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(term.lower())}")


def _is_subject(term: str) -> bool:
    if _UNFIT.search(term):
        return False
    return " " in term or not (term.isupper() or _ADJECTIVE.search(term) or weight(term.lower()) < _TELLING)


def _question(term: str, draft: Draft) -> str:
    defined = re.match(
        rf"(?:(?:an?|the)\s+)?{re.escape(term)}(?: \([^)]*\))?,? (?P<verb>is|are) (?:an?|the|considered|used|known)\b",
        draft.chosen[0].text,
        re.IGNORECASE,
    )
    if defined:
        return f"What {defined['verb']} {lower_first(term)}?"
    return _FORMS[int(draft.id, 16) % len(_FORMS)].format(lower_first(term))
