import re
from pathlib import Path

import pytest
from goalcover.graph.build import builder

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(?<=```mermaid\n)(?:[^`].*\n)*(?=```\n)")
LOOKS = re.compile(r"^---.*?---\n|^\tclassDef.*\n|:::\w+|<p>|</p>", re.DOTALL | re.MULTILINE)


def drawn() -> str:
    """The machine's own picture, without its looks, its edges in order."""
    picture = LOOKS.sub("", builder.compile().get_graph().draw_mermaid()).replace("\t", "    ")
    head, *lines = picture.replace("__start__([__start__])", "__start__((start))").strip().splitlines()
    nodes = [line for line in lines if "-" not in line]
    edges = sorted(line for line in lines if "-" in line)
    return "\n".join([head, *nodes, *edges]) + "\n"


def test_the_picture_in_the_readme_is_the_state_machine(request: pytest.FixtureRequest):
    text = README.read_text()
    if request.config.getoption("--update-golden"):
        README.write_text(text := BLOCK.sub(lambda _: drawn(), text))
    assert BLOCK.findall(text) == [drawn()], "the graph changed: look at it, then `pytest --update-golden`"
