"""The judge of a run: figures before and after have to be of one judge."""

from goalcover.agent.engine import build_engine
from goalcover.agent.errors import InputError
from goalcover.agent.roles import Judge
from goalcover.agent.settings import Settings
from goalcover.memory.runs import EngineInfo, Run


def judge_of(run: Run, settings: Settings, at_hand: Judge | None = None) -> Judge:
    """The judge that judged a run; the one `at_hand`, when it is that.

    Raises InputError where several judged it together, or where what judged it is not to be had any more.
    """
    made_by = run.info().engine
    if at_hand is not None and at_hand.id == made_by.judge:
        return at_hand
    if ", " in made_by.model:
        raise InputError(
            f"{run.path} was judged by several models together ({made_by.model}), and figures before and after have "
            "to be of one judge: assess into another directory with one --judge first"
        )
    judge = _made(made_by, settings)
    if judge is None or judge.id != made_by.judge:
        raise InputError(
            f"{run.path} was judged by {made_by.judge}, which this is no more ({judge.id if judge else 'unknown'}), "
            "and figures before and after have to be of one judge: start the assessment again first"
        )
    return judge


def _made(made_by: EngineInfo, settings: Settings) -> Judge | None:
    if made_by.name == "embedded":
        return build_engine("embedded", settings).judge
    if made_by.name == "llm":
        from goalcover.agent.judge import judges_of  # langchain takes a second to import

        return judges_of([made_by.model], settings)[0]
    return None
