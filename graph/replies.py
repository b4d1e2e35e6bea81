"""How a person's reply to a question is read: numbers, buttons, plain words, and the words that steer."""

import re
from dataclasses import dataclass
from typing import Literal

from goalcover.agent.elicitation import Question, Specification
from goalcover.agent.embedded.wordings import UNDECIDED
from goalcover.agent.models import SLOTS, Slot
from goalcover.graph.edits import DROP
from goalcover.graph.intent import speaks_of_files, wants_again
from goalcover.graph.speech import asks, bare, own_words, places
from rapidfuzz import fuzz, process

Turn = Literal[
    "answer",
    "add",
    "remove",
    "edit",
    "goal",
    "skip",
    "enough",
    "back",
    "change",
    "again",
    "unclear",
    "wrong",
    "meaning",
    "asks",
    "beyond",
    "nothing",
]

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
    rf"\W*((skip( (it|this one|this|that))?|pass|next|{UNDECIDED}"
    r"|(it |that )?does(n.?t| not) matter|none of (these|those|them|the above))\b\W*)++",
    re.IGNORECASE,
)
_ENOUGH = re.compile(
    r"\W*((that.?s|that is|this is)\s*)?(enough|all|it)( (for )?now)?\W*|\W*(enough|done|no more( questions)?|go ahead"
    r"|skip (all|the rest|everything)|just start|stop( asking)?|keep (them )?all( as (they are|is))?)\W*",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\W*(go |step |take me )?back( one( step)?)?\W*|\W*(undo|take back|previous( question)?)"
    r"( (that|it|this|the|my|last|latest|previous|change|edit|step|threshold)){0,3}\W*"
    r"|\W*(take (that|it|this) back|scratch that)\W*",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\W*(?:change|redo|edit|revise|correct|revisit|go back to|ask again)\b(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_MINE = re.compile(r"\b(?:my (?:\w+ )?answer|what i (?:said|answered)|the question)\b", re.IGNORECASE)
_WRONG = re.compile(
    r"\W*(?:i (?:meant|(?:did.?n.?t|did not) mean)\b.*|(?:that|this|it)(?: was| is|.s) (?:wrong|(?:a|my) mistake"
    r"|not what i \w+)\b.*|not what i (?:meant|said|wanted)\b.*"
    r"|.{1,80}\b(?:is|was|were) what i (?:meant|wanted)\b.*"
    r"|(?:my|the) (?:(?:\w+ )?answer|(?:first|last) one) (?:was|is) (?:wrong|a mistake)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
"""About an answer that was given before."""
_TOPICS = r"(?:topics?|subjects?|subgoals?|list|domain|areas?)"
_ADD = re.compile(
    r"\W*(?:add|include|put|append) (?P<what>.{1,300}?) (?:to|in|into|under|among) (?:my answer (?:about|on|to) )?"
    r"(?:(?:the|my|our|your) )?(?P<slot>[a-z]+(?: [a-z]+){0,2})\W*",
    re.IGNORECASE,
)
_REMOVE = re.compile(
    rf"\W*(?:{DROP}|(?P<from>take|strike)) (?P<what>.{{1,300}}?)(?: out)?(?: (?:from|of|off) "
    r"(?:my answer (?:about|on|to) )?(?:(?:the|my|our|your) )?(?P<slot>[a-z]+(?: [a-z]+){0,2}))?\W*",
    re.IGNORECASE,
)
_THEIRS = re.compile(r"answers?|repl(?:y|ies)|output|text|data|scope", re.IGNORECASE)
"""What the model writes or reads: to leave something out of it is asked of the model; out of the scope, excluded."""
_RENAME = re.compile(r"\W*re(?:name|word|phrase) (?:the )?(?P<what>.{1,300}?)(?: (?:to|as|into)\b|:).+", re.IGNORECASE)
_EDIT = re.compile(
    r"\W*(?:merge|combine|join|split|weigh) (?P<what>.{1,300}?)(?: (?:with|and|into|in|by|at)\b.+)?", re.IGNORECASE
)
"""A change of subgoals, where what follows was said before: people also name tasks with these verbs."""
_ACTS: frozenset[Slot | None] = frozenset((None, "task", "safety", "out_of_scope"))
"""What an act may answer: "remove drugs" a goal or a task, "leave out prices" a limit."""
_MEANT = re.compile(
    r"(?:not .{1,200}|.{1,200}?\b(?:no|sorry|wait|actually|oops))[\s,.;:!–—-]+(?:i|we) meant?\b[\s,:]*(?P<what>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
"""An answer that is taken back in the same breath: "leases? no, I meant loans"."""
_ITEM = re.compile(r"\s*(?:[,;]\s*(?:and\s+)?|\band\b|&)\s*", re.IGNORECASE)
_GOAL = re.compile(
    r"\W*(?:(?:change|redo|edit|revise|correct|replace|reword|rephrase|update|set) (?:the|my|our) goal"
    r"(?:(?: to| into| with| as)?\b:?(?P<to>.*))"
    r"|(?:the|my|our) (?:\w+ )?(?:goal|aim|purpose)(?: is| was| should be| would be)\b:?(?P<is>.+)"
    r"|(?P<itself>(?:(?:i|we) (?:want|need|would like) |(?:build|train|create|make|develop|fine-?tune) (?:me |us )?)?"
    r"(?:to (?:build|train|create|make|develop|fine-?tune) )?"
    r"an? (?:[\w-]+ ){0,4}(?:model|assistant|chat ?bot|bot|llm|copilot) (?:that|which) .+))",
    re.IGNORECASE | re.DOTALL,
)
"""The goal, said anew or about to be."""
_MEANING = re.compile(
    r"\W*(?:what (?:do|does|did) (?:you|that|this|it|the question) (?:mean|ask)(?! (?:by|with) \w{5,})\b.*"
    r"|why (?:do|are|would|did) you (?:ask|want|need)\b.*|why (?:is|does) (?:that|this|it) (?:important|matter)\W*"
    r"|why|huh|what|what(?:.s| is) (?:that|this|meant)\b.*"
    r"|(?:explain|rephrase|clarify)(?: (?:that|this|it|the question))?|give (?:me )?(?:an? )?examples?\b.*"
    r"|i (?:do(?:n.?t| not) (?:understand|get)(?: (?:it|that|this|the question|what you \w+))?)"
    r"|what (?:would|do|can|could|should) (?:you|i|we) (?:suggest|recommend|propose|advise|say|answer|pick|choose)\b.*"
    r"|what are (?:the|my) (?:usual )?(?:options|suggestions|choices|answers)\b.*|any (?:suggestions|ideas)"
    r"|which (?:one )?(?:would|do) you \w+|for example|like what|such as what|[hu]+m+)\W*",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"\b(answers?|questions?|about|to|my|the|our|on|for|regarding|again|what i said|part)\b", re.IGNORECASE
)
_STEERING: tuple[tuple[Turn, re.Pattern[str]], ...] = (("back", _BACK), ("enough", _ENOUGH), ("skip", _SKIP))
_PICKED = re.compile(r"(?P<n>\d\d?(?:\s*(?:,|and)\s*\d\d?)*)\s*(?:,|;|\+|and|plus)\s*(?:and )?(?P<own>[^\W\d]\D*)")
_SURE = 80.0


@dataclass(frozen=True)
class Reply:
    """What a person wants: to answer, or to go elsewhere."""

    turn: Turn
    answer: str = ""
    slot: Slot | None = None
    """For `change`, `add` and `remove`: the part of the scope to ask about again, or whose answer is changed. None: the
    goal itself says what is to be removed."""


def read_reply(text: str, question: Question, known: Specification | None = None) -> Reply:
    """What a reply to this question means, after what is known. What steers nowhere is an answer in one's own words.

    A question never is: it is answered, as far as it can be, and the question asked again.
    """
    offered = question.suggestions
    if text.strip() in offered:
        return Reply("answer", answer=text.strip())
    if meant := _MEANT.fullmatch(own_words(text)):
        text = meant["what"]
    if steered := _steering(text) or _editing(text, question.slot, known):
        return steered
    if asks(text):
        return Reply("asks")
    if offered and any(not 1 <= place <= len(offered) for place in places(text, len(offered))):
        return Reply("beyond")
    return Reply("answer", answer=chosen(text, offered)) if text.strip() else Reply("skip")


def _steering(text: str) -> Reply | None:
    if slot := slot_to_change(text):
        return Reply("change", slot=slot)
    if asks_to_change(text):
        return Reply("unclear")
    if (goal := new_goal(text)) is not None:
        return Reply("goal", answer=goal)
    if _fits(_WRONG, text):
        return Reply("wrong")
    if wants_meaning(text):
        return Reply("meaning")
    if speaks_of_files(text):
        return Reply("nothing")
    if turn := next((turn for turn, rule in _STEERING if _fits(rule, text)), None):
        return Reply(turn)
    return Reply("again") if wants_again(text) else None


def _editing(text: str, slot: Slot | None, known: Specification | None) -> Reply | None:
    """What changes an answer that was given, or would change a subgoal, and is no answer itself.

    Where an act may be one, nothing is known, but for a new name of what was said; who says the goal says all anew.
    """
    before = None if slot in _ACTS else known
    if added := addition(text):
        return Reply("add", answer=added[1], slot=added[0])
    if taken := _removal(text, before):
        return Reply("remove", answer=taken[1], slot=taken[0])
    rules = ((_RENAME, known if slot else None), (_EDIT, before))
    edits = ((rule.fullmatch(bare(text)), where) for rule, where in rules)
    return Reply("edit") if any(edit and _holders(edit["what"], where) for edit, where in edits) else None


def _removal(text: str, known: Specification | None) -> tuple[Slot | None, str] | None:
    """(part of the scope, what) in "remove hives from the topics", or in "remove hives" where they were said before."""
    match = _REMOVE.fullmatch(bare(text))
    if match is None:
        return None
    what = re.sub(r"^(?:the|any|all)\s+", "", match["what"].strip(), flags=re.IGNORECASE)
    if match["slot"]:
        slot = None if _THEIRS.fullmatch(match["slot"]) else _part_called(match["slot"])
        return (slot, what) if slot else None
    holders = [] if match["from"] else _holders(what, known)
    return (holders[0], what) if holders else None


def _holders(what: str, known: Specification | None) -> list[Slot | None]:
    """The parts of the scope whose answer says this; None for the goal."""
    if known is None:
        return []
    said = [*((one.slot, one.answer) for one in known.answers), (None, known.goal)]
    name = re.compile(rf"(?<!\w){re.escape(what)}(?!\w)", re.IGNORECASE)
    return [slot for slot, answer in said if name.search(answer)]


def less(answer: str, what: str) -> str:
    """An answer without the items that "hives and bees" names; the answer as it is where one of them is none of its."""
    items = _items(" ".join(answer.split()))
    left = _less(items, what)
    if left is None:
        left = items
        for item in filter(None, _ITEM.split(what)):
            if (shorter := _less(left, item)) is None:
                return answer
            left = shorter
    return "".join(sign + one for sign, one in left).strip(" .")


def _less(items: list[tuple[str, str]], what: str) -> list[tuple[str, str]] | None:
    """Without the first that is called this; None where none is."""
    is_it = re.compile(rf"(?:the )?{re.escape(what)}[ .!]*", re.IGNORECASE)
    place = next((place for place, (_, one) in enumerate(items) if is_it.fullmatch(one)), None)
    if place is None:
        return None
    before, rest = items[place][0], items[place + 1 :]
    if rest and (not before or ";" in before):  # what began a list begins it no more
        rest[0] = (before, rest[0][1])
    return [*items[:place], *rest]


def _items(answer: str) -> list[tuple[str, str]]:
    """(what parts it from the one before, item). "And" parts them at the end of a list, or where nothing else does."""
    found: list[tuple[str, str]] = []
    lists = re.split(r"( ?; ?(?:and )?)", answer)
    for sign, several in zip(["", *lists[1::2]], lists[::2], strict=True):
        *parts, last = re.split(r"( ?, ?(?:and )?)", several)
        parts += re.split(r"( (?:and|&) )", last) if parts or len(lists) == 1 else [last]
        found += zip([sign, *parts[1::2]], parts[::2], strict=True)
    return found


def slot_to_change(text: str) -> Slot | None:
    """The part of the scope in "change my answer about audience"; None when the text asks for no such thing."""
    match = _CHANGE.fullmatch(bare(text))
    return _slot_called(_ANSWER.sub(" ", match["rest"])) if match else None


def asks_to_change(text: str) -> bool:
    """Whether a message asks for an answer to be changed, whatever part of the scope it was about."""
    match = _CHANGE.fullmatch(bare(text))
    return match is not None and _MINE.search(match["rest"]) is not None


def addition(text: str) -> tuple[Slot, str] | None:
    """(part of the scope, what) in "add hives to the topics"; None when the text asks for no such thing."""
    match = _ADD.fullmatch(bare(text))
    if match is None:
        return None
    slot = _part_called(match["slot"])
    return (slot, match["what"].strip()) if slot else None


def new_goal(text: str) -> str | None:
    """The goal in "my goal is …" or "a model that …"; empty for a wish to change it; None for other messages."""
    match = _GOAL.fullmatch(bare(text))
    if match is None:
        return None
    words = match["itself"] or match["is"] or match["to"]
    return re.sub(r"^to (?=\w)", "", words.strip(" :,.–—-"), flags=re.IGNORECASE)


def chosen(text: str, suggestions: tuple[str, ...]) -> str:
    """The suggestions that "2", "1, 3" or "the first two" stand for, in one sentence; any other text as it is."""
    said = own_words(text)
    if found := places(said, len(suggestions)):
        return _at(found, suggestions) or said
    if (mixed := _PICKED.fullmatch(said)) and (picked := _at(places(mixed["n"], len(suggestions)), suggestions)):
        return f"{picked}; {mixed['own']}"
    exact = process.extractOne(said, suggestions, scorer=fuzz.ratio, score_cutoff=97.0, processor=str.casefold)
    return exact[0] if exact else said


def _at(found: tuple[int, ...], suggestions: tuple[str, ...]) -> str:
    """What stands at these places; empty when a place is beyond them."""
    if not all(1 <= place <= len(suggestions) for place in found):
        return ""
    return "; ".join(dict.fromkeys(suggestions[place - 1] for place in found))


def takes_back(text: str) -> bool:
    """Whether a message asks for the step before."""
    return _fits(_BACK, text)


def wants_meaning(text: str) -> bool:
    """Whether a message asks what is meant, or for an example."""
    return _fits(_MEANING, text)


def lets_all_pass(text: str) -> bool:
    """Whether a message puts an end to questions."""
    return _fits(_ENOUGH, text)


def _fits(rule: re.Pattern[str], text: str) -> bool:
    """Whether a message is what a rule says, with or without what is only polite: "no idea", "no wait, go back"."""
    return any(rule.fullmatch(said) for said in (own_words(text), bare(text)))


def _part_called(words: str) -> Slot | None:
    return "domain" if re.fullmatch(_TOPICS, words, re.IGNORECASE) else _slot_called(words)


def _slot_called(words: str) -> Slot | None:
    asked = " ".join(words.lower().split()).strip(" .!?")
    if not asked or len(asked.split()) > 3:
        return None
    scores = {slot: max(fuzz.ratio(asked, word) for word in _names(slot)) for slot in SLOTS}
    best = max(SLOTS, key=lambda slot: scores[slot])
    return best if scores[best] >= _SURE else None


def _names(slot: Slot) -> list[str]:
    words = SLOT_WORDS[slot]
    return [slot.replace("_", " "), *words.split()]
