"""Words for the way to a checked decomposition: welcome, what was read, questions, subgoals, cost."""

from goalcover.agent.elicitation import Checks
from goalcover.agent.models import Goal
from goalcover.graph import events
from goalcover.graph.state import Data, Wait
from goalcover.tools.coverage import wanted_in_words
from goalcover.tools.typeset import count
from goalcover.ui.render.base import render
from goalcover.ui.render.text import SAMPLE, engine, notes, sample, text

STILL_BUSY = "One moment, I am still at work. **Stop** ends it; what is judged is kept."
SETTLED = "That was asked before, and the conversation has gone on elsewhere: load this page again."
FAILED = "Something went wrong that should not: the server's log says what. What was judged is kept; say it again."
_TOPICS = 5
_COLUMNS = 20
_EXAMPLE = 80
_SHORT = 160
"""Characters of a sample where it was shown before."""
_ANSWERS = (
    "You can click, type a number or several (`1, 3`), or answer in your own words. **skip** leaves a question open, "
    "**that's enough** ends the questions, **go back** undoes the last answer, **change my answer about …** asks "
    "again, **add … to the topics** adds to an answer, **my goal is …** takes the place of the goal."
)
_EDITS = (
    "To change the subgoals, say for example **drop …**, **add …: what it does**, **rename … to …**, **split … into … "
    "and …**, **merge … and …**, **weigh … 2**, **every sample should show …**."
)


@render.register
def _(said: events.Welcomed) -> str:
    if said.data is not None:
        return "What should the model be able to do? One sentence is enough to begin: I ask about the rest."
    return (
        "Tell me **what your model should be able to do**, and hand over the **dataset** that it will be fine-tuned "
        "on: upload it, type its path, or name one on Hugging Face (`owner/name`). I ask until the goal is taken apart "
        "into subgoals, judge every sample against each, and show what is missing and why. A ready-made goal file "
        "(YAML) works too. Unless a model is set up, everything runs on this machine, and no API key is needed."
    )


@render.register
def _(said: events.Understood) -> str:
    parts = []
    if said.reading:
        parts.append(_reading(said.reading))
    if said.goal:
        named = "\n".join(f"- {text(one.name)}" for one in said.goal.subgoals)
        parts.append(f"**Goal** {text(said.goal.text)}\n\n{count(len(said.goal.subgoals), 'subgoal')}:\n\n{named}")
    return "\n\n".join(parts)


@render.register
def _(said: events.Unread) -> str:
    waiting = said.waiting
    rows = "\n".join(f"| {text(one.name)} | {text(one.example, _EXAMPLE)} |" for one in waiting.columns[:_COLUMNS])
    more = len(waiting.columns) - _COLUMNS
    left = f"\n\nand {count(more, 'more column')}" if more > 0 else ""
    likely = f" Probably **--map {text(waiting.likely)}**: the button takes it." if waiting.likely else ""
    return (
        f"**Data** {text(waiting.file.name)} has no shape that I know. Which column is the input, and which the "
        f"output?\n\n| Column | For example |\n|---|---|\n{rows}{left}\n\nSay it in your words, such as “the question "
        f"is in … and the answer in …”, or as `--map input=…,output=…`.{likely}"
    )


def _reading(reading: events.Reading) -> str:
    lines = [f"**Data** {_size(reading.data)}", ""]
    lines += [f"- {text(note)}" for note in reading.notes]
    if topics := [text(one.name) for one in reading.profile.topics[:_TOPICS]]:
        lines.append(f"- mostly about {', '.join(topics)}")
    if reading.n_skipped:
        lines.append(f"- skipped {count(reading.n_skipped, 'row')}, such as {text('; '.join(reading.skipped))}")
    return "\n".join([*lines, "", _preview(reading.data)])


def _size(data: Data) -> str:
    size = f"{count(data.samples, 'sample')} in {count(data.rows, 'row')}"
    return f"{text(data.name)}: {size}, {text(data.shape)}"


def _preview(data: Data, limit: int = SAMPLE) -> str:
    return f"I read {text(data.preview.id)} as\n\n{sample(data.preview.input, data.preview.output, limit)}"


@render.register
def _(said: events.Begun) -> str:
    later = "" if said.data else " Hand over the dataset whenever you like: then my suggestions come from it."
    return f"**Goal** {text(said.specification.goal)}\n\nA few questions, so that I judge what you mean.{later}"


