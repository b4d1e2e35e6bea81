"""Words for what a finished run shows: progress, verdict, reasons, samples, advice."""

from collections.abc import Sequence

from goalcover.agent.models import Capability, CoverageReport, Gap, Recommendation, SubgoalCoverage
from goalcover.agent.validation import SelfTest, Trust
from goalcover.graph import events
from goalcover.tools.explain import Judged, Neighbour
from goalcover.tools.kinds import MEANINGS, closing, left_over
from goalcover.tools.recommend import gaps_first
from goalcover.tools.typeset import count, listed
from goalcover.ui.render.base import brief, render
from goalcover.ui.render.text import Stream, bar, engine, notes, sample, text

_BAR = 10
_QUOTE = 300
_SHORT = 28
"""Characters of a name in the running means."""

GLOSSARY: dict[str, str] = {
    "alignment": "is how well the samples show a subgoal, from 0 to 1: every sample is judged on a level from 0 to 5, "
    "and the mean of all levels is divided by 5. It stands with its 95% interval.",
    "support": "is the number of samples at level 4 or 5: those that a model can learn the subgoal from.",
    "level": "is the judgement of one sample for one subgoal: 0 shows nothing of it, 3 a part, 4 and 5 support it.",
    "gap": "is a subgoal that the data teaches too little of: fewer samples support it than are wanted, or, where "
    "every sample should show it or a threshold is set, its mean alignment is too low. Every verdict says its rule.",
    "coverage": "is what the dataset holds of each subgoal: its mean alignment, its support, and whether it is a gap.",
    "interval": "is where the mean alignment of data like yours would lie in 95 of 100 cases; it is wide where samples "
    "are few.",
    "wanted": "is the share of the samples that should support a subgoal: its own where you gave one, else half of its "
    "part of all weights; at least 20 samples.",
    "threshold": "is the mean alignment below which every subgoal is a gap (the paper's rule). Without one each "
    "subgoal has its own rule. Say **set threshold 0.6**, or **no threshold**.",
    "weight": "says how much a subgoal counts beside the others: for the share that is wanted and for the whole.",
    "goal score": "is how well one sample serves the goal: the weighted mean of its levels on what can be asked of it.",
    "correlation": "says whether the levels of two subgoals move together over the samples: 1 always, 0 not at all.",
    "atomic": "is a subgoal that asks for one capability, which one sample can show.",
    "disjoint": "are two subgoals that ask for different things.",
    "complete": "are subgoals that cover all that the goal and your answers ask for.",
    **{kind: f"is a kind of gap: {meaning}." for kind, meaning in MEANINGS.items()},
}


@render.register
def _(said: events.Progress) -> str:
    if said.done == 0:
        return f"Judging {count(said.total, 'sample')} …"
    if said.done == said.total:
        return f"Judged {count(said.total, 'sample')}. Looking for the causes …\n\n{_tasks('✓', '▸')}"
    rate = said.done / max(said.seconds, 1e-6)
    left = (said.total - said.done) / rate
    pace = f"{rate:.0f} a second" if rate >= 1 else f"{60 * rate:.0f} a minute"
    done = f"{said.done:,} of {count(said.total, 'sample')}"
    used = f", {said.used}" if said.used else ""
    means = " · ".join(f"{text(name, _SHORT)} {mean:.2f}" for name, mean in said.means)
    head = f"`{bar(said.done / said.total, 20)}` {done}, {pace}, {left:.0f} s left{used}"
    return "\n\n".join([head, _tasks("▸", "○"), *([means] if means else [])])


def _tasks(judging: str, causes: str) -> str:
    steps = (f"{judging} judge every sample against every subgoal", f"{causes} find the causes of the gaps")
    return "\n".join((*steps, "○ write the report"))


@render.register
def _(said: events.Diagnosed) -> str:
    rows = {one.id: one for one in said.coverage.subgoals}
    cards = [_card(said.goal.subgoal(gap.subgoal_id).name, rows[gap.subgoal_id], gap) for gap in said.gaps]
    return "\n\n".join([_result(said), *cards])


@brief.register
def _(said: events.Diagnosed) -> str:
    return _result(said)


