"""Questions about a finished run: wait for one, answer it. Every figure is read from the run directory."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import GoalCoverError, InputError
from goalcover.agent.models import Gap, Goal, Sample, Subgoal, SubgoalCoverage
from goalcover.agent.roles import Companion
from goalcover.agent.settings import Settings
from goalcover.agent.talk import Called, Said, Turn
from goalcover.agent.talk import Corrected as Replaced
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import (
    Advised,
    Alike,
    Compared,
    Corrected,
    Covered,
    Defined,
    Event,
    Explained,
    Helped,
    LookedUp,
    Need,
    Needed,
    Noted,
    Opened,
    Planned,
    Problem,
    Reported,
    Shown,
    Spoken,
    Supposed,
    Thanked,
    Unsure,
)
from goalcover.graph.failures import after
from goalcover.graph.intent import Ask, understand
from goalcover.graph.state import LastRun, State, Suggestion, Wait
from goalcover.memory.runs import Run
from goalcover.tools.accept import with_kept
from goalcover.tools.beside import at_threshold, side_by_side
from goalcover.tools.budget import budget_for
from goalcover.tools.catalog import catalog, facts
from goalcover.tools.explain import End, Explanation, Neighbours, explain, judged, similar, to_read
from goalcover.tools.recommend import needed, rewriting_closes, to_rewrite
from goalcover.tools.spending import on_account
from langgraph.runtime import Runtime
from langgraph.types import interrupt

SAMPLES = 5
LOWEST = 3
"""How many of the lowest samples go with an explanation."""
BEFORE = "This is of the last result; the goal was changed since, and waits for its start."
CHANGES = (
    "That would be another goal: say “drop {0}”, “some samples should show {0}” or “reword {0}: …”, and Start judges "
    "what is new. “Undo the last change” brings back this result."
)
REMEMBERED = 20
"""Messages of the talk about a run that are kept."""
Turns = tuple[tuple[Literal["user", "assistant"], str], ...]
Answer = tuple[Event, tuple[Suggestion, ...]]


async def converse(state: State) -> State:
    """Waits for a question."""
    offered = state.get("suggestions", ())
    return {"heard": suggestions.meant(interrupt(Wait(suggestions=offered)), offered), "stuck": False}


async def answer(state: State, runtime: Runtime[Deps]) -> State:
    """Answers from the run."""
    known, last, checks = state.get("goal"), state.get("last"), state.get("checks")
    path = state.get("run") or (last.run if last else None)
    assert known is not None  # the router lets nothing else through
    assert path is not None
    goal = known if last is None or state.get("run") else known_of(known, last)
    text, engine = state["heard"].text, runtime.context.engine
    ask = understand(text, goal, state.get("topic"))
    if ask.kind == "plan" and checks is not None:
        runtime.stream_writer(Planned(goal=known, checks=checks, open=0))
        return {}
    try:
        run = Run.open(Path(path))
        if engine.companion is not None and (ask.kind in {"unsure", "search", "change"} or ask.guessed):
            asked = (*state.get("turns", ()), ("user", text))
            with on_account(run, engine, budget_for((), Settings(), models=engine.models)):
                said = await talk(engine.companion, run, asked, runtime)
            return {"turns": said, "suggestions": suggestions.after_other(goal, run.gaps())}
        ask = ranked(run, goal, _pointed(ask, state.get("shown", ())))
        event, follow_ups = await asyncio.to_thread(reply, run, goal, ask, engine.embedder)
    except GoalCoverError as error:
        runtime.stream_writer(Problem(text=str(error)))
        return after(error, state)
    if state.get("run") is None:
        runtime.stream_writer(Noted(text=BEFORE))
    runtime.stream_writer(event)
    turns: Turns = (*state.get("turns", ()), ("user", text), ("assistant", f"({type(event).__name__} was shown)"))
    advised = event.name if isinstance(event, Advised) else ""
    about = ask.subgoal or next((one for one in goal.subgoals if one.name == advised), None)
    topic = about.id if about else state.get("topic")
    shown = _on_show(event) or state.get("shown", ())
    return {"suggestions": follow_ups, "topic": topic, "shown": shown, "turns": turns[-REMEMBERED:]}


def _on_show(event: Event) -> tuple[str, ...]:
    """Ids of the samples that an answer shows, in order."""
    match event:
        case Opened(sample=one):
            return (one.id,)
        case (
            Shown(samples=found)
            | Explained(explanation=Explanation(samples=found))
            | Alike(neighbours=Neighbours(same=found))
        ):
            return tuple(one.sample_id for one in found)
    return ()


def _pointed(ask: Ask, shown: Sequence[str]) -> Ask:
    """With the sample that "the second" or "this one" means among those shown last. InputError where none is meant."""
    if ask.kind != "similar" or ask.sample:
        return ask
    place = ask.shown or len(shown)  # "this one" is the one that is shown
    if not shown or place > len(shown) or (not ask.shown and len(shown) > 1):
        raise InputError("Like which sample? Say its id, or its place among those shown last: “more like the second”.")
    return replace(ask, sample=shown[place - 1 if place > 0 else place])


async def talk(companion: Companion, run: Run, turns: Turns, runtime: Runtime[Deps]) -> Turns:
    """A language model's answer, streamed; it reads the run through tools. Raises GoalCoverError."""
    said = ""
    heard = [Turn(role, text) for role, text in turns]
    async for spoken in companion.answer(heard, facts(run), catalog(run)):
        match spoken:
            case Said(text=text):
                said += text
                runtime.stream_writer(Spoken(text=text))
            case Called(name=name):
                runtime.stream_writer(LookedUp(what=name))
            case Replaced(text=text, notice=notice):
                said = text
                runtime.stream_writer(Corrected(text=text, notice=notice))
    return (*turns, ("assistant", said))[-REMEMBERED:]


