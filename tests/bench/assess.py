"""What the README claims about time and size, measured: `make bench`, or `python tests/bench/assess.py`.

Everything is the command as a person calls it, in its own process, with a vector cache of its own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pubmedqa.jsonl"
GOALCOVER = Path(sys.executable).with_name("goalcover")
SUBGOALS = {
    "cardiology": "Answers questions about heart disease, its diagnosis and its treatment",
    "drug information": "Explains drugs: their effects, doses, interactions and side effects",
    "clinical reasoning": "Reasons from findings to a diagnosis or a decision, step by step",
    "oncology": "Answers questions about cancer, its diagnosis and its treatment",
    "paediatrics": "Answers questions about the health and diseases of children",
    "surgery": "Answers questions about operations, their outcomes and complications",
    "neurology": "Answers questions about diseases of the brain and the nerves",
    "infectious disease": "Answers questions about infections, their spread and their treatment",
    "radiology": "Interprets imaging such as X-ray, CT, MRI and ultrasound",
    "obstetrics": "Answers questions about pregnancy, birth and the newborn",
    "psychiatry": "Answers questions about mental illness and its treatment",
    "public health": "Answers questions about screening, prevention and health policy",
}
MILLION = 1_000_000
READ = """
import resource, sys, time
from goalcover.tools.load import open_dataset
started = time.monotonic()
dataset = open_dataset(sys.argv[1])
opened = time.monotonic()
n = sum(1 for _ in dataset)
print(n, opened - started, time.monotonic() - opened, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Prints one line a measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'measurement':<52}{'wall s':>9}{'CPU s':>9}  notes")
        measure_help()
        if DATA.is_file():
            measure_again_and_again(folder)
            measure_subgoals(folder)
            measure_rows(folder)
        else:
            print(f"assess: NOT MEASURED, because {DATA} is not there")
        measure_reading(folder)


def measure_help() -> None:
    """How long a person waits for `goalcover --help`."""
    tell("goalcover --help, median of 5", *middle([run([GOALCOVER, "--help"], {}) for _ in range(5)]))


def measure_again_and_again(folder: Path) -> None:
    """1,000 rows x 6 subgoals: all texts new; all vectors known; all judgements known."""
    tell("assess 1,000 rows x 6 subgoals, cold", *assess(folder, "cold", 6))
    warm = [assess(folder, f"warm-{n}", 6) for n in range(3)]
    tell("  again into a new run (vectors known), median of 3", *middle(warm))
    again = [assess(folder, "cold", 6) for _ in range(3)]
    tell("  again into the same run (all reused), median of 3", *middle(again), reused(folder / "cold"))


def measure_subgoals(folder: Path) -> None:
    """What a subgoal costs when the texts are known."""
    for n in (3, 6, 12):
        assess(folder, f"subgoals-{n}-first", n)  # reads the subgoals themselves
        tell(f"assess 1,000 rows x {n} subgoals, vectors known", *assess(folder, f"subgoals-{n}", n))


def measure_rows(folder: Path) -> None:
    """What a row costs."""
    for n in (250, 500, 1000):
        wall, cpu = assess(folder, f"rows-{n}", 6, "--limit", str(n), cache=f"cache-{n}")
        tell(f"assess {n:,} rows x 6 subgoals, cold", wall, cpu, f"{n / wall:.1f} rows/s")


def measure_reading(folder: Path) -> None:
    """Reading a million rows, which is done twice: once to understand them, once to judge them."""
    path = folder / "million.jsonl"
    with path.open("w") as file:
        for n in range(MILLION):
            file.write(
                f'{{"instruction": "Question {n}: what is {n} plus {n % 97}?", "output": "It is {n + n % 97}."}}\n'
            )
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    n, opened, read, memory = map(float, done.stdout.split())
    tell("read 1,000,000 JSONL rows: survey", opened, None, f"{n / opened:,.0f} rows/s")
    tell("read 1,000,000 JSONL rows: samples", read, None, f"{n / read:,.0f} rows/s, peak {memory:,.0f} MB RSS in all")


def assess(folder: Path, out: str, n_subgoals: int, *options: str, cache: str = "cache") -> tuple[float, float]:
    """Wall and CPU seconds of one `goalcover assess`."""
    goal = folder / f"goal-{n_subgoals}.yaml"
    chosen = list(SUBGOALS.items())[:n_subgoals]
    subgoals = [{"id": name.replace(" ", "-"), "name": name.capitalize(), "description": does} for name, does in chosen]
    goal.write_text(yaml.safe_dump({"goal": "Build a medical question-answering assistant", "subgoals": subgoals}))
    command = [GOALCOVER, "assess", DATA, "--goal", goal, "--out", folder / out, *options]
    return run(command, {"GOALCOVER_CACHE_DIR": str(folder / cache)})


def run(command: list[object], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process, start-up included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(list(map(str, command)), capture_output=True, check=True, env=os.environ | environment)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def reused(run_path: Path) -> str:
    counts = json.loads((run_path / "run.json").read_text())["counts"]
    return f"{counts['reused']:,} of {counts['pairs']:,} reused"


def middle(measured: list[tuple[float, float]]) -> tuple[float, float]:
    return median(wall for wall, _ in measured), median(cpu for _, cpu in measured)


def tell(what: str, wall: float, cpu: float | None, notes: str = "") -> None:
    print(f"{what:<52}{wall:>9.2f}{'' if cpu is None else f'{cpu:.2f}':>9}  {notes}", flush=True)


if __name__ == "__main__":
    main()
