"""What the README claims about the study's time: all six removals from judged data (`make study` judges it).

`make bench`, or `python tests/bench/study.py [RUN ...]`; each figure is the whole command in its own process.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

GOALCOVER = Path(sys.executable).with_name("goalcover")
RUNS = [Path("runs/study") / name for name in ("medical", "legal", "code")]
LIMIT_S = 10.0


def main(runs: list[Path]) -> None:
    """Prints one line; exits with 1 when it took too long."""
    missing = [str(run) for run in runs if not (run / "study.json").is_file()]
    if missing:
        print(f"study: NOT MEASURED, because {', '.join(missing)} is not there: `make study` makes it")
        return
    times = []
    for _ in range(3):
        started = time.monotonic()
        subprocess.run([GOALCOVER, "study", "summary", *runs], check=True, capture_output=True)
        times.append(time.monotonic() - started)
    print(f"{'all removals from judged data, 5 seeds (median of 3)':<52}{median(times):>9.1f}")
    if median(times) > LIMIT_S:
        sys.exit(f"that is more than {LIMIT_S:.0f} s")


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]] or RUNS)
