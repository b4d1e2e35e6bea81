"""What the README claims about the conversation's speed: `python tests/bench/chat.py`.

Everything runs in one process on one event loop, as in the server; the browser's own time is not in it.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from goalcover.graph.attachments import DEMO
from goalcover.graph.state import Heard
from goalcover.ui.session import Session, Sessions

SCORING = 10
ROWS = 60
GOAL = "Build a medical question-answering assistant"


async def ended(answer: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in answer]


async def timed(session: Session, text: str) -> float:
    started = time.perf_counter()
    await ended(session.hear(Heard(text=text)))
    return time.perf_counter() - started


def data(folder: Path, name: str, rows: int) -> Path:
    """Rows that no other file holds, so that every one of them has to be read."""
    lines = [json.loads(line) for line in Path(DEMO[0].path).read_text().splitlines()]
    made = (lines[place % len(lines)] | {"id": f"{name}-{place}"} for place in range(rows))
    told = (one | {"output": f"{one['output']} Reference {name} {place}."} for place, one in enumerate(made))
    (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in told))
    return folder / f"{name}.jsonl"


async def answers(sessions: Sessions, folder: Path) -> None:
    """How long an answer takes: to a goal, to a question, to a file of 5,000 rows."""
    warm = sessions.begin("warm")
    await timed(warm, GOAL)
    await timed(warm, "that's enough")
    session = sessions.begin("one")
    print(f"a goal: {await timed(session, GOAL):.2f} s; an answer: {await timed(session, '1'):.2f} s")
    print(f"the subgoals and their checks: {await timed(session, 'enough'):.2f} s")
    print(f"5,000 rows previewed: {await timed(session, str(data(folder, 'many', 5_000))):.2f} s")


async def under_load(sessions: Sessions, folder: Path) -> None:
    """How long others wait while ten sessions score what was never read."""
    busy = [sessions.begin(f"busy-{place}") for place in range(SCORING)]
    for place, session in enumerate(busy):
        await timed(session, f"{data(folder, f'set{place}', ROWS)} {DEMO[1].path}")
    work = [asyncio.create_task(timed(session, "Start")) for session in busy]
    waits = []
    for place in range(12):
        await asyncio.sleep(1)
        waits.append(await timed(sessions.begin(f"other-{place}"), "help"))
    print(
        f"{SCORING} sessions score; another answers in {statistics.median(waits):.2f} s, {max(waits):.2f} at the most"
    )
    print(f"all scored after {max(await asyncio.gather(*work)):.0f} s")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sessions = Sessions(Path(folder) / "home", opens_paths=True)
        await sessions.open()
        await answers(sessions, Path(folder))
        await under_load(sessions, Path(folder))
        await sessions.close()


if __name__ == "__main__":
    asyncio.run(main())
