"""What the README claims about judging with a model, measured: `make bench`, or `python tests/bench/judging.py`.

Everything runs against the test server in a process of its own; ideal is calls x latency / calls in flight, CPU is the
client's alone. `abatch` is what a user of LangChain would write, in the same run.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from statistics import median
from typing import Any, Literal

from goalcover.agent.judge import LLMJudge
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.settings import Settings
from goalcover.memory.ledger import Ledger
from goalcover.tools.budget import Budget
from goalcover.tools.score import score
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import openai_server

NAMES = ("cardiology", "drugs", "oncology", "surgery", "paediatrics", "reasoning")
SUBGOALS = tuple(
    Subgoal(id=name, name=name, description=f"Answers questions about {name}, with causes and treatment")
    for name in NAMES
)
TEXT = (
    "A patient of 54 years with chest pain asks which drugs are safe after surgery. The answer weighs the treatment "
    "against its causes, names doses and side effects, and says when to see a doctor. "
) * 5
UNEVEN = ["--latency", "0.2", "--spread", "0.5"]
FAULTS = "429=0.05,500=0.02,malformed=0.02"


Work = Callable[[str, Path], Coroutine[Any, Any, str]]


class Verdict(BaseModel):
    """One judgement, as a user of LangChain would ask for it."""

    id: Literal["cardiology", "drugs", "oncology", "surgery", "paediatrics", "reasoning"]
    evidence: str
    reason: str
    level: int


class Verdicts(BaseModel):
    """All judgements of a sample."""

    sample: str
    judgements: list[Verdict]


def main() -> None:
    """Prints one line a measurement."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=3, help="of which the median is told")
    options.add_argument("--only", default="", help="ours, abatch, faults, abatch-faults or many")
    given = options.parse_args()
    print(f"{'measurement':<58}{'wall/ideal':>11}{'CPU s/1,000':>13}{'calls/s':>9}  notes")
    steady, faulty = ["--latency", "0.2"], ["--latency", "0.2", "--faults", FAULTS]
    plans: list[tuple[str, str, list[str], Work, int, int]] = [
        ("ours", "2,000 calls, 200 ms, 64 in flight: goalcover", steady, ours(2_000, 64), 2_000, 64),
        ("abatch", "  ... with_structured_output().abatch", steady, abatch(2_000, 64), 2_000, 64),
        ("faults", "  ... with 5% 429, 2% 500, 2% malformed: goalcover", faulty, ours(2_000, 64), 2_000, 64),
        ("abatch-faults", "  ... with the same faults: abatch", faulty, abatch(2_000, 64), 2_000, 64),
        ("many", "20,000 calls, 200 ms log-normal, 512 in flight", UNEVEN, ours(20_000, 512), 20_000, 512),
    ]
    for name, what, server, work, calls, concurrency in plans:
        if given.only in {"", name}:
            measure(what, server, work, calls, concurrency, 1 if name == "many" else given.runs)


def measure(what: str, server: list[str], work: Work, calls: int, concurrency: int, runs: int) -> None:
    """The median of several runs, each with a server of its own."""
    walls, cpus, notes = [], [], ""
    for _ in range(runs):
        with openai_server.process(*server) as url, tempfile.TemporaryDirectory() as folder:
            # What the server can do is found out once and remembered, by `goalcover doctor` or the first assessment.
            asyncio.run(judge_for(url, Path(folder), 1).prepare())
            before, started = cpu(), time.monotonic()
            notes = asyncio.run(work(url, Path(folder)))
            walls.append(time.monotonic() - started)
            cpus.append(cpu() - before)
    wall = median(walls)
    ideal = calls * 0.2 / concurrency
    print(
        f"{what:<58}{wall / ideal:>11.2f}{median(cpus) / calls * 1000:>13.2f}{calls / wall:>9.0f}  {notes}", flush=True
    )


def ours(n: int, concurrency: int) -> Work:
    """The scoring engine as `goalcover assess` uses it: reading, judging, ledger."""

    async def run(url: str, folder: Path) -> str:
        judge = judge_for(url, folder, concurrency)
        budget, scored, unscored = Budget(), 0, 0
        with Ledger(folder / "ledger.sqlite") as ledger:
            async for batch in score(samples(n), SUBGOALS, judge, ledger, budget):
                scored += sum(one.level is not None for one in batch.alignments)
                unscored += sum(one.level is None for one in batch.alignments)
        used = budget.usage
        return f"{scored:,} scored, {unscored} unscored, {used.calls:,} requests, {used.reasks} re-asked"

    return run


def abatch(n: int, concurrency: int) -> Work:
    """The same prompt by LangChain's own means: nothing kept, nothing checked, nothing resumed."""

    async def run(url: str, folder: Path) -> str:
        messages = await prompt(judge_for(url, folder, concurrency), next(iter(samples(1))))
        chat = ChatOpenAI(model="test-model", base_url=url, api_key="x", max_retries=2)  # type: ignore[arg-type]
        asked = chat.with_structured_output(Verdicts, method="json_schema")
        replies = await asked.abatch([messages] * n, {"max_concurrency": concurrency}, return_exceptions=True)
        lost = sum(isinstance(one, BaseException) for one in replies)
        return f"{n - lost:,} answered, {lost} lost"

    return run


def judge_for(url: str, folder: Path, concurrency: int) -> LLMJudge:
    """A judge on the test server, with a cache of its own."""
    settings = Settings(base_url=url, api_key="x", model="test-model", cache_dir=folder, concurrency=concurrency)  # type: ignore[call-arg]
    return LLMJudge(ChatModel(settings, "judge"), settings)


async def prompt(judge: LLMJudge, sample: Sample) -> list[tuple[str, str]]:
    """What our judge asks, as messages."""
    sheet = await judge.sheet(sample, SUBGOALS)
    body = json.loads(sheet.body(sample, "0123456789abcdef"))
    return [(one["role"], one["content"]) for one in body["messages"]]


def samples(n: int) -> Iterable[Sample]:
    """Samples of about 200 words, all different."""
    return (Sample(id=f"row-{k}", row=k, input=f"Case {k}. {TEXT}", output=TEXT) for k in range(n))


def cpu() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
