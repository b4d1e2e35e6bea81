"""The report that a person reads and sends on: one self-contained HTML file, and the same content as Markdown.

Every value that reaches a template is untrusted, because sample text, names and what a model wrote about them may hold
anything. So both template environments escape by default, HTML and Markdown alike (`typeset`); only `Markup` passes.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

from goalcover.agent.models import Capability, CoverageReport, Gap, GapMap, Goal, Sample, SubgoalCoverage
from goalcover.agent.rubric import load_rubric
from goalcover.agent.validation import SelfTest, Validation
from goalcover.memory.files import write_bytes
from goalcover.memory.runs import Run, RunInfo
from goalcover.tools import typeset
from goalcover.tools.coverage import EVERY_THRESHOLD
from goalcover.tools.kinds import MEANINGS, closing, left_over
from goalcover.tools.recommend import gaps_first, mean_wanted, samples_wanted
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
SAMPLE_CHARS = 600
QUOTE_CHARS = 300
NAME_CHARS = 80
MAX_QUOTES = 3
MAX_IDS = 12
MAX_NAMES = 5

State = Literal["gap", "unknown", "covered"]


@dataclass(frozen=True)
class ReportData:
    """What a report is made of."""

    goal: Goal
    coverage: CoverageReport
    gaps: tuple[Gap, ...]
    info: RunInfo
    quoted: Mapping[str, Sample]
    """The samples whose ids the gaps name; an id without its sample is shown without a link."""
    study: Validation | None = None
    """The corruption study of this assessment, if there was one."""
    selftest: SelfTest | None = None
    maps: tuple[GapMap, ...] = ()
    """Where the gaps' low-scoring samples lie; a gap without one is told without."""


@dataclass(frozen=True)
class Row:
    """One capability as the report's figures show it."""

    number: int
    name: str
    description: str
    coverage: SubgoalCoverage
    state: State
    threshold: float | None
    """Mean alignment below which the rule calls a gap; None when the rule looks at support instead."""
    wanted: int | None
    """Samples that have to support it; None when the rule looks at the mean instead, or nothing was scored."""

    @property
    def share_wanted(self) -> float | None:
        """These as a share of the scored samples; above 1 where there are fewer samples than are wanted."""
        return None if self.wanted is None else self.wanted / self.coverage.n_scored


@dataclass(frozen=True)
class Finding:
    """A missing capability with its quotes, each with the id of the sample that holds it (None: in no known sample)."""

    capability: Capability
    quotes: tuple[tuple[str, str | None], ...]
    others: tuple[str, ...]
    """Ids of the capability's samples that no quote is from."""


@dataclass(frozen=True)
class Card:
    """A gap as told: the capability, why it is weak, what to do."""

    row: Row
    gap: Gap
    findings: tuple[Finding, ...]
    map: GapMap


@dataclass(frozen=True)
class Exhibit:
    """A quoted sample in the appendix, and the cards that name it."""

    number: int
    sample: Sample
    cards: tuple[Card, ...]


def write_report(run: Run, goal: Goal, coverage: CoverageReport, gaps: Sequence[Gap], info: RunInfo) -> None:
    """Writes report.html and report.md of a run."""
    data = _data(run, goal, coverage, gaps, info)
    write_bytes(run.html_path, render_html(data).encode("utf-8", "replace"))
    write_bytes(run.markdown_path, render_markdown(data).encode("utf-8", "replace"))


def render_run(run: Run) -> str:
    """The HTML report of a finished run."""
    return render_html(_data(run, run.goal(), run.coverage(), run.gaps(), run.info()))


def _data(run: Run, goal: Goal, coverage: CoverageReport, gaps: Sequence[Gap], info: RunInfo) -> ReportData:
    quoted = {sample.id: sample for sample in run.samples({one for gap in gaps for one in _named(gap)})}
    study, selftest = run.validation(), run.selftest()
    # A study of another assessment says nothing about these figures.
    return ReportData(
        goal,
        coverage,
        tuple(gaps),
        info,
        quoted,
        study if study and study.assessed_at == info.created_at else None,
        selftest if selftest and selftest.assessed_at == info.created_at else None,
        run.maps(),
    )


