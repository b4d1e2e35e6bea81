"""What kind of thing a message asks for, by its words alone: the first rule that fits."""

import re
from typing import Literal

from goalcover.graph.edits import CHANGES
from goalcover.graph.wishes import GIVES, MAKES

AskKind = Literal[
    "explain",
    "lowest",
    "highest",
    "typical",
    "sample",
    "similar",
    "compare",
    "advice",
    "needed",
    "search",
    "suppose",
    "coverage",
    "report",
    "plan",
    "assess",
    "restart",
    "anew",
    "help",
    "trust",
    "synthesize",
    "filter",
    "export",
    "meaning",
    "change",
    "thanks",
    "unsure",
]

_PLAN = r"(?:goal file|subgoals|decomposition|the plan|my goal|specification)"
_SEES_PLAN = re.compile(
    r"\W*(?:(?:and|so|ok|now|again|please) )*(?:(?:can|could|may|will|would) (?:you|i|we) (?:please )?)?"
    r"(?:(?:show|see|list|display|view|repeat|recall|read|print|open|give|tell|remind|(?:what|which|where)(?:.s)?) )?"
    r"(?:(?:me|us|of|out|to|again|all|the|my|our|your|these|those|now|current|about|is|are|was|were) )*?"
    rf"{_PLAN}(?: (?:again|now|please|so far|once more|then|are|there|is|like|look|do you have|you (?:have|made|know)"
    r"|(?:i|we) (?:have|said|gave)))*\W*",
    re.IGNORECASE,
)
_RULES: tuple[tuple[AskKind, str], ...] = (
    ("anew", r"^\W*(start (all )?over|begin again|new (chat|conversation)|start anew|reset)\W*$"),
    (
        "thanks",
        r"^\W*((many|ok|okay|great|perfect|cool|super|nice)\W+)?(thanks?|thank you|thx|cheers)"
        r"(\W+(a lot|so much|very much|you|for (that|this|your help)))?\W*$|^\W*(great|perfect|cool|nice|got it"
        r"|i see)\W*$",
    ),
    (
        "restart",
        r"^\W*((please|ok|okay|now|i|we|want|would|like|i.d|let.?s|can|could|have|to|use|try|take|with|load|open"
        r"|upload|switch|change|go|assess|judge|do|the|an?|some|my)\W+){0,8}(other|another|new|different)"
        r" (data|dataset|file)s?(\W+(please|now|instead))*\W*$",
    ),
    (
        "assess",
        r"^\W*(start|go|go on|go ahead|yes|yep|ok|okay|begin|run|continue|looks? good|(that )?looks (right|fine|good)"
        r"|start (judging|scoring|the assessment)|judge it|score it)\W*$"
        r"|^\W*(judge|assess|score)\W+(all|everything|\d+)\b",
    ),
    ("synthesize", MAKES),
    (
        "export",
        r"\bexport\w*\b|\b(training|train) (set|file|mix)\b"
        r"|^\W*((please|now|and|then) )*(push|publish)\b|\b(push|publish) (it|them|that|this|everything|to)\b"
        r"|\bupload\b.{0,200}?(\bhub\b|\bhugging ?face\b|\b(to|as) [\w.-]{1,100}/[\w.-])",
    ),
    ("filter", r"\bfilter\w*\b|\bselect(ion)?\b|\bwhich (rows|samples) (to|should i|can i) (keep|leave out|drop)\b"),
    (
        "trust",
        r"\b(un)?trust\w*\b|\bself-?test\b|\breliable\b|\bhow do (i|we) know\b|\bprove\b|\bscores mean\b"
        r"|\b(in)?accura(te|cy)\b|\bonly weak\b|\b(what|which|any) (are the |its )?limit(s|ations)\b|\b(how|you) sure\b"
        r"|\b(is|how \w+ is) (the|your) judge\b|\bdid you (remove|plant|take away)\b|\b(was|were) (removed|planted)\b",
    ),
    ("plan", rf"\b{_PLAN}\b"),
    ("report", r"\breport\b|\bdownloads?\b|\bfiles\b"),
    ("suppose", r"\bthreshold\b|\bcut-?off\b"),
    (
        "change",
        r"\b(why (not|don.t (i|we|you)|shouldn.t (i|we))|what (if|(would|will) (happen|change)|happens|changes))\b"
        rf".{{0,200}}?\b(appl(y|ies|ied) to|({CHANGES}|dropped|removed|merged)\b"
        r"(?!.{0,40}(\d|\b(samples?|rows?|examples?|answers?|data|duplicates|chat)\b)))\b",
    ),
    (
        "search",
        r"\bhow many\b.{0,20}?\b(samples|rows|examples|answers)\b.{0,40}?"
        r"\b(mention|contain|include|talk|speak|are about)\b"
        r"|\b(is|are) there (any|some|an?)\b.{0,80}?\bin (my|the|this|these|our) (data|dataset|files?|rows|samples)\b"
        r"|\bdo(es)? (my|the|any|these|our)\b.{0,20}?\b(data|dataset|rows|samples)\b.{0,20}?"
        r"\b(mention|contain|include)\b",
    ),
    (
        "needed",
        r"\bhow (many|much)\b.{0,200}?\b(needed|need|take|takes|missing|collect|more|close|lift|reach|require|should)\b"
        r"|\bwhat\b.{0,40}?\b(should|do|must|can) (i|we) collect\b|\bhow far\b|\bwhat would it take\b"
        r"|\bdo (i|we) need (any )?(other|another|more|new|different)\b",
    ),
    ("compare", r"\bcompare\b|\bversus\b|\bvs\b|\bdifferences? between\b"),
    ("explain", r"\bwhy\b(?! not\b)|\bexplain\b|\breasons?\b|\bcauses?\b"),
    (
        "lowest",
        r"\blowest\b|\blow-?\s?scoring\b|\b(worst|weakest|poorest|bad|low) (samples?|examples?|rows?|ones)\b"
        r"|^\W*((ok|okay|yes|please|and|now)\W+)*show( (me|them|it))?( please)?\W*$"
        r"|\bwhich (samples?|examples?|rows?)\b.*\b(worst|weakest|poorest|bad|low)\b"
        r"|\b(which|what) (samples?|examples?|rows?|outputs?|answers?|ones)\b.{0,40}?\b(broken|wrong|faulty|cut off)\b"
        r"|^\W*(and )?(which|what) (samples?|examples?|rows?)( (are|is) (they|those|these|that|it))?\W*$",
    ),
    (
        "highest",
        r"\bhighest\b|\bhigh-?\s?scoring\b|\b(best|strongest|top|good|high) (samples?|examples?|rows?|ones?)\b"
        r"|\b(which|what|any) (samples?|examples?|rows?)\b.*\b(mentions?|about|teach(es)?|speaks? of|best|strongest"
        r"|good)\b",
    ),
    ("typical", r"\b(typical|average|median|middling|ordinary|usual) (samples?|examples?|rows?|ones?)\b|\btypical\b"),
    ("synthesize", GIVES),
    (
        "advice",
        r"\b(what|how) (should|can|do|must) (i|we)\b|\bshould (i|we)\b|\bhelps? (the )?most\b"
        r"|\bfix\b|\bimprove\b|\brecommend|\badvice\b|\bdo first\b",
    ),
    ("coverage", r"\bcoverage\b|\btable\b|\boverview\b|\bfigures\b|\bscores?\b|\bgaps\b|\bchart\b|\bheat ?map\b"),
    ("help", r"^\W*(help|hi|hello|hey)\W*$|^[^\w?]*\?\W*$|\bwhat can (you|i)\b"),
    ("lowest", r"\b(show|see|list|give me)\b.{0,200}?\b(samples?|examples?|rows?)\b"),
    ("explain", r"\bhow (?:bad|weak|good|strong|well)\b|\bweak\b|\bwrong\b|\bmissing\b|\blacks?\b|\bgap\b|\btell\b"),
)


def ask_kind(text: str) -> AskKind:
    """The kind of a message about a finished run; `unsure` when no rule fits."""
    return next((kind for kind, rule in _RULES if re.search(rule, text, re.IGNORECASE)), "unsure")


def sees_plan(text: str) -> bool:
    """Whether a message asks to see the goal or its subgoals, and nothing else of them."""
    return _SEES_PLAN.fullmatch(text) is not None
