"""Wordings of what an answer is like or does to its reader: how long it is, in what tone, whom it sends people to.

The embedded judge sees what a text is about: asked whether answers tell people to see a doctor, it finds those that are
about doctors. A wording counts only where it is all that a subgoal asks for, from its first word on: "summarises bills
on veterans in under 100 words" has a subject.
"""

import re

_ANSWER = (
    r"(?:(?:the|every|each|all|its|it|always|answers?|repl(?:y|ies)|respon(?:ses?|ds?)|outputs?|summar(?:y|ies)|speaks?"
    r"|talks?|writes?|is|are|stays?|keeps?|uses?|has|have|gives?)\s+)"
)
_NUMBER = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|(?:a |one )?hundred)"
_LIMIT = (
    r"(?:in|to|at|of|under|below|within|most|least|about|around|than|exactly|only|up|no|not|more|longer|shorter|fewer"
    r"|less)"
)
_MANNER = (
    r"(?:friendl(?:y|ier)|(?:in)?formal|professional|neutral|warm|calm|casual|serious|encouraging|supportive|respectful"
    r"|compassionate|gentle|reassuring|caring|conversational|humorous|playful|confident|plain|simple|everyday|kind)"
)
_NO_SUBJECT = r"\b(?=\s*(?:$|[.,;]|(?:and|but|to|for|with|that|throughout)\b))"
_PERSON = (
    r"(?:(?:the|an?|all|every|their|any)\s+)?"
    r"(?:users?|persons?|people|patients?|readers?|customers?|clients?|them|parents?|callers?|someone)"
)
_WHICH = (
    r"(?:an?|the|their|other|own|qualified|licensed|trained|medical|legal|tax|financial|mental|family|health(?:care)?|care"
    r"|human|local|right|appropriate)"
)
_HELPER = (
    r"(?:doctors?|physicians?|gps?|specialists?|professionals?|experts?|lawyers?|attorneys?|solicitors?|pharmacists?"
    r"|hospitals?|counsell?ors?|therapists?|advis[eo]rs?|humans?|help ?lines?|hot ?lines?|emergency \w+)"
)
_WORDINGS = tuple(
    re.compile(rf"^(?:always\s+)?{one}", re.IGNORECASE)
    for one in (
        rf"{_ANSWER}{{0,5}}(?:{_LIMIT}\s+){{1,6}}{_NUMBER}\s+(?:words?|sentences?|lines?|paragraphs?|characters?)\b",
        rf"{_ANSWER}{{0,5}}(?:(?:in|with|an?|the|very)\s+){{0,3}}{_MANNER}(?:(?:,|,? and|,? but)\s+{_MANNER}){{0,3}}\s+"
        rf"(?:tone|voice|manner|language|register|words|wording){_NO_SUBJECT}",
        rf"{_ANSWER}{{1,5}}(?:kindly|warmly|formally|calmly|gently|respectfully|professionally|casually){_NO_SUBJECT}",
        rf"(?:tells?|advis(?:es?|ing)|urges?|encourages?|reminds?|asks?)\s+{_PERSON}\s+to\s+"
        r"(?:see|visit|consult|contact|call|seek|talk|speak|go|turn)\b",
        rf"(?:refers?|directs?|sends?|points?)\s+(?:{_PERSON}\s+)?to\s+(?:{_WHICH}\s+){{0,4}}{_HELPER}\b",
        r"(?:recommends?|suggests?|advises?)\s+(?:seeing|consulting|visiting|contacting|calling)\b",
    )
)


def is_manner(text: str) -> bool:
    """Whether a description asks for nothing but a length, a tone, or an act towards the reader."""
    return any(one.search(text) for one in _WORDINGS)
