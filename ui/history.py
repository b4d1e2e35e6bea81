"""Chats that can be opened again: Chainlit's SQL data layer on a SQLite file, and a folder for what goes with them."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from chainlit.auth import get_current_user
from chainlit.auth.cookie import get_token_from_cookies
from chainlit.data.sql_alchemy import SQLAlchemyDataLayer
from chainlit.data.storage_clients.base import BaseStorageClient
from chainlit.element import Element
from chainlit.types import ThreadDict
from fastapi import HTTPException
from goalcover.agent.errors import InputError
from goalcover.ui.guard import plain
from starlette.requests import Request
from starlette.responses import FileResponse, Response

FILES = "/kept/{user_id}/{element_id}"
"""Where the browser finds what goes with an old message."""
LARGEST = 20_000_000
"""Bytes of a file that is kept with a message; a larger one is the person's own upload, which the run knows."""
_TABLES = """
CREATE TABLE IF NOT EXISTS users ("id" TEXT PRIMARY KEY, "identifier" TEXT NOT NULL UNIQUE, "metadata" TEXT NOT NULL,
    "createdAt" TEXT);
CREATE TABLE IF NOT EXISTS threads ("id" TEXT PRIMARY KEY, "createdAt" TEXT, "name" TEXT, "userId" TEXT,
    "userIdentifier" TEXT, "tags" TEXT, "metadata" TEXT);
CREATE TABLE IF NOT EXISTS steps ("id" TEXT PRIMARY KEY, "name" TEXT, "type" TEXT, "threadId" TEXT NOT NULL,
    "parentId" TEXT, "streaming" INTEGER, "waitForAnswer" INTEGER, "isError" INTEGER, "metadata" TEXT, "tags" TEXT,
    "input" TEXT, "output" TEXT, "createdAt" TEXT, "command" TEXT, "modes" TEXT, "start" TEXT, "end" TEXT,
    "generation" TEXT, "showInput" TEXT, "language" TEXT, "indent" INTEGER, "defaultOpen" INTEGER,
    "autoCollapse" INTEGER, "icon" TEXT);
CREATE TABLE IF NOT EXISTS elements ("id" TEXT PRIMARY KEY, "threadId" TEXT, "type" TEXT, "url" TEXT,
    "chainlitKey" TEXT, "name" TEXT NOT NULL, "display" TEXT, "objectKey" TEXT, "size" TEXT, "page" INTEGER,
    "language" TEXT, "forId" TEXT, "mime" TEXT, "props" TEXT, "autoPlay" INTEGER, "playerConfig" TEXT);
CREATE TABLE IF NOT EXISTS feedbacks ("id" TEXT PRIMARY KEY, "forId" TEXT NOT NULL, "threadId" TEXT,
    "value" INTEGER NOT NULL, "comment" TEXT);
CREATE INDEX IF NOT EXISTS steps_by_thread ON steps ("threadId");
CREATE INDEX IF NOT EXISTS elements_by_thread ON elements ("threadId");
CREATE INDEX IF NOT EXISTS threads_by_user ON threads ("userId");
"""


class Kept(BaseStorageClient):
    """What goes with messages (charts, reports), as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def upload_file(
        self,
        object_key: str,
        data: bytes | str,
        mime: str = "application/octet-stream",  # noqa: ARG002 asked for again when it is read
        overwrite: bool = True,  # noqa: ARG002 an element's file is replaced with it
        content_disposition: str | None = None,  # noqa: ARG002 always an attachment
    ) -> dict[str, Any]:
        """Keeps it under the first two parts of its key: the third is a file name, and may be anything."""
        key = "/".join(object_key.split("/")[:2])
        path = self.path(*key.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return {"object_key": key, "url": await self.get_read_url(key)}

    async def delete_file(self, object_key: str) -> bool:
        """Forgets it."""
        self.path(*object_key.split("/")[:2]).unlink(missing_ok=True)
        return True

    async def get_read_url(self, object_key: str) -> str:
        """Where the browser finds it."""
        user_id, element_id = object_key.split("/")[:2]
        return FILES.format(user_id=user_id, element_id=element_id)

    async def close(self) -> None:
        """Nothing to let go of."""

    def path(self, user_id: str, element_id: str) -> Path:
        """Where it lies; ValueError when the names are no plain words."""
        return self._folder / plain(user_id) / plain(element_id)


class History(SQLAlchemyDataLayer):
    """Chats in `chats.sqlite` of a folder. Raises InputError when it cannot be used.

    `forget` removes what else is kept of a chat, by its id, when a person deletes it.
    """

    def __init__(self, folder: Path, forget: Callable[[str], Awaitable[None]]) -> None:
        self._forget = forget
        self._keeping = asyncio.Lock()
        self.files = Kept(folder / "kept")
        path = folder / "chats.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(path) as connection:
                connection.executescript(_TABLES)
            connection.close()
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"The chats' file {path} cannot be used ({error}): move it away.") from error
        super().__init__(f"sqlite+aiosqlite:///{path}", storage_provider=self.files, user_thread_limit=200)

    async def create_element(self, element: Element) -> None:
        """Keeps what goes with a message, unless it is large; one after the other, for they are read in that order."""
        async with self._keeping:
            if element.path and await asyncio.to_thread(os.path.getsize, element.path) > LARGEST:
                return
            await super().create_element(element)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,  # noqa: ARG002 SQLite holds no lists, and they only repeat the profile's name
    ) -> None:
        """Keeps what is known of a chat."""
        await super().update_thread(thread_id, name=name, user_id=user_id, metadata=metadata)

    async def delete_thread(self, thread_id: str) -> None:
        """Forgets a chat, with all that came of it; it stays in the list when that fails."""
        await self._forget(thread_id)
        await super().delete_thread(thread_id)

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """A chat, with the properties of its elements as the page wants them."""
        thread: ThreadDict | None = await super().get_thread(thread_id)
        for element in (thread["elements"] or []) if thread else []:
            props: Any = element.get("props")
            if isinstance(props, str):
                element["props"] = json.loads(props or "{}")
        return thread

    async def serve(self, request: Request) -> Response:
        """A kept file, to the person whose it is. Never as a page of this site: it may hold anything."""
        token = get_token_from_cookies(dict(request.cookies))
        user = await get_current_user(token=token) if token else None
        user_id, element_id = request.path_params["user_id"], request.path_params["element_id"]
        if user is None or user.id != user_id:
            raise HTTPException(404)
        found = await self.execute_sql('SELECT "name", "mime" FROM elements WHERE "id" = :id', {"id": element_id})
        if not isinstance(found, list) or not found:
            raise HTTPException(404)
        path = self.files.path(user_id, element_id)
        headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return FileResponse(path, media_type=found[0]["mime"], filename=Path(found[0]["name"]).name, headers=headers)
