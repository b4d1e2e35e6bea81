"""`goalcover talk`: the conversation in a terminal, or from a script that writes its lines to stdin."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.graph.events import Making, Progress, Proposed, Spoken
from goalcover.graph.state import Heard, Wait
from goalcover.tools.typeset import visible
from goalcover.ui.engines import warn
from goalcover.ui.render import question, render
from goalcover.ui.render.text import Stream
from goalcover.ui.session import Said, Session, Sessions, home
from goalcover.ui.show import console
from rich.markdown import Markdown
from rich.status import Status

WELCOME = (
    "**GoalCover** finds what your fine-tuning data lacks. Say what the model should be able to do, or give a path to "
    "a dataset. **help** lists what can be said, **quit** ends the conversation, `goalcover talk --resume` goes on."
)
_LAST = "last-talk"
_LEAVING = {"quit", "exit", "bye"}


def talk(data: str | None, *, resume: bool) -> None:
    """Talks until the input ends. Raises InputError when there is nothing to resume."""
    folder = home()
    thread_id = _last(folder) if resume else f"talk-{uuid.uuid4()}"
    sessions = Sessions(folder, opens_paths=True)
    warn(sessions.engine)
    with asyncio.Runner() as runner:
        runner.run(sessions.open())
        try:
            (folder / _LAST).write_text(thread_id)
            Terminal(runner, sessions.begin(thread_id)).run(data, resume=resume)
        finally:
            runner.run(sessions.close())


class Terminal:
    """Reads a line, shows the answer, and again."""

    def __init__(self, runner: asyncio.Runner, session: Session) -> None:
        self._runner = runner
        self._session = session
        self._waiting = Wait()

    def run(self, data: str | None, *, resume: bool) -> None:
        """Until the input ends."""
        console.print(Markdown(WELCOME))
        self._turn(reopened(self._session) if resume else self._session.go_on())
        if data is not None and not resume:
            self._turn(self._session.hear(Heard(text=data)))
        while (line := _read()) is not None and line.strip().lower() not in _LEAVING:
            if said := meant(line, self._waiting):
                self._turn(self._session.hear(Heard(text=said)))
        console.print()

    def _turn(self, answer: AsyncIterator[Said]) -> None:
        try:
            self._runner.run(self._show(answer))
        except KeyboardInterrupt:
            self._runner.run(self._show(self._session.stopped()))

    async def _show(self, answer: AsyncIterator[Said]) -> None:
        spoken = Paragraphs()
        with console.status("") as status:
            async for said in answer:
                if isinstance(said, Spoken):
                    _print(spoken.feed(said.text))
                    continue
                _print(spoken.rest())
                if isinstance(said, Wait):
                    self._waiting = said
                elif isinstance(said, Progress | Making):
                    _tell(status, said)
                else:
                    _print(render(said))
        self._offer()

    def _offer(self) -> None:
        """The question with its numbered answers, or what could be said next."""
        asked, buttons = self._waiting.question, self._waiting.suggestions
        console.print()
        if asked is not None:
            console.print(Markdown(question(self._waiting)))
        has_numbers = asked is not None or self._waiting.counted
        choices = asked.suggestions if asked else () if has_numbers else tuple(one.label for one in buttons)
        for number, choice in enumerate(choices, 1):
            console.print(f"  {number}  {choice}", markup=False, highlight=False)
        if has_numbers and buttons:
            console.print(f"  ({', '.join(one.says.lower() for one in buttons)})", markup=False, style="dim")


async def reopened(session: Session) -> AsyncIterator[Said]:
    """Where a conversation was. Proposals that wait for a word are shown again: it is given by their numbers."""
    waiting, is_shown = None, False
    async for said in session.go_on():
        is_shown |= isinstance(said, Proposed)
        if isinstance(said, Wait) and said.counted and not is_shown:
            waiting = said
        else:
            yield said
    if waiting is not None:
        async for said in session.hear(Heard(text="show them")):
            yield said


def meant(line: str, waiting: Wait) -> str:
    """A number stands for the button of that place, where neither a question nor proposals take it."""
    said, offered = line.strip(), waiting.suggestions
    takes_numbers = waiting.question is not None or waiting.counted
    return (
        offered[int(said) - 1].says if not takes_numbers and said.isdigit() and 1 <= int(said) <= len(offered) else said
    )


class Paragraphs:
    """A language model's answer that comes in pieces, as whole paragraphs: half a bold word cannot be set in bold."""

    def __init__(self) -> None:
        self._held = ""
        self._stream = Stream()

    def feed(self, piece: str) -> str:
        """The paragraphs that are whole by now, as Markdown."""
        whole, end, self._held = (self._held + self._stream.feed(piece)).rpartition("\n\n")
        return whole + end

    def rest(self) -> str:
        """What was held back."""
        held, self._held, self._stream = self._held + self._stream.rest(), "", Stream()
        return held


def _print(markdown: str) -> None:
    if markdown.strip():
        console.print()
        console.print(Markdown(visible(markdown)))


def _tell(status: Status, said: Progress | Making) -> None:
    text = render(said).replace("`", "")
    status.update(text)
    if not console.is_terminal and said.done in {0, said.total}:
        console.print(text, markup=False)


def _read() -> str | None:
    """The next line; None at the end of the input, or on Ctrl-C while nothing is worked on."""
    console.print("> ", end="", style="bold")
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        return None
    if line and not sys.stdin.isatty():
        console.print(line.rstrip("\n"), markup=False, highlight=False)
    return line or None


def _last(folder: Path) -> str:
    try:
        return (folder / _LAST).read_text()
    except OSError as error:
        raise InputError("there is no conversation to resume: `goalcover talk` begins one") from error
