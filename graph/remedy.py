"""Closing a gap: verified samples proposed, reviewed, kept (section 3.5)."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from goalcover.agent.engine import Engine
from goalcover.agent.errors import InputError
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.agent.settings import Settings
from goalcover.agent.synthesis import Proposal
from goalcover.graph import suggestions
from goalcover.graph.converse import ranked
from goalcover.graph.deps import Deps
from goalcover.graph.events import (
    HeldOut,
    Kept,
    Making,
    Noted,
    Problem,
    Proposed,
    Reviewed,
)
from goalcover.graph.failures import once_more, told
from goalcover.graph.intent import MAKING, RANKS, Ask, understand
from goalcover.graph.listen import FORBIDDEN
from goalcover.graph.parts import Parts
from goalcover.graph.replies import takes_back
from goalcover.graph.state import Attachment, Heard, State, Wait
from goalcover.graph.wishes import Making as Wished
from goalcover.graph.wishes import Wish, how_many, in_full, read_making, read_review
from goalcover.memory.runs import Run
from goalcover.tools.accept import Review, accept, pass_over, to_look_at, turn_down
from goalcover.tools.budget import budget_for
from goalcover.tools.judges import judge_of
from goalcover.tools.load import open_dataset
from goalcover.tools.sources import is_hub_id
from goalcover.tools.spending import on_account
from goalcover.tools.synthesize import Batch
from goalcover.tools.synthesize import synthesize as make_samples
from goalcover.tools.typeset import count
from langgraph.runtime import Runtime
from langgraph.types import interrupt

STRICT, USUAL = 5, 4
HELP = (
    "Say **looks good** to keep them, **reject 2, 5-7: why**, **only 1 and 3**, **edit 3: the new answer**, **more**, "
    "**stricter**, **only questions from nurses** (or whatever they should be), **undo**, **show them**, or "
    "**reject all**."
)

FIRST = (
    "These samples wait for your word, and would be left out: say looks good to keep them, or reject all, and then say "
    "that again."
)
YOURS = "as you wrote it: it is judged once it is kept."
"""In place of what was said of the text before."""


@dataclass(frozen=True)
class Task:
    """Which samples are to be made."""

    subgoal: Subgoal
    n: int
    """In all, with those that stay."""
    staying: tuple[Proposal, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Ids of proposals that others are wished for instead of."""


@told
async def synthesize(state: State, runtime: Runtime[Deps]) -> State:
    """Makes and verifies samples for a subgoal, or makes them again as the review wished; notes an evaluation set."""
    run, heard, before, goal = run_of(state), state["heard"], state.get("batch"), state.get("goal")
    assert goal is not None
    text = heard.text if before is None else in_full(heard.text)
    making = read_making(text, with_file=bool(heard.files))
    kept, held = await _held_out(state, making, runtime)
    ask = ranked(run, goal, understand(text, goal, state.get("topic")))
    task = _task(state, goal, ask, making)
    if task is None:
        return kept | (_which(run, goal, ask, runtime) if ask.kind == "synthesize" else State())
    if before is not None:
        turn_down(run, before, state.get("reviews", ()))
    batch = await _made(run, task, making, held, runtime)
    if before is not None and before.subgoal_id == task.subgoal.id:
        if len(batch.proposals) == len(task.staying) and making.holdout is None:
            told = "Nothing new came of it: the samples above stay as they are, with what you decided."
            runtime.stream_writer(Noted(text=f"{told} {batch.shortfall}"))
            return kept | State(reviewed=())
        pass_over(run, task.subgoal.id, task.passed_over)
    reviews = tuple(one for one in state.get("reviews", ()) if one.candidate_id in _ids(task.staying))
    runtime.stream_writer(
        Proposed(
            name=task.subgoal.name,
            batch=batch,
            min_level=_least(making),
            warnings=runtime.context.engine.warnings,
            unread=_unread(making, task.subgoal),
            reviews=reviews,
        )
    )
    change: State = {"batch": batch if batch.proposals else None, "reviews": reviews, "reviewed": ()}
    change["topic"] = task.subgoal.id
    return kept | change | (State() if batch.proposals else _without(state, task.subgoal, runtime.context.engine))


def _without(state: State, subgoal: Subgoal, engine: Engine) -> State:
    """What is offered where no sample came of a request: what is there, and a model is asked again."""
    looked: State = {"suggestions": (suggestions.samples(subgoal, "lowest"), *state.get("suggestions", ()))}
    return once_more(state | looked) if engine.companion else looked


