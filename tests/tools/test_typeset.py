import json

import pytest
from goalcover.tools import typeset
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_data import HOSTILE_TEXTS

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def inner(markdown: str) -> list[str]:
    """Types of the tokens inside the first block."""
    return [token.type for token in MARKDOWN.parse(markdown)[1].children or []]


def shown(markdown: str) -> str:
    return "".join(token.content for token in MARKDOWN.parse(markdown)[1].children or [])


@pytest.mark.parametrize("text", [text for text in HOSTILE_TEXTS if text.strip()])
def test_hostile_text_stays_one_paragraph_of_plain_text_in_markdown(text: str) -> None:
    markdown = typeset.markdown_text(text)
    assert [token.type for token in MARKDOWN.parse(markdown)] == ["paragraph_open", "inline", "paragraph_close"]
    assert set(inner(markdown)) == {"text"}
    assert shown(markdown) == typeset.squeeze(typeset.visible(text))


@given(st.text(alphabet="ab1 *_`[]()<>&!#|~$@\\:/.-+=\n\t\0\u202e", min_size=1))
def test_no_text_at_all_becomes_markup_in_markdown(text: str) -> None:
    expected = typeset.squeeze(typeset.visible(text))
    if expected:
        assert shown(typeset.markdown_text(text)) == expected


@pytest.mark.parametrize("text", ["`", "``` x", "a `` b", "~~~\n```\n````", "</code>"])
def test_code_and_fences_hold_any_run_of_backticks(text: str) -> None:
    (block,) = MARKDOWN.parse(typeset.fence(text))
    assert (block.type, block.content) == ("fence", text + "\n")
    assert inner(typeset.code(text)) == ["code_inline"]
    assert shown(typeset.code(text)) == typeset.squeeze(text)


def test_bare_addresses_do_not_become_links() -> None:
    line = typeset.markdown_text("see http://evil.example, HTTPS://evil.example and WWW.evil.example")
    assert "://" not in line
    assert "WWW." not in line


def test_html_text_escapes_what_an_element_or_attribute_could_end_on() -> None:
    assert typeset.html_text("""<b a='x' c="y">&""") == "&lt;b a=&#39;x&#39; c=&#34;y&#34;&gt;&amp;"


def test_characters_that_act_become_visible_and_the_rest_is_kept() -> None:
    assert typeset.visible("a\0b\x1b[c\x7f\x9b\u202ed\ud800") == "a␀b␛[c[U+007F][U+009B][U+202E]d\ufffd"
    assert typeset.visible("one\r\ntwo\rthree\u2028four\tfive") == "one\ntwo\nthree\nfour\tfive"
    assert typeset.visible("שלום 👩‍👧 नमस्ते") == "שלום 👩‍👧 नमस्ते"


def test_json_holds_no_character_that_acts_and_reads_as_before() -> None:
    content = {"text": "a\0b\x1b[c\x7f\x9b2J\u202ed\ud800 名前 👩‍👧\n\t"}
    plain = json.dumps(content, ensure_ascii=False, indent=2)
    found = typeset.inert(plain)
    assert json.loads(found) == content
    assert found == typeset.visible(found)
    assert "名前 👩‍👧" in found
    found.encode()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0"),
        (0.0004, "under 0.1"),
        (0.015, "1.5"),
        (0.04, "4"),
        (0.0996, "10"),
        (0.125, "12.5"),
        (0.998, "99.8"),
        (0.9999, "over 99.9"),
        (1, "100"),
    ],
)
def test_shares_never_round_to_none_or_all(share: float, text: str) -> None:
    assert typeset.percent(share) == f"{text}%"


def test_figures_and_dates_read_naturally() -> None:
    assert (typeset.score(None), typeset.score(0.126)) == ("unknown", "0.13")
    assert (typeset.count(1, "sample"), typeset.count(1200, "sample")) == ("1 sample", "1,200 samples")
    assert (typeset.date("2025-11-08T09:00:00Z"), typeset.date("yesterday")) == ("8 November 2025", "yesterday")
    assert (typeset.cut("abcdef", 6), typeset.cut("abcdefg", 6)) == ("abcdef", "abcde…")
