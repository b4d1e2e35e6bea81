"""Commands that talk: chat and talk. And doctor, which says what works here."""

from typing import Annotated

import typer


def chat(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to serve on; this machine's own only.")] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser window.")] = False,
) -> None:
    """Talk in the browser: hand over data and a goal, see the gaps, ask why."""
    from goalcover.ui.chat import serve

    serve(host, port, headless)


def talk(
    data: Annotated[str | None, typer.Option(metavar="DATA", help="A dataset to begin with.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last conversation.")] = False,
) -> None:
    """Talk in the terminal: the same conversation as in the browser."""
    from goalcover.ui.talk import talk as talk_here

    talk_here(data, resume=resume)


def doctor() -> None:
    """Say what works here: engine, model, embedder, store."""
    from goalcover.tools.doctor import examine
    from goalcover.ui import show

    findings = examine()
    show.print_findings(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