async def _made(run: Run, task: Task, making: Wished, held: tuple[Sample, ...], runtime: Runtime[Deps]) -> Batch:
    engine, settings = runtime.context.engine, Settings()
    judge_of(run, settings, engine.judge)  # what nobody could judge is not worth making
    runtime.stream_writer(Making(done=len(task.staying), total=task.n))
    with on_account(run, engine, budget_for((), settings, models=engine.models)):
        return await make_samples(
            run,
            task.subgoal.id,
            task.n,
            generator=engine.generator,
            discriminator=engine.discriminator,
            holdout=held,
            form=making.form,
            min_level=_least(making),
            staying=task.staying,
            passed_over=task.passed_over,
            embedder=engine.embedder,
            on_progress=lambda done, total: runtime.stream_writer(Making(done=done, total=total)),
        )


def _least(making: Wished) -> int:
    return STRICT if making.strict else USUAL


def _unread(making: Wished, subgoal: Subgoal) -> tuple[str, ...]:
    known = MAKING | RANKS.keys() | {"data"} | words_of(subgoal)
    return Parts(making.rest.replace(subgoal.name, " ")).unread(known)


def _task(state: State, goal: Goal, ask: Ask, making: Wished) -> Task | None:
    """What a message wants made; None when it does not say for which subgoal."""
    before, heard = state.get("batch"), state["heard"]
    asked = ask.subgoal if ask.kind == "synthesize" else None
    if before is None:
        return Task(asked, how_many(ask.number)) if asked else None
    wish = read_review(heard.text, len(before.proposals), with_file=bool(heard.files))
    subgoal, anew = goal.subgoal(before.subgoal_id), before.asked - before.n_staying
    decisions = {one.candidate_id: one.decision for one in state.get("reviews", ())}
    left = tuple(one for one in before.proposals if decisions.get(one.candidate.id) != "rejected")
    decided = tuple(one for one in left if one.candidate.id in decisions)
    if wish is not None and wish.verb == "more":
        return Task(subgoal, len(left) + how_many(wish.numbers[0] if wish.numbers else anew), left)
    if ask.kind == "synthesize" and asked is None and wish is None:
        return None
    if asked is not None and asked.id != before.subgoal_id:
        _check_kept(subgoal, decided)
        return Task(asked, how_many(ask.number or anew))
    # A stricter wish, or one for an evaluation set, is met by those of the others that do.
    meets = wish is None or making.strict or (making.holdout is not None and not making.form)
    others = () if meets else _ids(before.proposals) - decisions.keys()
    n = how_many(ask.number) if asked else before.asked
    return Task(subgoal, max(n, len(decided)), decided, tuple(others))


def _check_kept(subgoal: Subgoal, decided: Sequence[Proposal]) -> None:
    """Raises InputError where turning to another subgoal would lose what a person has decided."""
    if decided:
        raise InputError(
            f"you have accepted or changed samples for {subgoal.name}, which are not kept yet. Say looks good to keep "
            "them (before that reject the rest, if you want no others of these), then ask again."
        )


def _which(run: Run, goal: Goal, ask: Ask, runtime: Runtime[Deps]) -> State:
    """Asks back for which subgoal samples are to be made: those that were named, else the gaps."""
    ids = {gap.subgoal_id: None for gap in run.gaps()}
    offered = ask.maybe or tuple(goal.subgoal(one) for one in ids)[: suggestions.OFFERED]
    n = how_many(ask.number)
    named = f": make {n} samples for {offered[0].name}" if offered else ""
    runtime.stream_writer(Noted(text=f"I make samples for one subgoal at a time. Say for which one first{named}."))
    return {"suggestions": suggestions.to_make(offered, n)}


def _ids(proposals: Iterable[Proposal]) -> set[str]:
    return {one.candidate.id for one in proposals}


async def review(state: State) -> State:
    """Waits for the word on the proposals, or on an upload."""
    parcel, batch = state.get("parcel"), state.get("batch")
    if parcel is not None:
        return {"heard": interrupt(Wait(suggestions=suggestions.to_release(), about=parcel))}
    about = batch.digest if batch else ""
    return {"heard": interrupt(Wait(suggestions=suggestions.to_review(), counted=True, about=about))}


