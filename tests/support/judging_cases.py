"""What the tests of judging with a model share: subgoals, samples, a judge of the test server."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openai_brains
from goalcover.agent.judge import LLMJudge
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import JudgedSample
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
) -> JudgedSample:
    """One sample, judged once."""
    return asyncio.run(judge_on(server, folder, **more).judge_one(one or sample(), subgoals))


def levels(found: JudgedSample) -> dict[str, int | None]:
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
