"""Coverage as Plotly figures that fit a dark and a light page: no background of their own, greys that both carry."""

from textwrap import wrap

from goalcover.agent.models import LEVEL_NAMES, CoverageReport, Gap, GapMap, Goal, MapPoint, SubgoalCoverage
from goalcover.tools.filter import Selection
from goalcover.tools.recommend import gaps_first, mean_wanted
from goalcover.tools.typeset import cut, percent, visible
from plotly import graph_objects as go

INK = "#7b8794"
GRID = "rgba(128,138,150,0.22)"
COVERED = "#3d8fa3"
GAP = "#d9733f"
UNKNOWN = "#9aa5b1"
_SCALE = ((0.0, "rgba(61,143,163,0.05)"), (1.0, "rgba(61,143,163,0.65)"))
_NAME = 34
_NARROW = 16
"""Characters of a name, on a wide and on a narrow page."""
_TITLE = 60
_QUOTE = 240
_LINE = 60
_ROW_PX = 34


def coverage_bars(goal: Goal, coverage: CoverageReport, *, narrow: bool = False) -> go.Figure:
    """Mean alignment of every subgoal with its 95% interval, the gaps first; a mark where a threshold decides."""
    rows = gaps_first(goal, coverage)
    figure = go.Figure()
    for label, colour, chosen in (
        ("covered", COVERED, [one for one in rows if one.gap is False]),
        ("gap", GAP, [one for one in rows if one.gap]),
        ("no verdict", UNKNOWN, [one for one in rows if one.gap is None]),
    ):
        if chosen:
            figure.add_trace(_bars(label, colour, chosen))
    for one in rows:
        if (wanted := mean_wanted(goal, one)) is not None:
            figure.add_trace(_mark(one, wanted))
    figure.update_layout(
        barmode="overlay",
        xaxis={"title": {"text": "mean alignment", "font": {"size": 13}}, "range": [0, 1]},
        bargap=0.35,
    )
    return _titled(_dressed(figure, rows, narrow), "How well each subgoal is supported, with its 95% interval", narrow)


def heat_map(goal: Goal, coverage: CoverageReport, *, narrow: bool = False) -> go.Figure:
    """Share of the samples at every level, subgoal by subgoal."""
    rows = gaps_first(goal, coverage)
    shares = [[count / max(one.n_scored, 1) for count in one.histogram] for one in rows]
    counts = [list(one.histogram) for one in rows]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=[f"{level}" if narrow else f"{level} {name}" for level, name in enumerate(LEVEL_NAMES)],
            y=[_label(one) for one in rows],
            customdata=counts,
            colorscale=_SCALE,
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            text=[[percent(share) if share >= 0.005 else "" for share in line] for line in shares],
            texttemplate="%{text}",
            textfont={"color": INK},
            hovertemplate="%{y}<br>level %{x}<br>%{customdata:,} samples<extra></extra>",
            showscale=False,
        )
    )
    _dressed(figure, rows, narrow).update_xaxes(showgrid=False)
    return _titled(figure, "Share of the samples at each level, from 0 (none) to 5 (perfect)", narrow)


def gap_map(gap: Gap, drawn: GapMap, *, narrow: bool = False) -> go.Figure:
    """A gap's low-scoring samples, alike ones near each other, coloured by what they lack; the quote on hover."""
    figure = go.Figure()
    for place in (*range(len(gap.capabilities)), None):
        points = [one for one in drawn.points if one.group == place]
        if points:
            figure.add_trace(_cloud(points, gap.capabilities[place].title if place is not None else "", narrow))
    _plain(figure, 420, narrow).update_xaxes(visible=False).update_yaxes(visible=False)
    figure.update_layout(legend={"y": -0.02, "yanchor": "top"})
    return _titled(figure, "The low-scoring samples: those that are alike lie near each other", narrow)


def _cloud(points: list[MapPoint], title: str, narrow: bool) -> go.Scatter:
    quotes = ["<br>".join(wrap(_escaped(cut(one.quote, _QUOTE)), _LINE)) for one in points]
    return go.Scatter(
        # What groups differ in stands behind the colon.
        name=_escaped(cut(title.partition(": ")[2] or title, 2 * _NARROW if narrow else _TITLE)) or "no group",
        x=[one.x for one in points],
        y=[one.y for one in points],
        customdata=[[_escaped(one.sample_id), quote] for one, quote in zip(points, quotes, strict=True)],
        mode="markers",
        marker={"size": 7, "opacity": 0.75, **({} if title else {"color": UNKNOWN})},
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )


