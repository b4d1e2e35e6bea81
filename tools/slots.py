"""Which part of the scope a question is about (section 3.2, step 3)."""

import re
from difflib import SequenceMatcher

from goalcover.agent.embedded.domains import domains
from goalcover.agent.models import SLOTS, Clarification, Slot

ALIKE = 0.8
"""Ratio from which two wordings are one question."""
_WORDS: tuple[tuple[Slot, str], ...] = (
    ("out_of_scope", r"out of scope|leave alone|not (?:cover|answer|do)|exclud|off[- ]limits"),
    ("safety", r"safe|warn|risk|danger|refus|hold back|never|privacy|constraint"),
    ("evidence", r"evidence|citation|cite|sources?\b|references?\b|rest on|authority|back up"),
    (
        "audience",
        r"audience|who (?:reads|will|uses|is it for|relies|writes|learns|acts)|readers?\b|users?\b|for whom",
    ),
    ("output", r"look like|format|form of|output|how long|length|tone|details|contain"),
    ("task", r"\btasks?\b|hand it|do with|input|should it (?:do|teach)|how far"),
    ("domain", r"topics?|specialt|areas?|subjects?|domains?|fields?|kinds? of|which parts"),
)


def slot_of(question: str) -> Slot | None:
    """By its name, the wording of one of our questions, or its words; None when it is about none of them."""
    plain = re.sub(r"[\s-]+", "_", question.strip(" ?:.").lower())
    if plain in SLOTS:
        return next(slot for slot in SLOTS if slot == plain)
    for field in domains().values():
        for slot, wording in field.questions.items():
            if any(_alike(question, text) for text in (wording.ask, wording.lay) if text):
                return slot
    return next((slot for slot, words in _WORDS if re.search(words, question, re.IGNORECASE)), None)


def slotted(answer: Clarification) -> Clarification:
    """With the slot that its question is about, when it has none."""
    return answer if answer.slot else answer.model_copy(update={"slot": slot_of(answer.question)})


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio() >= ALIKE
