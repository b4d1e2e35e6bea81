import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from math import ceil

import pytest
from goalcover.agent.models import Goal, Outputs, Subgoal
from goalcover.memory.runs import Run
from goalcover.tools import typeset
from goalcover.tools.report import TEMPLATES, ReportData, dataset_name, render_html, render_markdown, render_run
from markdown_it import MarkdownIt
from pages import Page
from report_data import (
    HOSTILE_TEXTS,
    LLM,
    SUPPORT_GAPS,
    SUPPORT_SAMPLES,
    coverage,
    hostile,
    many,
    report,
    support_assistant,
)
from unjudged import run_of

DASH = "\N{EN DASH}"
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def without_gaps(n: int, *, gap: bool | None = False) -> ReportData:
    goal = many(n, 0).goal
    return report(goal, [coverage(one, (1, 0, 0, 0, 0, 9), gap=gap, rule="by support") for one in goal.subgoals])


def verdict(data: ReportData) -> str:
    """The headline, which must be the same in both forms."""
    html = render_html(data)
    found = re.search(r'<h2 id="verdict-title"[^>]*>(.*?)</h2>', html)
    assert found is not None
    assert f"\n## {found[1]}\n" in render_markdown(data)
    return found[1]


# --- the whole --------------------------------------------------------------------------------------------------------


def test_the_report_reads_as_it_was_last_approved(golden: Callable[[str, str], None]) -> None:
    golden("report.html", render_html(support_assistant()))
    golden("report.md", render_markdown(support_assistant()))


def test_the_same_data_gives_the_same_report() -> None:
    assert render_html(support_assistant()) == render_html(support_assistant())


@pytest.mark.parametrize(("n", "n_gaps"), [(1, 0), (1, 1), (7, 3), (40, 0), (40, 40)])
def test_one_to_forty_capabilities_fit(n: int, n_gaps: int) -> None:
    data = many(n, n_gaps)
    html = render_html(data)
    page = Page(html)
    assert not page.unclosed
    assert len(page.having("div", role="listitem")) == len(page.rows["heat"]) - 1 == len(page.rows["figures"]) - 1 == n
    assert len(page.having("article", **{"class": "card"})) == n_gaps
    assert len(html) < 40_000 + 7_000 * n
    assert render_markdown(data).count("#### Why it is weak") == n_gaps


# --- the verdict ------------------------------------------------------------------------------------------------------


def test_the_headline_counts_and_names_the_gaps() -> None:
    assert verdict(support_assistant()) == (
        "2 of 7 capabilities are gaps: Escalation to a person, Refund and cancellation policy"
    )
    assert verdict(many(6, 1)) == "1 of 6 capabilities is a gap: Capability number 6 of a long list"
    assert verdict(many(40, 40)).endswith("Capability number 5 of a long list and 35 more")


def test_the_headline_is_as_careful_when_there_are_no_gaps() -> None:
    assert verdict(without_gaps(6)) == "No gaps: all 6 capabilities are supported"
    assert verdict(without_gaps(1)) == "No gaps: the one capability is supported"
    assert verdict(without_gaps(3, gap=None)) == "No verdict on any of 3 capabilities"
    assert "not for the correctness of each row" in Page(render_html(without_gaps(6))).text


def test_no_gap_beside_a_missing_verdict_is_not_called_covered() -> None:
    data = support_assistant()
    rows = [row.model_copy(update={"gap": False if row.gap else row.gap}) for row in data.coverage.subgoals]
    data = report(data.goal, rows)
    assert verdict(data) == "No gap found, but 1 of 7 capabilities without a verdict: Care with personal data"


def test_the_badge_says_what_judged() -> None:
    text = Page(render_html(support_assistant())).text
    assert (
        "embedded engine: evidence from sentence embeddings, not an LLM\N{RIGHT SINGLE QUOTATION MARK}s opinion" in text
    )
    assert "of this gap" not in text  # the embedded analyst's own sentence gives the figures
    text = Page(render_html(support_assistant(LLM))).text
    assert "llm engine: the opinion of gpt-4.1-mini" in text
    assert "embedded engine" not in text
    assert "41% of this gap\N{RIGHT SINGLE QUOTATION MARK}s low-scoring samples (232), high confidence" in text


# --- the figures ------------------------------------------------------------------------------------------------------


