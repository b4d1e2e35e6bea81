"""A report of several judges says how far they agree, and on which capabilities they do not."""

import re
from dataclasses import replace

from goalcover.agent.models import Agreement, Alignment
from goalcover.tools.agreement import Panel
from goalcover.tools.report import ReportData, render_html, render_markdown
from goalcover.ui.judges import print_agreement
from report_data import LLM, support_assistant


def votes(*levels: int | None) -> list[Alignment]:
    return [Alignment(sample_id="a", subgoal_id="s", level=one, explanation="", judge="j") for one in levels]


def two_judges() -> Agreement:
    """Of one mind about the heart, of opposite ones about drugs."""
    panel = Panel(["llm/alpha/1", "llm/<b>beta/1"])
    for level in range(6):
        for name, other in (("heart", level), ("drugs", 5 - level)):
            panel.add(name, votes(level, other))
    return panel.agreement()


def report(agreement: Agreement | None) -> ReportData:
    data = support_assistant(LLM)
    return replace(data, coverage=data.coverage.model_copy(update={"agreement": agreement}))


def test_agreement_is_shown_and_names_are_escaped():
    html, markdown = render_html(report(two_judges())), render_markdown(report(two_judges()))
    for text in (html, markdown):
        assert "2 judges read every sample" in text
        assert text.count("disputed") == 1
        assert "67%" in text.replace("&nbsp;", " ")
    assert "&lt;b&gt;beta" in html
    assert "<b>beta" not in html


def test_a_judge_that_gives_no_levels_is_told_and_nothing_is_said_to_agree(capsys):
    panel = Panel(["llm/alpha/1", "llm/beta/1"])
    for level in range(6):
        panel.add("heart", votes(level, None))
    html, markdown = render_html(report(panel.agreement())), render_markdown(report(panel.agreement()))
    print_agreement(panel.agreement())
    shown = capsys.readouterr().err
    for text in (html, markdown, shown):
        assert "beta gave no level in 6 of 6 judgements" in re.sub(r"</?bdi>|llm/|/1|`", "", text)
        assert "alpha gave no level" not in text
    assert "two levels or more apart on an unknown part\n\n- `llm/beta" in markdown
    assert "<td>unknown</td>" in html
    assert re.search(r"unknown +unknown +0\.50 +unknown", shown)


def test_one_judge_is_compared_with_nobody():
    assert "judges read every sample" not in render_html(report(None)) + render_markdown(report(None))
