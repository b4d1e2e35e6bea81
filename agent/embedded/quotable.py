"""What can be taken out of a text and still be read: whole sentences that tell something, with what they lean on.

Everything is decided by the sentence's form; a sentence whose form leaves a doubt is left out, because a sample that is
not made does no harm.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from goalcover.agent.embedded.sentences import one_line, sentences
from goalcover.agent.words import stem

Leaning = Literal["", "before", "section", "subsection", "paragraph"]
LEAST_WORDS = 7
_HEADING = 250
"""Characters of the longest heading."""
ASKS = "ask, and tell nothing"
FRAGMENT = "are headings, fragments or cut lists"
ANNOUNCES = "tell what was done to find out, not what was found"
AMENDS = "change the words of another text"
LEANS = "lean on a sentence that cannot be quoted"
DEFINES = "define a term for what follows"
REFERS = "refer to what stands elsewhere"

_MARK = re.compile(r"^(?:[`\"'“]*\((?:\d{1,3}|[A-Za-z]{1,5})\)\s*|[-*•]\s+|\d{1,2}[.)]\s+|``)+")
_LABEL = re.compile(r"^[A-Z$][^.:;]{0,120}\.--|^[A-Z][A-Z &/-]{2,40}:\s+")
_ITEM = re.compile(r"(?:--\s?|[:;,]\s|\band\s|\bor\s)(?P<quote>[`\"]*)\((?P<number>\w{1,4})\)\s")
_COUNTS = (
    [str(number) for number in range(1, 30)],
    [chr(letter) for letter in range(ord("a"), ord("z") + 1)],
    "i ii iii iv v vi vii viii ix x".split(),
)
_OPENS = re.compile(r"[\"“‘(\[]?[A-Z0-9$€£]")
_CLOSES = re.compile(r"[.!?][\"'”’)\]]*$")
_ASKS = re.compile(r"\?[\"'”’)\]]*$")
_VERB = re.compile(
    r"\b(?:am|is|are|was|were|has|have|had|does|do|did|can|could|may|might|must|shall|should|will|would|cannot"
    r"|(?:show|suggest|receiv|reduc|improv|provid|requir|includ|occur|caus|produc|induc|inhibit|prevent|represent|indicat"
    r"|demonstrat|reveal|remain|contain|continu|outlin|involv|appear|exceed|surpass|estimat|predict|allow|develop|affect|decreas|lower)"
    r"(?:s|es|ed|red)|(?:result|increas|lead)(?:s|es|ed) (?:in|to|by|from)|led|found|gave|became|rose|fell|spent|cost"
    r"|took|made|saw|means?|grew|fed|put|kept|got|went|came|began|brought|held|ran|paid|sold|set|sent|lost|left|built"
    r"|met|stood|told|said|wrote|knew|thought|felt|drew|drove|hit|let|sat|spoke|taught|understood|wore|won"
    r"|makes|gives|takes|goes|comes|needs|keeps|feeds|holds|gets|puts|runs|tells|says|grows|lives|eats|works|uses|helps"
    r"|wants|becomes|begins)\b|\b(?:we|they|it|also)\s+[a-z]{3,}(?:s|ed)\b"
    r"|(?<!\bthe )(?<!\ban )(?<!\ba )(?<!\bof )(?<!\band )(?<!\bor )(?<!\bby )(?<!\bwith )(?<!\bin )(?<!\bto )"
    r"\b[a-z]{2,}ed\s+(?:the|an?|that|no|its|their|about|over|approximately|significantly|higher|lower|more|less|\$?\d)",
    re.IGNORECASE,
)
_AUTHORS = (
    r"\b(?:we|this (?:study|paper|article|report|review|trial|analysis|research)"
    r"|the (?:(?:present|current) )?(?:study|paper|authors?))"
)
_ANNOUNCES = re.compile(
    r"^(?:in order )?to\s+[a-z]+\b(?!.*,\s[^,]*\b(?:is|are|shall|may|was|were|will|has|have|can)\b)|^whether\b"
    r"|\b(?:aims?|objectives?|purposes?|goals?)\b[^.]{0,60}\b(?:was|were|is|are) to\b|\bhypothes[ie]s\b"
    rf"|{_AUTHORS}\s+(?:(?:have|has|also|then|therefore|thus|first|next|\w+ly)\s+)*"
    r"(?!found|find|observed?\b|shows?\b|showed|demonstrate|conclude|saw\b|noted|reports? that|reported that|recommend"
    r"|suggest|believe|confirm|reveal|is\b|are\b|was\b|were\b|can|may|should|have|has|who|that|which|ly\b)[a-z]{2,}"
    r"|\b(?:was|were|been)\s+(?:(?:also|then|first|each|subsequently|\w+ly)\s+)?(?:collected|recorded|reviewed|assessed"
    r"|evaluated|measured|analy[sz]ed|randomi[sz]ed|recruited|enrol+ed|calculated|extracted|explored|examined|derived"
    r"|investigated|studied|performed|conducted|tested|obtained|determined|classified|divided|undertaken|carried out"
    r"|surveyed|interviewed|invited|included|excluded|identified|defined|searched|asked|selected|screened|formulated"
    r"|compared|matched|posted|assigned|allocated|followed up|considered|designed to|deemed|offered|told"
    r"|based on|estimated using|used (?:to|as|in|for))\b"
    r"|^(?:\S+ ){0,4}data (?:was|were)\b|^(?:the )?(?:recorded |collected )?(?:variables|data|parameters)"
    r"(?: (?:recorded|collected|stud\w+|analy[sz]ed))* (?:included?|comprised?|consisted)\b(?! (?:here|in)\b)"
    r"|\b(?:students?|student groups|patients|participants|respondents) (?:completed|viewed|answered|identified)\b"
    r"|\b(?:subjects|participants|(?:treatment|study|control) groups) were\b"
    r"|\bunderwent\b|\b(?:in|ex)clusion criteria\b|\bstudy (?:design|period|population)\b|\boutcome measures?\b"
    r"|\b(?:outcomes?|end ?points?) (?:of interest )?(?:was|were|included)\b",
    re.IGNORECASE,
)
_AMENDS = re.compile(
    r"\bby (?:striking|inserting|adding|redesignating)\b|\b(?:is|are) (?:further )?amended\b|\bas so redesignated\b"
)
_DEFINES = re.compile(r"\bthe terms? [`\"“'].{0,200}(?:\bmeans?\b|\bincludes?\b|\bhas the meaning\b)", re.IGNORECASE)
_REFERS = re.compile(
    r"\b(?:sub)?(?:paragraphs?|sections?|clauses?)\s+\([0-9A-Za-z]{1,4}\)|\b(?:sub)?clauses?\s+\("
    r"|\bthis (?:sub(?:paragraph|clause|title|part|chapter)|clause|title|part|chapter|sentence)\b"
    r"|\bsuch (?:sub)?(?:sections?|paragraphs?|clauses?|sentence)\b|\bthe preceding\b|\bpreceding sentence\b"
    r"|\b(?:tables?|fig(?:ure)?s?\.?|box|appendix)\s+\d"
    r"|\b(?:above|below|aforementioned|the following|as follows)\b[.:,)]"
    r"|\bsections? \d\w*(?:\(\w+\))*(?!\w|\(|[ ,]+(?:of|and|or|through)\b)"
    r"|\b(?:described|mentioned|referred to|set forth|listed|shown) (?:above|below)\b|\[\d+(?:[-,–]\s?\d+)*\]",
    re.IGNORECASE,
)
_FLAWS = {ASKS: _ASKS, AMENDS: _AMENDS, DEFINES: _DEFINES, ANNOUNCES: _ANNOUNCES, REFERS: _REFERS}
_BEFORE = re.compile(
    r"^(?:these|this|those|that|they|it|its|their|he|she|his|her|such|however|therefore|thus|hence|moreover|furthermore"
    r"|additionally|in addition|besides|in contrast|by contrast|conversely|nevertheless|nonetheless|also|both|similarly"
    r"|likewise|consequently|accordingly|as a result|on the (?:other|contrary)|and|but|or|so|then|finally|second(?:ly)?"
    r"|third(?:ly)?|next|neither|either|another|others?|among (?:these|them|those)|of (?:these|those|them|the \d+)"
    r"|instead|meanwhile|for (?:example|instance)|specifically|in particular|overall|the (?:latter|former|same|others?"
    r"|remaining|rest|two|three|four|reason|results?|difference)|in (?:this|these|that|those|both|each|either|all) "
    r"(?:cases?|groups?|patients?|subjects?|regards?)|only (?:one|two|three|four|\d+)\b|\d+ of (?:these|them|the))\b"
    r"|^(?:\S+\s+){1,4}(?:they|them|it|its|their|these|those)\b"
    r"|\b(?:the (?:latter|former|other (?:group|arm|two)))\b"
    r"|\bgroups? (?:\d|[A-D]\b|I)"
    r"|\b(?:the )?(?:two|three|four|both|all|other|control|treatment|study|intervention) (?:groups?|arms?)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:these|this|the same|such)\s+(?!(?:as|an?|sums|study|act|bill|section|subsection|paragraph|article|paper"
    r"|review|trial|year)\b)(?P<noun>[a-z]+)",
    re.IGNORECASE,
)
"""What points back at a noun, unless the sentence has named it before."""
_PLACE = re.compile(
    r"\bthis (?P<place>section|subsection|paragraph)\b|\b(?:under|carry out) the (?:pilot )?program\b", re.IGNORECASE
)
_HEADS: dict[Leaning, re.Pattern[str]] = {
    "subsection": re.compile(r"[`\"'“]*\([a-z]\)"),
    "paragraph": re.compile(r"[`\"'“]*(?:\([a-z]\))?\(\d{1,2}\)"),
}
"""How the parts begin that a sentence can call its own."""


@dataclass(frozen=True)
class Piece:
    """One sentence of a text. What costs time is found out when it is asked for: most sentences nobody wants."""

    raw: str
    """As it stands in the text, with its marker."""
    start: int
    end: int
    """Characters of the text."""
    section: int
    paragraph: int
    is_heading: bool

    @cached_property
    def text(self) -> str:
        """What an answer takes: on one line, without marker and heading."""
        return _bare(one_line(self.raw))

    @cached_property
    def flaw(self) -> str:
        """Why no answer can take it; empty when one can."""
        return _flaw(self.raw, self.text)

    @cached_property
    def leans(self) -> Leaning:
        """Whether it needs the sentence before it, or the first of its section, to be understood."""
        return _leaning(self.text)


def pieces(text: str) -> list[Piece]:
    """The sentences of a text in order."""
    found: list[Piece] = []
    section = paragraph = last = 0
    for start, end in sentences(text):
        raw = text[start:end]
        is_heading = end - start <= _HEADING and _is_heading(one_line(raw))
        section += is_heading
        paragraph += "\n" in text[last:start]
        last = end
        found.append(Piece(raw, start, end, section, paragraph, is_heading))
    return found


def with_support(found: Sequence[Piece], place: int) -> tuple[int, ...]:
    """Places of a sentence and of those that it leans on, in order; empty when what it leans on cannot be quoted."""
    piece = found[place]
    if piece.flaw:
        return ()
    if piece.leans == "before":
        same = place > 0 and found[place - 1].paragraph == piece.paragraph
        before = with_support(found, place - 1) if same else ()
        return (*before, place) if before else ()
    if piece.leans:
        lead = _lead(found, place)
        return () if lead is None else (lead, place)
    return (place,)


def _lead(found: Sequence[Piece], place: int) -> int | None:
    """The sentence that begins the part which a sentence calls its own: it says what that is about, or nothing does."""
    part = [one for one in range(place) if found[one].section == found[place].section and not found[one].is_heading]
    head = _HEADS.get(found[place].leans)
    if head is not None:
        part = next(([one] for one in reversed(part) if head.match(found[one].raw)), [])
    begins = found[part[0]] if part else None
    tells = begins is not None and not (begins.flaw or begins.leans)
    return part[0] if tells else None


def _leaning(line: str) -> Leaning:
    if place := _PLACE.search(line):
        return cast(Leaning, (place["place"] or "section").lower())
    points = any(not _names(line[: one.start()], one["noun"]) for one in _POINTS.finditer(line))
    return "before" if points or _BEFORE.search(line) else ""


def _names(text: str, noun: str) -> bool:
    return stem(noun.lower()) in {stem(word) for word in re.findall(r"[a-z]+", text.lower())}


def _is_heading(line: str) -> bool:
    """A short line in capitals, or one that a # marks."""
    if line.startswith("#"):
        return True
    letters = [one for one in line if one.isalpha()] if len(line) <= _HEADING else []
    return len(letters) > 2 and sum(map(str.isupper, letters)) > 0.7 * len(letters)


