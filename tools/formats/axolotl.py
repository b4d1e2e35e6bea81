"""The `datasets:` part of an Axolotl configuration (docs.axolotl.ai, "Dataset Formats")."""

from collections.abc import Collection
from typing import Any

import yaml

MESSAGES = {"type": "chat_template", "field_messages": "messages"}
SHAREGPT = {
    "type": "chat_template",
    "field_messages": "conversations",
    "message_property_mappings": {"role": "from", "content": "value"},
    "roles": {"user": ["human"], "assistant": ["gpt", "function_call"], "system": ["system"], "tool": ["observation"]},
}


def axolotl_yaml(path: str, columns: Collection[str]) -> str | None:
    """The snippet for a file with these columns; None when Axolotl has no type for it."""
    entry = _entry(columns)
    if entry is None:
        return None
    config: dict[str, Any] = {"datasets": [{"path": path, "ds_type": _ds_type(path), "split": "train", **entry}]}
    if "rejected" in columns:
        config = {"rl": "dpo", **config}
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _entry(columns: Collection[str]) -> dict[str, Any] | None:
    if "kto_tag" in columns or "label" in columns or "preferred_output" in columns:
        return None
    if {"prompt", "chosen", "rejected"} <= set(columns):
        return {"type": "chat_template.default", "field_messages": "prompt"} | _answers()
    if {"conversations", "chosen", "rejected"} <= set(columns):
        return {**SHAREGPT, "type": "chat_template.default"} | _answers()
    if "messages" in columns:
        return MESSAGES
    if "conversations" in columns:
        return SHAREGPT
    if {"instruction", "output"} <= set(columns):
        return {"type": "alpaca"}
    return {"type": "completion"} if "text" in columns else None


def _answers() -> dict[str, str]:
    return {"field_chosen": "chosen", "field_rejected": "rejected"}


def _ds_type(path: str) -> str:
    return "parquet" if path.endswith(".parquet") else "json"
