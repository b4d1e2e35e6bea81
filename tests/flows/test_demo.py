"""The dataset that comes along, from the command line to the page in a browser: two gaps are planted, two are found."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from commands import goalcover
from playwright.sync_api import Browser, Page, sync_playwright

PLANTED = ["gas-safety", "payment-difficulty"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("the report was not opened in a browser: chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def test_exactly_the_planted_gaps_are_found(demo):
    coverage = json.loads((demo.path / "coverage.json").read_text())
    assert sorted(one["id"] for one in coverage["subgoals"] if one["gap"]) == PLANTED
    assert coverage["n_gaps"] == 2
    assert sorted(gap["subgoal_id"] for gap in json.loads((demo.path / "gaps.json").read_text())) == PLANTED


def test_every_gap_is_explained_with_quotes_from_the_samples_and_advice(demo):
    samples = pd.read_parquet(demo.path / "samples.parquet").set_index("sample_id")
    for gap in json.loads((demo.path / "gaps.json").read_text()):
        assert gap["capabilities"]
        assert 2 <= len(gap["recommendations"]) <= 4
        for capability in gap["capabilities"]:
            read = samples.loc[capability["sample_ids"]]
            text = " ".join(" ".join(read["input"] + " " + read["output"]).split())
            assert capability["quotes"]
            for quote in capability["quotes"]:
                assert " ".join(quote.split()).strip(" …") in text


def test_every_pair_is_judged_and_no_judgement_failed(demo):
    scores = pd.read_parquet(demo.path / "scores.parquet")
    assert len(scores) == 305 * 9
    assert set(scores["status"]) == {"scored"}
    assert not scores.duplicated(["sample_id", "subgoal_id"]).any()


def test_check_stops_a_ci_job_and_names_the_gaps(demo):
    said = goalcover("check", demo.path)
    assert said.returncode == 1
    assert sorted(line.partition(":")[0] for line in said.stderr.splitlines()) == PLANTED


def test_both_reports_name_the_gaps(demo):
    names = ("Gas leaks, carbon monoxide and electrical danger", "Customers who cannot pay")
    for report in ("report.md", "report.html"):
        text = (demo.path / report).read_text("utf-8")
        assert all(name in text for name in names)


def test_the_report_opens_without_an_error_and_asks_nobody_for_anything(demo, page):
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    url = Path(demo.path / "report.html").as_uri()
    page.goto(url)
    assert page.get_by_role("heading", name="Customers who cannot pay").first.is_visible()
    assert told == []
    assert [one for one in asked if one != url and not one.startswith("data:")] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_fits_the_width_of_the_screen(demo, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(Path(demo.path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
