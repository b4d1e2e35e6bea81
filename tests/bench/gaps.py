"""Gap analysis: how well kinds are told on subjects that its rules were not set on, and how its cost grows.

    python tests/bench/gaps.py kinds ../shared/data
    python tests/bench/gaps.py scale

`kinds` prints precision and recall of the kinds over planted gaps. `scale` clusters and names 1,000 to 100,000 low
explanations whose vectors are in the cache: real sentences, in groups of different sizes.
"""

import argparse
import asyncio
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import planted
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Alignment, Gap, Goal, Sample, Subgoal
from goalcover.agent.settings import Settings
from goalcover.agent.vectors import VectorCache
from goalcover.memory.runs import Run
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps

HELD_OUT = (
    ("pubmedqa", "oncology", r"cancer|carcino|tumou?r|oncolog|metasta|chemothera|lymphoma|leuk|melanoma|malignan"),
    (
        "pubmedqa",
        "obstetrics",
        r"pregnan|birth|obstet|gestation|labou?r|matern|fetal|foetal|caesar|cesar|gyn|uter|ovar",
    ),
    ("pubmedqa", "mental-health", r"psych|depress|mental|anxiety|suicid|schizo|autis|behaviou?r|cognit|emotion"),
    ("bills", "tax", r"\btax|revenue code|deduct|credit"),
    ("bills", "defense", r"veteran|militar|armed forces|defense|army|navy"),
    ("bills", "education", r"school|education|student|universit|teach|college"),
    ("code", "algorithms", r"sort|search|tree|graph|fibonacci|recurs|dynamic|algorithm|heap|stack|queue|linked"),
    ("code", "strings", r"string|text|word|character|vowel|palindrome|substring|letter|sentence"),
    ("code", "math", r"\bsum|factorial|prime|number|average|mean|calculat|area|multipl|comput"),
)
WEAKNESSES = ("removed", "rare", "swapped", "emptied")
ROWS = {"pubmedqa": 500, "code": 300, "bills": 90}
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
    """Precision and recall of each kind over planted gaps of held-out subjects."""
    planted.ROWS.update(ROWS)
    told: Counter[tuple[str, str]] = Counter()
    for domain, subgoal, pattern in HELD_OUT:
        subject = planted.Subject(domain, subgoal, re.compile(pattern, re.IGNORECASE), "")
        for weakness in WEAKNESSES:
            asked = planted.of_subject(subject, weakness, data)
            found = diagnosed(asked, embedder)
            kind = found.kind if found else "no gap"
            told[asked.kind, str(kind)] += 1
            print(f"{domain:9} {subgoal:14} {weakness:8} {kind!s:10} {found.why if found else ''}", flush=True)
    for kind in sorted({kind for pair in told for kind in pair}):
        right = told[kind, kind]
        named = sum(n for (_, other), n in told.items() if other == kind)
        there = sum(n for (other, _), n in told.items() if other == kind)
        print(f"{kind:10} precision {right}/{named}  recall {right}/{there}")


def diagnosed(asked: planted.Case, embedder: Embedder) -> Gap | None:
    """The planted gap as it is told."""
    alignments = asyncio.run(EmbeddedJudge(embedder).judge(asked.samples, asked.goal.subgoals))
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
        return asyncio.run(find_gaps(run, goal, tally.report(len(samples)), **parts))


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
