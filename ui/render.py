"""What the conversation says -> Markdown. Pure: it makes no figure, and lets no text of a dataset through as markup."""

from collections.abc import Sequence
from functools import singledispatch

from goalcover.agent.models import Capability, CoverageReport, Gap, Recommendation, SubgoalCoverage
from goalcover.graph import events
from goalcover.graph.state import Data
from goalcover.tools.explain import Judged
from goalcover.tools.typeset import count, cut, markdown_text

STILL_BUSY = "One moment, I am still at work. **Stop** ends it; what is judged is kept."
STOPPED = "What was judged is kept: **Start** goes on from there."
NEEDED = """- a **dataset**: upload it, type its path, or name a Hugging Face dataset (`owner/name`)
- a **goal file** (YAML or JSON) that lists subgoals. For now I need it ready-made: finding the subgoals together, by
  questions and answers, comes next.

```yaml
goal: Answer customers' questions about their energy supply
subgoals:
  - id: billing
    name: Explaining bills
    description: Explains a bill, its charges and why the amount changed
```

Or try the demo."""
_BAR = 10
_QUOTE = 300
_SAMPLE = 500
_IDS = 6
# Chainlit's Markdown turns `:name` into a directive, and links bare addresses after reading, when escapes are gone.
_BREAK = "\u2060"


@singledispatch
def render(said: object) -> str:
    """The Markdown of one event."""
    raise TypeError(f"no words for {type(said).__name__}")


def text(raw: str, limit: int = 10_000) -> str:
    """Untrusted text on one line, as nothing but text."""
    line = markdown_text(cut(" ".join(raw.split()), limit))
    broken = line.replace("\\/", f"{_BREAK}/").replace("\\@", f"{_BREAK}@").replace("\\.", f"{_BREAK}.")
    return str(broken).replace(":", "\\:")


@render.register
def _(said: events.Understood) -> str:
    parts = []
    if said.data and said.reading:
        parts.append(_data(said.data, said.reading))
    if said.goal and said.goal_is_new:
        named = "\n".join(f"- {text(one.name)}" for one in said.goal.subgoals)
        parts.append(f"**Goal** {text(said.goal.text)}\n\n{count(len(said.goal.subgoals), 'subgoal')}:\n\n{named}")
    if said.data is None and said.goal is None:
        parts.append(f"To assess data I need two things:\n\n{NEEDED}")
    elif said.data is None:
        parts.append("The goal is there. Now the **dataset**: upload it, type its path, or name one on Hugging Face.")
    elif said.goal is None:
        parts.append("The data is there. Now the **goal file** with its subgoals: upload it, or type its path.")
    else:
        pairs = said.data.samples * len(said.goal.subgoals)
        parts.append(f"Ready: {count(pairs, 'judgement')} by the {_engine(said.engine, said.model)}.")
    return "\n\n".join(parts)


def _data(data: Data, reading: events.Reading) -> str:
    size = f"{count(data.samples, 'sample')} in {count(data.rows, 'row')}"
    lines = [f"**Data** {text(data.name)}: {size}, {text(data.shape)}", ""]
    lines += [f"- {text(note)}" for note in reading.notes]
    if reading.n_skipped:
        lines.append(f"- skipped {count(reading.n_skipped, 'row')}, such as {text('; '.join(reading.skipped))}")
    preview = reading.preview
    lines += ["", f"I read {text(preview.id)} as", "", f"> **Input** {text(preview.input, _SAMPLE)}"]
    lines += [">", f"> **Output** {text(preview.output, _SAMPLE) or '(none)'}"]
    return "\n".join(lines)


def _engine(name: str, model: str) -> str:
    plain = " (no language model, runs on this machine)" if name == "embedded" else ""
    return f"{text(name)} engine, {text(model)}{plain}"


@render.register
def _(said: events.Problem) -> str:
    return f"That did not work: {text(said.text)}"


@render.register
def _(said: events.Progress) -> str:
    if said.done == 0:
        return f"Judging {count(said.total, 'sample')} …"
    if said.done == said.total:
        return f"Judged {count(said.total, 'sample')}. Looking for the causes …"
    rate = said.done / max(said.seconds, 1e-6)
    left = (said.total - said.done) / rate
    pace = f"{rate:.0f} a second" if rate >= 1 else f"{60 * rate:.0f} a minute"
    done = f"{said.done:,} of {count(said.total, 'sample')}"
    return f"`{_bar(said.done / said.total, 20)}` {done}, {pace}, {left:.0f} s left"


@render.register
def _(said: events.Diagnosed) -> str:
    samples = said.info.counts.samples
    which = f"a random {samples:,} of" if samples < said.data.samples else "all"
    engine = _engine(said.info.engine.name, said.info.engine.model)
    judged = f"Judged {which} {count(said.data.samples, 'sample')} in {said.info.wall_s:.0f} s by the {engine}."
    rows = {one.id: one for one in said.coverage.subgoals}
    cards = [_card(said.goal.subgoal(gap.subgoal_id).name, rows[gap.subgoal_id], gap) for gap in said.gaps]
    return "\n\n".join([f"### {_verdict(said.coverage)}", judged, _table(said.coverage), *cards])


@render.register
def _(said: events.Covered) -> str:
    return f"### {_verdict(said.coverage)}\n\n{_table(said.coverage)}"


