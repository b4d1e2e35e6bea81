"""CI fails when a test on real data was skipped although the data is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_on_data(shared_data):
    assert shared_data.is_dir()

@pytest.mark.skip(reason="too slow today")
def test_that_is_left_out(shared_data): ...
"""


def run(folder: Path, *, data: bool, ci: bool) -> str:
    here = folder / "repository" / "tests" / "real"
    here.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("conftest.py"), here)
    (here / "test_it.py").write_text(TESTS)
    if data:
        (folder / "shared" / "data").mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "true"} if ci else {})
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take seconds to load
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--rootdir={folder}", str(here)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def test_a_skip_in_ci_is_a_failure_where_the_data_is(tmp_path):
    said = run(tmp_path, data=True, ci=True)
    assert "1 passed, 1 error" in said
    assert "was skipped in CI although" in said
    assert "too slow today" in said


@pytest.mark.parametrize(("data", "ci", "counts"), [(True, False, "1 passed, 1 skipped"), (False, True, "2 skipped")])
def test_elsewhere_a_skip_stays_a_skip(tmp_path, data, ci, counts):
    said = run(tmp_path, data=data, ci=ci)
    assert counts in said
    assert ("is not there" in said) is not data
