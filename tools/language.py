"""Tells when goal or data are not English: the embedded engine reads English, its levels mean little elsewhere."""

from goalcover.agent.language import is_english
from goalcover.agent.models import Goal, Sample


def foreign_notes(goal: Goal, preview: Sample) -> list[str]:
    """What a person should know before trusting the embedded engine's levels; nothing when all is English."""
    asked = " ".join(f"{one.name}. {one.description}" for one in goal.subgoals)
    found = [
        name
        for name, text in (("the goal's subgoals", asked), ("the data", f"{preview.input}\n{preview.output}"))
        if not is_english(text)
    ]
    if not found:
        return []
    return [
        f"{' and '.join(found)} {'does' if found == ['the data'] else 'do'} not look like English, the only language "
        "that the embedded engine was made for: its levels mean little here. Use the LLM engine, or translate."
    ]
