"""What a subgoal asks for: "Answers questions about heart disease, its diagnosis and its treatment" asks for heart
disease, its diagnosis and its treatment; the words before them frame every subgoal of a goal alike."""

import re

from goalcover.agent.models import Subgoal

_FRAME = re.compile(
    r"""(?:answers?|covers?|explains?|discuss(?:es)?|summari[sz]es?|describes?|writes?|builds?|handles?|helps?|provides?
        |gives?|interprets?|implements?|designs?|solves?|manipulates?|automates?|finds?|loads?|teaches?|advises?
        |drafts?|identif(?:y|ies)|deals?|stor(?:y|ies)|the\ summary|the\ answer|questions?|bills?|problems?|about|with
        |on|how|to|that|which|in|of|for|users?|customers?|travell?ers?|employees?|students?|patients?|and|or|the|a|an|its
        |their|such\ as)\b[\s,:]*""",
    re.IGNORECASE | re.VERBOSE,
)


def content(description: str) -> str:
    """The description without the frame at its front; the whole of it when nothing else is left."""
    text = description.strip().rstrip(".")
    position = 0
    while match := _FRAME.match(text, position):
        position = match.end()
    return text[position:].strip() or text


def statement(subgoal: Subgoal) -> str:
    """Name and content in one line: what a sample is compared with."""
    return f"{subgoal.name}: {content(subgoal.description)}"
