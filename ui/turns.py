"""Answers in the making, one a conversation: told to the page that was opened last, and ended before the next."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
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

    task: asyncio.Task[Any]
    session: Session
    page: Page
    ending: bool = False
    """Whether all is said: what comes now only has to wait a moment."""


_turns: dict[str, Turn] = {}
_later: set[asyncio.Task[None]] = set()


def under_way() -> Turn | None:
    """The answer that is being made in the conversation of the current Chainlit context."""
    turn = _turns.get(cl.context.session.thread_id)
    return turn if turn is not None and not turn.ending else None


async def tell(session: Session, page: Page, answer: AsyncGenerator[Said, None]) -> None:
    """Tells an answer to a page, as soon as the one before has ended."""
    thread_id, task = cl.context.session.thread_id, asyncio.current_task()
    assert task is not None  # called in no task, Chainlit has no context either
    while before := _turns.get(thread_id):
        await asyncio.wait([before.task])
    turn = _turns[thread_id] = Turn(task, session, page)
    # Until the page was told that it may speak again, and not only until all is said.
    task.add_done_callback(lambda _: _turns.pop(thread_id))
    cl.context.session.current_task = task
    await cl.context.emitter.task_start()
    try:
        await page.withdraw()
        async with aclosing(answer):
            async for said in answer:
                turn.ending = isinstance(said, Wait)
                await page.tell(said)
        await page.settle(await session.state())
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


def later(work: Coroutine[Any, Any, None]) -> None:
    """Does it in a task of its own, with what Chainlit does around the answer to a typed message."""
    task = asyncio.create_task(_guarded(work))
    # The event loop alone does not keep a task alive.
    _later.add(task)
    task.add_done_callback(_later.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 the edge
        # A task's error would be lost. Chainlit tells and logs those of typed messages likewise.
        logger.exception("a button's answer failed")
        await cl.ErrorMessage(content=FAILED).send()
    finally:
        await cl.context.emitter.task_end()
