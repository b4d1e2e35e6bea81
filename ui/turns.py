"""Answers in the making, one a conversation: told to the page that was opened last, and ended before the next."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import chainlit as cl
from chainlit.logger import logger
from goalcover.graph.state import Wait
from goalcover.ui.page import Page
from goalcover.ui.render import FAILED
from goalcover.ui.session import Said, Session


@dataclass
class Turn:
    """An answer, from the message to the words that wait for the next one."""

    session: Session
    page: Page
    says: str = ""
    """What the button says that began it; empty for a typed message."""
    task: asyncio.Task[Any] = field(init=False)
    ending: bool = False
    """Whether all is said: what comes now only has to wait a moment."""


_turns: dict[str, Turn] = {}
_later: set[asyncio.Task[None]] = set()


def under_way() -> Turn | None:
    """The answer that is being made in the conversation of the current Chainlit context."""
    turn = _turns.get(cl.context.session.thread_id)
    return turn if turn is not None and not turn.ending else None


async def tell(session: Session, page: Page, answer: AsyncGenerator[Said, None]) -> None:
    """Tells an answer to a page in this task, as soon as the one before has ended."""
    task = asyncio.current_task()
    assert task is not None  # called in no task, Chainlit has no context either
    turn, before = Turn(session, page), _before()
    _begin(turn, task)
    await _tell(turn, before, answer)


def tell_later(session: Session, page: Page, answer: AsyncGenerator[Said, None], says: str = "") -> None:
    """The same in a task of its own. It is under way from now on: of two clicks at once the second finds the first."""
    turn, before = Turn(session, page, says), _before()
    _begin(turn, later(_tell(turn, before, answer)))


def _before() -> Turn | None:
    return _turns.get(cl.context.session.thread_id)


def _begin(turn: Turn, task: asyncio.Task[Any]) -> None:
    thread_id = cl.context.session.thread_id
    turn.task = cl.context.session.current_task = task
    _turns[thread_id] = turn
    # Until the page was told that it may speak again, and not only until all is said.
    task.add_done_callback(lambda _: _turns.pop(thread_id) if _turns.get(thread_id) is turn else None)


async def _tell(turn: Turn, before: Turn | None, answer: AsyncGenerator[Said, None]) -> None:
    if before is not None:
        await asyncio.wait([before.task])
    if turn.says:
        await cl.Message(content=turn.says, type="user_message", author="You").send()
    turn.page.begin()
    await cl.context.emitter.task_start()
    await cl.send_window_message({"thread": cl.context.session.thread_id})  # for the address (`page.js`)
    try:
        await turn.page.withdraw()
        async with aclosing(answer):
            async for said in answer:
                turn.ending = isinstance(said, Wait)
                await turn.page.tell(said)
        await turn.page.settle(await turn.session.state())
    finally:
        turn.ending = True


async def end(thread_id: str) -> None:
    """Ends the answer that is being made in that conversation, where there is one."""
    if turn := _turns.get(thread_id):
        turn.task.cancel()
        await asyncio.wait([turn.task])


async def until_ended(turn: Turn) -> None:
    """For a page on which nothing began this answer: until then it is shown as at work, and Stop means the answer."""
    cl.context.session.current_task = turn.task
    await cl.context.emitter.task_start()
    await asyncio.wait([turn.task])


def later(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Does it in a task of its own, with what Chainlit does around the answer to a typed message."""
    task = asyncio.create_task(_guarded(work))
    # The event loop alone does not keep a task alive.
    _later.add(task)
    task.add_done_callback(_later.discard)
    return task


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 the edge
        # A task's error would be lost. Chainlit tells and logs those of typed messages likewise.
        logger.exception("a button's answer failed")
        await cl.ErrorMessage(content=FAILED).send()
    finally:
        await cl.context.emitter.task_end()