@told
async def decide(state: State, runtime: Runtime[Deps]) -> State:
    """Notes a word on single ones; keeps what is left when the person is content, and says what it changes."""
    batch = state.get("batch")
    assert batch is not None  # the router lets nothing else through
    if takes_back(state["heard"].text):
        return _unreviewed(state, batch, runtime)
    wish = read_review(state["heard"].text, len(batch.proposals))
    goal = state.get("goal")
    if wish is None and goal and understand(state["heard"].text, goal).kind in {"export", "filter", "trust"}:
        runtime.stream_writer(Noted(text=FIRST))
        return {}
    if wish is None or any(not 1 <= number <= len(batch.proposals) for number in wish.numbers):
        runtime.stream_writer(Problem(text=f"I did not understand that. {HELP.replace('*', '')}"))
        return {}
    if wish.verb in {"why", "show"}:
        runtime.stream_writer(_because(state, batch, wish) if wish.verb == "why" else _shown(state, batch, runtime))
        return {}
    reviews = state.get("reviews", ())
    for one in _single(batch, reviews, wish):
        reviews = _reviewed(batch, reviews, one)
        if one.verb in {"accept", "reject", "edit"}:
            runtime.stream_writer(Reviewed(verb=one.verb, numbers=one.numbers, left=_left(batch, reviews)))
    run = run_of(state)
    if wish.verb == "edit" and (found := await asyncio.to_thread(to_look_at, run, batch, reviews[-1])):
        runtime.stream_writer(Noted(text=f"It is kept as you wrote it, but look at it again: {'; '.join(found)}."))
    if wish.numbers or wish.verb not in {"keep", "drop"}:
        return {"reviews": reviews, "reviewed": (*state.get("reviewed", ()), state.get("reviews", ()))}
    kept = await accept(run, batch, judge_of(run, Settings(), runtime.context.engine.judge), reviews)
    runtime.stream_writer(Kept(name=kept.after.name, accepted=kept))
    return {"batch": None, "reviews": (), "reviewed": (), "suggestions": suggestions.after_keeping()}


def _left(batch: Batch, reviews: Sequence[Review]) -> int:
    return len(batch.proposals) - sum(one.decision == "rejected" for one in reviews)


def _unreviewed(state: State, batch: Batch, runtime: Runtime[Deps]) -> State:
    """Without the last word on single proposals."""
    if not (before := state.get("reviewed", ())):
        runtime.stream_writer(Problem(text="No word on these samples is there to take back."))
        return {}
    left = count(_left(batch, before[-1]), "sample")
    runtime.stream_writer(Noted(text=f"Took your last word on them back: {left} will be kept."))
    return {"reviews": before[-1], "reviewed": before[:-1]}


def _because(state: State, batch: Batch, wish: Wish) -> Noted:
    """Why single proposals have their levels, or why there are no more."""
    if not wish.numbers:
        enough = f"There are all {len(batch.proposals):,} that were asked for: say more for others."
        return Noted(text=batch.shortfall or enough)
    mine = {one.candidate_id for one in state.get("reviews", ()) if one.decision == "edited"}
    told = []
    for number in wish.numbers:
        one = batch.proposals[number - 1].verdict
        of = YOURS if one.candidate_id in mine else f"at level {one.level} of 5: {one.rationale}"
        told.append(f"{number} is {of}")
    return Noted(text=" ".join(told))


def _shown(state: State, batch: Batch, runtime: Runtime[Deps]) -> Proposed:
    """The proposals again, with what was decided about them."""
    return Proposed(
        name=run_of(state).goal().subgoal(batch.subgoal_id).name,
        batch=batch,
        min_level=batch.min_level,
        warnings=runtime.context.engine.warnings,
        reviews=state.get("reviews", ()),
    )


def _single(batch: Batch, reviews: tuple[Review, ...], wish: Wish) -> tuple[Wish, ...]:
    """The wish; one for some alone as what it is for these, and for the rest."""
    gone = {one.candidate_id for one in reviews if one.decision == "rejected"}  # each with its reason
    if wish.verb == "keep" and any(batch.proposals[n - 1].candidate.id in gone for n in wish.numbers if n):
        return (Wish("accept", wish.numbers),)  # a rejection taken back is no word about the others
    if wish.verb != "only" and not (wish.verb == "keep" and wish.numbers):
        return (wish,)
    decided = {one.candidate_id for one in reviews if one.decision != "rejected"}
    before = tuple(n for n, one in enumerate(batch.proposals, 1) if one.candidate.id in decided)
    stays = wish.numbers if wish.verb == "only" and wish.numbers else (*wish.numbers, *before)
    rest = tuple(n for n, one in enumerate(batch.proposals, 1) if n not in stays and one.candidate.id not in gone)
    accepted = (Wish("accept", wish.numbers),) if wish.numbers else ()
    return (*((Wish("reject", rest),) if rest else ()), *accepted)


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
    if not deps.opens_paths and not is_hub_id(named):
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
