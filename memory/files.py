"""Files that are either the old one or the new one, whole, whenever the process dies."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from goalcover.agent.errors import InputError, RunBusyError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what was written there takes its place when the block ends without an error."""
    temporary = _beside(path)
    try:
        yield temporary
        with writing(path):
            _sync(temporary)
            temporary.replace(path)
            if os.name == "posix":  # elsewhere a directory cannot be opened, nor needs to be
                _sync(path.parent)
    finally:
        with suppress(OSError):  # where nothing can be written: what was raised within says why
            temporary.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """Names a file's content; InputError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file's content in one step; InputError when that fails."""
    with replacing(path) as temporary, writing(path):
        temporary.write_bytes(content)


def check_writable(path: Path) -> None:
    """InputError where a file could not be written, before there is anything to write."""
    temporary = _beside(path)
    with writing(path):
        temporary.touch()
        temporary.unlink()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tells what the operating system refuses as an InputError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"Cannot write {path}: {reason}. Make room or choose another place, and run it again."
        ) from error


def locked(path: Path, seconds: float = 0.0) -> FileLock:
    """The lock file `path`, held; RunBusyError when another holds it for longer than that.

    The operating system frees it when the process ends, however it ends.
    """
    lock = FileLock(path, timeout=seconds, thread_local=False)
    with writing(path):
        try:
            lock.acquire()
        except Timeout as error:  # an OSError, too
            raise RunBusyError(
                f"{path.parent} is in use by another process: wait for it to end, or choose another directory."
            ) from error
    return lock


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name}.tmp"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