def test_the_table_shows_the_figures_of_the_models_worst_first() -> None:
    data = support_assistant()
    by_name = {row.name: row for row in data.coverage.subgoals}
    descriptions = {one.name: one.description for one in data.goal.subgoals}
    rows = Page(render_html(data)).rows["figures"][1:]
    for name, alignment, interval, support, share, wanted, unscored, rule in rows:
        one = by_name[next(known for known in by_name if name.startswith(known))]
        assert name == one.name + descriptions[one.name]
        assert one.alignment is not None
        assert one.ci_low is not None
        assert one.ci_high is not None
        assert one.support_share is not None
        assert alignment == f"{one.alignment:.2f}"
        assert interval == f"{one.ci_low:.2f}{DASH}{one.ci_high:.2f}"
        assert support == f"{one.support} of {one.n_scored}"
        assert share == typeset.percent(one.support_share)
        assert wanted == ("alignment 0.50" if one.share_wanted is None else f"{ceil(one.share_wanted * 600)} samples")
        assert unscored == str(one.n_unscored)
        assert rule == {True: "Gap ", False: "Covered ", None: "No verdict "}[one.gap] + one.rule
    verdicts = [rule.split(" ")[0] for *_, rule in rows]
    assert verdicts == ["Gap", "Gap", "No", "Covered", "Covered", "Covered", "Covered"]
    covered = [float(row[1]) for row in rows[3:]]
    assert covered == sorted(covered)


def test_the_heat_map_shows_share_and_number_of_every_level() -> None:
    data = support_assistant()
    rows = {row[0].split("  ")[0].strip(): row[1:] for row in Page(render_html(data)).rows["heat"][1:]}
    for one in data.coverage.subgoals:
        cells = next(cells for name, cells in rows.items() if name.startswith(one.name))
        assert cells == [f"{typeset.percent(n / one.n_scored)} {n:,}" for n in one.histogram]


def test_the_bars_are_as_long_as_the_figures() -> None:
    one = Subgoal(id="a", name="A", description="a", scope="every")
    row = coverage(one, (5, 0, 0, 0, 0, 15), rule="r").model_copy(update={"ci_low": 0.5, "ci_high": 0.9})
    page = Page(render_html(report(Goal(text="g", subgoals=(one,)), [row])))
    assert [bar["width"] for bar in page.having("rect", **{"class": "bar"})] == ["75.00%", "93.75%"]
    assert next((w["x1"], w["x2"]) for w in page.having("line", **{"class": "whisker"})) == ("50.00%", "90.00%")
    assert [limit["x1"] for limit in page.having("line", **{"class": "limit"})] == ["50.00%"]


