"""What one browser page shows of a conversation: messages with their elements, buttons, progress, the side panel."""

import time
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.element import Element, ElementDict
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict
from goalcover.agent.errors import InputError
from goalcover.agent.models import CoverageReport, Gap, GapMap
from goalcover.graph.events import (
    Corrected,
    Covered,
    Diagnosed,
    Event,
    Explained,
    Exported,
    Kept,
    LookedUp,
    Making,
    Progress,
    Proposed,
    Reported,
    Selected,
    Spoken,
)
from goalcover.graph.state import State, Wait
from goalcover.memory.runs import Run
from goalcover.ui import cards
from goalcover.ui.charts import coverage_bars, gap_map, heat_map, trade_off
from goalcover.ui.identity import cookie
from goalcover.ui.panel import panel
from goalcover.ui.render import brief, question, render
from goalcover.ui.render.text import Stream
from goalcover.ui.session import Said

PROPOSALS = "Candidates"
EVERY_S = 0.5
"""Seconds between two updates of the progress, at least."""
_MIME = {".html": "text/html", ".parquet": "application/vnd.apache.parquet", ".yaml": "application/yaml"}


def is_narrow(environ: dict[str, Any]) -> bool:
    """Whether the page told, by its cookie, that it has no room for a panel beside the conversation."""
    return cookie(environ.get("HTTP_COOKIE", ""), "goalcover_narrow") == "true"


class Page:
    """Sends things to the page that the current Chainlit context belongs to."""

    def __init__(self, action: str) -> None:
        self._action = action
        self._begun = _here()
        """Whose context the task has that speaks through this page now."""
        self._narrow = is_narrow(self._begun.environ)
        self._meter = Meter()
        self._buttons: list[cl.Action] = []
        self._choices: cl.CustomElement | None = None
        self._panel: cl.CustomElement | None = None
        self._proposals: cl.CustomElement | None = None
        self._last_id: str | None = None
        self._is_asked = False
        self._streamed: cl.Message | None = None
        self._stream = Stream()

    def resume(self, thread: ThreadDict) -> None:
        """A page that shows an earlier chat: its last message is still there, and asks what was asked."""
        messages = [step["id"] for step in thread["steps"] if step["type"] == "assistant_message"]
        self._last_id = messages[-1] if messages else None
        self._is_asked = bool(messages)
        shown = [one for one in thread["elements"] or [] if one["name"] == PROPOSALS]
        self._proposals = _again(shown[-1]) if shown else None

    def begin(self) -> None:
        """An answer is made in the current context from now on; the page may have moved since the last one."""
        self._begun = _here()

    async def move(self) -> None:
        """An answer in the making goes on where the current context is, with what is not kept with the chat yet."""
        here = _here()
        self._begun.emit = here.emit
        # Charts and reports are fetched by the session that shows them.
        here.files |= self._begun.files
        self._begun.files = here.files
        self._narrow, self._panel = is_narrow(here.environ), None
        for message in (self._meter.message, self._streamed):
            if message is not None:
                await cl.context.emitter.send_step(message.to_dict())

    async def tell(self, said: Said) -> None:
        """One thing that is said, as what it is."""
        if isinstance(said, Progress | Making):
            await self._meter.show(said)
        elif isinstance(said, Spoken | LookedUp | Corrected):
            await self.stream(said)
        elif isinstance(said, Wait):
            await self.wait(said)
        else:
            await self.show(said)

    async def say(self, text: str) -> None:
        """A message without anything to it."""
        self._is_asked = False
        self._last_id = (await cl.Message(content=text).send()).id

    async def show(self, said: Event) -> None:
        """One event as a message, with charts, cards or files."""
        await self._meter.hide()
        await self.end_stream()
        elements = _elements(said, narrow=self._narrow)
        self._is_asked = False
        self._last_id = (await cl.Message(content=brief(said)).send()).id
        for one in elements:  # one after the other: a message sends all at once, and they stand in any order
            await one.send(for_id=self._last_id)
        if isinstance(said, Proposed | Kept):
            await self._close_proposals(said)
            self._proposals = next((one for one in elements if isinstance(one, cl.CustomElement)), None)

    async def stream(self, said: Spoken | LookedUp | Corrected) -> None:
        """A language model's answer, as it comes."""
        if self._streamed is None:
            self._streamed, self._stream = cl.Message(content=""), Stream()
        match said:
            case Spoken():
                await self._streamed.stream_token(self._stream.feed(said.text))
            case Corrected():
                self._streamed.content, self._stream = render(said), Stream()

    async def end_stream(self) -> None:
        """When the answer is whole."""
        if self._streamed is None:
            return
        await self._streamed.stream_token(self._stream.rest())
        self._last_id = (await self._streamed.send()).id
        self._is_asked, self._streamed = False, None

    async def wait(self, waiting: Wait) -> None:
        """What the person is asked, and the buttons for it."""
        await self._meter.hide()
        await self.end_stream()
        if waiting.question is not None and not self._is_asked:
            await self.say(question(waiting))
        self._is_asked = False
        if self._last_id is None:
            return
        asked = waiting.matter
        if waiting.question is not None and waiting.question.suggestions:
            props = {"choices": list(waiting.question.suggestions), "many": waiting.question.many, "asked": asked}
            self._choices = cl.CustomElement(name="Choices", props=props, display="inline")
            # Not kept with the chat: a question that was answered has no use for them.
            await self._choices.send(for_id=self._last_id, persist=False)
        for one in waiting.suggestions:
            action = cl.Action(name=self._action, payload={"says": one.says, "asked": asked}, label=one.label)
            await action.send(for_id=self._last_id)
            self._buttons.append(action)

    async def withdraw(self) -> None:
        """Buttons of an earlier answer would be out of place."""
        for action in self._buttons:
            await action.remove()
        self._buttons = []
        if self._choices is not None:
            await self._choices.remove()
            self._choices = None

    async def settle(self, state: State) -> None:
        """When all is said: what is shown of the conversation's state, where it has changed."""
        await self._settle_panel(panel(state, _coverage(state)))
        batch = state.get("batch")
        if self._proposals is not None and batch is not None:
            await self._redraw(self._proposals, cards.candidates(batch, state.get("reviews", ())))

    async def _settle_panel(self, props: dict[str, Any] | None) -> None:
        if self._narrow or props is None or (self._panel and props == self._panel.props):
            return
        # Not through ElementSidebar: the page closes that again with the next element of any message.
        if self._panel is None:
            self._panel = cl.CustomElement(name="Goal", props=props, display="side")
        self._panel.props = props
        await self._panel.send(for_id="", persist=False)

    async def _close_proposals(self, said: Proposed | Kept) -> None:
        """The cards of before, when others stand in their place or all is decided."""
        if self._proposals is not None:
            if isinstance(said, Kept):
                rest = "kept" if said.accepted.accepted else "rejected"
            else:
                rest = "shown again" if cards.shows(self._proposals.props, said.batch) else "replaced"
            await self._redraw(self._proposals, cards.closed(self._proposals.props, rest))

    async def _redraw(self, element: cl.CustomElement, props: dict[str, Any]) -> None:
        if props != element.props:
            element.props = props
            await element.update()


