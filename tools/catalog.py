"""The tools that the chat's model may call: thin wrappers over what the command line uses, all reading one run."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from goalcover.agent.errors import InputError
from goalcover.agent.prompt import cut
from goalcover.agent.talk import Tool
from goalcover.memory.runs import Run
from goalcover.tools.beside import side_by_side
from goalcover.tools.explain import End, Judged, explain, find_subgoal, judged
from pydantic import BaseModel

SAMPLES = 5
SAMPLES_MOST = 20
CHARACTERS = 800
"""Of each side of a sample that a model reads."""
_SUBGOAL = {"type": "string", "description": "The subgoal's name or id."}
_COUNT = {"type": "integer", "minimum": 1, "maximum": SAMPLES_MOST, "description": f"How many; {SAMPLES} by default."}
Arguments = Mapping[str, Any]


def catalog(run: Run) -> tuple[Tool, ...]:
    """All tools over one finished run. What a call cannot do, it tells by InputError."""
    return (
        _tool(run, coverage, "Alignment, interval, support and rule of every subgoal, and which of them are gaps."),
        _tool(run, gaps, "All gaps, worst first: what is missing, with quotes and sample ids, and recommendations."),
        _tool(
            run,
            explain_subgoal,
            "Everything about one subgoal: why it is weak or strong, what is missing, its lowest samples.",
            required={"subgoal": _SUBGOAL},
        ),
        _tool(
            run,
            samples,
            "Samples at one end of a subgoal's levels, with text, level and the judge's explanation.",
            required={"subgoal": _SUBGOAL, "end": {"type": "string", "enum": ["lowest", "highest", "typical"]}},
            optional={"n": _COUNT},
        ),
        _tool(
            run,
            sample,
            "One sample by its id, with its level and explanation for every subgoal.",
            required={"sample_id": {"type": "string"}},
        ),
        _tool(
            run,
            compare_subgoals,
            "Two subgoals side by side: their figures, how they correlate, how many samples support both.",
            required={"a": _SUBGOAL, "b": _SUBGOAL},
        ),
        _tool(run, run_info, "Which data, which judge, how many samples were judged, what it cost and when."),
    )


def facts(run: Run) -> str:
    """What the model knows about a run without a tool: the goal, its subgoals by name, who judged, how many samples."""
    goal, info = run.goal(), run.info()
    gap_ids = {gap.subgoal_id for gap in run.gaps()}
    names = [f"{one.name} (id {one.id}{', a gap' if one.id in gap_ids else ''})" for one in goal.subgoals]
    subgoals = f"{len(names)} subgoals, {len(gap_ids)} of them gaps: {'; '.join(names)}"
    return (
        f"Goal: {goal.text}\n{subgoals}\nData: {info.dataset.path}, {info.dataset.rows} rows, "
        f"{info.counts.samples} samples judged.\nJudge: the {info.engine.name} engine, {info.engine.model}."
    )


def coverage(run: Run, arguments: Arguments) -> Any:  # noqa: ARG001 all tools are called alike
    """Every subgoal's figures."""
    return _plain(run.coverage())


def gaps(run: Run, arguments: Arguments) -> Any:  # noqa: ARG001
    """The ranked gaps, with no more than a few sample ids each."""
    found = [_plain(gap) for gap in run.gaps()]
    for gap in found:
        for capability in gap["capabilities"]:
            capability["sample_ids"] = capability["sample_ids"][:SAMPLES]
    return found


def explain_subgoal(run: Run, arguments: Arguments) -> Any:
    """Coverage, gap and lowest samples of one subgoal."""
    found = explain(run, _text(arguments, "subgoal"), SAMPLES)
    gap = next((one for one in gaps(run, {}) if one["subgoal_id"] == found.subgoal.id), None)
    lowest = [_cut(one) for one in found.samples]
    return {**_plain(found), "gap": gap, "samples": lowest}


def samples(run: Run, arguments: Arguments) -> Any:
    """Samples at one end of a subgoal's levels."""
    subgoal, end = find_subgoal(run.goal(), _text(arguments, "subgoal")), arguments.get("end", "lowest")
    if end not in ("lowest", "highest", "typical"):
        raise InputError("end is one of: lowest, highest, typical")
    n = arguments.get("n", SAMPLES)
    n = min(max(n, 1), SAMPLES_MOST) if isinstance(n, int) else SAMPLES
    chosen: End = end
    return [_cut(one) for one in judged(run, subgoal.id, chosen, n)]


def sample(run: Run, arguments: Arguments) -> Any:
    """One sample and all that was said about it."""
    wanted = _text(arguments, "sample_id")
    found = next(iter(run.samples({wanted})), None)
    if found is None:
        raise InputError(f"no sample {wanted!r} was judged in this run")
    said = run.judgements(wanted)
    judgements = [{"subgoal": one.subgoal_id, "level": one.level, "explanation": one.explanation} for one in said]
    sides = {"input": cut(found.input, CHARACTERS), "output": cut(found.output, CHARACTERS)}
    return {"sample_id": found.id, "row": found.row, **sides, "judgements": judgements}


def compare_subgoals(run: Run, arguments: Arguments) -> Any:
    """Two subgoals over the same samples."""
    a, b = (find_subgoal(run.goal(), _text(arguments, name)).id for name in ("a", "b"))
    beside = side_by_side(run, a, b)
    return {
        "a": _plain(beside.a),
        "b": _plain(beside.b),
        "correlation": _rounded(beside.correlation),
        "samples_that_support_both": beside.both,
    }


def run_info(run: Run, arguments: Arguments) -> Any:  # noqa: ARG001
    """What is in run.json."""
    return _plain(run.info())


def _tool(
    run: Run,
    function: Callable[[Run, Arguments], Any],
    description: str,
    *,
    required: Arguments | None = None,
    optional: Arguments | None = None,
) -> Tool:
    async def call(arguments: Arguments) -> Any:
        return await asyncio.to_thread(function, run, arguments)

    properties = {**(required or {}), **(optional or {})}
    parameters = {"type": "object", "properties": properties, "required": list(required or {})}
    return Tool(name=function.__name__, description=description, parameters=parameters, call=call)


def _text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{name} is missing")
    return value.strip()


def _cut(one: Judged) -> dict[str, Any]:
    return {**_plain(one), "input": cut(one.input, CHARACTERS), "output": cut(one.output, CHARACTERS)}


def _plain(value: BaseModel) -> Any:
    return _rounded(value.model_dump(mode="json"))


def _rounded(value: Any) -> Any:
    """With four digits behind the point: what a model reads, it repeats."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return {key: _rounded(one) for key, one in value.items()} if isinstance(value, dict) else value
