"""Prompts: one Markdown file a call, strict variables, and a fence around everything that others wrote.

A file is cut by its marker lines into one system and one user message. What stands in the system message are our rules
alone; data reaches a model only in the user message, and there only through `fence`.
"""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from string import Template
from typing import Literal, NamedTuple

PROMPTS = Path(__file__).with_name("prompts")
_MARKER = re.compile(r"^----- (system|user) -----\n", re.MULTILINE)
# Where a chat template, a reasoning parser or our own fence could read the end of the data or a change of speaker:
# every "<" that may open a tag (there are too many templates to list theirs), brackets around a word in capitals, as in
# [INST], [TOOL_CALLS], [gMASK], and those of [|user|], [@BOS@], ]~b] and [e~[. Comparisons, arrows, lists, links,
# indices and LaTeX stay as they are.
_DELIMITER = re.compile(r"<(?![\s\d\\\"=<>-])|\[(?=[|@]|/?[a-z]?[A-Z][A-Z0-9_]+\]|/?(?i:inst)\]|e~\[)|\](?=~!?b)")
# Half characters, which no server takes, and characters that a person reading along would not see: line separators,
# direction overrides, tags. A JSON escape keeps each of them, visibly.
_UNSEEN = re.compile("[\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_SECRET = secrets.token_bytes(16)


class Message(NamedTuple):
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class PromptError(Exception):
    """A prompt file and the code that fills it disagree: a bug, told by the variable's name."""


@dataclass(frozen=True)
class Prompt:
    """A prompt file."""

    name: str
    text: str

    @cached_property
    def version(self) -> str:
        """The first 12 hex digits of the file's sha256: part of the id of everything that the prompt made."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names that the file asks for."""
        return frozenset(Template(self.text).get_identifiers())

    def messages(self, **values: str) -> tuple[Message, Message]:
        """System and user message, filled in. PromptError names what is missing, and what the file does not know."""
        if missing := sorted(self.variables - values.keys()):
            raise PromptError(f"prompt {self.name}: no value for ${', $'.join(missing)}")
        if unknown := sorted(values.keys() - self.variables):
            raise PromptError(f"prompt {self.name}: the file has no ${', $'.join(unknown)}")
        system, user = self._parts
        return Message("system", system.substitute(values)), Message("user", user.substitute(values))

    @cached_property
    def _parts(self) -> tuple[Template, Template]:
        pieces = _MARKER.split(self.text)
        if pieces[1::2] != ["system", "user"]:
            raise PromptError(f"prompt {self.name}: wants one '----- system -----' and then one '----- user -----'")
        return Template(pieces[2].strip()), Template(pieces[4].strip())


@lru_cache
def load_prompt(name: str) -> Prompt:
    """The prompt in `prompts/<name>.md`."""
    return Prompt(name, (PROMPTS / f"{name}.md").read_text(encoding="utf-8"))


def new_nonce() -> str:
    """16 hex digits that whoever wrote the data could not know."""
    return secrets.token_hex(8)


def nonce_for(constant: str) -> str:
    """16 hex digits that nobody outside can know, and that are the same whenever this process fences the same content.

    For a message whose beginning comes again with other calls: a provider's prompt cache wants it to the letter.
    """
    return hashlib.blake2b(constant.encode("utf-8", "replace"), key=_SECRET, digest_size=8).hexdigest()


def fence(content: object, nonce: str) -> str:
    """A text (one JSON string), or anything else that JSON can hold, between two lines that hold the nonce.

    Our own delimiters and those of chat templates are written as JSON escapes inside: nothing there can end the fence
    or open another speaker's turn, and reading the JSON gives the content back to the last character.
    """
    return f"<data-{nonce}>\n{quoted(content)}\n</data-{nonce}>"


def quoted(content: object) -> str:
    """The content as JSON, the items of a list on lines of their own, delimiters and unseen characters as escapes."""
    if isinstance(content, list | tuple) and content:
        return "[\n" + ",\n".join(quoted(one) for one in content) + "\n]"
    return defused(json.dumps(content, ensure_ascii=False))


def defused(said: str) -> str:
    """What a model said, for a model to read again: what could open another speaker's turn stands as an escape.

    JSON stays the same JSON.
    """
    return _UNSEEN.sub(_escaped, _DELIMITER.sub(_escaped, said))


def cut(text: str, most: int) -> str:
    """The beginning of a text, at a word's end where there is one, marked when something is left out."""
    if len(text) <= most:
        return text
    end = text.rfind(" ", most // 2, most)
    return f"{text[: end if end > 0 else most].rstrip()} [...]"


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] > "\x7f" else f"\\u{ord(match[0]):04x}"