def _result(said: events.Diagnosed) -> str:
    samples = said.info.counts.samples
    which = f"a random {samples:,} of" if samples < said.data.samples else "all"
    made_by = engine(said.info.engine.name, said.info.engine.model)
    judged = f"Judged {which} {count(said.data.samples, 'sample')} in {said.info.wall_s:.0f} s by the {made_by}."
    return "\n\n".join([f"### {_verdict(said.coverage)}", judged, _table(said)]) + notes(said.coverage.notes)


@render.register
def _(said: events.Covered) -> str:
    words = {True: "still a gap", False: "no gap", None: "without a verdict"}
    kept = [f"- **{text(one.name)}**: {words[one.gap]}. {_standing(one)}" for one in said.kept]
    besides = ["\n".join(["With the synthetic samples that were kept:", "", *kept])] if kept else []
    head = f"### {_verdict(said.coverage)}{notes(said.coverage.notes)}"
    return "\n\n".join([head, _table(said), *besides])


@render.register
def _(said: events.Explained) -> str:
    found = said.explanation
    if found.gap is None:
        return f"{_why(said)}\n\n{_lowest(said)}"
    causes = [*_kind(found.gap), *map(_capability, found.gap.capabilities), text(left_over(found.gap))]
    return "\n\n".join([_why(said), *causes, _lowest(said)])


@brief.register
def _(said: events.Explained) -> str:
    return f"{_why(said)}\n\n{_lowest(said)}" if said.explanation.gap is None else _why(said)


def _why(said: events.Explained) -> str:
    found = said.explanation
    name = text(found.subgoal.name)
    if found.gap is None:
        verdict = "is no gap" if found.coverage.gap is False else "has no verdict"
        return f"### {name} {verdict}\n\n{_standing(found.coverage)}"
    return f"### Why {name} is weak\n\n{_standing(found.coverage)}"


def _lowest(said: events.Explained) -> str:
    found = said.explanation.samples
    head = _first(found).capitalize() if found else "No sample was scored"
    return "\n\n".join([f"**{head}**", *map(_sample, found)])


@render.register
def _(said: events.Opened) -> str:
    one = said.sample
    parts = f"> **Input** {text(one.input)}\n>\n> **Output** {text(one.output) or '(none)'}"
    lines = [f"- **{text(name)}** {text(judged.explanation)}" for name, judged in said.judgements]
    return "\n".join([f"### Sample {text(one.id)}", "", f"Row {one.row:,} of the data.", "", parts, "", *lines])


@render.register
def _(said: events.Alike) -> str:
    name = text(said.name)
    same = [_neighbour(one, "") for one in said.neighbours.same]
    others = [_neighbour(one, said.names.get(one.subgoal_id, one.subgoal_id)) for one in said.neighbours.others]
    weak = f"**The weak samples of {name} that are most like it**"
    parts = [f"### Like {text(said.sample_id)}", weak, "\n".join(same) or "None is alike."]
    return "\n\n".join([*parts, *(["**Weak elsewhere in the same way**", "\n".join(others)] if others else [])])


def _neighbour(one: Neighbour, name: str) -> str:
    where = f", {text(name)}" if name else ""
    return f"- **{text(one.sample_id)}**{where} ({one.likeness:.2f}): {text(one.evidence or one.explanation, _QUOTE)}"


@render.register
def _(said: events.Shown) -> str:
    if not said.samples:
        return f"No sample was scored for {text(said.name)}."
    which = _first(said.samples) if said.end == "lowest" else f"the {said.end} samples"
    return "\n\n".join([f"### {text(said.name)}: {which}", *map(_sample, said.samples)])


@render.register
def _(said: events.Advised) -> str:
    closed = f"The samples that were kept close {', '.join(map(text, said.closed))}." if said.closed else ""
    if said.coverage is None:
        return closed or "No subgoal is a gap: by this judge there is nothing that has to be mended."
    if said.gap is None:
        return (
            f"{text(said.name)} is no gap{' any more' if said.name in said.closed else ''}. {text(said.coverage.rule)}"
        )
    steps = "\n".join(f"{number}. {_step(one)}" for number, one in enumerate(said.gap.recommendations, 1))
    others = f"Then: {', '.join(map(text, said.others))}." if said.others else "It is the only gap."
    return f"### First: {text(said.name)}\n\n{_standing(said.coverage)}\n\n{steps}\n\n{others}"