class Meter:
    """One message that says how far the work is, step by step, while it lasts."""

    def __init__(self) -> None:
        self.message: cl.Message | None = None
        self._shown = 0.0

    async def show(self, progress: Progress | Making) -> None:
        """Now and then; always the beginning and the end."""
        now = time.monotonic()
        if self.message is None:
            self.message = await cl.Message(content=render(progress)).send()
        elif now - self._shown >= EVERY_S or progress.done == progress.total:
            self.message.content = render(progress)
            await self.message.update()
        else:
            return
        self._shown = now

    async def hide(self) -> None:
        """When the work is done, or was stopped."""
        if self.message is not None:
            await self.message.remove()
            self.message = None


def _coverage(state: State) -> CoverageReport | None:
    path = state.get("run")
    try:
        return Run.open(Path(path)).coverage() if path else None
    except InputError:  # a run that was deleted is told of where it is asked about
        return None


def _elements(said: Event, *, narrow: bool) -> list[Element]:
    match said:
        case Diagnosed():
            gaps = cards.overview(said)
            return [*_charts(said, narrow=narrow), *([cl.CustomElement(name="Gaps", props=gaps)] if said.gaps else [])]
        case Covered():
            return _charts(said, narrow=narrow)
        case Explained() if said.explanation.gap is not None:
            card = cl.CustomElement(name="Gaps", props=cards.in_full(said))
            return [card, *_map(said.explanation.gap, said.map, narrow=narrow)]
        case Reported():
            return [_file(path) for path in said.files if path.is_file()]
        case Exported():
            return [_file(path) for path in map(Path, said.result.files) if path.is_file()]
        case Proposed() if said.batch.proposals:
            return [cl.CustomElement(name=PROPOSALS, props=cards.candidates(said.batch, said.reviews))]
        case Selected():
            figure = trade_off(said.goal, said.selection, narrow=narrow)
            return [cl.Plotly(name="Trade-off", figure=figure, display="inline", size="large")]
    return []


def _here() -> WebsocketSession:
    session = cl.context.session
    assert isinstance(session, WebsocketSession)  # there is no page without a socket
    return session


def _again(shown: ElementDict) -> cl.CustomElement:
    """An element of an earlier chat, so that it can be changed."""
    found = cl.CustomElement(name=shown["name"], props=shown.get("props") or {}, display="inline", id=shown["id"])
    found.for_id = shown.get("forId")
    return found


def _charts(said: Diagnosed | Covered, *, narrow: bool) -> list[Element]:
    bars = coverage_bars(said.goal, said.coverage, narrow=narrow)
    heat = heat_map(said.goal, said.coverage, narrow=narrow)
    return [
        cl.Plotly(name="Coverage", figure=bars, display="inline", size="large"),
        cl.Plotly(name="Levels", figure=heat, display="inline", size="large"),
    ]


def _map(gap: Gap, drawn: GapMap | None, *, narrow: bool) -> list[Element]:
    if drawn is None or not drawn.points:
        return []
    figure = gap_map(gap, drawn, narrow=narrow)
    return [cl.Plotly(name="Low-scoring samples", figure=figure, display="inline", size="large")]


def _file(path: Path) -> Element:
    return cl.File(name=path.name, path=str(path), mime=_MIME.get(path.suffix, "text/plain"), display="inline")
