"""What tests on real data share."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of real datasets beside the repository; the test is skipped where there is none."""
    if not DATA.is_dir():
        pytest.skip(f"not tested on real data: the folder {DATA} is not there")
    return DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, where the data is there, a test on it that did not run is a failure: nobody reads a list of skips."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and DATA.is_dir() and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI although {DATA} is there: {reason}"
    return report
