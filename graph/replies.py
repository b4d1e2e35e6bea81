"""How a person's reply to a question is read: numbers, buttons, plain words, and the words that steer."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.agent.elicitation import Question
from goalcover.agent.models import SLOTS, Slot
from goalcover.graph.intent import speaks_of_files, wants_again
from rapidfuzz import fuzz, process

Turn = Literal["answer", "skip", "enough", "back", "change", "again", "unclear", "meaning", "nothing"]

SLOT_WORDS: dict[Slot, str] = {
    "domain": "domain topics subject area",
    "task": "task input question use case",
    "output": "output format form answer style length tone voice wording language",
    "audience": "audience users readers",
    "safety": "safety constraints risk limits",
    "evidence": "evidence citations sources references",
    "out_of_scope": "out of scope exclusions excluded boundaries",
}
_SKIP = re.compile(
    r"\W*(skip( (it|this|that|this one))?|pass|next|no idea|(i )?do(n.?t| not) know|not sure|any|no preference"
    r"|does(n.?t| not) matter)\W*",
    re.IGNORECASE,
)
_ENOUGH = re.compile(
    r"\W*((that.?s|that is|this is)\s*)?(enough|all|it)( (for )?now)?\W*|\W*(enough|done|no more( questions)?|go ahead"
    r"|skip (all|the rest|everything)|just start|stop asking|keep (them )?all( as (they are|is))?)\W*",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\W*(go |step |take me )?back( one( step)?)?\W*|\W*(undo|take back|previous( question)?)"
    r"( (that|it|this|the|my|last|latest|previous|change|edit|step|threshold)){0,3}\W*|\W*take (that|it|this) back\W*",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\W*(?:i (?:want|would like|need) to |i.d like to |let me |let.s |please |can (?:i|we) )?"
    r"(?:change|redo|edit|revise|correct|revisit|go back to|ask again)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_MINE = re.compile(r"\b(?:my (?:\w+ )?answer|what i (?:said|answered)|the question)\b", re.IGNORECASE)
_MEANING = re.compile(
    r"\W*(?:(?:sorry|hm+|well|and|but|ok|huh|wait)\W+)*"
    r"(?:what (?:do|does|did) (?:you|that|this|it|the question) (?:mean|ask)\b.*"
    r"|why (?:do|are|would|did) you (?:ask|want|need)\b.*|why (?:is|does) (?:that|this|it) (?:important|matter)\W*"
    r"|why|huh|what|what(?:.s| is) (?:that|this|meant)\b.*"
    r"|(?:can|could|would) you (?:please )?(?:explain|rephrase|clarify"
    r"|give (?:me )?(?:an? )?examples?)\b.*|(?:please )?explain(?: (?:that|this|the question))?"
    r"|i (?:do(?:n.?t| not) (?:understand|get)(?: (?:it|that|this|the question|what you \w+))?)"
    r"|for example|like what|such as what)\W*",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"\b(answers?|questions?|about|to|my|the|our|on|for|regarding|again|what i said|part)\b", re.IGNORECASE
)
_STEERING: tuple[tuple[Turn, re.Pattern[str]], ...] = (("back", _BACK), ("enough", _ENOUGH), ("skip", _SKIP))
_NUMBERS = re.compile(r"\W*\d{1,2}((\s*(,|;|and|&|\+)\s*|\s+)\d{1,2})*\W*", re.IGNORECASE)
_SURE = 80.0


@dataclass(frozen=True)
class Reply:
    """What a person wants: to answer, or to go elsewhere."""

    turn: Turn
    answer: str = ""
    slot: Slot | None = None
    """For `change`: the part of the scope to ask about again."""


def read_reply(text: str, question: Question) -> Reply:
    """What a reply to this question means. Whatever steers nowhere is an answer in the person's own words."""
    if slot := slot_to_change(text):
        return Reply("change", slot=slot)
    if asks_to_change(text):
        return Reply("unclear")
    if _MEANING.fullmatch(text.strip()):
        return Reply("meaning")
    if speaks_of_files(text):
        return Reply("nothing")
    for turn, rule in _STEERING:
        if rule.fullmatch(text.strip()):
            return Reply(turn)
    if wants_again(text):
        return Reply("again")
    if not text.strip():
        return Reply("skip")
    return Reply("answer", answer=chosen(text, question.suggestions))


def slot_to_change(text: str) -> Slot | None:
    """The part of the scope in "change my answer about audience"; None when the text asks for no such thing."""
    match = _CHANGE.fullmatch(text.strip())
    asked = " ".join(_ANSWER.sub(" ", match["rest"]).lower().split()).strip(" .!?") if match else ""
    if not asked or len(asked.split()) > 3:
        return None
    scores = {slot: max(fuzz.ratio(asked, word) for word in _names(slot)) for slot in SLOTS}
    best = max(SLOTS, key=lambda slot: scores[slot])
    return best if scores[best] >= _SURE else None


def asks_to_change(text: str) -> bool:
    """Whether a message asks for an answer to be changed, whatever part of the scope it was about."""
    match = _CHANGE.fullmatch(text.strip())
    return match is not None and _MINE.search(match["rest"]) is not None


def chosen(text: str, suggestions: tuple[str, ...]) -> str:
    """The suggestions that "2" or "1, 3" stand for, in one sentence; any other text as it is."""
    if _NUMBERS.fullmatch(text):
        picked = [int(number) for number in re.findall(r"\d+", text)]
        if all(1 <= number <= len(suggestions) for number in picked):
            return "; ".join(dict.fromkeys(suggestions[number - 1] for number in picked))
    exact = process.extractOne(text, suggestions, scorer=fuzz.ratio, score_cutoff=97.0, processor=str.casefold)
    return exact[0] if exact else " ".join(text.split())


def takes_back(text: str) -> bool:
    """Whether a message asks for the step before."""
    return _BACK.fullmatch(text.strip()) is not None


def lets_all_pass(text: str) -> bool:
    """Whether a message puts an end to questions."""
    return _ENOUGH.fullmatch(text.strip()) is not None


def _names(slot: Slot) -> list[str]:
    words = SLOT_WORDS[slot]
    return [slot.replace("_", " "), *words.split()]
