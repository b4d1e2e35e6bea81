"""Capabilities of form that a text shows on its face: amounts of money, dates, figures, citations, code, warnings.

A sentence embedding says what a text is about, and hardly whether its answer keeps the amounts that its source names:
on labelled summaries of bills "keeps the amounts of money" ranks with an AUROC of 0.80 by embeddings. Such subgoals are
recognised by their wording and judged by counting.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from goalcover.agent.embedded.passages import passages
from goalcover.agent.models import Sample, Subgoal

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_NUMBER = r"(?:\d[\d,.]{0,30}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|thirty|sixty|ninety)"


@dataclass(frozen=True)
class Cue:
    """A form: how a subgoal asks for it, and how a text shows it."""

    noun: str
    asked: re.Pattern[str]
    shown: re.Pattern[str]
    steps: tuple[int, int, int] = (1, 2, 3)
    """How many showings make level 3, 4 and 5."""


def _cue(noun: str, asked: str, shown: str, steps: tuple[int, int, int] = (1, 2, 3), flags: int = re.IGNORECASE) -> Cue:
    return Cue(noun, re.compile(asked, re.IGNORECASE), re.compile(shown, flags), steps)


# Repetitions are bounded where the text could make them long: 50 kB of figures or of blank lines would take minutes.
CUES = (
    _cue(
        "amounts of money",
        r"\b(?:amounts? of money|(?:dollar|money|monetary) (?:amounts?|figures?|values?|details?|preservation)"
        r"|monetary provisions|cash (?:amounts?|figures?)|sums of money|exact (?:prices|costs)"
        r"|preserves? .{0,20}money)\b",
        r"[$€£¥]\s?\d[\d,.]*(?:\s?(?:thousand|million|billion|trillion|[kmb])\b)?"
        r"|\b\d[\d,.]{0,30}\s?(?:thousand |million |billion |trillion )?(?:dollars|euros|pounds|USD|EUR|GBP|cents)\b",
        (1, 2, 3),
    ),
    _cue(
        "dates and periods",
        r"\b(?:effective dates?|dates? and deadlines|deadlines and dates?|(?:states?|keeps?|gives?|preserves?) .{0,30}"
        r"(?:dates|deadlines|timelines?)|when the (?:measure|law|act|rule|bill) takes effect"
        r"|implementation (?:timelines?|dates))\b",
        rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,\s*\d{{4}})?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:\s+\d{{4}})?\b"
        r"|\b\d{4}-\d{2}-\d{2}\b|\b(?:FY\s?|fiscal years?\s+)\d{4}\b"
        rf"|\b{_NUMBER}[\s-]+(?:calendar |business |working )?(?:days?|weeks?|months?|years?)\b"
        r"|\b(?:by|until|before|after|through|in|since)\s+(?:19|20)\d{2}\b",
    ),
    _cue(
        "exact figures",
        r"\b(?:exact|precise|specific) (?:figures|numbers|values|quantities|statistics)\b"
        r"|\bstates? the (?:figures|numbers)\b",
        r"(?<![\w.])[$€£]?\d[\d,.]*\s?(?:%|percent\b|per cent\b|million\b|billion\b|bps\b|basis points\b)?(?![\w])",
        (1, 3, 4),
    ),
    _cue(
        "citations",
        r"\b(?:cit(?:es|ations?|ing)\b|references its sources|evidence citations?|source attribution)\b",
        r"\[\d+(?:[,;–-]\s?\d+)*\]|\((?:[A-Z][\w'’-]+(?: et al\.?| (?:and|&) [A-Z][\w'’-]+)?,? (?:19|20)\d{2}[a-z]?)\)"
        r"|\bdoi:\s?\S+|\bhttps?://\S+|\b[A-Z][\w'’-]{1,40} et al\.|\baccording to [A-Z]\w+",
        flags=0,
    ),
    _cue(
        "code",
        r"\b(?:writes?|produces?|generates?|gives?) (?:\w+ ){0,3}(?:code|programs?|functions?) that"
        r" (?:follows?|works?|runs?|solves?)"
        r"|\b(?:correct|working|runnable|valid) code\b(?! of)",
        r"^[^\S\n]*(?:def |class |import |from \w+ import|#include|public |private |function\b|const |let |var |SELECT "
        r"|<\w+[^>]{0,999}>|for\s*\(|while\s*\(|if\s*\(|return\b)|[;{}]\s*$|\b\w+\([^)]{0,999}\)",
        (1, 2, 3),
        re.IGNORECASE | re.MULTILINE,
    ),
    _cue(
        "numbered or bulleted steps",
        r"(?:^|\. )(?:\w+ ){0,6}step[- ]by[- ]step\b"
        r"|\b(?:numbered (?:steps|list)|bullet(?:ed)? (?:points?|list)|as a list)\b",
        r"^[^\S\n]*(?:\d{1,2}[.)]|[-*•])\s+\S|\bstep \d+\b|\b(?:first|then|next|finally),",
        (2, 3, 4),
        re.IGNORECASE | re.MULTILINE,
    ),
    _cue(
        "warnings",
        r"\b(?:safety warnings?|warns? (?:about|of|against|the|users?|patients?)|contraindications and warnings"
        r"|cautions? about)\b",
        r"\b(?:warning|caution|danger(?:ous)?|do not|don't|never|avoid|seek (?:medical|immediate|urgent)|emergency"
        r"|risk of|contraindicat\w+|should not|must not|consult (?:a|your)|call 911|stop taking)\b",
    ),
    _cue(
        "a next step",
        r"\b(?:next steps?|what to do next|what happens next)\b",
        r"\b(?:please|you can|you could|you(?:'ll| will) (?:need|receive|get|see|hear)|we(?:'ll| will)"
        r"|I(?:'ll| will|'ve| have)|let (?:me|us) know|reply|call|ring|email|go to|open|log in|choose|select|tap|click"
        r"|send|check|within \w+ (?:working )?days?|by \w+day|next)\b",
        (1, 2, 3),
    ),
    _cue(
        "courtesy",
        r"\b(?:polite(?:ness|ly)?|courte(?:ous|sy)|empath(?:y|etic)|friendly tone|kind(?:ly)? tone)\b",
        r"\b(?:please|thank(?:s| you)|sorry|apologi[sz]e|appreciate|happy to|glad to|understand (?:how|that|your)"
        r"|welcome)\b",
        (1, 2, 3),
    ),
)

_KEEPS = re.compile(
    r"\b(?:keeps?|preserv\w+|retains?|carr(?:y|ies) over|does not (?:drop|omit|lose)|reproduces?)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Showing:
    """How a sample shows a form."""

    cue: Cue
    level: int
    n_input: int
    n_output: int
    quote: str
    """The passage of the sample with the first showing, verbatim, or ""."""


@lru_cache(maxsize=4096)
def cue_of(subgoal: Subgoal) -> Cue | None:
    """The form that a subgoal asks for, by its name or else by its description; None when it asks for a subject."""
    asked = (cue for text in (subgoal.name, subgoal.description) for cue in CUES if cue.asked.search(text))
    return next(asked, None)


def show(cue: Cue, sample: Sample, subgoal: Subgoal) -> Showing:
    """Counts the form in the answer (in the input where there is no answer).

    A subgoal that asks to keep what the source names is judged by how much of it the answer names; a source that names
    nothing leaves nothing to keep and shows nothing.
    """
    where = sample.output if sample.output.strip() else sample.input
    n_input, n_output = _count(cue, sample.input), _count(cue, where)
    level = 0 if not n_output else 2 + sum(n_output >= step for step in cue.steps)
    if level and sample.output and _KEEPS.search(f"{subgoal.name} {subgoal.description}"):
        level = min(level, 2 + round(3 * min(1.0, n_output / max(n_input, 1)) ** 0.5))
    quoted = where if n_output else sample.input
    return Showing(cue, level, n_input, n_output, _quote(cue, quoted))


def _count(cue: Cue, text: str) -> int:
    """Different showings: the same amount named twice is one."""
    return len({" ".join(match.group().lower().split()) for match in _limited(cue.shown.finditer(text))})


def _limited(matches: Iterator[re.Match[str]], most: int = 200) -> Iterator[re.Match[str]]:
    return (match for match, _ in zip(matches, range(most), strict=False))


def _quote(cue: Cue, text: str) -> str:
    return next((passage for passage in passages(text) if cue.shown.search(passage)), "")
