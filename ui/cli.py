"""The command line (README, "On the command line"). Thin: every command is a few lines around `tools`.

The commands stand in `ui/commands`. They import only typer at the top: `goalcover --help` has to answer at once, and
pandas, chromadb and torch take seconds. Each command imports what it works with.
"""

import gc
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import typer
from goalcover.agent.errors import GoalCoverError
from goalcover.ui.commands import data, elicit, judging, results, study, talk
from goalcover.ui.commands.options import say

app = typer.Typer(
    name="goalcover",
    help="Find the capability gaps in fine-tuning data before you pay for the training run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(talk.chat)
app.command()(talk.talk)
app.command()(elicit.plan)
app.command()(elicit.verify)
app.command()(judging.assess)
app.command()(judging.calibrate)
app.command()(judging.audit)
app.command()(results.gaps)
app.command()(results.explain)
app.command()(results.samples)
app.command()(results.report)
app.command()(results.check)
app.command()(results.compare)
app.command()(data.synthesize)
app.command("filter")(data.filter_)
app.command()(data.export)
app.add_typer(study.app, name="study")
app.command()(talk.doctor)


class Unheard:
    """A stream for people, who may stop reading (`2>&1 | head`): what is said then is lost, and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """See io.TextIOBase."""
        with suppress(BrokenPipeError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """See io.TextIOBase."""
        with suppress(BrokenPipeError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def main() -> None:
    """The entry point: turns errors that have something to say into one line and an exit code."""
    # Our matrices are many and small: more threads spend their time waiting for each other (a warm assessment of 1,000
    # rows took 23 s of CPU with two, 6 s with one). numpy reads it once, when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A command makes many objects and few cycles: looking for them every 700 objects took a tenth of a warm assessment.
    gc.set_threshold(1_000_000, 20, 20)
    sys.stderr = cast(TextIO, Unheard(sys.stderr))
    try:
        code = app(standalone_mode=False)
    except GoalCoverError as error:
        say(f"goalcover: {error}")
        code = error.exit_code
    except typer.TyperException as error:
        say(_in_words(error))
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        say("goalcover: interrupted")
        code = 3
    except SystemExit as stopped:
        # typer turns a reader of our output that went away (`--json | head`) into exit code 1: "a check failed".
        if not isinstance(stopped.__context__, BrokenPipeError):
            raise
        code = 0
    sys.exit(code or 0)


def _in_words(error: typer.TyperException) -> str:
    if type(error).__name__ == "NoArgsIsHelpError":  # of a private module; what it says is the help
        return error.format_message()
    context = getattr(error, "ctx", None)  # of the command that was misused, where one was reached
    command = context.command_path if context else "goalcover"
    return f"goalcover: {error.format_message()} ({command} --help lists what there is)"
