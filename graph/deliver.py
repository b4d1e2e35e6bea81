"""Data for training: rows selected, training sets written, and uploaded once the person has said so (section 6.1)."""

import asyncio
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Exported, Problem, Selected, Sent, Withheld
from goalcover.graph.failures import told
from goalcover.graph.intent import FILLER
from goalcover.graph.names import all_spelt_out
from goalcover.graph.orders import UNNAMED, Order, read_cut, read_order
from goalcover.graph.parts import Parts
from goalcover.graph.remedy import run_of, words_of
from goalcover.graph.speech import agrees
from goalcover.graph.state import State
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import kept
from goalcover.tools.export import FORMATS, export, parse_format
from goalcover.tools.filter import select
from goalcover.tools.formats.hub import check_id, upload
from goalcover.tools.mix import Mix, make_mix, parse_mix
from langgraph.runtime import Runtime

UPLOADS = ("upload", "push")
FILTERING = frozenset(
    "by data dataset filter filtered goal keep kept leave out pick selection select selected serve serves set suits "
    "train training".split()
)
"""Words of a request for a selection that say no more than that."""


@told
async def select_rows(state: State, runtime: Runtime[Deps]) -> State:
    """What a goal-aligned selection keeps and loses, cut by cut."""
    run, parts = run_of(state), Parts(state["heard"].text)
    goal, cut = run.goal(), read_cut(parts)
    asked = all_spelt_out(parts.left, goal.subgoals)
    words = set[str]().union(*map(words_of, asked))
    quota = cut["quota"] or 0
    found = await asyncio.to_thread(select, run, cut["min_score"], tuple(one.id for one in asked), quota)
    unread = parts.unread(FILLER | FILTERING | words)
    runtime.stream_writer(Selected(goal=goal, selection=found, quota=quota, unread=unread))
    return {"suggestions": suggestions.after_selecting()}


@told
async def write_set(state: State, runtime: Runtime[Deps]) -> State:
    """Writes a training set in a trainer's format; uploads it once the person has said so."""
    parcel, last = state.get("parcel"), state.get("order")
    if parcel is not None and last is not None:
        return await _release(Path(parcel), last, state["heard"].text, runtime)
    run = run_of(state)
    order = read_order(state["heard"].text, last, has_kept=next(kept(run.synthetic_path), None) is not None)
    if order.hub:
        _check_hub(order, runtime.context)
    form = parse_format(order.format)
    kinds = FORMATS[form].kinds
    if order.ending and order.ending not in kinds:
        raise InputError(f"{order.format} is written as {' or '.join(kinds) or 'a folder'}, not as {order.ending}.")
    out = runtime.context.runs.parent / "exports" / _file_name(order, form)
    mix = await asyncio.to_thread(_mixed, run, order)
    done = await asyncio.to_thread(export, run, mix, form, out)
    runtime.stream_writer(Exported(result=done, order=order))
    follow_ups = suggestions.after_other(run.goal(), run.gaps())
    return {"order": order, "parcel": str(out) if order.hub else None, "suggestions": follow_ups}


def _check_hub(order: Order, deps: Deps) -> None:
    if not deps.opens_paths:
        raise InputError(
            "An upload goes by the Hugging Face token of the machine that serves this chat, which is not yours to use: "
            "export the files, and upload them yourself."
        )
    if order.hub == UNNAMED:
        raise InputError("Say which dataset to upload to, as owner/name: push it to me/my-set.")
    check_id(order.hub)


def _file_name(order: Order, form: str) -> str:
    """A folder for what is to be uploaded, else one file."""
    if order.hub:
        return order.hub.replace("/", "--")
    return f"{order.mix.replace('+', '-')}-{form}{order.ending or next(iter(FORMATS[form].kinds), '')}"


def _mixed(run: Run, order: Order) -> Mix:
    name = parse_mix(order.mix)
    return make_mix(
        run, name, seed=order.seed, validation=order.validation, min_score=order.min_score, quota=order.quota
    )


async def _release(folder: Path, order: Order, text: str, runtime: Runtime[Deps]) -> State:
    """Uploads what waits for it, or not: as the person says."""
    agreed = agrees(text, *UPLOADS)
    if agreed is None:
        runtime.stream_writer(
            Problem(text=f"I did not understand that. Upload to {order.hub}, yes or no? Nothing has left.")
        )
        return {}
    if agreed:
        sent = await asyncio.to_thread(lambda: upload(folder, order.hub, private=not order.public))
        runtime.stream_writer(Sent(result=sent))
    else:
        runtime.stream_writer(Withheld(hub=order.hub))
    return {"parcel": None}
