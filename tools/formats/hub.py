"""An exported folder to the Hugging Face Hub: what lies on disk, file by file, in one commit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen
from goalcover.tools.rows import reason_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

PROVENANCE = "_provenance.jsonl"
"""The file that tells an export of ours from anything else."""
HERE = ("axolotl.yaml",)
"""Names a place on this machine, and so stays here."""
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SPLITS = ("train", "validation")
_LOGIN = "run `hf auth login`, or set HF_TOKEN to a token that may write"


class Uploaded(Frozen):
    """A dataset on the Hub."""

    address: str
    private: bool
    files: tuple[str, ...]
    """Names in the repository."""


def check_id(repo_id: str) -> None:
    """Raises InputError when it is no dataset id."""
    if not _ID.fullmatch(repo_id):
        raise InputError(f"'{repo_id}' is no dataset id: write it as owner/name")


def upload(folder: Path, repo_id: str, *, private: bool = True) -> Uploaded:
    """Uploads an exported folder; splits of an earlier export are taken away. The token is the one of `hf auth login`.

    A new dataset is private unless `private` is False; one that is there keeps its visibility. Raises InputError, and
    uploads nothing, when nobody is logged in, the Hub refuses or cannot be reached, the dataset holds something else
    than an export, or is public while a private one was wanted.
    """
    check_id(repo_id)
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi  # here, because it starts slowly

    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in HERE]
    adds = [CommitOperationAdd(path.relative_to(folder).as_posix(), str(path)) for path in paths]
    names = tuple(one.path_in_repo for one in adds)
    with _told(repo_id):
        api = HfApi(token=True)  # not an anonymous call where nobody is logged in
        is_private, stale = _made_ready(api, repo_id, names, private=private)
        api.create_commit(
            repo_id,
            [*adds, *(CommitOperationDelete(name) for name in stale)],
            commit_message="Exported by GoalCover",
            repo_type="dataset",
        )
    return Uploaded(address=f"{api.endpoint}/datasets/{repo_id}", private=is_private, files=names)


def _made_ready(api: "HfApi", repo_id: str, names: tuple[str, ...], *, private: bool) -> tuple[bool, list[str]]:
    """Makes the dataset where there is none: whether it is private, and which of its files this export replaces."""
    api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
    there = api.dataset_info(repo_id)
    files = {one.rfilename for one in there.siblings or ()} - {".gitattributes"}
    if private and not there.private:
        raise InputError(
            f"{repo_id} is there already, and everyone can read it: nothing was uploaded. Ask for a public upload, or "
            "give another name."
        )
    if files and PROVENANCE not in files:
        raise InputError(f"{repo_id} holds something else than an export of GoalCover: give another name.")
    return bool(there.private), sorted(one for one in files - set(names) if re.split(r"[./]", one)[0] in _SPLITS)


@contextmanager
def _told(repo_id: str) -> Iterator[None]:
    """Tells what the Hub's library raises as an InputError that says what to do."""
    import httpx2  # here, like huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    try:
        yield
    except LocalTokenNotFoundError as error:
        raise InputError(f"nobody is logged in to Hugging Face: {_LOGIN}") from error
    except HfHubHTTPError as error:
        raise InputError(f"Hugging Face did not take {repo_id}: {_explained(error, repo_id)}") from error
    except (httpx2.TransportError, ConnectionError, TimeoutError) as error:
        raise InputError(
            f"Hugging Face cannot be reached ({reason_of(error)}): check the network, and HF_ENDPOINT if it is set, "
            "then try again."
        ) from error
    except (HFValidationError, OSError, ValueError, RuntimeError) as error:  # the last: of its storage
        raise InputError(f"{repo_id} could not be uploaded to Hugging Face: {reason_of(error)}") from error


def _explained(error: "HfHubHTTPError", repo_id: str) -> str:
    owner = repo_id.partition("/")[0]
    match error.response.status_code:
        case 401:
            return f"the token is not valid: {_LOGIN}"
        case 403:
            return f"the token may not write to {owner}. `hf auth whoami` says whose it is: {_LOGIN} there"
        case 404:
            return f"there is no {owner} that the token may see: check the name with `hf auth whoami`"
        case 429:
            return "too many requests: wait some minutes, and try again"
    return reason_of(ValueError(error.server_message or str(error)))
