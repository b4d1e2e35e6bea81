"""A language model that plays every role of the paper, for the support desk of the demo: what it says is scripted, but
samples are judged as the embedded judge judges them, so that the figures mean something.
"""

import json
import re
from collections.abc import Callable
from itertools import islice
from typing import Any

import openai_brains
from goalcover.agent.embedder import Embedder
from scripted import one_a_group, scripted

GOAL = (
    "Answer the messages of an energy supplier's customers: explain bills, help to choose a tariff, deal with power "
    "cuts, and help customers who cannot pay"
)
BILLS, PAY = "Explaining bills", "Customers who cannot pay"
SUBGOALS = {
    BILLS: "Explains a bill: charges, estimates, credits, VAT, corrections and why the amount changed.",
    "Choosing tariffs": "Helps the customer choose, compare or change a tariff or supplier, including exit fees.",
    "Power cuts": "Deals with power cuts and other interruptions of the electricity or gas supply.",
    PAY: "Helps customers who cannot afford to pay with affordable payment plans, hardship funds and debt support.",
}
QUESTIONS = {
    "domain": ("Which matters do customers write about?", ["Bills and payments", "Tariffs", "Power cuts"], True),
    "task": ("What does the model do with a message?", ["Answer it", "Sort it", "Draft a reply for an agent"], False),
    "output": ("How long is an answer?", ["Two sentences", "A short paragraph", "A letter"], False),
}
LETTERS = (
    (
        "I lost my job in March and cannot pay the gas bill any more, what can I do about it?",
        "I am sorry to hear that. We can set up an affordable payment plan over ten months, and pause all letters.",
    ),
    (
        "My hours at the warehouse were cut and what I owe you grows every month.",
        "Thank you for telling us early. Our hardship fund may write off a part, and debt advisers help you to apply.",
    ),
    (
        "I am ill and live on benefits, how shall I ever afford the winter?",
        "That makes you a vulnerable customer: pay what you can each week, and ask for a grant of the hardship fund.",
    ),
    (
        "We are behind since the baby came, please do not cut us off before Christmas.",
        "Nobody is cut off who keeps to a payment plan. Tell us what you can afford, even ten pounds a month will do.",
    ),
    (
        "Since my husband died I am unable to pay out of one small pension.",
        "You have our sympathy. Debt support is free, and we can spread what is owed over two years if you like.",
    ),
    (
        "Rent or electricity, I can only find the money for one of the two this week.",
        "Pay the rent. We put your account on hold, and work out with you which instalments you can bear from May on.",
    ),
    (
        "A debt collector wrote to me about your last invoice although I earn nothing at the moment.",
        "We call the collector off today. A payment holiday of three months is possible, then small steps back.",
    ),
    (
        "Student, no income until September, heating is off already. Is there any help?",
        "Please switch it on again: the hardship fund pays up to a quarter of it, and a plan takes care of the rest.",
    ),
    (
        "I am a carer, my allowance stopped, and the prepayment meter is down to its last credit.",
        "We add emergency credit at once, and you pay it back in affordable parts when your allowance is there again.",
    ),
)
FREE = "do people ask about refunds at all?"
TOLD = (
    "**{support} of the {n} samples** support {name}, which is {alignment} on average. The data speaks of money that "
    "is owed, and hardly of people who cannot find it. As a next step I would look at the lowest samples of that "
    "subgoal, or have new ones made."
)


def model(embedder: Embedder) -> openai_brains.Brain:
    """The brain for the test server."""
    judge = openai_brains.embedded(embedder)
    plays = scripted(
        questions=_questions,
        subgoals=[_subgoal(*one) for one in SUBGOALS.items()],
        atomic=_checks,
        capabilities=_capabilities,
        recommendations=_RECOMMENDATIONS,
        samples=_writer(),
        verdicts=_verdicts,
        otherwise=judge,
    )

    def answer(messages: openai_brains.Messages, schema: openai_brains.Schema, tools: Any) -> Any:
        is_talk = schema is None and not openai_brains.is_judging(messages)
        return _talk(messages) if is_talk else plays(messages, schema, tools)

    return answer


def _verdicts(user: str) -> list[dict[str, Any]]:
    """Perfect for what was made here; the anchors, which are the dataset's own, are weaker."""
    marks = ("correctness", "completeness", "faithfulness", "format", "level")
    parts = re.split(r'"id": "(s\d+)"', user)[1:]
    judged = []
    for one, text in zip(parts[::2], parts[1::2], strict=True):
        level = 5 if any(answer[:30] in text for _, answer in LETTERS) else 2
        judged.append({"id": one, "explanation": "Names a way to pay.", **dict.fromkeys(marks, level)})
    return judged


def _writer() -> Callable[[str], list[dict[str, Any]]]:
    """Writes one letter after the other, in the columns of the demo, and stops when it knows no more."""
    left = iter(LETTERS)

    def write(user: str) -> list[dict[str, Any]]:
        made = islice(left, int(user.rsplit("Write ", 1)[1].split()[0]))
        texts = [{"instruction": letter, "output": answer} for letter, answer in made]
        return [{"columns": [{"name": name, "text": text} for name, text in one.items()]} for one in texts]

    return write


_RECOMMENDATIONS = [
    {
        "action": "Write letters of people who lost their income",
        "detail": "Each answer names a payment plan and the hardship fund. Done when the rule is met.",
        "sample_ids": [],
    },
    {"action": "Rewrite answers that only say sorry", "detail": "Add what the customer can do.", "sample_ids": []},
]


def _questions(user: str) -> list[dict[str, Any]]:
    slots = re.search(r"open slots: (.*)", user)
    assert slots is not None
    asked = [one for one in slots[1].split(", ") if one in QUESTIONS] or slots[1].split(", ")[:1]
    found = []
    for slot in asked:
        text, suggestions, many = QUESTIONS.get(slot, (f"What about {slot}?", ["This", "That"], False))
        found.append(
            {
                "slot": slot,
                "text": text,
                "why": "Every sample is held against it.",
                "suggestions": suggestions,
                "many": many,
            }
        )
    return found


def _subgoal(name: str, description: str) -> dict[str, Any]:
    slug = name.lower().replace(" ", "-")
    return {"id": slug, "name": name, "description": description, "scope": "some", "share": None, "weight": 1}


def _checks(user: str) -> dict[str, Any]:
    ids = dict.fromkeys(re.findall(r'"id": "([a-z0-9_-]+)"', user))
    verdicts = [{"id": one, "ok": True, "reason": "One thing.", "parts": []} for one in ids]
    return {"atomic": verdicts, "overlaps": [], "uncovered": []}


def _capabilities(user: str) -> list[dict[str, Any]]:
    summary = "These letters are about something else. What is missing is a way to pay that they can afford."
    return one_a_group(user, "What a customer can do, in letters of group {}", summary, "bills and meters")


def _talk(messages: openai_brains.Messages) -> Any:
    """Reads the coverage, and then tells what it says of the subgoal that the samples were made for."""
    results = [openai_brains.FENCED.search(str(one["content"])) for one in messages if one["role"] == "tool"]
    read = [json.loads(one[2]) for one in results if one is not None]
    subgoals = [one for result in read for one in result.get("subgoals", ())]
    if not subgoals:  # not asked yet, or the call arrived broken
        return {"tool": "coverage", "arguments": {}}
    one = next(one for one in subgoals if one["name"] == PAY)
    return TOLD.format(support=one["support"], n=one["n_scored"], name=PAY, alignment=one["alignment"])