def _named(gap: Gap) -> Iterable[str]:
    """Ids of all samples that a gap's card may show: a group may have thousands."""
    for capability in gap.capabilities:
        # Where an older version did not tell whose the quotes are, any sample of the group may hold them.
        yield from capability.quote_ids or capability.sample_ids
        yield from capability.sample_ids[: MAX_QUOTES + MAX_IDS]
    for recommendation in gap.recommendations:
        yield from recommendation.sample_ids[:MAX_IDS]


def render_html(data: ReportData) -> str:
    """The report as one HTML file that loads nothing, runs nothing and works in any browser."""
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    css_hash = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    template = _environment(typeset.html_text).get_template("report.html.j2")
    return template.render(_context(data), css=Markup(css), css_hash=css_hash)  # noqa: S704 our own file


def render_markdown(data: ReportData) -> str:
    """The same content as CommonMark with tables; data comes out as text and never as markup."""
    return _environment(typeset.markdown_text).get_template("report.md.j2").render(_context(data))


def _context(data: ReportData) -> dict[str, Any]:
    rows = _rows(data)
    cards = tuple(_card(gap, rows, data) for gap in data.gaps)
    exhibits = _exhibits(cards, data.quoted)
    return {
        "goal": data.goal,
        "info": data.info,
        "overall": data.coverage.overall,
        "agreement": data.coverage.agreement,
        "caveats": data.coverage.notes,
        "n_samples": data.coverage.n_samples,
        "rows": rows,
        "cards": cards,
        "exhibits": exhibits,
        "references": {exhibit.sample.id: exhibit.number for exhibit in exhibits},
        "states": {state: [row for row in rows if row.state == state] for state in ("gap", "unknown", "covered")},
        "headline": headline(rows),
        "dataset": dataset_name(data.info.dataset.path),
        "embedded": data.info.engine.name == "embedded",
        "axis_end": _axis_end(rows),
        "study": data.study,
        "selftest": data.selftest,
        "names": {subgoal.id: subgoal.name for subgoal in data.goal.subgoals},
    }


def _rows(data: ReportData) -> tuple[Row, ...]:
    """All capabilities, worst first."""
    return tuple(
        _row(number, one, data.goal) for number, one in enumerate(gaps_first(data.goal, data.coverage), start=1)
    )


def _row(number: int, one: SubgoalCoverage, goal: Goal) -> Row:
    description = next((subgoal.description for subgoal in goal.subgoals if subgoal.id == one.id), "")
    mean = mean_wanted(goal, one)
    wanted = samples_wanted(one) if mean is None and one.n_scored else None
    return Row(number, one.name or one.id, description, one, _state(one), mean, wanted)


def _state(coverage: SubgoalCoverage) -> State:
    if coverage.gap is None:
        return "unknown"
    return "gap" if coverage.gap else "covered"


def headline(rows: Sequence[Row]) -> str:
    """The verdict in words, e.g. `2 of 6 capabilities are gaps: Drug information, Cardiology expertise`."""
    gaps = [row.name for row in rows if row.state == "gap"]
    unknown = [row.name for row in rows if row.state == "unknown"]
    whole = typeset.count(len(rows), "capability", "capabilities")
    if gaps:
        return f"{len(gaps)} of {whole} {'is a gap' if len(gaps) == 1 else 'are gaps'}: {_names(gaps)}"
    if len(unknown) == len(rows):
        return f"No verdict on {_names(unknown)}" if len(rows) == 1 else f"No verdict on any of {whole}"
    if unknown:
        return f"No gap found, but {len(unknown)} of {whole} without a verdict: {_names(unknown)}"
    return f"No gaps: {'the one capability is' if len(rows) == 1 else f'all {whole} are'} supported"


def _names(names: Sequence[str]) -> str:
    return typeset.listed([typeset.cut(name, NAME_CHARS) for name in names], MAX_NAMES)


def dataset_name(path: str) -> str:
    """A file by its name alone, because a report is sent on and folders say who made it; a dataset id as it is."""
    where = PureWindowsPath(path)
    is_file = where.anchor or path.startswith((".", "~")) or where.suffix[1:].isalpha()
    return where.name or path if is_file else path


