"""What stands around the words that count: courtesies and hesitations, places said in words, and questions."""

import re
from collections.abc import Collection

_HESITATION = r"(?:u+m+|u+h+|h+m+|e+r+m?|ehm|oh|ah|ok|okay|please|kindly|actually|alright|like|such as)"
"""Says nothing wherever it stands first."""
_FILLER = (
    r"(?:no|nope|nah|yes|yeah|yep|so|and|but|right|sure|well|wait|hang on|hold on|one moment|sorry|oops|hey|hi"
    r"|hello|great|fine|good|cool|thanks|thank you|i see|i think|i guess|let me (?:see|think)|let.s see)"
)
"""Says nothing before a comma; elsewhere it may belong to what is said: no patients, wait times."""
_ASKING = (
    r"(?:(?:can|could|would|will) you(?: (?:please )?help (?:me|us))?|(?:can|could|may) (?:i|we)"
    r"|(?:i|we)(?:.d| would) like (?:you )?to|(?:i|we) (?:want|need|wish) (?:you )?to|let me|let.s|let us"
    r"|just|now|then|maybe|perhaps)"
)
_PAUSE = r"\s{0,3}[,.;:!…–—-]{1,5}\s{0,3}"
_BEFORE_ANSWER = re.compile(
    rf"(?:{_HESITATION}\b(?:{_PAUSE}|\s+)|{_FILLER}(?:{_PAUSE}|\s+(?={_FILLER}{_PAUSE})))+", re.IGNORECASE
)
_BEFORE_REQUEST = re.compile(rf"(?:(?:{_HESITATION}|{_FILLER}|{_ASKING})\b(?:{_PAUSE}|\s+))+", re.IGNORECASE)
_AFTER = re.compile(
    r"(?:[\s,.;!–—-]{1,5}(?:please|thanks(?: a lot)?|thank you(?: very much)?|thx|cheers|sorry|if you (?:can|please)))"
    r"{1,3}[\s.!]{0,5}$",
    re.IGNORECASE,
)

_YES = r"(?:yes|yeah|yep|yup|sure|ok|okay|go ahead|please do|do (?:it|that|so))"
_RIGHT = (
    r"(?:fine|right|correct|exactly|that.?s (?:it|right|fine|good)|(?:that )?looks? (?:right|good|fine)(?: to me)?)"
)
"""Says that something is as it should be, which agrees to no change of it."""
_SO = r"\b[\s,.;!–—-]*"
_AGREED = re.compile(rf"\W*(?:(?:{_YES}|{_RIGHT}|please){_SO})+", re.IGNORECASE)
"""With a yes among it."""
_APPROVED = re.compile(rf"\W*(?:{_YES}{_SO})*(?:{_RIGHT}{_SO})+(?:please{_SO})?", re.IGNORECASE)
_REFUSED = re.compile(
    r"\W*(?:(?:no|nope|nah)\b(?!\W+(?:idea|clue|wait|but|my|i (?:mean\w*|want\w*|did\w*|said))\b)|i (?:\w+ )?disagree\b"
    r"|(?:do not|don.?t)\b(?! (?:\w+ )?(?:know|understand|get|see|follow|mind|care)\b)|(?:cancel|stop|skip|overrule)\b"
    r"|(?:not|never)(?: (?:mind|now|yet))?(?=\W*$|[,.;:!]|\s+[–—-])"
    r"|(?:please )?(?:keep|leave)\b(?=\W*$|\W+(?:it|them|that|this|both)\b))",
    re.IGNORECASE,
)
"""How a person begins who says no, and may say why; what was meant instead is no reason."""

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_COUNTS = "one two three four five six seven eight nine ten".split()
ORDINAL = rf"(?:{'|'.join(ORDINALS)}|last|[1-9]\d?(?:st|nd|rd|th))"
_COUNT = rf"(?:{'|'.join(_COUNTS[1:])}|\d\d?)"
_THINGS = r"(?: (?:ones?|options?|answers?|suggestions?|topics?|subgoals?|samples?|of (?:them|these|those)))?"
_JOINT = r"\s*(?:,|;|&|\+|\band\b)\s*(?:and )?"
_CALLED = r"(?:the )?(?:(?:numbers?|options?|answers?|no\.?|#) ?)?"
_NUMBERS = re.compile(
    rf"{_CALLED}\d\d?(?: ?(?:-|–|to) ?\d\d?)?(?:(?:{_JOINT}| ){_CALLED}\d\d?(?: ?(?:-|–|to) ?\d\d?)?){{0,20}}",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)(?: ?(?:-|–|to) ?(\d+))?")
_END = re.compile(rf"(?:the )?(?P<end>first|last) (?P<n>{_COUNT}){_THINGS}", re.IGNORECASE)
_SINGLE = rf"(?:the )?{ORDINAL}{_THINGS}(?:{_JOINT}(?:the )?{ORDINAL}{_THINGS}){{0,9}}"
_IN_WORDS = re.compile(_SINGLE, re.IGNORECASE)
_BOTH = r"both(?: of (?:them|these|those))?"
IN_WORDS = rf"(?:(?:the )?(?:first|last) {_COUNT}{_THINGS}|{_SINGLE}|{_BOTH})"
"""Places that `places` reads, without figures."""
_ALL = re.compile(
    rf"all (?:of )?(?:them|these|those|the above|the {_COUNT}|{_COUNT})|all (?:the )?(?:options|suggestions)",
    re.IGNORECASE,
)

