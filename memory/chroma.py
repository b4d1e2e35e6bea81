"""Where Chroma keeps the explanations of a run: in files of the run's directory, or on a server.

Chroma's client and its server call nobody else: what the environment could turn is set.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from goalcover.agent.errors import InputError
from goalcover.memory.files import digest_of, write_bytes, writing

# chromadb takes half a second to import: the functions below do it.
if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

# A sparser graph than Chroma's own takes a fifth off the time to add, and the wide search makes up for it: of the ten
# nearest of 5,000 passages it finds 99.6%. Of fewer explanations than `sync_threshold` no index is written, to save
# time: it is made of their log when the store is next searched.
HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "max_neighbors": 8,
    "ef_construction": 40,
    "ef_search": 200,
    "sync_threshold": 20_000,
}
REACHED_SECONDS = 5.0
_QUIET: dict[str, Any] = {
    "anonymized_telemetry": False,
    "chroma_otel_collection_endpoint": "",
    "chroma_otel_granularity": None,
}


class Place(Protocol):
    """An open collection."""

    collection: "Collection"

    @property
    def batch_size(self) -> int:
        """Most explanations that are added at once."""

    def renew(self) -> None:
        """Puts an empty collection in the place of this one."""

    def close(self) -> None:
        """Ends its use."""

    def remove(self) -> None:
        """Ends its use, and leaves nothing of it."""

    def told(self) -> AbstractContextManager[None]:
        """Turns Chroma's errors into an InputError that says what to do."""


class Folder:
    """Chroma in this process, for one user at a time.

    Its index crashes the process, or finds too little, when its files are not what it wrote. So they are sealed when it
    is closed, and a folder that is damaged, or whose process was killed while it wrote, is emptied on opening.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seal = path / "seal"
        if not (self._seal.is_file() and self._seal.read_bytes() == _fingerprint(path)):
            self._remove()
        try:
            self._connect()
        except InputError:
            self._remove()
            self._connect()

    @property
    def batch_size(self) -> int:
        return self._client.get_max_batch_size()

    def renew(self) -> None:
        self._client.close()
        self._remove()
        self._connect()

    def remove(self) -> None:
        self._client.close()
        self._remove()

    def close(self) -> None:
        self._client.close()
        write_bytes(self._seal, _fingerprint(self._path))

    @contextmanager
    def told(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except ChromaError as error:
            raise InputError(
                f"The store of explanations {self._path} cannot be used ({error.name()}): delete that directory and "
                "run this again; it is made anew from the scores."
            ) from error

    def _connect(self) -> None:
        from chromadb.api.shared_system_client import SharedSystemClient

        try:
            with self.told():
                self._client = _client(
                    chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
                    is_persistent=True,
                    persist_directory=str(self._path),
                )
                self.collection = _collection(self._client, "explanations")
        except InputError:
            # Chroma keeps a half-started system for the path, and would hand it out on the next attempt.
            SharedSystemClient.clear_system_cache()
            raise

    def _remove(self) -> None:
        with writing(self._path):
            if self._path.is_dir():
                shutil.rmtree(self._path)
            else:
                self._path.unlink(missing_ok=True)


class Server:
    """A collection on a Chroma server, named after the directory that it is for."""

    batch_size = 1_000
    """A server takes 40 MB at once."""

    def __init__(self, url: str, path: Path) -> None:
        self._url = url.rstrip("/")
        self._name = f"goalcover-{hashlib.blake2b(str(path.resolve()).encode(), digest_size=16).hexdigest()}"
        reach(url)
        with self.told():
            self._client = _client(
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=self._url,
                chroma_server_http_port=8000,  # not used: the URL tells, as it does about TLS
                chroma_server_ssl_enabled=False,
                chroma_http_max_keepalive_connections=0,  # its client closes no connection when it is closed
            )
            self.collection = _collection(self._client, self._name)

    def renew(self) -> None:
        with self.told():
            self._client.delete_collection(self._name)
            self.collection = _collection(self._client, self._name)

    def remove(self) -> None:
        with self.told():
            self._client.delete_collection(self._name)
        self._client.close()

    def close(self) -> None:
        self._client.close()

    def told(self) -> AbstractContextManager[None]:
        return _told_of_server(self._url)


def reach(url: str) -> None:
    """Raises InputError when nobody answers at that URL within some seconds; Chroma's own client waits for good."""
    import httpx

    with _told_of_server(url):
        httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=REACHED_SECONDS)


def address(url: str) -> str:
    """Host and port of a server, without what may be secret."""
    return urlsplit(url).netloc.rpartition("@")[2]


@contextmanager
def _told_of_server(url: str) -> Iterator[None]:
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    except Exception as error:
        # For an answer that is no Chroma server's, its client raises an Exception of no class of its own.
        if type(error) is not Exception and not isinstance(error, ChromaError | httpx.HTTPError | ValueError):
            raise
        raise InputError(
            f"The Chroma server at {address(url)} cannot be used ({type(error).__name__}): start it or correct "
            "GOALCOVER_CHROMA_URL, or unset that to keep the explanations in the run's directory. Then run this "
            "again: no judgement is lost."
        ) from error


def _client(**settings: Any) -> "Client":
    from chromadb.api.client import Client
    from chromadb.config import Settings

    return Client(settings=Settings(**_QUIET, **settings))


def _collection(client: "Client", name: str) -> "Collection":
    return client.get_or_create_collection(name, configuration={"hnsw": HNSW}, embedding_function=None)


def _fingerprint(path: Path) -> bytes:
    """Names the content of all files of the store but the seal."""
    sha = hashlib.blake2b()
    for file in sorted(one for one in path.rglob("*") if one.is_file() and one.name != "seal"):
        sha.update(f"{file.relative_to(path)} {digest_of(file)}\n".encode())
    return sha.hexdigest().encode()
