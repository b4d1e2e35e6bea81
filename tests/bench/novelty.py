"""10,000 candidates against 100,000 rows for near-duplicates: `make bench`, or `python tests/bench/novelty.py`.

The texts are random words with the frequencies of a language (Zipf), behind a frame that all share; a tenth of the
candidates are rows, or rows with a few words changed.
"""

import os
import random
import resource
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does

from goalcover.tools.novelty import Known

ROWS, CANDIDATES, WORDS, LIMIT_S = 100_000, 10_000, 120, 60
FRAME = "You are a helpful assistant. Answer the question below with care."
VOCABULARY = [f"word{number}" for number in range(30_000)]
WEIGHTS = [1 / (number + 1) for number in range(30_000)]


def written(dice: random.Random) -> str:
    return f"{FRAME} {' '.join(dice.choices(VOCABULARY, WEIGHTS, k=WORDS))}"


def changed(text: str, dice: random.Random) -> str:
    words = text.split()
    for _ in range(5):
        words[dice.randrange(len(words))] = "other"
    return " ".join(words)


def main() -> None:
    dice = random.Random(0)
    rows = [written(dice) for _ in range(ROWS)]
    copies = [*rows[:500], *(changed(row, dice) for row in rows[500:1000])]
    candidates = [*copies, *(written(dice) for _ in range(CANDIDATES - len(copies)))]
    started = time.monotonic()
    found = Known(rows).duplicates(candidates)
    took = time.monotonic() - started
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    right = sum(one.place == one.known for one in found)
    print(f"near-duplicates: {took:.1f} s (limit {LIMIT_S}), {right} of 1,000 found, {len(found) - right} wrong")
    print(f"peak memory {gigabytes:.1f} GB")
    if took > LIMIT_S or right < 990 or len(found) > right:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