def known_of(goal: Goal, last: LastRun) -> Goal:
    """The subgoals of the last run, with those that were added since: they can be named, and are not judged yet."""
    known = {one.id for one in last.goal.subgoals}
    added = tuple(one for one in goal.subgoals if one.id not in known)
    return last.goal.model_copy(update={"subgoals": (*last.goal.subgoals, *added)})


def reply(run: Run, goal: Goal, ask: Ask, embedder: Embedder) -> Answer:
    """The answer to what was asked, and the buttons that go with it. InputError when the run cannot be read."""
    gaps, goal = run.gaps(), _of_run(run, goal, ask)
    if ask.subgoal is not None and (about := _about(run, goal, gaps, ask, ask.subgoal)):
        return about
    other = suggestions.after_other(goal, gaps)
    match ask.kind:
        case "sample":
            opened = _open(run, goal, ask.sample)
            return opened, suggestions.after_opening(opened.sample.id, ask.topic, goal)
        case "similar":
            return _alike(run, goal, ask, embedder), other
        case "advice" | "explain":
            return _advise(run, goal, gaps, ask), other
        case "needed":
            return _need(run, goal, gaps, ask), other
        case "suppose" if ask.number is not None:
            return _suppose(run, goal, ask.number), other
        case "coverage" | "suppose":
            return Covered(goal=goal, coverage=run.coverage(), kept=tuple(with_kept(run).values())), other
        case "report":
            return Reported(run=run.path, files=(run.html_path, run.scores_path, run.goal_path)), other
    if event := _said(goal, ask):
        return event, other
    return Unsure(names=tuple(one.name for one in ask.maybe)), suggestions.why(ask.maybe) if ask.maybe else other


def _said(goal: Goal, ask: Ask) -> Event | None:
    """What is answered whatever the run holds."""
    match ask.kind:
        case "meaning":
            return Defined(term=ask.term)
        case "search":
            name = ask.subgoal.name if ask.subgoal else "…"
            return Noted(
                text="I cannot search the rows for words: of each I know how well it shows a subgoal. Say “show the "
                f"highest samples of {name}”, or “coverage” for how many support each."
            )
        case "change":
            return Noted(text=CHANGES.format(ask.subgoal.name if ask.subgoal else "…"))
        case "thanks" | "assess":
            return Thanked()
        case "help":
            return Helped(names=tuple(one.name for one in goal.subgoals))
    return None


def _of_run(run: Run, goal: Goal, ask: Ask) -> Goal:
    """The subgoals that the run judged; InputError when something else is asked about."""
    judged_ids = {one.id for one in run.goal().subgoals}
    for one in (ask.subgoal, ask.other):
        if one is not None and one.id not in judged_ids:
            raise InputError(f"{one.name} is not judged yet: Start judges it.")
    return goal.model_copy(update={"subgoals": tuple(one for one in goal.subgoals if one.id in judged_ids)})


def ranked(run: Run, goal: Goal, ask: Ask) -> Ask:
    """With the gap at that place among the gaps, the worst first; without one where nothing is a gap."""
    if ask.rank is None:
        return ask
    ids = [gap.subgoal_id for gap in run.gaps()]
    if not ids:
        return replace(ask, rank=None)
    after = ids.index(ask.topic) + 1 if ask.topic in ids else 0
    place = {0: after % len(ids), -1: len(ids) - 1}.get(ask.rank, ask.rank - 1)
    if place >= len(ids):
        raise InputError(f"There {'is one gap' if len(ids) == 1 else f'are {len(ids)} gaps'}, no more.")
    return replace(ask, subgoal=goal.subgoal(ids[place]))


def _sample(run: Run, named: str) -> Sample:
    """By its id, or else by the number of its row."""
    found = next(iter(run.samples({named})), None)
    row = re.fullmatch(r"(?:row[-_]?)?(\d{1,9})", named, re.IGNORECASE)
    if found is None and row:
        found = next((one for one in run.samples() if one.row == int(row[1])), None)
    if found is None:
        raise InputError(f"There is no sample {named} in this run: ids are those shown with quotes and samples.")
    return found


