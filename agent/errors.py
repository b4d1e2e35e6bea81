"""What can go wrong, told so that the reader knows what to do next.

    GoalCoverError          the base; its text is one or two sentences for the person at the keyboard
    +-- InputError          a file, an option or a goal cannot be used as it is (exit code 2)
    +-- MissingPartError    an optional part of the installation is not there (exit code 2)
    +-- RunBusyError        another process is at work in the same run directory (exit code 2)
    +-- StoppedError        part of the work is done and kept (exit code 3)

Foreign exceptions are turned into these at the edge where they arise. Everything else that escapes is a bug.
"""


class GoalCoverError(Exception):
    """Base of all errors that are told to a person, without a traceback."""

    exit_code = 2


class InputError(GoalCoverError):
    """Wrong usage or bad input: says what is wrong and where."""


class MissingPartError(GoalCoverError):
    """Something optional is not installed: says how to install it."""


class RunBusyError(GoalCoverError):
    """Another process holds the run directory."""


class StoppedError(GoalCoverError):
    """Stopped with part of the work done and kept: says how to continue."""

    exit_code = 3