@render.register
def _(said: events.Explained) -> str:
    found = said.explanation
    name, row = text(found.subgoal.name), found.coverage
    if found.gap is None:
        verdict = "is no gap" if row.gap is False else "has no verdict"
        parts = [f"### {name} {verdict}", _standing(row)]
    else:
        parts = [f"### Why {name} is weak", _standing(row), *map(_capability, found.gap.capabilities)]
    lowest = "\n\n".join(map(_sample, found.samples))
    return "\n\n".join([*parts, f"**{'The lowest samples' if found.samples else 'No sample was scored'}**", lowest])


@render.register
def _(said: events.Shown) -> str:
    if not said.samples:
        return f"No sample was scored for {text(said.name)}."
    return "\n\n".join([f"### {text(said.name)}: the {said.end} samples", *map(_sample, said.samples)])


@render.register
def _(said: events.Advised) -> str:
    if said.coverage is None:
        return "No subgoal is a gap: by this judge there is nothing that has to be mended."
    if said.gap is None:
        return f"{text(said.name)} is no gap. {text(said.coverage.rule)}"
    steps = "\n".join(f"{number}. {_step(one)}" for number, one in enumerate(said.gap.recommendations, 1))
    others = f"Then: {', '.join(map(text, said.others))}." if said.others else "It is the only gap."
    return f"### First: {text(said.name)}\n\n{_standing(said.coverage)}\n\n{steps}\n\n{others}"


@render.register
def _(said: events.Reported) -> str:
    return (
        "The report is one file that loads nothing and can be sent on. "
        f"The whole run is in {text(str(said.run))}; `goalcover gaps` and the other commands read it too."
    )


@render.register
def _(said: events.Helped) -> str:
    named = "\n".join(f"- {text(name)}" for name in said.names)
    return (
        "You can ask:\n\n- why is … weak?\n- show the lowest (or highest) samples of …\n- what should I do first?\n"
        f"- coverage\n- report\n- other data\n\nabout\n\n{named}"
    )


@render.register
def _(said: events.Unsure) -> str:
    if said.names:
        return "Which one do you mean?"
    return "I am not sure what you mean. I can tell you about these subgoals; **help** lists what can be asked."


def _verdict(coverage: CoverageReport) -> str:
    gaps, whole = coverage.n_gaps, count(len(coverage.subgoals), "subgoal")
    unknown = sum(one.gap is None for one in coverage.subgoals)
    without = f", {unknown} without a verdict" if unknown else ""
    if not gaps:
        return f"No gap among {whole}{without}"
    return f"{gaps} of {whole} {'is a gap' if gaps == 1 else 'are gaps'}{without}"


def _table(coverage: CoverageReport) -> str:
    """Gaps first, then by alignment, so that the eye begins where it should."""
    order = {True: 0, None: 1, False: 2}
    rows = sorted(coverage.subgoals, key=lambda one: (order[one.gap], one.alignment or 0.0))
    lines = [f"| {_word(one)} | {text(one.name)} | {_level(one)} | {one.support:,} |" for one in rows]
    return "\n".join(["| | Subgoal | Alignment | Support |", "|---|---|---|---:|", *lines])


def _word(one: SubgoalCoverage) -> str:
    if one.gap is None:
        return "no verdict"
    return "**gap**" if one.gap else "covered"


def _level(one: SubgoalCoverage) -> str:
    return "-" if one.alignment is None else f"`{_bar(one.alignment, _BAR)}` {one.alignment:.2f}"


def _bar(share: float, cells: int) -> str:
    filled = round(share * cells)
    return "█" * filled + "░" * (cells - filled)


def _standing(row: SubgoalCoverage) -> str:
    if row.alignment is None or row.ci_low is None or row.ci_high is None:
        return text(row.rule)
    return f"Mean alignment {row.alignment:.2f} ({row.ci_low:.2f} to {row.ci_high:.2f}). {text(row.rule)}"


def _card(name: str, row: SubgoalCoverage, gap: Gap) -> str:
    lines = [f"#### Gap: {text(name)}", _standing(row)]
    lines += [f"**{text(one.title)}** {text(one.summary)}" for one in gap.capabilities[:1]]
    lines += [f"**What to do** {_step(one)}" for one in gap.recommendations[:1]]
    return "\n\n".join(lines)


def _capability(one: Capability) -> str:
    quotes = [f"> {text(quote, _QUOTE)}" for quote in one.quotes]
    return "\n\n".join([f"**{text(one.title)}** {text(one.summary)}", *quotes, f"Samples: {_ids(one.sample_ids)}"])


def _step(one: Recommendation) -> str:
    samples = f" Samples: {_ids(one.sample_ids)}" if one.sample_ids else ""
    return f"{text(one.action)}: {text(one.detail)}{samples}"


def _sample(one: Judged) -> str:
    return (
        f"**{text(one.sample_id)}**, level {one.level} of 5. {text(one.explanation)}\n\n"
        f"> **Input** {text(one.input, _SAMPLE)}\n>\n> **Output** {text(one.output, _SAMPLE) or '(none)'}"
    )


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _IDS:,} more" if len(ids) > _IDS else ""
    return ", ".join(map(text, ids[:_IDS])) + more
