"""Questions about a finished run: wait for one, answer it. Every figure is read from the run directory."""

import asyncio
from pathlib import Path

from goalcover.agent.errors import GoalCoverError
from goalcover.agent.models import Gap, Goal
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Advised, Covered, Event, Explained, Helped, Problem, Reported, Shown, Unsure
from goalcover.graph.intent import Ask, understand
from goalcover.graph.state import State, Suggestion
from goalcover.memory.runs import Run
from goalcover.tools.explain import End, explain, judged
from langgraph.runtime import Runtime
from langgraph.types import interrupt

SAMPLES = 5
LOWEST = 3
"""How many of the lowest samples go with an explanation."""
Answer = tuple[Event, tuple[Suggestion, ...]]


async def converse(state: State) -> State:
    """Waits for a question."""
    return {"heard": interrupt(state.get("suggestions", ()))}


async def answer(state: State, runtime: Runtime[Deps]) -> State:
    """Answers from the run."""
    goal, path = state.get("goal"), state.get("run")
    assert goal is not None  # the router lets nothing else through
    assert path is not None
    ask = understand(state["heard"].text, goal, state.get("topic"))
    try:
        event, follow_ups = await asyncio.to_thread(reply, Run.open(Path(path)), goal, ask)
    except GoalCoverError as error:
        runtime.stream_writer(Problem(text=str(error)))
        return {}
    runtime.stream_writer(event)
    return {"suggestions": follow_ups, "topic": ask.subgoal.id if ask.subgoal else state.get("topic")}


def reply(run: Run, goal: Goal, ask: Ask) -> Answer:
    """The answer to what was asked, and the buttons that go with it. InputError when the run cannot be read."""
    gaps = run.gaps()
    if ask.subgoal is not None and ask.kind == "explain":
        found = explain(run, ask.subgoal.id, LOWEST)
        return Explained(explanation=found), suggestions.after_explanation(goal, gaps, ask.subgoal)
    if ask.subgoal is not None and ask.kind in {"lowest", "highest"}:
        end: End = "highest" if ask.kind == "highest" else "lowest"
        samples = judged(run, ask.subgoal.id, end, SAMPLES)
        return Shown(name=ask.subgoal.name, end=end, samples=samples), suggestions.after_samples(gaps, ask.subgoal, end)
    if ask.kind == "advice":
        return _advise(run, goal, gaps, ask), suggestions.after_other(goal, gaps)
    if ask.kind == "coverage":
        return Covered(coverage=run.coverage()), suggestions.after_other(goal, gaps)
    if ask.kind == "report":
        return Reported(path=run.html_path, run=run.path), suggestions.after_other(goal, gaps)
    if ask.kind == "help":
        return Helped(names=tuple(one.name for one in goal.subgoals)), suggestions.after_other(goal, gaps)
    return Unsure(names=tuple(one.name for one in ask.maybe)), suggestions.why(ask.maybe or goal.subgoals)


def _advise(run: Run, goal: Goal, gaps: tuple[Gap, ...], ask: Ask) -> Advised:
    """About the gap that was named, else about the worst."""
    named = ask.subgoal or (goal.subgoal(gaps[0].subgoal_id) if gaps else None)
    rows = {one.id: one for one in run.coverage().subgoals}
    return Advised(
        name=named.name if named else "",
        coverage=rows[named.id] if named else None,
        gap=next((gap for gap in gaps if named and gap.subgoal_id == named.id), None),
        others=tuple(goal.subgoal(gap.subgoal_id).name for gap in gaps if named and gap.subgoal_id != named.id),
    )
