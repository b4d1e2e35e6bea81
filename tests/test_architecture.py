"""The shape of the code: who may import whom, and how large a file may be (AGENTS.md, "Layout")."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = [name for name in ("agent", "memory", "tools", "graph", "ui") if (ROOT / name).is_dir()]
SOURCES = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*.py"))]
FILES = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]


def lint_imports(*arguments):
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_go_one_way_and_each_heavy_library_has_one_home():
    done = lint_imports()
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("folder", "line"),
    [("agent", "import goalcover.memory.runs"), ("memory", "import pandas"), ("agent", "import torch")],
)
def test_an_import_the_wrong_way_is_found(tmp_path, folder, line):
    (tmp_path / "goalcover").mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / "goalcover" / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "goalcover" / folder / "stray.py").write_text(line)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = f"import sys; sys.meta_path[:] = [one for one in sys.meta_path if 'Editable' not in repr(one)]\n{RUN}"
    done = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"goalcover.{folder}.stray" in done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_has_a_name_that_says_something(path):
    assert len(path.read_text("utf-8").splitlines()) < 400
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


def test_only_the_screen_knows_the_screen_s_library():
    outside = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "ui"]
    assert [path.name for path in outside if "chainlit" in path.read_text("utf-8")] == []


RUN = """
sys.path.insert(0, "")
from importlinter.cli import lint_imports
sys.exit(lint_imports(no_cache=True))
"""
