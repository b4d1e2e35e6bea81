"""Where a conversation's state is kept between two messages: a SQLite file.

A checkpoint names the types of what it holds, and reading it imports them. So only types on a list are brought back;
anything else stays plain data.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiosqlite
from goalcover.agent.errors import InputError
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


def serializer(types: Sequence[type]) -> JsonPlusSerializer:
    """Reads and writes checkpoints that hold LangGraph's own types and those given."""
    return JsonPlusSerializer(allowed_msgpack_modules=tuple(types))


@asynccontextmanager
async def open_checkpoints(path: Path, types: Sequence[type]) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpoints in that file, made when it is not there. Raises InputError when it cannot be used."""
    async with AsyncExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = await stack.enter_async_context(aiosqlite.connect(path))
            saver = AsyncSqliteSaver(connection, serde=serializer(types))
            await saver.setup()
        except (OSError, aiosqlite.Error) as error:
            raise InputError(f"The conversations' file {path} cannot be used ({error}): move it away.") from error
        yield saver