def _card(gap: Gap, rows: Iterable[Row], data: ReportData) -> Card:
    row = next(row for row in rows if row.coverage.id == gap.subgoal_id)
    drawn = (one for one in data.maps if one.subgoal_id == gap.subgoal_id)
    findings = tuple(_finding(capability, data.quoted) for capability in gap.capabilities)
    return Card(row, gap, findings, next(drawn, GapMap(subgoal_id=gap.subgoal_id, points=())))


def _finding(capability: Capability, quoted: Mapping[str, Sample]) -> Finding:
    known = capability.quote_ids or (None,) * len(capability.quotes)
    told = [(quote, source) for quote, source in zip(capability.quotes, known, strict=True) if quote.strip()][
        :MAX_QUOTES
    ]
    quotes = tuple(
        (quote, _source(quote, (source,) if source else capability.sample_ids, quoted)) for quote, source in told
    )
    sources = {source for _, source in quotes}
    return Finding(capability, quotes, tuple(one for one in capability.sample_ids if one not in sources))


def _source(quote: str, ids: Sequence[str], quoted: Mapping[str, Sample]) -> str | None:
    """The sample that holds the quote. A quote is given to no sample rather than to a wrong one."""
    wanted = typeset.squeeze(quote).strip(" .…\"'")
    return next((one for one in ids if one in quoted and wanted in typeset.squeeze(_whole(quoted[one]))), None)


def _whole(sample: Sample) -> str:
    return f"{sample.input}\n{sample.output}"


def _exhibits(cards: Sequence[Card], quoted: Mapping[str, Sample]) -> tuple[Exhibit, ...]:
    """The samples that the cards show by id, in the order of their first mention."""
    mentions: dict[str, dict[int, Card]] = {}
    for card in cards:
        for sample_id in _shown_ids(card):
            if sample_id in quoted:
                mentions.setdefault(sample_id, {})[card.row.number] = card
    return tuple(
        Exhibit(number, quoted[sample_id], tuple(named_by.values()))
        for number, (sample_id, named_by) in enumerate(mentions.items(), start=1)
    )


def _shown_ids(card: Card) -> Iterable[str]:
    for finding in card.findings:
        yield from (source for _, source in finding.quotes if source is not None)
        yield from finding.others[:MAX_IDS]
    for recommendation in card.gap.recommendations:
        yield from recommendation.sample_ids[:MAX_IDS]


def _position(value: float) -> str:
    """Where a value from 0 to 1 lies on an SVG axis."""
    return f"{100 * min(max(value, 0.0), 1.0):.2f}%"


def _heat(count: int, n: int) -> int:
    """Step 0 (no sample) to 6 of the heat map's colours; finer where shares are small, because gaps live there."""
    return 0 if count == 0 else 1 + sum(count > bound * n for bound in (0.05, 0.15, 0.3, 0.5, 0.75))


def _axis_end(rows: Sequence[Row]) -> float:
    """A round end of the support axis, so that small shares are not squeezed against zero."""
    shares = (share or 0.0 for row in rows for share in (row.coverage.support_share, row.share_wanted))
    most = max(shares)
    return next(end for end in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= end or end == 1.0)


@cache
def _environment(escape: Callable[[str], Markup]) -> Environment:
    """Templates in which every text goes through `escape`; numbers are set as they are."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=lambda value: escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: tuple[Callable[..., Any], ...] = (
        closing,
        left_over,
        typeset.code,
        typeset.count,
        typeset.cut,
        typeset.date,
        typeset.fence,
        typeset.percent,
        typeset.score,
    )
    environment.filters.update({each.__name__: each for each in filters})
    environment.filters["position"] = _position
    environment.globals.update(
        anchors=load_rubric("alignment").anchors,
        every_threshold=EVERY_THRESHOLD,
        heat=_heat,
        meanings=MEANINGS,
        max_ids=MAX_IDS,
        name_chars=NAME_CHARS,
        quote_chars=QUOTE_CHARS,
        sample_chars=SAMPLE_CHARS,
    )
    return environment
