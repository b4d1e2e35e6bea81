"""What the test server answers. A brain is `answer(messages, schema, tools) -> content`, an object for JSON.

`judging` reads the fenced sample and the subgoals of a judge's request; `plausible` fills any JSON schema in.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

Messages = Sequence[Mapping[str, Any]]
Schema = Mapping[str, Any] | None
Brain = Callable[[Messages, Schema, Sequence[Mapping[str, Any]]], Any]
"""Gives a str for prose, `{"tool": name, "arguments": {...}}` for a tool call, else an object that becomes JSON."""

FENCED = re.compile(r"<data-([0-9a-f]{16})>\n(.*)\n</data-\1>", re.DOTALL)
SUBGOAL = re.compile(r'^\{"id": .*\}$', re.MULTILINE)
REFERENCE = re.compile(r'"sample": "([0-9a-f]+)"')
_WORD = re.compile(r"[a-z]{3,}")


@lru_cache
def subgoals_in(prefix: str) -> tuple[dict[str, str], ...]:
    """The subgoals that a judge's request lists before its sample."""
    return tuple(json.loads(line) for line in SUBGOAL.findall(prefix))


def is_judging(messages: Messages) -> bool:
    """Whether this is a request for judgements."""
    return bool(subgoals_in(str(messages[-1]["content"]).partition("<data-")[0]))


def words(messages: Messages, schema: Schema = None, tools: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Judges by word overlap, fast; everything else by `plausible`."""
    if not is_judging(messages):
        return plausible(messages, schema, tools)
    prefix, sample, after = taken_apart(messages[-1]["content"])
    said = set(_WORD.findall(f"{sample['input']} {sample['output']}".lower()))
    return _verdicts(after, {one["id"]: _overlap(one, said) for one in subgoals_in(prefix)}, sample)


def taken_apart(content: str) -> tuple[str, dict[str, str], str]:
    """A judge's user message: what stands before the fence, the sample in it, what stands behind it."""
    fenced = FENCED.search(content)
    assert fenced is not None, "a judge's request without a fenced sample"
    return content[: fenced.start()], json.loads(fenced[2]), content[fenced.end() :]


def embedded(embedder: Any) -> Brain:
    """Judges as the embedded judge does, so that whole flows mean something."""
    import asyncio

    from goalcover.agent.embedded.judge import EmbeddedJudge
    from goalcover.agent.models import Sample, Subgoal

    judge, threads = EmbeddedJudge(embedder), ThreadPoolExecutor(1)
    threads.submit(embedder.vectors, ["The first text loads the model: that may begin at once."])

    def answer(messages: Messages, schema: Schema, tools: Sequence[Mapping[str, Any]]) -> Any:
        if not is_judging(messages):
            return plausible(messages, schema, tools)
        prefix, sample, after = taken_apart(messages[-1]["content"])
        subgoals = [Subgoal(**one) for one in subgoals_in(prefix)]
        # In a thread of its own: the server's runs its event loop.
        found = threads.submit(asyncio.run, judge.judge([Sample(id="x", row=1, **sample)], subgoals)).result()
        return _verdicts(after, {one.subgoal_id: one.level or 0 for one in found}, sample)

    return answer


def _overlap(subgoal: Mapping[str, str], said: set[str]) -> int:
    return min(5, len(_telling(f"{subgoal['name']} {subgoal['description']}") & said))


@lru_cache
def _telling(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - {
        "the",
        "and",
        "its",
        "for",
        "about",
        "answers",
        "questions",
        "with",
    }


def _verdicts(after: str, levels: Mapping[str, int], sample: Mapping[str, str]) -> dict[str, Any]:
    reference = REFERENCE.search(after)
    quote = (sample["output"] or sample["input"])[:40].encode("utf-8", "ignore").decode()
    return {
        "sample": reference[1] if reference else "",
        "judgements": [
            {"id": one, "evidence": quote, "reason": f"It shares {level} words with the subgoal.", "level": level}
            for one, level in levels.items()
        ],
    }


def plausible(messages: Messages, schema: Schema, tools: Sequence[Mapping[str, Any]]) -> Any:
    """An answer that follows the schema, made of the words of the conversation; else a tool call; else prose."""
    last = messages[-1]
    heard = str(last.get("content") or "")
    if schema:
        return Filler(heard, schema).fill(schema)
    if last["role"] == "tool":
        return f"Here is what I found: {heard[:600]}"
    for tool in tools:
        function = tool["function"]
        if any(part in heard.lower() for part in str(function["name"]).split("_")):
            arguments = Filler(heard, function["parameters"]).fill(function["parameters"])
            return {"tool": function["name"], "arguments": arguments}
    return "I can help with goals, data and gaps. What would you like to know?"


class Filler:
    """Fills a JSON schema in with the clauses of a text, each used in its turn."""

    def __init__(self, text: str, root: Mapping[str, Any]) -> None:
        self._root = root
        self._clauses = [one.strip() for one in re.split(r"[.;,\n]| and ", text) if len(one.split()) > 2] or ["a case"]
        self._used = 0

    def fill(self, schema: Mapping[str, Any], name: str = "") -> Any:
        """A value for the schema; `name` is the property's."""
        if "$ref" in schema:
            return self.fill(self._definition(schema["$ref"]), name)
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.fill(schema[choice][0], name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type", "object")
        return self._filled(kind[0] if isinstance(kind, list) else kind, schema, name)

    def _filled(self, kind: str, schema: Mapping[str, Any], name: str) -> Any:
        match kind:
            case "object":
                return {key: self.fill(value, key) for key, value in schema.get("properties", {}).items()}
            case "array":
                n = max(schema.get("minItems", 0), min(3, schema.get("maxItems", 3)))
                return [self.fill(schema.get("items", {"type": "string"}), name) for _ in range(n)]
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
            case "null":
                return None
        return self._string(schema, name)

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        clause = self._clauses[self._used % len(self._clauses)]
        self._used += 1
        if name in {"id", "slug"} or "pattern" in schema:
            return re.sub(r"[^a-z0-9]+", "-", clause.lower()).strip("-")[:30] + f"-{self._used}"
        return clause[: schema.get("maxLength", 300)]

    def _definition(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


def embedded_here() -> Brain:
    """`embedded` with this machine's own cache of vectors."""
    from goalcover.agent.embedder import Embedder
    from goalcover.agent.settings import Settings
    from goalcover.agent.vectors import VectorCache

    return embedded(Embedder(VectorCache(Settings().cache_dir / "vectors.sqlite")))
