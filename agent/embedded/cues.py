"""Capabilities of form that a text shows on its face: amounts of money, dates, figures, citations, code, warnings.

A sentence embedding says what a text is about, and hardly whether its answer keeps the amounts that its source names:
on labelled summaries of bills "keeps the amounts of money" ranks with an AUROC of 0.80 by embeddings. Such subgoals are
recognised by their wording and judged by counting.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from goalcover.agent.embedded.passages import passages
from goalcover.agent.models import Sample, Subgoal

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_NUMBER = r"(?:\d[\d,.]{0,30}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|thirty|sixty|ninety)"

_READERS = r"(?:the )?(?:users?|readers?|patients?|customers?|people)"
_DANGERS = r"(?:[\w-]+ ){0,2}(?:danger\w*|risk\w*|hazard\w*|harm\w*|mistakes?|side effects|contraindications)"
"""What a warning is about whatever the subject is: who warns about allergens has a subject."""


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
        r"[$€£¥]\s?\d(?:[\d,.]{0,30}\d)?(?:(?:\s?(?:thousand|million|billion|trillion)|[kmb])\b)?"
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
        r"|\b(?<!rewrites )(?:correct|working|runnable|valid) code\b(?! of)",
        r"^[^\S\n]*(?:def |class |import |from \w+ import|#include|public |private |function\b|const |let |var |SELECT "
        r"|<\w+[^>]{0,999}>|for\s*\(|while\s*\(|if\s*\(|return\b)|[;{}]\s*$|\b\w+\([^)]{0,999}\)",
        (1, 2, 3),
        re.IGNORECASE | re.MULTILINE,
    ),
    _cue(
        "numbered or bulleted steps",
        r"(?:^|\. )(?:\w+ ){0,6}step[- ]by[- ]step\b"
        r"|\b(?:numbered (?:steps|list)|bullet(?:ed)? (?:points?|list)|as a list)\b",
        r"^[^\S\n]*(?:\d{1,2}[.)]|[-*•])\s+\S|(?<=[.:;!?])(?<!\bsec\.)(?<!\bno\.)[^\S\n]\d{1,2}[.)]\s[^\W\d]"
        r"|\bstep \d+\b|\b(?:first|then|next|finally),",
        (2, 3, 4),
        re.IGNORECASE | re.MULTILINE,
    ),
    _cue(
        "warnings",
        rf"\b(?:safety warnings?|contraindications and warnings|warns? {_READERS}(?! (?:about|of|against|that)\b)"
        rf"|(?:warns?(?: {_READERS})?|cautions?) (?:about|of|against) {_DANGERS})\b",
        r"\b(?:warning|caution|danger(?:ous)?|do not|don't|never|avoid|seek (?:medical|immediate|urgent)|emergency"
        r"|risk of|contraindicat\w+|should not|must not|consult (?:a|your)|call 911|stop taking)\b",
    ),
    _cue(
        "a next step",
        r"\b(?:(?<!to the )next steps?|what to do next|what happens next)\b",
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

_AMOUNT = re.compile(
    r"^(?=[$€£¥]|.*(?:dollars|euros|pounds|usd|eur|gbp)$)\D{0,2}(?P<number>\d[\d,.]*)"
    r"\s?(?P<scale>thousand|million|billion|trillion|[kmb]\b)?"
)
_MOST_SHOWN = 200
"""Of a form, so many places are read in a text."""
_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "b": 1e9, "trillion": 1e12}
_KEEPS = re.compile(
    r"\b(?:keeps?|preserv\w+|retains?|carr(?:y|ies) over|does not (?:drop|omit|lose)|reproduces?)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Showing:
    """How a sample shows a form."""

    cue: Cue
    level: int
    n_input: int
    """Different values in the input: amounts, dates."""
    n_output: int
    n_kept: int
    """How many of the input's the output names too."""
    keeps: bool
    """Whether the subgoal asks to keep what the input names."""
    quote: str
    """The passage of the sample with the first showing, verbatim, or ""."""

    @property
    def nothing_to_keep(self) -> bool:
        """The input names nothing that the output could keep: level 0 then says nothing against the output."""
        return self.keeps and not self.n_input

    @property
    def dropped(self) -> bool:
        """The input shows it and the output does not: the material is there, only the output has to be mended."""
        return self.n_input > 0 and self.n_output == 0


@lru_cache(maxsize=4096)
def cue_of(subgoal: Subgoal) -> Cue | None:
    """The form that a subgoal asks for, by its name or else by its description; None when it asks for a subject."""
    asked = (cue for text in (subgoal.name, subgoal.description) for cue in CUES if cue.asked.search(text))
    return next(asked, None)


def plain_noun(cue: Cue) -> str:
    """The form as it stands after "no": no amounts of money, no next step."""
    return re.sub(r"^an? ", "", cue.noun).replace(" and ", " or ")


def show(cue: Cue, sample: Sample, subgoal: Subgoal) -> Showing:
    """Counts the form in the answer (in the input where there is no answer).

    A subgoal that asks to keep what the source names is judged by how much of it the answer names; a source that names
    nothing leaves nothing to keep and shows nothing.
    """
    answered = bool(sample.output.strip())
    given, said = _values(cue, sample.input), _values(cue, sample.output if answered else sample.input)
    kept = len(given & said)
    keeps = answered and _KEEPS.search(f"{subgoal.name} {subgoal.description}") is not None
    level = 0 if not said else 2 + sum(len(said) >= step for step in cue.steps)
    if level and keeps:
        level = min(level, _keeping(kept, len(given)))
    quote = _quote(cue, (sample.output if answered else sample.input) if said else sample.input)
    return Showing(cue, level, len(given), len(said), kept, keeps, quote)


def _keeping(n_kept: int, n_given: int) -> int:
    """The level that a share kept makes; a summary names the first of many amounts, so that half is already strong."""
    return 2 + round(3 * math.sqrt(min(1.0, n_kept / max(n_given, 1))))


def _values(cue: Cue, text: str) -> set[str]:
    """What the form shows, each once: "$4.5 million" and "$4,500,000" are the same amount."""
    return {_value(match.group()) for match in islice(cue.shown.finditer(text), _MOST_SHOWN)}


def _value(shown: str) -> str:
    plain = " ".join(shown.lower().replace("-", " ").split()).rstrip(".,")
    amount = _AMOUNT.search(plain)
    # "$42.666.500": a bill writes what it likes.
    if amount is None or amount["number"].rstrip(".").count(".") > 1:
        return plain.replace(",", "")
    number = float(amount["number"].replace(",", "").rstrip(".") or 0) * _SCALES.get(amount["scale"] or "", 1)
    return f"{number:.6g}"


def _quote(cue: Cue, text: str) -> str:
    return next((passage for passage in passages(text) if cue.shown.search(passage)), "")
