"""Conversations kept in a file and, where a Postgres server is installed, in a real one of these tests' own."""

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError
from goalcover.agent.models import Clarification
from goalcover.memory.checkpoints import open_checkpoints
from langgraph.checkpoint.base import empty_checkpoint

CONFIG = {"configurable": {"thread_id": "one", "checkpoint_ns": ""}}
ANSWER = Clarification(question="Who?", answer="Nurses", slot="audience")
BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))


async def keep_and_read(path: Path, url: str | None = None):
    """What comes back from a second opening, as after a restart."""
    async with open_checkpoints(path, (Clarification,), url) as saver:
        checkpoint = empty_checkpoint() | {"channel_values": {"answer": ANSWER}, "channel_versions": {"answer": "1"}}
        await saver.aput(CONFIG, checkpoint, {}, {"answer": "1"})
    async with open_checkpoints(path, (Clarification,), url) as saver:
        return (await saver.aget(CONFIG))["channel_values"]["answer"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a server that lives as long as these tests; it refuses to run as root."""
    if not (BIN / "initdb").is_file():
        pytest.skip("needs Debian's package postgresql")
    folder, user = Path(tempfile.mkdtemp(prefix="pg")), "postgres" if os.geteuid() == 0 else getpass.getuser()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shutil.chown(folder, user)

    def call(program: str, *options: object) -> None:
        owner = user if os.geteuid() == 0 else None
        command = [str(BIN / program), "-D", str(folder / "data"), *map(str, options)]
        subprocess.run(command, user=owner, check=True, capture_output=True, cwd=folder)

    call("initdb", "-U", "tester", "--auth=trust")
    call("pg_ctl", "-o", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}", "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_a_file_keeps_the_conversation(tmp_path: Path):
    assert asyncio.run(keep_and_read(tmp_path / "new" / "c.sqlite")) == ANSWER


def test_postgres_keeps_the_conversation(tmp_path: Path, postgres: str):
    assert asyncio.run(keep_and_read(tmp_path / "unused", postgres)) == ANSWER
    assert not (tmp_path / "unused").exists()


def test_a_file_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "c.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(InputError, match="move it away"):
        asyncio.run(keep_and_read(tmp_path / "c.sqlite"))


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path):
    url = "postgresql://ann:secret@127.0.0.1:9/chats"
    with pytest.raises(InputError, match="is it running") as told:
        asyncio.run(keep_and_read(tmp_path, url))
    assert "secret" not in str(told.value)
