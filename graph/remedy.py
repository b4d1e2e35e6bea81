"""Closing a gap: verified samples proposed, reviewed, kept; rows selected; training sets written (section 3.5)."""

import asyncio
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Exported, Kept, Making, Problem, Proposed, Reviewed, Selected
from goalcover.graph.failures import told
from goalcover.graph.intent import understand
from goalcover.graph.state import State, Wait
from goalcover.graph.wishes import Wish, form_in, format_in, how_many, mix_in, read_review
from goalcover.memory.runs import Run
from goalcover.tools.accept import Review, accept
from goalcover.tools.export import FORMATS, export, parse_format
from goalcover.tools.filter import select
from goalcover.tools.mix import make_mix, parse_mix
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
    """Makes and verifies samples for a subgoal, or makes them again as the review wished."""
    run, before, text = _run(state), state.get("batch"), state["heard"].text
    wish = read_review(text) if before else None
    if before is not None and wish is not None:
        subgoal, n = before.subgoal_id, before.asked
    else:
        goal = state.get("goal")
        assert goal is not None
        ask = understand(text, goal, state.get("topic"))
        assert ask.subgoal is not None  # the router lets nothing else through
        subgoal, n = ask.subgoal.id, how_many(ask.number)
    engine = runtime.context.engine
    runtime.stream_writer(Making(done=0, total=n))
    batch = await make_samples(
        run,
        subgoal,
        n,
        generator=engine.generator,
        discriminator=engine.discriminator,
        form=form_in(text),
        min_level=STRICT if wish and wish.strict else USUAL,
        on_progress=lambda done, total: runtime.stream_writer(Making(done=done, total=total)),
    )
    runtime.stream_writer(Proposed(name=run.goal().subgoal(subgoal).name, batch=batch, warnings=engine.warnings))
    return {"batch": batch if batch.proposals else None, "reviews": (), "topic": subgoal}


async def review(state: State) -> State:  # noqa: ARG001 every node is given it
    """Waits for the word on the proposals."""
    return {"heard": interrupt(Wait(suggestions=suggestions.to_review()))}


@told
async def decide(state: State, runtime: Runtime[Deps]) -> State:
    """Notes a rejection or an edit; keeps what is left when the person is content, and says what it changes."""
    batch = state.get("batch")
    assert batch is not None  # the router lets nothing else through
    wish = read_review(state["heard"].text)
    if wish is None or any(number > len(batch.proposals) for number in wish.numbers):
        runtime.stream_writer(Problem(text=HELP.replace("*", "")))
        return {}
    reviews = _reviewed(batch, state.get("reviews", ()), wish)
    if wish.verb in {"reject", "edit"}:
        left = len(batch.proposals) - sum(one.decision == "rejected" for one in reviews)
        runtime.stream_writer(Reviewed(verb=wish.verb, numbers=wish.numbers, left=left))
        return {"reviews": reviews}
    run = _run(state)
    judge = runtime.context.engine
    if run.info().engine.name != judge.name:
        raise InputError(
            f"This run was judged by the {run.info().engine.name} engine, and figures before and after have to be of "
            "one judge: start the assessment again first."
        )
    kept = await accept(run, batch, judge.judge, reviews)
    runtime.stream_writer(Kept(name=kept.after.name, accepted=kept))
    return {"batch": None, "reviews": (), "suggestions": suggestions.after_keeping()}


@told
async def select_rows(state: State, runtime: Runtime[Deps]) -> State:
    """What a goal-aligned selection keeps and loses, cut by cut."""
    run = _run(state)
    runtime.stream_writer(Selected(goal=run.goal(), selection=await asyncio.to_thread(select, run)))
    return {"suggestions": suggestions.after_selecting()}


@told
async def write_set(state: State, runtime: Runtime[Deps]) -> State:
    """Writes a training set in a trainer's format."""
    run, text = _run(state), state["heard"].text
    name, form = parse_mix(mix_in(text)), parse_format(format_in(text))
    ending = next(iter(FORMATS[form].kinds), "")
    out = runtime.context.runs.parent / "exports" / f"{name.replace('+', '-')}-{form}{ending}"
    done = await asyncio.to_thread(lambda: export(run, make_mix(run, name), form, out))
    runtime.stream_writer(Exported(result=done))
    return {"suggestions": suggestions.after_other(run.goal(), run.gaps())}


def _reviewed(batch: Batch, reviews: tuple[Review, ...], wish: Wish) -> tuple[Review, ...]:
    """The reviews so far with this one more; a later word about a proposal replaces the earlier one."""
    numbers = wish.numbers or (tuple(range(1, len(batch.proposals) + 1)) if wish.verb == "drop" else ())
    ids = [batch.proposals[number - 1].candidate.id for number in numbers if number]
    if wish.verb == "edit":
        new = [Review(candidate_id=one, decision="edited", output=wish.text) for one in ids]
    else:
        new = [Review(candidate_id=one, decision="rejected", reason=wish.text) for one in ids]
    return (*(one for one in reviews if one.candidate_id not in ids), *new)


def _run(state: State) -> Run:
    path = state.get("run")
    assert path is not None  # the router lets nothing else through
    return Run.open(Path(path))
