"""The test server's files and batches: submit a file of requests, ask how it stands, fetch what came out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

Reply = dict[str, Any] | bytes
Complete = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class Batches:
    """Files and batches by id, and how batches go."""

    pending_polls: int = 0
    """How often a batch says `in_progress` before it ends."""
    ends: str = "completed"
    """Its last status: completed, failed, expired or cancelled."""
    why: str = ""
    """What it says about having failed."""
    output: bool = True
    """False: it says completed and has no output file."""
    done: float = 1.0
    """Share of the lines that are answered at all; an expired batch answers some."""
    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def handle(self, scope: Mapping[str, Any], body: bytes, complete: Complete) -> tuple[int, Reply]:
        """Status and content of the response to a request about files and batches."""
        parts = scope["path"].removeprefix("/v1").strip("/").split("/")
        match scope["method"], parts:
            case "POST", ["files"]:
                return 200, self._upload(dict(scope["headers"])[b"content-type"], body)
            case "GET", ["files", name, "content"] if name in self.files:
                return 200, self.files[name]
            case "POST", ["batches"]:
                return 200, self._create(json.loads(body), complete)
            case "GET", ["batches", name] if name in self.jobs:
                return 200, self._poll(name)
            case "POST", ["batches", name, "cancel"] if name in self.jobs:
                self.jobs[name]["status"] = "cancelled"
                return 200, self.jobs[name]
        return 404, {
            "error": {"message": f"nothing at {scope['path']}", "type": "not_found", "param": None, "code": None}
        }

    def _upload(self, content_type: bytes, body: bytes) -> dict[str, Any]:
        parts = message_from_bytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body).get_payload()
        (content,) = [part.get_payload(decode=True) for part in parts if part.get_filename()]  # type: ignore
        name = self._store(content)
        return {
            "id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": "batch.jsonl",
            "purpose": "batch", "status": "processed",
        }  # fmt: skip

    def _store(self, content: bytes) -> str:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return name

    def _create(self, asked: dict[str, Any], complete: Complete) -> dict[str, Any]:
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        taken = lines[: round(len(lines) * self.done)]
        results = [(line["custom_id"], *complete(line["body"])) for line in taken]
        good = [_line(*one) for one in results if one[1] == 200]
        bad = [_line(*one) for one in results if one[1] != 200]
        name = f"batch-{len(self.jobs) + 1}"
        self.jobs[name] = {
            "id": name, "object": "batch", "endpoint": asked["endpoint"], "input_file_id": asked["input_file_id"],
            "completion_window": "24h", "created_at": 1, "status": "validating", "polls": self.pending_polls,
            "output_file_id": self._store(b"\n".join(good)) if good and self.output else None,
            "error_file_id": self._store(b"\n".join(bad)) if bad else None,
            "request_counts": {"total": len(lines), "completed": len(good), "failed": len(bad)},
            "errors": {"object": "list", "data": [{"code": "x", "message": self.why}]} if self.why else None,
        }  # fmt: skip
        return self._shown(self.jobs[name])

    def _poll(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        job["status"] = "in_progress" if job["polls"] > 0 else self.ends
        job["polls"] -= 1
        return self._shown(job)

    @staticmethod
    def _shown(job: Mapping[str, Any]) -> dict[str, Any]:
        """No file is named before the end."""
        hidden = (
            {}
            if job["status"] not in {"validating", "in_progress"}
            else {"output_file_id": None, "error_file_id": None}
        )
        return {key: value for key, value in job.items() if key != "polls"} | hidden


def _line(custom_id: str, status: int, body: dict[str, Any]) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"id": "l", "custom_id": custom_id, "response": response, "error": None}).encode()
