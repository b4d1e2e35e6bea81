"""Wordings of what an answer is like or does to its reader: how long it is, in what tone, whom it sends people to, how
open it is about what it does not know.

The embedded judge sees what a text is about: asked whether answers tell people to see a doctor, it finds those that are
about doctors, and asked whether they admit that something is not known, those that are about the same. A wording
counts only where it is all that a subgoal asks for, from its first word on: "summarises bills on veterans in under 100
words" has a subject.
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
_NO_SUBJECT = r"\b(?=\s*(?:$|[.,;]|(?:and|or|but|to|for|with|that|when|where|rather|throughout)\b))"
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
_OPENLY = r"(?:(?:so|openly|clearly|honestly|plainly|explicitly)\s+)?"
_ADMITS = (
    rf"{_ANSWER}{{0,3}}{_OPENLY}(?:admit(?:s|ting)?|acknowledg(?:es?|ing)"
    r"|(?:open|honest|transparent|candid|frank)(?:ly)?\s+about)\s+"
)
_SAYS = (
    rf"(?:{_ADMITS}|{_ANSWER}{{0,3}}{_OPENLY}(?:says?|tells?|states?|flags?|shows?|indicates?|signals?|points? out"
    rf"|makes? clear|express(?:es)?|conveys?)\s+(?:{_PERSON}\s+)?){_OPENLY}"
)
_OWN = (
    r"(?:the|an?|its|own|their|any|it|i|something|anything|available|current|scientific|clinical|evidence|data"
    r"|findings?|results?|stud(?:y|ies)|research|science|sources?|questions?|answers?|conclusions?|facts?|knowledge"
    r"|model|is|are|remains?)"
)
"""What an answer doubts when it doubts itself, whatever it is about."""
_UNSURE = (
    r"(?:un(?:certain|sure|clear|known|settled)|inconclusive|insufficient|not (?:sure|certain|known|clear|conclusive)"
    r"|cannot be (?:known|answered|settled)|(?:(?:does|do)(?: not|n['’]t)|cannot) (?:know|tell|say|settle|answer|do)"
    r"(?:\s+(?:so|it|(?:the )?(?:question|answer)))?)"
)
_INVENTED = (
    r"(?:facts?|sources?|citations?|references?|figures?|numbers|details|information|claims|things|anything|answers?"
    r"|quot(?:es?|ations?)|statistics|evidence|stuff|something)"
)
_INVENTS = (
    rf"(?:mak(?:es?|ing)\s+(?:(?:\w+\s+)?{_INVENTED}\s+up\b|up\s+(?:\w+\s+){{0,2}}{_INVENTED}\b"
    rf"|(?:\w+\s+){{0,2}}up{_NO_SUBJECT})|made[- ]up\b|hallucinat"
    rf"|(?:invent|fabricat)(?:s|es?|ed|ing)?\s+(?:\w+\s+)?{_INVENTED}\b)"
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
        rf"{_SAYS}(?:uncertaint(?:y|ies)"
        rf"|(?:(?:when|where|if|whether|that|what)\s+)?(?:{_OWN}\s+){{1,5}}{_UNSURE}){_NO_SUBJECT}",
        rf"{_SAYS}how (?:sure|certain|confident)(?:\s+{_OWN}){{2,4}}",
        rf"{_ADMITS}(?:{_OWN}\s+){{0,2}}(?:limits|limitations|ignorance)(?:\s+of(?:\s+{_OWN}){{1,3}})?{_NO_SUBJECT}",
        rf"{_ANSWER}{{0,3}}(?:never|not?|avoids?|leaves? out|(?:does|do)(?: not|n['’]t))\s+"
        rf"(?:{_INVENTS}|guess(?:es|ing)?{_NO_SUBJECT})",
    )
)


def is_manner(text: str) -> bool:
    """Whether a description asks for nothing but a length, a tone, an act towards the reader, or openness."""
    return any(one.search(text) for one in _WORDINGS)
