"""What a person reads at a terminal, on data that no console can turn into something else."""

import io

import pytest
from goalcover.agent.judge import judges_of
from goalcover.agent.models import Capability, CoverageReport, Gap, Goal, Recommendation, Subgoal
from goalcover.agent.settings import Settings
from goalcover.tools.compare import Change
from goalcover.tools.coverage import cover
from goalcover.tools.doctor import Finding
from goalcover.tools.explain import Explanation, Judged, Neighbour, Neighbours
from goalcover.tools.load import open_dataset
from goalcover.ui import show
from goalcover.ui.commands.options import say
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from word_judge import WordJudge

GOAL = Goal(
    goal="G",
    subgoals=(
        Subgoal(id="heart", name="Heart [bold]disease[/bold]", description="d", share=0.3),
        Subgoal(id="tone", name="Kind tone", description="d", scope="every"),
        Subgoal(id="drugs", name="Drugs", description="d"),
    ),
)
ROWS = (
    cover(GOAL, GOAL.subgoals[0], [97, 0, 0, 0, 2, 1], 0),
    cover(GOAL, GOAL.subgoals[1], [0, 0, 0, 0, 0, 100], 0),
    cover(GOAL, GOAL.subgoals[2], [0, 0, 0, 0, 0, 0], 100),
)
REPORT = CoverageReport(subgoals=ROWS, overall=0.5, n_samples=100, n_gaps=1)
GAP = Gap(
    subgoal_id="heart",
    alignment=0.026,
    capabilities=(
        Capability(
            title="Nothing on [red]pulse[/red]",
            summary="97 of 97 \x1b[2J",
            share=1.0,
            n=97,
            sample_ids=tuple(f"row-{n}" for n in range(97)),
            quotes=("one\nline \x1b[31mred",),
        ),
    ),
    recommendations=(Recommendation(action="collect", detail="30 samples", sample_ids=("row-1",)),),
)
SAMPLE = Judged(
    sample_id="row-7",
    row=7,
    level=1,
    score=0.2,
    explanation="Poor (1 of 5). \x1b]0;owned\x07\x9b2J\u202e",
    evidence="",
    input="[bold]first[/bold]\n\n\x1b]0;title\x07 second \u202e" + "x" * 2000,
    output="",
)


@pytest.fixture
def screen(monkeypatch) -> io.StringIO:
    """What is printed, as plain text."""
    text = io.StringIO()
    monkeypatch.setattr(show, "console", show.Terminal(file=text, markup=False, highlight=False, width=200))
    return text


def test_who_judges_is_told_and_what_only_the_embedded_judge_cannot_do(screen, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"input": "Why?", "output": "Therefore."}\n')
    dataset = open_dataset(str(tmp_path / "rows.jsonl"))
    goal = Goal(goal="G", subgoals=(Subgoal(id="short", name="Concise", description="Is concise", scope="every"),))
    show.print_dataset(dataset, goal, [WordJudge(judge_id="embedded/words/1")])
    local = screen.getvalue()
    assert "by the embedded engine (words)" in local
    assert "its figures for Concise mean little" in local
    show.print_dataset(dataset, goal, judges_of(["a/alpha", "beta"], Settings(api_key="sk-x", cache_dir=tmp_path)))
    remote = screen.getvalue().removeprefix(local)
    assert "by the llm engine (a/alpha, beta)" in remote
    assert "mean little" not in remote


def test_coverage_is_a_line_a_subgoal_with_figures_and_verdict(screen):
    show.print_coverage(REPORT)
    heart, tone, drugs = screen.getvalue().splitlines()[1:4]
    assert "Heart [bold]disease[/bold]" in heart
    assert f"0.026  {ROWS[0].ci_low:.3f} to {ROWS[0].ci_high:.3f}  3 of 100" in heart
    assert heart.rstrip().endswith("GAP")
    assert "█" * 24 in tone
    assert tone.rstrip().endswith("covered")
    assert drugs.rstrip().endswith("no verdict")
    assert "0 of 0" in drugs


def test_the_summary_names_the_gaps_or_says_that_there_are_none(screen):
    show.print_coverage(REPORT)
    assert "1 of 3 subgoals is a gap: Heart [bold]disease[/bold]. No verdict on 1: " in screen.getvalue()
    show.print_coverage(REPORT.model_copy(update={"subgoals": ROWS[1:2]}))
    assert "No gaps among 1 subgoal." in screen.getvalue()
    show.print_coverage(REPORT.model_copy(update={"subgoals": ROWS[2:]}))
    assert "No verdict on any of 1 subgoal" in screen.getvalue()


def test_a_gap_is_a_card_with_causes_quotes_and_advice(screen):
    show.print_gaps(GOAL, REPORT, [GAP])
    text = screen.getvalue()
    for wanted in (
        "Gap: Heart [bold]disease[/bold]",
        "3 samples support it; 30 are wanted",
        "Nothing on [red]pulse[/red]",
        "“one line [31mred”",
        "row-0, row-1, row-2, row-3, row-4, row-5 and 91 more",
        "1. collect: 30 samples",
    ):
        assert wanted in text


