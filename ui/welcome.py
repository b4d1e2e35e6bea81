"""What the empty page offers: the engine's badge, and ways to begin."""

import chainlit as cl
from goalcover.agent.engine import Engine

EMBEDDED = "Embedded engine"
MODEL = "Language model"
_MEDICAL = "Build a medical question-answering assistant for clinical decision support"
_LEGAL = "Summarise US bills for compliance officers, keeping amounts of money, deadlines and who is affected"
_CODE = "Build a Python coding assistant for data science and web development"
STARTERS = (
    ("A medical question-answering assistant", _MEDICAL),
    ("Summaries of US bills", _LEGAL),
    ("A Python coding assistant", _CODE),
    ("The demo: an energy supplier's support desk", "Try the demo"),
)
_EMBEDDED = (
    "A small sentence encoder and rules, on this machine: no key, no network, no cost, the same result every time. It "
    "sees what a sample is about, not whether it is right."
)
SWITCH = (
    "A language model judges, asks and explains. To use one, set `GOALCOVER_MODEL` with `OPENAI_API_KEY` (or "
    "`OPENAI_BASE_URL` for a server of your own) and start `goalcover chat` again; `goalcover doctor` checks it."
)


def profiles(engine: Engine) -> list[cl.ChatProfile]:
    """The engine in use; beside the embedded one, how to use a model instead."""
    if engine.name != "embedded":
        told = f"**{engine.model}** judges, asks and explains, as the settings say (`GOALCOVER_MODEL`)."
        return [_profile(f"{MODEL}: {engine.model}", told, default=True), _profile(EMBEDDED, _EMBEDDED, default=False)]
    return [_profile(EMBEDDED, _EMBEDDED, default=True), _profile(MODEL, SWITCH, default=False)]


def _profile(name: str, told: str, *, default: bool) -> cl.ChatProfile:
    starters = [cl.Starter(label=label, message=message) for label, message in STARTERS]
    return cl.ChatProfile(name=name, markdown_description=told, starters=starters, default=default)