def trade_off(goal: Goal, selection: Selection, *, narrow: bool = False) -> go.Figure:
    """Share of the rows kept against the alignment of every subgoal, cut by cut; a line where the suggested cut is."""
    cuts = [one for one in selection.curve if one.kept]
    figure = go.Figure()
    for subgoal in goal.subgoals:
        figure.add_trace(
            go.Scatter(
                name=_escaped(cut(subgoal.name, _NARROW if narrow else _NAME)),
                x=[one.kept_share for one in cuts],
                y=[one.alignments.get(subgoal.id) for one in cuts],
                mode="lines+markers",
                hovertemplate="%{x:.0%} of the rows<br>alignment %{y:.2f}<extra>%{fullData.name}</extra>",
            )
        )
    figure.add_vline(x=selection.suggested.kept_share, line={"color": INK, "dash": "dot"})
    figure.update_layout(xaxis={"title": {"text": "rows kept"}, "tickformat": ".0%"}, yaxis={"title": "mean alignment"})
    _plain(figure, 420, narrow).update_layout(legend={"y": -0.22, "yanchor": "top"})
    return _titled(figure, "What a stricter selection does to each subgoal", narrow)


def _bars(label: str, colour: str, rows: list[SubgoalCoverage]) -> go.Bar:
    means = [one.alignment or 0.0 for one in rows]
    return go.Bar(
        name=label,
        orientation="h",
        y=[_label(one) for one in rows],
        x=means,
        marker={"color": colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(one.ci_high or mean) - mean for one, mean in zip(rows, means, strict=True)],
            "arrayminus": [mean - (one.ci_low or mean) for one, mean in zip(rows, means, strict=True)],
            "color": INK,
            "thickness": 1.4,
            "width": 4,
        },
        customdata=[[one.support, one.n_scored] for one in rows],
        hovertemplate="%{y}<br>alignment %{x:.2f}<br>%{customdata[0]:,} of %{customdata[1]:,} support<extra></extra>",
    )


def _mark(one: SubgoalCoverage, wanted: float) -> go.Scatter:
    return go.Scatter(
        x=[wanted],
        y=[_label(one)],
        mode="markers",
        marker={"symbol": "line-ns", "size": 22, "line": {"width": 2, "color": INK}},
        hovertemplate=f"wanted: at least {wanted:g}<extra></extra>",
        showlegend=False,
    )


def _label(one: SubgoalCoverage, limit: int = 1_000) -> str:
    """Plotly reads a few HTML tags in labels: a name is text."""
    return _escaped(cut(visible(one.name), limit))


def _escaped(text: str) -> str:
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _dressed(figure: go.Figure, rows: list[SubgoalCoverage], narrow: bool) -> go.Figure:
    order = [_label(one) for one in rows]
    shown = [_label(one, _NARROW if narrow else _NAME) for one in rows]
    figure.update_layout(
        yaxis={
            "categoryorder": "array",
            "categoryarray": order[::-1],
            "automargin": True,
            "title": None,
            "tickvals": order,
            "ticktext": shown,
        }
    )
    _plain(figure, 110 + _ROW_PX * len(rows), narrow)
    figure.update_yaxes(gridcolor="rgba(0,0,0,0)")
    return figure


def _titled(figure: go.Figure, text: str, narrow: bool) -> go.Figure:
    lines = wrap(text, _LINE // 2 if narrow else 2 * _LINE)
    title = {"text": "<br>".join(lines), "x": 0, "y": 1, "yanchor": "top", "pad": {"l": 10, "t": 10}}
    size = 13 if narrow else 15
    top = 30 + 20 * len(lines)
    height = figure.layout.height + top
    return figure.update_layout(title={**title, "font": {"size": size}}, margin={"t": 24 + top}, height=height)


def _plain(figure: go.Figure, height: int, narrow: bool) -> go.Figure:
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "family": "Inter, system-ui, sans-serif", "size": 11 if narrow else 13},
        margin={"l": 10, "r": 16, "t": 24, "b": 40},
        height=height,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        dragmode=False,
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, fixedrange=True)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, fixedrange=True)
    return figure
