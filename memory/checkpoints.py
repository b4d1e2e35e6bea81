"""Where a conversation's state is kept between two messages: a SQLite file, or a Postgres database by its URL.

A checkpoint names the types of what it holds, and reading it imports them. So only types on a list are brought back;
anything else stays plain data.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiosqlite
from goalcover.agent.errors import InputError, MissingPartError
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


def serializer(types: Sequence[type]) -> JsonPlusSerializer:
    """Reads and writes checkpoints that hold LangGraph's own types and those given."""
    return JsonPlusSerializer(allowed_msgpack_modules=tuple(types))


@asynccontextmanager
async def open_checkpoints(
    path: Path, types: Sequence[type], url: str | None = None
) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """The checkpoints in that file, made when it is not there, or in the Postgres database of that URL.

    Raises InputError when they cannot be used, MissingPartError when Postgres' driver is not installed.
    """
    opened = _in_file(path, types) if url is None else _in_postgres(url, types)
    async with opened as saver:
        yield saver


@asynccontextmanager
async def _in_file(path: Path, types: Sequence[type]) -> AsyncIterator[BaseCheckpointSaver[str]]:
    async with AsyncExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = await stack.enter_async_context(aiosqlite.connect(path))
            saver = AsyncSqliteSaver(connection, serde=serializer(types))
            await saver.setup()
        except (OSError, aiosqlite.Error) as error:
            raise InputError(f"The conversations' file {path} cannot be used ({error}): move it away.") from error
        try:
            yield saver
        finally:
            # A write that is under way, or was cancelled half way, would keep the file locked after the close.
            async with saver.lock:
                await connection.rollback()
                await connection.close()


@asynccontextmanager
async def _in_postgres(url: str, types: Sequence[type]) -> AsyncIterator[BaseCheckpointSaver[str]]:
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from psycopg import Error
    except ImportError as error:
        raise MissingPartError(
            "Conversations in Postgres need its driver: pip install 'goalcover[postgres]'"
        ) from error
    async with AsyncExitStack() as stack:
        try:
            saver = await stack.enter_async_context(AsyncPostgresSaver.from_conn_string(url, serde=serializer(types)))
            await saver.setup()
        except Error as error:
            # The error's text may hold the password of the URL.
            raise InputError(
                f"The Postgres database of GOALCOVER_CHECKPOINTS_URL cannot be used ({type(error).__name__}): "
                "is it running, and do user and password fit?"
            ) from error
        yield saver