def _bare(line: str) -> str:
    """Without marks of lists and headings before it, and without the end of a quotation that began before."""
    before = ""
    while before != line:
        before, line = line, _LABEL.sub("", _MARK.sub("", line)).lstrip()
    items = list(_ITEM.finditer(line))
    if len(items) == 1 and items[0]["number"] in ("1", "A", "a", "i"):  # the items are sentences of their own
        line = _LABEL.sub("", line[items[0].end() :]).lstrip()
    if line.count("''") > line.count("``"):
        line = re.sub(r"(?<=[.!?])''[.;]?$", "", line)
    return line


def _flaw(raw: str, line: str) -> str:
    if not _is_whole(raw, line):
        return FRAGMENT
    for flaw, pattern in _FLAWS.items():
        if pattern.search(line):
            return flaw
    return "" if _VERB.search(line) else FRAGMENT


def _is_whole(raw: str, line: str) -> bool:
    return (
        len(line.split()) >= LEAST_WORDS
        and _OPENS.match(line) is not None
        and _CLOSES.search(line) is not None
        and not _is_heading(line)
        and all(line.count(first) == line.count(last) for first, last in ("()", "[]", "“”", ("``", "''")))
        and line.count('"') % 2 == 0
        # Nobody knows whether the hyphen at the end of a line belongs to the word.
        and re.search(r"\w-[ \t]*\n", raw) is None
        and _is_whole_list(line)
    )


def _is_whole_list(line: str) -> bool:
    """Whether the items in a sentence, if any, are one level of a list from its beginning."""
    items = list(_ITEM.finditer(line))
    numbers = [item["number"].lower() for item in items]
    return not any(item["quote"] for item in items) and (
        not numbers or any(numbers == count[: len(numbers)] for count in _COUNTS)
    )