def _about(run: Run, goal: Goal, gaps: tuple[Gap, ...], ask: Ask, subgoal: Subgoal) -> Answer | None:
    """Answers about one subgoal or two; None for what is answered with or without a subgoal."""
    match ask.kind:
        case "explain":
            found = explain(run, subgoal.id, LOWEST)
            drawn = next((one for one in run.maps() if one.subgoal_id == subgoal.id), None)
            return Explained(explanation=found, map=drawn), suggestions.after_explanation(goal, gaps, subgoal)
        case "lowest" | "highest" | "typical":
            end: End = ask.kind
            samples = to_read(run, subgoal.id, SAMPLES) if end == "lowest" else judged(run, subgoal.id, end, SAMPLES)
            return Shown(name=subgoal.name, end=end, samples=samples), suggestions.after_samples(gaps, subgoal, end)
        case "compare" if ask.other is not None:
            beside = side_by_side(run, subgoal.id, ask.other.id)
            event = Compared(a=beside.a, b=beside.b, correlation=beside.correlation, both=beside.both)
            return event, suggestions.why([subgoal, ask.other])
    return None


def _open(run: Run, goal: Goal, named: str) -> Opened:
    sample = _sample(run, named)
    names = {one.id: one.name for one in goal.subgoals}
    found = [(names[one.subgoal_id], one) for one in run.judgements(sample.id) if one.subgoal_id in names]
    return Opened(sample=sample, judgements=tuple(sorted(found, key=lambda pair: -(pair[1].level or 0))))


def _alike(run: Run, goal: Goal, ask: Ask, embedder: Embedder) -> Alike:
    """Of the gap that is talked about, else of the worst."""
    gaps = [gap.subgoal_id for gap in run.gaps()]
    if not gaps:
        raise InputError("No subgoal is a gap, so there are no weak samples to compare with.")
    subgoal = goal.subgoal(ask.topic if ask.topic in gaps else gaps[0])
    sample_id = _sample(run, ask.sample).id
    found = similar(run, subgoal.id, sample_id, SAMPLES, embedder)
    names = {one.id: one.name for one in goal.subgoals}
    return Alike(sample_id=sample_id, name=subgoal.name, neighbours=found, names=names)


def _advise(run: Run, goal: Goal, gaps: tuple[Gap, ...], ask: Ask) -> Advised:
    """About the gap that was named, else about the worst of those that kept samples have not closed."""
    rows = {one.id: one for one in run.coverage().subgoals} | with_kept(run)
    left = [gap for gap in gaps if rows[gap.subgoal_id].gap is not False]
    named = ask.subgoal or (goal.subgoal(left[0].subgoal_id) if left else None)
    return Advised(
        name=named.name if named else "",
        coverage=rows[named.id] if named else None,
        gap=next((gap for gap in left if named and gap.subgoal_id == named.id), None),
        others=tuple(goal.subgoal(gap.subgoal_id).name for gap in left if named and gap.subgoal_id != named.id),
        closed=tuple(goal.subgoal(gap.subgoal_id).name for gap in gaps if gap not in left),
    )


def _need(run: Run, goal: Goal, gaps: tuple[Gap, ...], ask: Ask) -> Needed:
    """Of the subgoal that was named, gap or not, else of every gap; what was kept for it counts."""
    rows = {one.id: one for one in run.coverage().subgoals} | with_kept(run)
    weak = {gap.subgoal_id: gap for gap in gaps if rows[gap.subgoal_id].gap is not False}
    asked = [one for one in rows.values() if (one.id == ask.subgoal.id if ask.subgoal else one.id in weak)]
    needs = [
        Need(
            name=one.name,
            coverage=one,
            needed=needed(goal, one) if one.id in weak else 0,
            to_rewrite=_closing_by_rewriting(goal, one, weak[one.id]) if one.id in weak else None,
        )
        for one in asked
    ]
    return Needed(needs=tuple(sorted(needs, key=lambda need: -need.needed)))


def _closing_by_rewriting(goal: Goal, coverage: SubgoalCoverage, gap: Gap) -> int | None:
    """How many of the low-scoring samples are to be rewritten; None where that does not close the gap."""
    closes = rewriting_closes(goal, coverage, gap.not_applicable)
    return to_rewrite(goal, coverage, gap.not_applicable) if closes else None


def _suppose(run: Run, goal: Goal, threshold: float) -> Supposed:
    now = {one.id for one in run.coverage().subgoals if one.gap}
    then = at_threshold(run.coverage(), threshold)
    name = {one.id: one.name for one in goal.subgoals}
    return Supposed(
        threshold=threshold,
        gaps=tuple(name[one] for one in then),
        new=tuple(name[one] for one in then if one not in now),
        gone=tuple(name[one] for one in now if one not in then),
    )
