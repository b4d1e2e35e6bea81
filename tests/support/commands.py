"""The `goalcover` command as a person calls it: another process."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from subprocess import CompletedProcess

GOALCOVER = Path(sys.executable).with_name("goalcover")
DEMO = Path(__file__).parents[2] / "tools" / "demo"
DEMO_DATA = DEMO / "support.jsonl"
DEMO_GOAL = DEMO / "goal.yaml"


def goalcover(*arguments: object, cwd: Path | None = None, seconds: float = 300) -> CompletedProcess[str]:
    """Runs the command to its end."""
    command = [str(GOALCOVER), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=seconds, check=False
    )


def start(*arguments: object) -> subprocess.Popen[str]:
    """Starts the command; nobody reads its output before `communicate`."""
    command = [str(GOALCOVER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")


def judged(run: Path) -> int:
    """Judgements with a level that are on disk, in a run that a process may be writing."""
    if not (run / "ledger.sqlite").is_file():
        return 0
    database = sqlite3.connect(f"file:{run / 'ledger.sqlite'}?mode=ro", uri=True, timeout=10)
    try:
        return int(database.execute("SELECT COUNT(*) FROM judgement WHERE level IS NOT NULL").fetchone()[0])
    except sqlite3.OperationalError:  # the table is being made
        return 0
    finally:
        database.close()


def wait_for(n: int, run: Path, process: subprocess.Popen[str]) -> int:
    """Waits until the process has put at least n judgements on disk: how many they are then."""
    deadline = time.monotonic() + 120
    while (found := judged(run)) < n:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found
