"""What pyproject.toml declares is enough: nothing of ours works only because a test tool brought a library along."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
IMPORT_ALL = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

BLOCKED = set(sys.argv[1:])
sys.meta_path.insert(0, Missing())
for folder in ("agent", "memory", "tools", "graph", "ui"):
    package = importlib.import_module(f"goalcover.{folder}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
"""


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(declared):
    """Names of all distributions that these requirements bring, in the end."""
    left, seen = [Requirement(one) for one in declared], set()
    while left:
        one = left.pop()
        key = (plain(one.name), *sorted(one.extras))
        if key not in seen:
            seen.add(key)
            asked = [{"extra": extra} for extra in ("", *one.extras)]
            left += [inner for inner in brought(one.name) if not inner.marker or any(map(inner.marker.evaluate, asked))]
    return {name for name, *_ in seen}


def brought(name):
    try:
        return [Requirement(one) for one in requires(name) or []]
    except PackageNotFoundError:  # for another platform
        return []


def import_all(blocked):
    command = [sys.executable, "-c", IMPORT_ALL, *sorted(blocked)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_everything_can_be_imported_without_what_only_the_tests_need(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    there = needed([*project["dependencies"], *project["optional-dependencies"]["local"]])
    others = {
        module
        for module, names in packages_distributions().items()
        if not there & {plain(name) for name in names} and "goalcover" not in names
    }
    assert {"pytest", "playwright"} <= others
    done = import_all(others)
    assert done.returncode == 0, done.stderr