@pytest.mark.parametrize(("n", "wanted", "place"), [(36, 20, "92.59%"), (10, 20, "100.00%"), (600, 150, "41.67%")])
def test_the_line_of_the_support_is_where_the_rule_draws_it(n: int, wanted: int, place: str) -> None:
    one = Subgoal(id="a", name="A", description="a")
    row = coverage(one, (n // 2, 0, 0, 0, 0, n // 2), rule="r", gap=True, wanted=0.25)
    row = row.model_copy(update={"outputs": Outputs(checked=5, broken=4, supporting=3)})
    data = report(Goal(text="g", subgoals=(one,)), [row])
    page = Page(render_html(data))
    assert [limit["x1"] for limit in page.having("line", **{"class": "limit"})] == [place]
    assert page.rows["figures"][1][5] == f"{wanted} samples"
    assert f"{n // 2} of {n}, 3 of them broken {wanted} wanted" in page.text
    assert f"| 50% | {wanted} samples |" in render_markdown(data)


def test_a_threshold_of_the_goal_marks_every_row() -> None:
    data = support_assistant()
    data = replace(data, goal=data.goal.model_copy(update={"threshold": 0.3}))
    page = Page(render_html(data))
    assert [one["x1"] for one in page.having("line", **{"class": "limit"})] == ["30.00%"] * 7
    assert "a capability with a mean alignment below 0.30 is a gap" in page.text


def test_what_is_not_known_is_called_unknown_and_never_zero() -> None:
    goal = many(1, 0).goal
    row = coverage(goal.subgoals[0], (0,) * 6, gap=None, unscored=600, rule="no verdict: every judgement failed")
    page = Page(render_html(report(goal, [row])))
    (figures,) = page.rows["figures"][1:]
    assert figures[1:7] == ["unknown", "unknown", "0 of 0", "unknown", DASH, "600"]
    assert not page.having("rect", **{"class": "bar"})
    assert f"| No verdict | unknown | unknown | 0 of 0 | unknown | {DASH} | 600 |" in render_markdown(
        report(goal, [row])
    )


# --- gaps and their samples -------------------------------------------------------------------------------------------


def test_every_link_leads_to_a_place_in_the_page() -> None:
    for data in (support_assistant(), many(40, 40), without_gaps(2), hostile()):
        page = Page(render_html(data))
        places = [found["id"] for _, found in page.elements if "id" in found]
        assert len(places) == len(set(places))
        assert {link["href"].removeprefix("#") for link in page.having("a")} <= set(places)
        labels = [label for _, found in page.elements for label in found.get("aria-labelledby", "").split()]
        assert set(labels) <= set(places)


def test_a_quote_names_the_sample_that_holds_it_and_no_other() -> None:
    gap = SUPPORT_GAPS[1]
    quotes = ("What do I owe you if I leave   today?", "words of no sample")
    capability = gap.capabilities[0].model_copy(update={"quotes": quotes})
    data = replace(support_assistant(), gaps=(gap.model_copy(update={"capabilities": (capability,)}),))
    markdown = render_markdown(data)
    assert "today? (`ticket-0983`)" in markdown
    assert "> words of no sample\n" in markdown


def test_the_appendix_holds_the_named_samples_cut_at_their_limit() -> None:
    page = Page(render_html(support_assistant()))
    assert len(page.having("details", **{"class": "sample"})) == len(SUPPORT_SAMPLES)
    long = SUPPORT_SAMPLES["ticket-1206"].input
    assert long[:590] in page.text
    assert long[-20:] not in page.text
    assert f"The first 600 of {len(long)} characters." in page.text


@pytest.mark.parametrize("quote_ids", [("row-40",), ()])
def test_of_a_large_group_only_the_samples_that_are_shown_are_read(tmp_path, monkeypatch, quote_ids) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(f'{{"question": "Case {n}?", "answer": "Yes."}}\n' for n in range(1, 61)))
    ids = tuple(f"row-{n}" for n in range(1, 61))
    group = {"sample_ids": ids, "quotes": ("Case 40?",), "quote_ids": quote_ids}
    found = SUPPORT_GAPS[1].capabilities[0].model_copy(update=group)
    advice = SUPPORT_GAPS[1].recommendations[0].model_copy(update={"sample_ids": ids})
    gap = {"subgoal_id": "any", "capabilities": (found,), "recommendations": (advice,)}
    run = run_of(data, tmp_path / "run", gaps=(SUPPORT_GAPS[1].model_copy(update=gap),))
    read, samples = [], Run.samples
    monkeypatch.setattr(Run, "samples", lambda run, ids: read.extend(ids) or samples(run, ids))
    page = Page(render_run(run))
    assert len(page.having("details", **{"class": "sample"})) == 13
    assert len(read) == (16 if quote_ids else 60)


def test_a_gap_without_analysis_says_so() -> None:
    bare = SUPPORT_GAPS[0].model_copy(update={"capabilities": (), "recommendations": ()})
    text = Page(render_html(replace(support_assistant(), gaps=(bare,)))).text
    assert "The analysis named no missing capability for this gap." in text
    assert "No recommendation was made for this gap." in text
    assert "have not been analysed" in Page(render_html(replace(support_assistant(), gaps=()))).text


# --- the run ----------------------------------------------------------------------------------------------------------


def test_the_footer_tells_where_the_figures_come_from() -> None:
    data = support_assistant(LLM)
    text = Page(render_html(data)).text
    assert data.info.dataset.fingerprint in text
    assert data.info.goal_sha256 in text
    assert "4,200: 4,114 scored, 86 unscored; 0 reused" in text
    assert "1,482,310 in, 203,144 out" in text
    assert "not known" in text
    assert "Model calls" not in Page(render_html(support_assistant())).text


def test_a_report_that_is_sent_on_does_not_tell_folders() -> None:
    assert "/home/ines" not in render_html(support_assistant()) + render_markdown(support_assistant())
    assert dataset_name("C:\\data\\rows.csv") == "rows.csv"
    assert dataset_name("./data/folder") == "folder"
    assert dataset_name("qiaojin/PubMedQA") == "qiaojin/PubMedQA"


# --- kind and map


def test_a_gap_card_tells_kind_reason_and_what_would_close_it() -> None:
    text = Page(render_html(support_assistant())).text
    assert "Shallow: samples touch it without depth. 63 of 600 samples touch it" in text
    assert "At least 45 samples more at level 4 would close the gap." in text
    assert "2 samples already hold it in the input but not in the output" in text
    assert "Key terms: lawyer, ombudsman, formal complaint" in text
    assert "303 samples of 573 low-scoring ones belong to no group. 4 samples repeat another one." in text


def test_a_map_has_a_dot_for_every_sample_in_the_colour_of_its_group() -> None:
    page = Page(render_html(support_assistant()))
    assert [one["class"] for one in page.having("circle")] == ["g0", "g1", "gx"]
    assert "ticket-0052: If this is not solved by Friday" in page.text


# --- hostile content --------------------------------------------------------------------------------------------------

TAGS = set(
    re.findall(
        r"\S+",
        """html head meta title style body header main section details summary nav article footer div span bdi a p b i
        strong cite h1 h2 h3 h4 h5 dl dt dd ol li blockquote pre table thead tbody tr th td svg desc rect line
        figure figcaption circle""",
    )
)
ATTRIBUTES = set(
    re.findall(
        r"\S+",
        """lang charset http-equiv content name class id href dir role scope aria-label aria-labelledby aria-hidden
        data-label width height x1 x2 y1 y2 y rx viewbox cx cy r""",
    )
)


@pytest.mark.parametrize("engine", [LLM, hostile().info.engine], ids=["llm", "embedded"])
def test_hostile_content_adds_no_element_attribute_or_address(engine: object) -> None:
    data = hostile()
    page = Page(render_html(replace(data, info=data.info.model_copy(update={"engine": engine}))))
    assert not page.unclosed
    assert {tag for tag, _ in page.elements} <= TAGS
    assert {name for _, found in page.elements for name in found} <= ATTRIBUTES
    assert all(link["href"].startswith("#") for link in page.having("a"))


def test_hostile_content_is_shown_as_it_is() -> None:
    page = Page(render_html(hostile()))
    for text in HOSTILE_TEXTS:
        assert typeset.visible(text[:590]) in page.text


def test_hostile_content_adds_no_markup_to_markdown() -> None:
    tokens = [
        child for token in MARKDOWN.parse(render_markdown(hostile())) for child in [token, *(token.children or [])]
    ]
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    plain = {"heading", "inline", "text", "text_special", "paragraph", "bullet_list", "list_item", "strong", "em"}
    assert kinds <= plain | {"table", "thead", "tbody", "tr", "th", "td", "code_inline", "fence", "blockquote"}
    assert len([token for token in tokens if token.type == "heading_open" and token.tag == "h1"]) == 1
    columns = len([token for token in tokens if token.type == "td_open"])
    assert columns == 14 * (8 + 7)
    fenced = [token.content.removesuffix("\n") for token in tokens if token.type == "fence"]
    for text in HOSTILE_TEXTS[:12]:
        assert typeset.visible(text) in fenced


def test_hostile_content_can_be_written_as_utf_8() -> None:
    assert (render_html(hostile()) + render_markdown(hostile())).encode("utf-8")


def test_the_page_may_load_and_run_nothing() -> None:
    html = render_html(support_assistant())
    (policy,) = [one["content"] for one in Page(html).having("meta") if "http-equiv" in one]
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|@font-face|http", style[1])


# --- legibility -------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", (TEMPLATES / "style.css").read_text(), re.DOTALL)[theme]
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    grounds = ("page", "sheet", "gap-wash", "covered-wash", "unknown-wash")
    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in grounds]
    pairs += [(f"on-h{step}", f"h{step}") for step in range(7)]
    pairs += [(ink, ground) for ink in ("gap", "unknown", "covered-ink") for ground in ("page", "sheet")]
    assert [pair for pair in pairs if contrast(colour[pair[0]], colour[pair[1]]) < 4.5] == []


def test_checks_that_a_person_let_pass_are_told_as_text() -> None:
    data = support_assistant()
    note = "Refunds and <b>billing</b> were kept apart. They overlap."
    overruled = replace(data, goal=data.goal.model_copy(update={"overruled": (note,)}))
    assert note in Page(render_html(overruled)).text
    assert "Checks that were let pass" in render_markdown(overruled)
    assert "<b>billing" not in render_html(overruled)
    assert "let pass" not in render_html(data)