@render.register
def _(said: events.Compared) -> str:
    rows = (("Alignment", _level), ("Support", lambda one: f"{one.support:,}"), ("", _word))
    names = f"| | {text(said.a.name)} | {text(said.b.name)} |\n|---|---|---|"
    table = "\n".join([names, *(f"| {label} | {of(said.a)} | {of(said.b)} |" for label, of in rows)])
    together = "One of them has the same level everywhere, so nothing can be said about how they move together."
    if said.correlation is not None:
        together = f"Over the samples their levels have a rank correlation of {said.correlation:.2f}."
    return f"{table}\n\n{together} {count(said.both, 'sample supports', 'samples support')} both."


@render.register
def _(said: events.Supposed) -> str:
    head = f"With one threshold of {said.threshold:g} on the mean alignment (the paper's rule), "
    head += f"{count(len(said.gaps), 'subgoal')} would be gaps." if said.gaps else "nothing would be a gap."
    changes = [f"- {text(name)} would become one" for name in said.new]
    changes += [f"- {text(name)} would be none any more" for name in said.gone]
    how = f"Say **set threshold {said.threshold:g}** to use it."
    return "\n".join([head, "", *(changes or ["Nothing changes against the rule in use."]), "", how])


@render.register
def _(said: events.Needed) -> str:
    if not said.needs:
        return "No subgoal is a gap: by this judge nothing has to be collected."
    return "\n".join(f"- {_need(need)}" for need in said.needs)


def _need(need: events.Need) -> str:
    if not need.needed and not need.to_rewrite:
        return f"**{text(need.name)}** is no gap: nothing is needed. {text(need.coverage.rule)}"
    new = f"**{text(need.name)}**: about {count(need.needed, 'new sample')} at level 4 or better"
    rewrite = f", or {need.to_rewrite:,} of the low-scoring ones rewritten to that level" if need.to_rewrite else ""
    return f"{new}{rewrite}. {text(need.coverage.rule)}"


@render.register
def _(said: events.Overlapping) -> str:
    lines = [
        f"- **{text(one.a)}** and **{text(one.b)}** get nearly the same levels on your samples (rank correlation "
        f"{one.correlation:.2f}): on this data they are one capability. Say **merge {text(one.a)} and {text(one.b)}** "
        "to make them one."
        for one in said.pairs
    ]
    return "\n".join(["**Not disjoint in practice**", "", *lines])


@render.register
def _(said: events.Reported) -> str:
    return (
        "The report is one file that loads nothing and can be sent on; beside it the scores of every sample and the "
        f"goal file. The whole run is in {text(str(said.run))}; `goalcover gaps` and the other commands read it too."
    )


@render.register
def _(said: events.Testing) -> str:
    return (
        f"Testing the diagnosis of {count(said.subgoals, 'subgoal')}: I take away what supports each, and break copies "
        "of its samples, to see whether the scores notice …"
    )


@render.register
def _(said: events.Tested) -> str:
    verdict = f"{text(said.result.verdict)}{notes(said.result.caveats)}"
    if said.about:
        told = [_tested(one, said.result) for one in said.result.subgoals if one.id in said.about]
        limits = "\n".join(f"- {text(note)}" for note in said.result.notes)
        return "\n\n".join([f"### Can this be trusted?\n\n{verdict}", *told, f"What to keep in mind:\n{limits}"])
    rows = [f"| **{one.grade}** | {text(one.name)} | {text(one.reason)} |" for one in said.result.subgoals]
    table = "\n".join(["| | Subgoal | Why |", "|---|---|---|", *rows])
    return f"### Can this be trusted?\n\n{verdict}\n\n{table}\n\nThe report shows the figures."


def _tested(one: Trust, found: SelfTest) -> str:
    """Why a diagnosis got its grade: what was removed, what was planted."""
    removed = next((each for each in found.removals if each.target == one.id), None)
    lines = [gap.detail for gap in one.natural]
    if removed is not None:
        words = (
            f"Removed were the {count(round(removed.n_removed), 'sample')} that hold one of: {', '.join(one.terms)}."
        )
        lines.insert(0, words)
    return "\n".join(
        [f"**{text(one.name)}** is **{one.grade}**. {text(one.reason)}\n", *(f"- {text(line)}" for line in lines)]
    )


