"""A report of several judges says how far they agree, and on which capabilities they do not."""

from dataclasses import replace

from goalcover.agent.models import Agreement, Alignment
from goalcover.tools.agreement import Panel
from goalcover.tools.report import ReportData, render_html, render_markdown
from report_data import LLM, support_assistant


def two_judges() -> Agreement:
    """Of one mind about the heart, of opposite ones about drugs."""
    panel = Panel(["llm/alpha/1", "llm/<b>beta/1"])
    for level in range(6):
        for name, other in (("heart", level), ("drugs", 5 - level)):
            votes = [
                Alignment(sample_id="a", subgoal_id=name, level=one, explanation="", judge="j")
                for one in (level, other)
            ]
            panel.add(name, votes)
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


def test_one_judge_is_compared_with_nobody():
    assert "judges read every sample" not in render_html(report(None)) + render_markdown(report(None))
