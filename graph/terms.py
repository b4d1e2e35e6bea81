"""Words of the results that can be asked about: "what does support mean?"."""

import re

from goalcover.tools.kinds import MEANINGS

TERMS: dict[str, str] = {
    "alignment": r"(?:mean )?alignments?",
    "support": r"supports?(?:ing)?(?: samples?)?",
    "level": r"levels?",
    "gap": r"gaps?",
    "coverage": r"coverage",
    "interval": r"(?:95 ?% |confidence )?intervals?",
    "wanted": r"wanted(?: of)?",
    "threshold": r"thresholds?",
    "weight": r"weights?",
    "goal score": r"goal scores?",
    "correlation": r"(?:rank )?correlations?",
    "atomic": r"atomic",
    "disjoint": r"disjoint",
    "complete": r"complete",
    **{kind: kind.replace("-", "[ -]") for kind in MEANINGS},
}
"""The words, and how they are written."""
_TERM = "(?P<term>" + "|".join(TERMS.values()) + ")"
_DEFINED = tuple(
    re.compile(rf"\W*(?:and )?{rule}\W*", re.IGNORECASE)
    for rule in (
        rf"what (?:does|do) (?:the |a |an |this )?(?:word |column )?\W?{_TERM}\W?(?: scores?| column)? (?:mean"
        rf"|stand for)\b.*",
        rf"what (?:is meant|do you mean) (?:by|with) (?:the )?\W?{_TERM}\W?",
        rf"how (?:is|are|do you|does it) (?:the |this |a )?{_TERM}(?: scores?)? (?:computed|calculated|measured|defined"
        r"|determined|found|decided|worked out)\b.*",
        rf"how (?:do|does) (?:you|it) (?:compute|calculate|measure|define|determine|find|decide) (?:the "
        rf"|an? )?{_TERM}.*",
        rf"(?:define|explain the (?:word|term)) \W?{_TERM}\W?",
        r"what(?: is|.s) (?:an? )?(?P<term>alignment|support|interval|confidence interval|goal score"
        rf"|{'|'.join(TERMS[kind] for kind in MEANINGS)})",
        rf"what(?: is|.s) an? {_TERM}",
    )
)


def asked_about(text: str) -> str | None:
    """The word, as `TERMS` has it, whose meaning a message asks for, and nothing else."""
    defined = next(filter(None, (rule.fullmatch(text) for rule in _DEFINED)), None)
    return next(one for one in TERMS if re.fullmatch(TERMS[one], defined["term"], re.IGNORECASE)) if defined else None
