"""Gap analysis: how well kinds are told on subjects that its rules were not set on, and how its cost grows.

    python tests/bench/gaps.py kinds ../shared/data
    python tests/bench/gaps.py scale

`kinds` prints precision and recall of the kinds over planted gaps. `scale` clusters and names 1,000 to 100,000 low
explanations whose vectors are in the cache: real sentences, in groups of different sizes.
"""

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import planted
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import SUPPORT_LEVEL, Alignment, Gap, Goal, Sample, Subgoal
from goalcover.agent.roles import NEAR_LEVEL
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache
from goalcover.memory.runs import Run
from goalcover.tools.broken import with_broken
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps
from goalcover.tools.kinds import MEANINGS

HELD_OUT = {
    "pubmedqa": ("oncology", "obstetrics", "mental-health"),
    "bills": ("tax", "defense", "education"),
    "code": ("algorithms", "strings", "math"),
}
"""Subjects that the rules were not set on. What a row teaches is known from a person's labels: words alone would leave
rows in that teach the subject without naming it, and those are rightly called rare."""
WEAKNESSES = ("removed", "rare", "swapped", "emptied", "cut in the middle", "failed", "elsewhere", "aside")
FORMS = {
    "pubmedqa": ("Statistics", "The answer states the exact numbers that the study found", ""),
    "bills": ("Dates and deadlines", "The summary keeps the dates, deadlines and periods that the bill sets", ""),
    "code": ("General programming", "Writes correct code that follows an instruction", ""),
}
SIZES = (1_000, 10_000, 100_000)
HEART = Subgoal(id="heart", name="Cardiology", description="Answers questions about heart disease", share=0.5)


def main() -> None:
    """Runs one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("kinds", "scale"))
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    with VectorCache(Settings().cache_dir / "vectors.sqlite") as cache:
        kinds(asked.data, Embedder(cache)) if asked.what == "kinds" else scale(cache)


def kinds(data: Path, embedder: Embedder) -> None:
    """Precision and recall of each kind over planted gaps of held-out subjects, as a table for the README."""
    told: Counter[tuple[str, str]] = Counter()
    for name, asked in held_out(data):
        found = diagnosed(asked, embedder)
        kind = str(found.kind) if found else "no gap"
        told[asked.kind, kind] += 1
        mark = "" if kind == asked.kind else f"instead of {asked.kind}: "
        print(f"{name:34} {kind:10} {mark}{found.why if found else ''}", flush=True)
    print("\n| kind | told right, of those told so | found, of those planted |\n|---|---|---|")
    for kind in MEANINGS:
        right = told[kind, kind]
        named = sum(n for (_, other), n in told.items() if other == kind)
        there = sum(n for (other, _), n in told.items() if other == kind)
        print(f"| *{kind}* | {right} of {named} | {right} of {there} |")


def held_out(data: Path) -> Iterator[tuple[str, planted.Case]]:
    """The planted gaps by name: eight for each subject, and outputs that are cut short in each domain."""
    planted.ROWS.update({domain: len(planted.labels(domain)) for domain in HELD_OUT})
    for domain, subjects in HELD_OUT.items():
        every = planted.rows(domain, data)
        foreign = planted.rows(planted.ELSEWHERE[domain], data)
        yield f"{domain} cut short", planted.cut_short(domain, FORMS[domain], every)
        for subgoal in subjects:
            level = {sample_id: of[subgoal] for sample_id, of in planted.labels(domain).items()}
            about = [one for one in every if level[one.id] >= SUPPORT_LEVEL]
            rest = [one for one in every if level[one.id] < NEAR_LEVEL]
            goal = planted.goal_about(domain, subgoal)
            for weakness in WEAKNESSES:
                yield f"{domain} {subgoal} {weakness}", planted.plant(weakness, goal, about, rest, foreign, "")


def diagnosed(asked: planted.Case, embedder: Embedder) -> Gap | None:
    """The planted gap as it is told."""
    alignments = asked.judged(asyncio.run(EmbeddedJudge(embedder).judge(asked.samples, asked.goal.subgoals)))
    gaps = analysed(asked.goal, asked.samples, alignments, embedder)
    return next((gap for gap in gaps if gap.subgoal_id == asked.target), None)


def analysed(goal: Goal, samples: list[Sample], alignments: list[Alignment], embedder: Embedder) -> tuple[Gap, ...]:
    """The gaps of samples and alignments, samples outermost."""
    with tempfile.TemporaryDirectory() as folder:
        run, tally = Run.create(Path(folder) / "run"), Tally(goal)
        with run.sample_writer() as sample_writer, run.score_writer() as score_writer:
            for start in range(0, len(samples), 1000):
                n = len(goal.subgoals)
                sample_writer.write(samples[start : start + 1000])
                score_writer.write(alignments[start * n : (start + 1000) * n])
        tally.add(alignments)
        parts = {"analyst": EmbeddedAnalyst(embedder), "advisor": EmbeddedAdvisor(), "embedder": embedder}
        coverage = with_broken(run, goal, tally.report(len(samples)), embedder)
        return asyncio.run(find_gaps(run, goal, coverage, **parts))


def scale(cache: VectorCache) -> None:
    """Wall seconds, CPU seconds and peak memory of clustering and naming n low explanations."""
    embedder = Embedder(cache)
    print(f"{'low explanations':>18}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}  groups")
    for n in SIZES:
        samples = made_up(n)
        embedder.read([text for sample in samples[:2_000] for text in (sample.input, sample.output)])
        alignments = [
            Alignment(
                sample_id=one.id,
                subgoal_id="heart",
                level=place % 20 == 0,
                explanation="e",
                evidence=one.output,
                judge="j",
            )
            for place, one in enumerate(samples)
        ]
        started, cpu = time.monotonic(), time.process_time()
        (gap,) = analysed(Goal(goal="g", subgoals=(HEART,)), samples, alignments, embedder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.monotonic() - started, time.process_time() - cpu
        print(f"{n:>18,}{wall:>9.1f}{cpu:>9.1f}{peak:>10.0f}  {[one.n for one in gap.capabilities]}", flush=True)


PLACES = "kitchen garden office airport school hospital museum library station harbour farm theatre".split()
THINGS = "invoice recipe contract goalkeeper violin tractor passport printer telescope mortgage bicycle vaccine".split()
DEEDS = "buys sells repairs paints loses finds describes compares".split()


def made_up(n: int) -> list[Sample]:
    """n samples of 12 subjects, combined of few parts, so that their vectors are soon in the cache."""
    chance = random.Random(0)
    found = []
    for row in range(1, n + 1):
        thing = THINGS[min(int(chance.expovariate(0.3)), len(THINGS) - 1)]
        given = f"Who {chance.choice(DEEDS)} the {thing} in the {chance.choice(PLACES)}?"
        said = f"The {chance.choice(PLACES)} has a {thing} that everybody {chance.choice(DEEDS)}."
        found.append(Sample(id=str(row), row=row, input=given, output=said))
    return found


if __name__ == "__main__":
    main()