@render.register
def _(said: events.Meant) -> str:
    asked = said.question
    usual = "; ".join(map(text, asked.suggestions))
    examples = f" Usual answers are: {usual}." if usual else ""
    return f"{text(asked.why or asked.text)}{examples} Your own words do as well, and **skip** leaves it open."


@render.register
def _(said: events.Problem) -> str:
    return f"That did not work: {text(said.text)}"


@render.register
def _(said: events.Noted) -> str:
    return f"*{text(said.text)}*"


@render.register
def _(said: events.Revised) -> str:
    return f"Done: {text(said.label)}."


@render.register
def _(said: events.Stopped) -> str:
    kept = {
        "judging": " What was judged is kept: **Start** goes on from there.",
        "making": " What had passed by now is kept: ask for samples again, and it comes first.",
    }
    return f"Stopped.{kept.get(said.doing, '')}"


@render.register
def _(said: events.Planned) -> str:
    goal = said.goal
    rows = "\n".join(
        f"| {text(one.name)} | {text(one.description)} | {wanted_in_words(goal, one)} |" for one in goal.subgoals
    )
    table = f"| Subgoal | What a sample must show | Wanted |\n|---|---|---|\n{rows}"
    left = f"\n\nLet us decide on {count(said.open, 'thing')}." if said.open else ""
    head = f"### {count(len(said.goal.subgoals), 'subgoal')}\n\n{text(said.goal.text)}"
    return f"{head}\n\n{table}\n\n{_checks(said.checks)}{_noted(said.checks)}{_overruled(said.goal)}{left}"


def _checks(checks: Checks) -> str:
    """Each check with its result; the reasons of failures are asked about one by one."""
    results = (
        ("Atomic", all(one.ok for one in checks.atomic)),
        ("Disjoint", all(one.ok for one in checks.disjoint)),
        ("Complete", checks.complete.ok),
    )
    return " · ".join(f"{'✓' if ok else '✗'} {name}" for name, ok in results)


def _noted(checks: Checks) -> str:
    hidden = (
        f"Not judged, since the judge cannot see it in a sample: {', '.join(checks.noted)}." if checks.noted else ""
    )
    return "".join(f"\n\n*{text(note)}*" for note in (hidden, checks.note) if note)


def _overruled(goal: Goal) -> str:
    if not goal.overruled:
        return ""
    return "\n\nLeft open:\n\n" + "\n".join(f"- {text(one)}" for one in goal.overruled)


@render.register
def _(said: events.Ready) -> str:
    if said.data is None:
        return "The goal stands. Now the **dataset**: upload it, type its path, or name one on Hugging Face."
    took = f", {_duration(said.seconds)} at the most" if said.seconds is not None else ""
    cost = said.estimate or "no cost"
    return (
        f"### Ready to judge\n\n{_size(said.data)} × {count(len(said.goal.subgoals), 'subgoal')} = "
        f"**{count(said.pairs, 'judgement')}** by the {engine(said.engine, said.model)}: {cost}{took}. What was judged "
        f"before is not judged again.{notes(said.notes)}\n\n{_preview(said.data, _SHORT)}\n\n{_EDITS}"
    )


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"


@render.register
def _(said: events.Helped) -> str:
    if not said.names:
        return f"{_ANSWERS}\n\n{_EDITS}\n\nA file can be handed over at any time. **start over** forgets everything."
    named = "\n".join(f"- {text(name)}" for name in said.names)
    return (
        "You can ask:\n\n- why is … weak?\n- show the lowest (highest, typical) samples of …\n- compare … and …\n"
        "- what should I do first?\n- how many samples are needed?\n- what would change at a threshold of 0.6?\n"
        "- make 20 samples for …, but only questions from nurses, that don't overlap with eval.jsonl\n"
        "- which rows should I keep, from a goal score of 0.6 on?\n"
        "- export the goal-aligned plus synthetic mix for TRL with 10% for validation and seed 7\n"
        "- push it to me/my-set (private, and only after your yes)\n"
        f"- coverage, subgoals, report and files, other data\n\nabout\n\n{named}\n\n{_EDITS}"
    )


def question(wait: Wait) -> str:
    """The Markdown of what is asked; empty when nothing is."""
    asked = wait.question
    if asked is None:
        return ""
    place = f"**Question {wait.number} of {wait.of}** " if wait.of > 1 else ""
    why = f"\n\n*{text(asked.why)}*" if asked.why else ""
    several = " (several may apply)" if asked.many and asked.suggestions else ""
    return f"{place}{text(asked.text)}{several}{why}"
