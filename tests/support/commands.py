"""The `goalcover` command as a person calls it: another process."""

import subprocess
import sys
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
