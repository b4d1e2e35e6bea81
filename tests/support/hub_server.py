"""Plays the Hugging Face Hub on loopback, as far as uploading a dataset goes: accounts, repositories, commits, LFS.

In a test:      with hub_server.logged_in(monkeypatch, tmp_path) as hub: ... hub.url, hub.repos["me/my-set"].files
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml
from request_bodies import read_body

TOKEN = "hf_thisIsMySecretToken0123456789"
ME = "me"
_STORED_APART = (".parquet", ".arrow")
"""What the Hub's .gitattributes keeps in large file storage."""


@dataclass
class Repo:
    """A dataset."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)


@dataclass
class Hub:
    """What the server holds."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    storage: dict[str, bytes] = field(default_factory=dict)
    """Large files by sha256."""
    storage_works: bool = True
    unsigned: int = 0
    """Calls of the API without a token."""

    def may_read(self, name: str, user: str | None) -> bool:
        """Whether there is such a dataset for that user."""
        return name in self.repos and (not self.repos[name].private or name.startswith(f"{user}/"))


class RefusedError(Exception):
    """What the Hub answers instead."""

    def __init__(self, status: int, message: str, code: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.more = status, message, code, more


@contextmanager
def running() -> Iterator[Hub]:
    """The server, as long as the block runs."""
    hub = Hub()

    class Handler(_Handler):
        held = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def logged_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Hub]:
    """The server, and this process's client with its person logged in; `folder` takes the client's own files."""
    with running() as hub:
        for name, value in {
            "ENDPOINT": hub.url,
            "HF_URL_HOSTS": frozenset({"127.0.0.1"}),
            "HF_HUB_DISABLE_XET": True,  # the server speaks the older protocol for large files
            "HF_TOKEN_PATH": str(folder / "no token"),
            "AGENT_HARNESSES_PATH": str(folder / "harnesses.json"),
        }.items():
            monkeypatch.setattr(huggingface_hub.constants, name, value)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


class _Handler(BaseHTTPRequestHandler):
    held: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Silent."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = read_body(self)
        try:
            answer, status, more = self._routed(body), 200, {}
        except RefusedError as refusal:
            answer, status = {"error": refusal.message, **refusal.more}, refusal.status
            more = {"X-Error-Message": refusal.message} | ({"X-Error-Code": refusal.code} if refusal.code else {})
        sent = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(sent)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def _routed(self, body: bytes) -> Any:
        path = self.path.partition("?")[0]
        if stored := re.fullmatch(r"/storage/(\w+)", path):
            return self._store(stored[1], body)
        user = self._user()
        if path == "/api/repos/create":
            return self._create(json.loads(body), user)
        if path == "/api/validate-yaml":
            return {"errors": _faults(json.loads(body)["content"]), "warnings": []}
        named = re.fullmatch(r"(?:/api)?/datasets/([\w.-]+/[\w.-]+?)(?:\.git/info)?((?:/\w+)*)", path)
        name, step = named.groups() if named else ("", path)
        if not self.held.may_read(name, user):
            raise RefusedError(404, "Repository not found", "RepoNotFound")
        repo = self.held.repos[name]
        if not step:
            return {"id": name, "private": repo.private, "siblings": [{"rfilename": one} for one in repo.files]}
        if not name.startswith(f"{user}/"):
            raise RefusedError(403, f"you may not write to {name}")
        match step:
            case "/preupload/main":
                return {"files": [_mode(one["path"]) for one in json.loads(body)["files"]]}
            case "/lfs/objects/batch":
                return {"objects": [self._place(one) for one in json.loads(body)["objects"]]}
            case "/commit/main":
                return self._commit(name, [json.loads(line) for line in body.splitlines()])
        raise AssertionError(f"nothing plays {self.command} {path}")

    def _user(self) -> str | None:
        given = self.headers.get("Authorization")
        self.held.unsigned += given is None
        if given not in (None, f"Bearer {TOKEN}"):
            raise RefusedError(401, "Invalid credentials in Authorization header")
        return None if given is None else ME

    def _create(self, wish: dict[str, Any], user: str | None) -> Any:
        name = f"{wish['organization']}/{wish['name']}"
        if wish["organization"] != user:
            raise RefusedError(
                403, f"You don't have the rights to create datasets in the namespace {wish['organization']}"
            )
        url = f"{self.held.url}/datasets/{name}"
        if name in self.held.repos:
            raise RefusedError(409, "You already created this dataset repo", url=url)
        self.held.repos[name] = Repo(wish["visibility"] == "private", {".gitattributes": b"*.parquet filter=lfs\n"})
        return {"url": url}

    def _place(self, one: dict[str, Any]) -> dict[str, Any]:
        known = one["oid"] in self.held.storage
        return one if known else {**one, "actions": {"upload": {"href": f"{self.held.url}/storage/{one['oid']}"}}}

    def _store(self, oid: str, body: bytes) -> Any:
        if not self.held.storage_works or hashlib.sha256(body).hexdigest() != oid:
            raise RefusedError(400, "the storage does not take it")
        self.held.storage[oid] = body
        return {}

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> Any:
        repo = self.held.repos[name]
        files = dict(repo.files)
        for line in lines[1:]:
            value = line["value"]
            match line["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.held.storage[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        repo.files = files
        repo.commits.append(lines[0]["value"]["summary"])
        oid = hashlib.sha1(repr(files).encode()).hexdigest()
        return {"success": True, "commitOid": oid, "commitUrl": f"{self.held.url}/datasets/{name}/commit/{oid}"}


def _mode(path: str) -> dict[str, Any]:
    return {"path": path, "uploadMode": "lfs" if path.endswith(_STORED_APART) else "regular", "shouldIgnore": False}


def _faults(card: str) -> list[dict[str, str]]:
    try:
        yaml.safe_load(card.split("---")[1])
    except yaml.YAMLError as error:
        return [{"message": str(error)}]
    return []
