"""What can go wrong with a model's server, each fault by name.

429, 429-silent (no Retry-After), 500, 503, drop, hang      the request gets no answer
declined                                                    a content filter stops the request
no-credit                                                   nothing more is answered until somebody pays
unreadable                                                  the server could not read what its model wrote (llama.cpp)
no-choices, not-json (cut off)                              the response is no chat completion
page                                                        the response is a web page, as of a proxy
truncated, malformed, schema, missing, duplicate, unknown, wrong-sample, refusal, filter, prose, empty
                                                            the answer must not be accepted
reordered, two, fence, think, parts                         odd, but to be accepted
"""

import json
import random
from dataclasses import dataclass, field
from typing import Any

STATUS = {"429": 429, "429-silent": 429, "500": 500, "503": 503, "unreadable": 500, "no-credit": 429, "declined": 400}
SAID = {"unreadable": "The model produced output that does not match the expected peg-native format"}
CODE = {"no-credit": "insufficient_quota", "declined": "content_filter"}
"""What the server says to a fault, in words and by code, where that tells it from another of its status."""
UNANSWERED = (*STATUS, "drop", "hang")
SPOILT = (
    "truncated", "malformed", "schema", "missing", "duplicate", "unknown", "wrong-sample", "refusal", "filter", "prose",
    "empty",
)  # fmt: skip
ODD = ("reordered", "two", "fence", "think", "parts")
KINDS = (*UNANSWERED, "no-choices", "not-json", "page", *SPOILT, *ODD)
DECK = 100


@dataclass
class Faults:
    """Which requests get which fault: first the script, one entry a request; then the shares, drawn from a deck.

    A shuffled deck of 100 requests holds exactly the shares asked for, so that a load test costs the same every time.
    """

    shares: dict[str, float] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)
    """`ok`, or a fault; used up from the front."""
    seed: int = 0
    _deck: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        unknown = {*self.shares, *self.script} - {*KINDS, "ok"}
        assert not unknown, f"no fault called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}"
        self._random = random.Random(self.seed)

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> "Faults":
        """`429=0.05,500=0.02` as shares."""
        pairs = (one.split("=") for one in text.split(",") if one)
        return cls({name.strip(): float(share) for name, share in pairs}, seed=seed)

    def draw(self) -> str:
        """The next request's fault, or `ok`."""
        if self.script:
            return self.script.pop(0)
        if not self.shares:
            return "ok"
        if not self._deck:
            self._deck = [kind for kind, share in self.shares.items() for _ in range(round(share * DECK))]
            self._deck += ["ok"] * (DECK - len(self._deck))
            self._random.shuffle(self._deck)
        return self._deck.pop()


def spoil(kind: str, content: str) -> dict[str, Any]:
    """What a choice says instead of `content`: `content`, and where it matters `finish_reason` and `refusal`."""
    match kind:
        case "truncated":
            return {"content": content[: len(content) * 2 // 3], "finish_reason": "length"}
        case "refusal":
            return {"content": None, "refusal": "I cannot help with that."}
        case "filter":
            return {"content": "", "finish_reason": "content_filter"}
        case "malformed":
            return {"content": content[: len(content) * 2 // 3]}
        case "parts":
            return {"content": [{"type": "text", "text": content}]}
        case _:
            return {"content": _reworded(kind, content)}


def _reworded(kind: str, content: str) -> str:
    match kind:
        case "prose":
            return "The sample looks good to me. I would give it a 4."
        case "empty":
            return ""
        case "schema":
            return json.dumps({"verdict": "great", "levels": [9, -1]})
        case "fence":
            return f"Here is what you asked for:\n```json\n{content}\n```\nAnything else?"
        case "think":
            return f'<think>They want JSON such as {{"judgements": []}}. Let me see.</think>\n{content}'
        case "two":
            return f"First try:\n{_reworded('missing', content)}\nBetter:\n{content}"
        case _:
            return _rearranged(kind, content)


def _rearranged(kind: str, content: str) -> str:
    """Faults of a list of judgements; an answer without a list is cut instead."""
    answer = json.loads(content)
    lists = [name for name, value in answer.items() if isinstance(value, list) and value]
    if not lists:
        return content[:-3]
    rows = answer[lists[0]]
    if kind == "wrong-sample":
        answer["sample"] = "000000"
    elif kind == "missing":
        rows.pop()
    elif kind == "duplicate":
        rows.append(rows[0])
    elif kind == "unknown":
        rows.append({**rows[0], "id": "nobody-asked"})
    elif kind == "reordered":
        rows.reverse()
    return json.dumps(answer)
