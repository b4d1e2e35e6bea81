"""Closing a gap: verified samples proposed, reviewed, kept (section 3.5)."""

import asyncio
import re
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.settings import Settings
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import (
    HeldOut,
    Kept,
    Making,
    Problem,
    Proposed,
    Reviewed,
    Unsure,
)
from goalcover.graph.failures import once_more, told
from goalcover.graph.intent import FILLER, understand
from goalcover.graph.listen import FORBIDDEN
from goalcover.graph.parts import Parts
from goalcover.graph.state import Attachment, Heard, State, Wait
from goalcover.graph.wishes import Making as Wished
from goalcover.graph.wishes import Wish, how_many, read_making, read_review
from goalcover.memory.runs import Run
from goalcover.tools.accept import Review, accept, turn_down
from goalcover.tools.budget import budget_for
from goalcover.tools.judges import judge_of
from goalcover.tools.load import open_dataset
from goalcover.tools.sources import HUB_ID
from goalcover.tools.spending import on_account
from goalcover.tools.synthesize import Batch
from goalcover.tools.synthesize import synthesize as make_samples
from langgraph.runtime import Runtime
from langgraph.types import interrupt

STRICT, USUAL = 5, 4
HELP = (
    "Say **looks good** to keep them, **reject 2, 5: why**, **edit 3: the new answer**, **stricter**, "
    "**only questions from nurses** (or whatever they should be), or **reject all**."
)


@told
async def synthesize(state: State, runtime: Runtime[Deps]) -> State:
    """Makes and verifies samples for a subgoal, or makes them again as the review wished; notes an evaluation set."""
    run, heard, before, goal = run_of(state), state["heard"], state.get("batch"), state.get("goal")
    assert goal is not None
    making = read_making(heard.text, with_file=bool(heard.files))
    kept, held = await _held_out(state, making, runtime)
    ask = understand(heard.text, goal, state.get("topic"))
    if ask.kind == "synthesize" and ask.subgoal is not None:
        subgoal, n = ask.subgoal, how_many(ask.number)
    elif before is not None:
        subgoal, n = goal.subgoal(before.subgoal_id), before.asked
    else:
        if ask.kind == "synthesize":
            runtime.stream_writer(Unsure(names=tuple(one.name for one in ask.maybe)))
        return kept
    if before is not None:
        same = subgoal.id == before.subgoal_id
        turn_down(run, before, state.get("reviews", ()), all_others=same and not making.strict)
    engine, least, settings = runtime.context.engine, STRICT if making.strict else USUAL, Settings()
    judge_of(run, settings, engine.judge)  # what nobody could judge is not worth making
    runtime.stream_writer(Making(done=0, total=n))
    with on_account(run, engine, budget_for((), settings, models=engine.models)):
        batch = await make_samples(
            run,
            subgoal.id,
            n,
            generator=engine.generator,
            discriminator=engine.discriminator,
            holdout=held,
            form=making.form,
            min_level=least,
            embedder=engine.embedder,
            on_progress=lambda done, total: runtime.stream_writer(Making(done=done, total=total)),
        )
    unread = Parts(making.rest.replace(subgoal.name, " ")).unread(FILLER | words_of(subgoal))
    runtime.stream_writer(
        Proposed(name=subgoal.name, batch=batch, min_level=least, warnings=engine.warnings, unread=unread)
    )
    change: State = {"batch": batch if batch.proposals else None, "reviews": (), "topic": subgoal.id}
    return kept | change | (State() if batch.proposals else once_more(state))


async def review(state: State) -> State:
    """Waits for the word on the proposals, or on an upload."""
    offered = suggestions.to_review() if state.get("parcel") is None else suggestions.to_release()
    return {"heard": interrupt(Wait(suggestions=offered))}


@told
async def decide(state: State, runtime: Runtime[Deps]) -> State:
    """Notes a word on single ones; keeps what is left when the person is content, and says what it changes."""
    batch = state.get("batch")
    assert batch is not None  # the router lets nothing else through
    wish = read_review(state["heard"].text)
    if wish is None or any(number > len(batch.proposals) for number in wish.numbers):
        runtime.stream_writer(Problem(text=f"I did not understand that. {HELP.replace('*', '')}"))
        return {}
    reviews = _reviewed(batch, state.get("reviews", ()), wish)
    if wish.verb in {"accept", "reject", "edit"}:
        left = len(batch.proposals) - sum(one.decision == "rejected" for one in reviews)
        runtime.stream_writer(Reviewed(verb=wish.verb, numbers=wish.numbers, left=left))
        return {"reviews": reviews}
    run = run_of(state)
    kept = await accept(run, batch, judge_of(run, Settings(), runtime.context.engine.judge), reviews)
    runtime.stream_writer(Kept(name=kept.after.name, accepted=kept))
    return {"batch": None, "reviews": (), "suggestions": suggestions.after_keeping()}


def _reviewed(batch: Batch, reviews: tuple[Review, ...], wish: Wish) -> tuple[Review, ...]:
    """The reviews so far with this one more; a later word about a proposal replaces the earlier one."""
    numbers = wish.numbers or (tuple(range(1, len(batch.proposals) + 1)) if wish.verb == "drop" else ())
    ids = [batch.proposals[number - 1].candidate.id for number in numbers if number]
    if wish.verb == "accept":
        edited = {one.candidate_id for one in reviews if one.decision == "edited"}
        ids = [one for one in ids if one not in edited]  # what a person has written stands
        new = [Review(candidate_id=one, decision="accepted") for one in ids]
    elif wish.verb == "edit":
        new = [Review(candidate_id=one, decision="edited", output=wish.text) for one in ids]
    else:
        new = [Review(candidate_id=one, decision="rejected", reason=wish.text) for one in ids]
    return (*(one for one in reviews if one.candidate_id not in ids), *new)


async def _held_out(state: State, making: Wished, runtime: Runtime[Deps]) -> tuple[State, tuple[Sample, ...]]:
    """(what to remember, the evaluation set): the one that the message names, else the one of before."""
    heard, known = state["heard"], state.get("holdout")
    if making.holdout is not None:
        known = _named_file(making.holdout, heard, known, runtime.context)
    if known is None:
        return {}, ()
    samples = tuple(await asyncio.to_thread(lambda: list(open_dataset(known.path))))
    if making.holdout is not None:
        runtime.stream_writer(HeldOut(name=known.name, samples=len(samples)))
    return {"holdout": known}, samples


def _named_file(named: str, heard: Heard, known: Attachment | None, deps: Deps) -> Attachment:
    """The file of that name that came with the message, or lies on this machine; without a name the one there is."""
    files = [one for one in heard.files if not named or one.name == Path(named).name] or list(heard.files[:1])
    if files:
        return files[0]
    if not named:
        if known is None:
            raise InputError("Which file is the evaluation set? Name it: don't overlap with eval.jsonl.")
        return known
    if not deps.opens_paths and not HUB_ID.fullmatch(named):
        raise InputError(FORBIDDEN)
    return Attachment(name=Path(named).name, path=named)


def words_of(subgoal: Subgoal) -> set[str]:
    """The words of its name and id, lower case: those that a message may use without saying more."""
    return set(re.findall(r"\w+", f"{subgoal.name} {subgoal.id}".lower()))


def run_of(state: State) -> Run:
    """The finished run that is talked about. Raises InputError when it cannot be read."""
    path = state.get("run")
    assert path is not None  # the router lets nothing else through
    return Run.open(Path(path))
