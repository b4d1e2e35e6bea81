import re
from pathlib import Path

import pytest
from goalcover.graph.build import builder

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)
LOOKS = re.compile(r"^---.*?---\n|^\tclassDef.*\n|:::\w+|<p>|</p>", re.DOTALL | re.MULTILINE)


def drawn() -> str:
    """The machine's own picture, without its looks."""
    picture = LOOKS.sub("", builder.compile().get_graph().draw_mermaid())
    return picture.replace("__start__([__start__])", "__start__((start))").replace("\t", "    ").rstrip("\n") + "\n"


def test_the_picture_in_the_readme_is_the_state_machine(request: pytest.FixtureRequest):
    text = README.read_text()
    if request.config.getoption("--update-golden"):
        README.write_text(text := BLOCK.sub(lambda _: drawn(), text))
    assert BLOCK.findall(text) == [drawn()], "the graph changed: look at it, then `pytest --update-golden`"
