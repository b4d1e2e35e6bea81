"""An export to the Hugging Face Hub."""

import re
from collections.abc import Mapping

from goalcover.agent.errors import InputError
from goalcover.tools.formats.files import Rows, to_dataset_dict
from goalcover.tools.rows import reason_of

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def push_to_hub(repo_id: str, splits: Mapping[str, Rows], card: str, *, private: bool = True) -> str:
    """Uploads the splits and the card; the dataset's address. The token is the one that `hf auth login` stored.

    Raises InputError when the name is none, nobody is logged in, or the Hub refuses or cannot be reached.
    """
    if not _ID.fullmatch(repo_id):
        raise InputError(f"'{repo_id}' is no dataset id: write it as owner/name")
    import huggingface_hub  # here, because it takes long to start
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    try:
        to_dataset_dict(splits).push_to_hub(repo_id, private=private)
        huggingface_hub.DatasetCard(card).push_to_hub(repo_id)
    except LocalTokenNotFoundError as error:
        raise InputError("nobody is logged in to Hugging Face: run `hf auth login`, or set HF_TOKEN") from error
    except HfHubHTTPError as error:
        raise InputError(f"Hugging Face did not take {repo_id}: {_explained(error)}") from error
    except (HFValidationError, OSError, ValueError) as error:
        raise InputError(f"{repo_id} could not be uploaded to Hugging Face: {reason_of(error)}") from error
    return f"https://huggingface.co/datasets/{repo_id}"


def _explained(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return "the token may not write there; check `hf auth whoami` and the token's rights"
    if status == 404:
        return "there is no such owner, or the token may not see it"
    return reason_of(error)