@pytest.mark.parametrize("command", ["samples", "gaps"])
def test_no_control_character_of_a_sample_reaches_the_terminal(screen, command):
    if command == "samples":
        show.print_samples([SAMPLE])
    else:
        show.print_gaps(GOAL, REPORT, [GAP])
    assert all(char.isprintable() for char in screen.getvalue().replace("\n", ""))


ACTING = "seen \x1b]0;owned\x07 \x1b[2J \x9b1m \u202e \r end"


@pytest.mark.parametrize("wrap", [str, Text, Markdown, Panel, lambda text: Panel("p", title=Text(text))])
def test_whatever_is_printed_nothing_in_it_acts_on_the_terminal(wrap):
    text = io.StringIO()
    terminal = show.Terminal(file=text, markup=False, force_terminal=True, color_system=None, width=120)
    table = Table()
    table.add_column("Title")
    table.add_row(wrap(ACTING))
    terminal.print(wrap(ACTING), style="bold")
    terminal.print(table)
    assert all(char.isprintable() for char in text.getvalue().replace("\n", ""))
    assert text.getvalue().count("␛[2J") == 2


def test_an_error_that_quotes_data_acts_on_no_terminal(capsys):
    say(f"goalcover: {ACTING}\nnext")
    assert capsys.readouterr().err == "goalcover: seen ␛]0;owned␇ ␛[2J [U+009B]1m [U+202E] \n end\nnext\n"


def test_a_sample_is_shown_on_one_line_and_cut(screen):
    show.print_samples([SAMPLE])
    text = screen.getvalue()
    assert "row-7 (row 7): level 1" in text
    assert "input:  [bold]first[/bold] ]0;title second" in text.replace("\n", "")
    assert "…" in text
    assert text.count("x") < 500


def test_an_explanation_of_a_covered_subgoal_says_so(screen):
    show.print_explanation(Explanation(subgoal=GOAL.subgoals[1], coverage=ROWS[1], gap=None, samples=()))
    assert screen.getvalue().startswith("Kind tone is no gap. Mean alignment 1.000")


def test_an_explanation_of_a_gap_shows_its_card_and_samples(screen):
    show.print_explanation(Explanation(subgoal=GOAL.subgoals[0], coverage=ROWS[0], gap=GAP, samples=(SAMPLE,)))
    assert "Gap: Heart" in screen.getvalue()
    assert "The lowest samples:" in screen.getvalue()


def test_a_subgoal_without_a_verdict_is_not_called_covered(screen):
    show.print_explanation(Explanation(subgoal=GOAL.subgoals[2], coverage=ROWS[2], gap=None, samples=()))
    assert "is no gap" not in screen.getvalue()
    assert "No verdict" in screen.getvalue()


def test_changes_show_both_sides_and_a_dash_for_what_is_not_there(screen):
    show.print_changes(
        [
            Change(
                subgoal_id="heart", before=0.5, after=0.345, delta_abs=-0.155, delta_rel=-0.31, support_before=1200,
                support_after=3, gap_before=False, gap_after=True,
            ),
            Change(
                subgoal_id="new", before=None, after=0.2, delta_abs=None, delta_rel=None, support_before=None,
                support_after=4, gap_before=None, gap_after=False,
            ),
        ]
    )  # fmt: skip
    heart, new = screen.getvalue().splitlines()[1:]
    assert heart.split() == [
        "heart",
        "0.500",
        "0.345",
        "-0.155",
        "(-31.0%)",
        "1,200",
        "to",
        "3",
        "covered",
        "to",
        "gap",
    ]
    assert new.split() == ["new", "-", "0.200", "-", "-", "to", "4", "-", "to", "covered"]


def test_what_makes_two_runs_hard_to_compare_comes_first(screen):
    one = Change(
        subgoal_id="heart", before=0.5, after=0.5, delta_abs=0.0, delta_rel=0.0, support_before=1, support_after=1,
        gap_before=True, gap_after=True, ci_before=(0.4, 0.6), reworded=True,
    )  # fmt: skip
    show.print_changes([one], ["The data differ: a and b."])
    said = screen.getvalue().splitlines()
    assert said[0] == "note: The data differ: a and b."
    assert "things: heart." in said[1]
    assert "0.500 (0.400 to 0.600)" in said[3]


def test_findings_say_works_or_fails(screen):
    show.print_findings([Finding("store", ok=True, detail="fine"), Finding("model", ok=False, detail="install it")])
    assert screen.getvalue() == "works  store: fine\nfails  model: install it\n"


def test_neighbours_are_shown_with_their_subgoal_and_what_repeats_them(screen):
    one = Neighbour(
        sample_id="row-9",
        subgoal_id="heart",
        level=1,
        explanation="Poor",
        evidence="[bold]beats\x1b[31m",
        likeness=0.876,
        copies=1_200,
    )
    other = one.model_copy(update={"subgoal_id": "tone", "evidence": "", "copies": 1})
    show.print_neighbours("row-7", GOAL, Neighbours(same=(one,), others=(other,)))
    show.print_neighbours("row-7", GOAL, Neighbours(same=(), others=()))
    said = screen.getvalue()
    assert "row-9, Heart [bold]disease[/bold]: level 1, likeness 0.88, 1,200 samples say this\n  [bold]beats" in said
    assert "row-9, Kind tone: level 1, likeness 0.88\n  Poor" in said
    assert "The weak samples most like row-7: none." in said
    assert "\x1b" not in said
