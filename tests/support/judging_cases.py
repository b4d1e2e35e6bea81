"""What the tests of judging with a model share: subgoals, samples, a judge of the test server."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openai_brains
from goalcover.agent.judge import LLMJudge
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import JudgedPart
from goalcover.agent.usage import Usage
from openai_server import Server
from scripted import PARIS, settings

NAMES = ("heart", "drugs", "bones", "skin", "cancer", "children")
SUBGOALS = tuple(Subgoal(id=name, name=name, description=f"Explains {name} to patients") for name in NAMES)


def sample(text: str = "What helps the heart? Rest and drugs.", output: str = "", row: int = 1) -> Sample:
    """One sample."""
    return Sample(id=f"row-{row}", row=row, input=text, output=output)


def samples(n: int) -> list[Sample]:
    """Different samples that name from one to all six of the subgoals."""
    return [sample(f"Case {k}: {' '.join(NAMES[: k % 6 + 1])}", row=k) for k in range(1, n + 1)]


def judge_on(server: Server, folder: Path, *, max_subgoals: int = 8, name: str = "test-model", **more: Any) -> LLMJudge:
    """A judge that asks the test server."""
    given = settings(server, folder, **more)
    return LLMJudge(ChatModel(given, "judge", name), given, max_subgoals=max_subgoals)


def judged(
    server: Server, folder: Path, one: Sample | None = None, subgoals: Sequence[Subgoal] = SUBGOALS, **more: Any
) -> JudgedPart:
    """One sample, judged once."""
    return asyncio.run(whole(judge_on(server, folder, **more), one or sample(), subgoals))


async def whole(judge: LLMJudge, one: Sample, subgoals: Sequence[Subgoal] = SUBGOALS) -> JudgedPart:
    """All parts of a judged sample as one, in the order of the subgoals."""
    parts = [part async for part in judge.judge_one(one, subgoals)]
    unscored = Counter[str]()
    for part in parts:
        unscored.update(part.unscored)
    pairs = [pair for part in parts for pair in zip(part.alignments, part.efforts, strict=True)]
    found = {made.subgoal_id: (made, took) for made, took in pairs}
    assert len(found) == len(pairs), "a subgoal was judged twice"
    return JudgedPart(
        tuple(found[subgoal.id][0] for subgoal in subgoals),
        tuple(found[subgoal.id][1] for subgoal in subgoals),
        sum((part.usage for part in parts), Usage()),
        unscored,
        any(part.busy for part in parts),
    )


def levels(found: JudgedPart) -> dict[str, int | None]:
    """Level by subgoal."""
    return {one.subgoal_id: one.level for one in found.alignments}


def asked(server: Server) -> list[Any]:
    """The judge's own requests, without the probe."""
    return [one for one in server.chats if openai_brains.is_judging(one["messages"])]


def saying(**changes: Any) -> openai_brains.Brain:
    """A brain that judges by words, and says something else about each subgoal named."""

    def answer(messages: Any, schema: Any, tools: Any) -> Any:
        if "city" in (schema or {}).get("properties", {}):
            return PARIS
        said = openai_brains.words(messages, schema, tools)
        for one in said["judgements"]:
            one.update(changes.get(one["id"], {}))
        return said

    return answer
