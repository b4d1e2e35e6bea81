"""Can this be trusted? The self-test of a run (section 4, on the person's own data), asked for in the conversation."""

from pathlib import Path

from goalcover.agent.settings import Settings
from goalcover.graph import suggestions
from goalcover.graph.deps import Deps
from goalcover.graph.events import Tested, Testing
from goalcover.graph.failures import told
from goalcover.graph.intent import understand
from goalcover.graph.state import State
from goalcover.memory.runs import Run
from goalcover.tools.judges import judge_of
from goalcover.tools.studies.selftest import selftest
from langgraph.runtime import Runtime


@told
async def prove(state: State, runtime: Runtime[Deps]) -> State:
    """Removes and breaks what each diagnosis rests on, and says which diagnoses notice.

    A run that has been tested answers from its selftest.json, in more detail.
    """
    goal, path = state.get("goal"), state.get("run")
    assert goal is not None  # the router lets nothing else through
    assert path is not None
    run = Run.open(Path(path))
    asked = understand(state["heard"].text, goal, state.get("topic")).subgoal
    found = run.selftest()
    if found is None or found.assessed_at != run.info().created_at:
        judge = judge_of(run, Settings(), runtime.context.engine.judge)
        runtime.stream_writer(Testing(subgoals=len(goal.subgoals)))
        found, about = await selftest(run, judge, runtime.context.engine.embedder), goal.subgoals[:0]
    else:
        about = goal.subgoals
    runtime.stream_writer(Tested(result=found, about=tuple(one.id for one in ((asked,) if asked else about))))
    return {"suggestions": suggestions.after_other(goal, run.gaps())}