@render.register
def _(said: events.Corrected) -> str:
    stream = Stream()
    return f"{stream.feed(said.text)}{stream.rest()}\n\n*{text(said.notice)}*"


@render.register
def _(said: events.LookedUp) -> str:
    return f"*Reading {text(said.what.replace('_', ' '))} …*"


@render.register
def _(said: events.Defined) -> str:
    return f"**{said.term.capitalize()}** {GLOSSARY[said.term]}"


@render.register
def _(_: events.Thanked) -> str:
    return "Gladly. Ask on, change the goal, or hand over other data whenever you like."


@render.register
def _(said: events.Unsure) -> str:
    if said.names:
        return "Which one do you mean?"
    return "I am not sure what you mean. I can tell you about these subgoals; **help** lists what can be asked."


def _verdict(coverage: CoverageReport) -> str:
    gaps, whole = coverage.n_gaps, count(len(coverage.subgoals), "subgoal")
    unknown = sum(one.gap is None for one in coverage.subgoals)
    without = f", {unknown} without a verdict" if unknown else ""
    if unknown == len(coverage.subgoals):
        return f"No verdict on any of {whole}: too many judgements failed"
    if not gaps:
        return f"No gap among {whole}{without}"
    return f"{gaps} of {whole} {'is a gap' if gaps == 1 else 'are gaps'}{without}"


def _table(said: events.Diagnosed | events.Covered) -> str:
    rows = gaps_first(said.goal, said.coverage)
    lines = [f"| {_word(one)} | {text(one.name)} | {_level(one)} | {one.support:,} |" for one in rows]
    return "\n".join(["| | Subgoal | Alignment | Support |", "|---|---|---|---:|", *lines])


def _word(one: SubgoalCoverage) -> str:
    if one.gap is None:
        return "no verdict"
    return "**gap**" if one.gap else "covered"


def _level(one: SubgoalCoverage) -> str:
    return "-" if one.alignment is None else f"`{bar(one.alignment, _BAR)}` {one.alignment:.2f}"


def _standing(row: SubgoalCoverage) -> str:
    if row.alignment is None or row.ci_low is None or row.ci_high is None:
        return text(row.rule)
    interval = f"95% interval {row.ci_low:.2f} to {row.ci_high:.2f}"
    # The rule itself says the mean where it is the mean that decides.
    told = "" if row.rule.startswith("Mean alignment") else f"Mean alignment {row.alignment:.2f}, "
    return f"{text(row.rule)} {told}{interval if told else interval.capitalize()}."


def _card(name: str, row: SubgoalCoverage, gap: Gap) -> str:
    lines = [f"#### Gap: {text(name)}", _standing(row), *_kind(gap)]
    lines += [f"**{text(one.title)}** {text(one.summary)}" for one in gap.capabilities[:1]]
    lines += [f"**What to do** {_step(one)}" for one in gap.recommendations[:1]]
    return "\n\n".join(lines)


def _kind(gap: Gap) -> list[str]:
    """What kind of weakness it is, why, and how much is missing; nothing where an older version made the run."""
    if gap.kind is None:
        return []
    return [f"**{gap.kind.capitalize()}**: {MEANINGS[gap.kind]}. {text(gap.why)} {text(closing(gap))}"]


def _capability(one: Capability) -> str:
    sources = one.quote_ids or ("",) * len(one.quotes)
    quotes = [f"> {text(quote, _QUOTE)} {text(source)}" for quote, source in zip(one.quotes, sources, strict=True)]
    return "\n\n".join([f"**{text(one.title)}** {text(one.summary)}", *quotes, f"Samples: {_ids(one)}"])


def _step(one: Recommendation) -> str:
    samples = f" Samples: {_ids(one)}" if one.sample_ids else ""
    return f"{text(one.action)}: {text(one.detail)}{samples}"


def _first(found: Sequence[Judged]) -> str:
    return "the samples to read first" if found[0].fault else "the lowest samples"


def _sample(one: Judged) -> str:
    fault = f" Its output is {one.fault}." if one.fault else ""
    head = f"**{text(one.sample_id)}**, level {one.level} of 5. {text(one.explanation)}{fault}"
    return f"{head}\n\n{sample(one.input, one.output)}"


def _ids(one: Capability | Recommendation) -> str:
    return text(listed(one.sample_ids))