_WH = r"(?:since when|what|which|who|whom|whose|when|where|why|how)(?:.s|.re)?"
_AUX = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|may|might|must|have|has|had"
    r"|(?:is|are|do|does|did|ca|wo|would|should|could)n.?t)"
)
_WHOM = r"(?:you|i|we|they|he|she|it|this|that|these|those|there|the|my|our|your|any\w*|some\w*|all|an?)"
_QUESTION = re.compile(rf"(?:{_WH}|{_AUX} {_WHOM})\b.*\?", re.IGNORECASE | re.DOTALL)
_UNMARKED = re.compile(
    rf"(?:{_WH}(?: \w+){{0,2}} )?(?:{_AUX} (?:you|there)|did (?:i|we))\b.*|{_AUX} (?:i|we)\b.*"
    rf"|{_WH} {_AUX} (?:i|we) (?:say|answer|choose|pick|do|write|type|put|take|enter)\b.*"
    rf"|{_WH}\b.* my (?:data|dataset|file|answers?)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""Questions that need no mark to be known: they are put to whoever is talked to, or about what was handed over."""
_EXAMPLES = re.compile(r"[:\"“]|\b(?:like|such as|e\.g\.|example|ask(?:s|ed|ing)?|questions?)\b", re.IGNORECASE)
_CLAUSE = re.compile(rf"[,–—]\s|\s(?:and|but|or)\s(?={_WH}\b|{_AUX}\s)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def bare(text: str) -> str:
    """A request without what is only polite or hesitant: "no wait, go back please" is "go back"."""
    return _without(text, _BEFORE_REQUEST)


def own_words(text: str) -> str:
    """An answer without what is only polite or hesitant: "umm, wait times please" is "wait times"."""
    return _without(text, _BEFORE_ANSWER)


def _without(text: str, before: re.Pattern[str]) -> str:
    said = " ".join(text.split())
    led = before.match(said)
    rest = _AFTER.sub("", said[led.end() :] if led else said).strip()
    return rest or said


def agrees(text: str, *verbs: str) -> bool | None:
    """Whether a reply to an offer is a yes or a no; None when it is neither.

    `verbs` are those of the offer: "merge them" agrees to a merge.
    """
    for said in (text, own_words(text)):
        if _AGREED.fullmatch(said) and re.search(rf"\b{_YES}\b", said, re.IGNORECASE):
            return True
        if re.fullmatch(_repeating(verbs), said, re.IGNORECASE):
            return True
        if _REFUSED.match(said):
            return False
    return None


def approves(text: str) -> bool:
    """Whether a message says that something is right as it is, or looks good."""
    return any(_APPROVED.fullmatch(said) for said in (text, own_words(text)))


def _repeating(verbs: Collection[str]) -> str:
    """With or without a yes before it."""
    does = "|".join(map(re.escape, verbs)) or r"(?!)"
    return rf"\W*(?:{_YES}\W+|please\W+)*(?:{does})(?: (?:it|them|that|this|both))?(?: please)?\W*"


def places(text: str, n: int) -> tuple[int, ...]:
    """Places among n things, from 1, that "2", "1-3", "the first two" or "the last one" name; none: it names none.

    They may lie beyond n.
    """
    said = bare(text).strip(" .!?")
    if _NUMBERS.fullmatch(said):
        found = [range(int(first), int(last or first) + 1) for first, last in _RANGE.findall(said)]
        return tuple(dict.fromkeys(place for one in found for place in one))
    if _ALL.fullmatch(said):
        return tuple(range(1, n + 1))
    if re.fullmatch(_BOTH, said, re.IGNORECASE):
        return (1, 2) if n == 2 else (0,)
    if match := _END.fullmatch(said):
        size = int(match["n"]) if match["n"].isdigit() else _COUNTS.index(match["n"].lower()) + 1
        return tuple(range(1, size + 1) if match["end"].lower() == "first" else range(max(1, n - size + 1), n + 1))
    if _IN_WORDS.fullmatch(said):
        return tuple(dict.fromkeys(_place(word.lower(), n) for word in re.findall(ORDINAL, said, re.IGNORECASE)))
    return ()


def _place(word: str, n: int) -> int:
    if word == "last":
        return n
    return ORDINALS.index(word) + 1 if word in ORDINALS else int(word[:-2])


def asks(text: str) -> bool:
    """Whether a message ends in a question. Examples of what others ask are none: "questions like: is it safe?"."""
    said = own_words(text)
    if _is_question(said):
        return True
    last = _SENTENCE.split(said)[-1]
    clause = _CLAUSE.split(last)[-1]
    led = said[: len(said) - len(clause)]
    return not _EXAMPLES.search(led) and any(_is_question(own_words(one)) for one in (last, clause) if one != said)


def _is_question(text: str) -> bool:
    words = re.sub(rf"^{_FILLER} (?={_WH}|{_AUX} )", "", text, flags=re.IGNORECASE)
    return _QUESTION.fullmatch(words) is not None or _UNMARKED.fullmatch(words) is not None
