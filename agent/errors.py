"""What can go wrong, told so that the reader knows what to do next.

    GoalCoverError          the base; its text is one or two sentences for the person at the keyboard
    +-- InputError          a file, an option or a goal cannot be used as it is (exit code 2)
    +-- MissingPartError    an optional part of the installation is not there (exit code 2)
    +-- RunBusyError        another process is at work in the same run directory (exit code 2)
    +-- StoppedError        part of the work is done and kept (exit code 3)
    +-- ModelError          a chat model or its server does not do what was asked (exit code 2)
        +-- ModelBusyError      it may well answer later: 429, 5xx, timeouts, broken connections
        +-- ModelRefusedError   it declines this content
        +-- ModelAnswerError    it answers something else than was asked for, also when asked again
        +-- ContextTooLongError the question is longer than it can read
        +-- ModelRequestError   the server does not take the request in this form (e.g. `response_format`)
        +-- ModelUnknownError   the server knows nothing of this name, or under this address (404)

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


class ModelError(GoalCoverError):
    """A chat model cannot be used as configured. Never holds a key or a prompt."""


class ModelBusyError(ModelError):
    """The server is busy, broken or silent: worth another try."""

    def __init__(
        self, text: str, retry_after: float | None = None, *, crowded: bool = False, billed: bool = False
    ) -> None:
        super().__init__(text)
        self.crowded = crowded
        """Whether fewer calls at once would help: 429, 503, silence."""
        self.billed = billed
        """Whether the server may have worked on it all the same: no whole answer came back in time."""
        self.retry_after = retry_after
        """Seconds to wait as the server asked for; None when it did not say."""


class ModelRefusedError(ModelError):
    """The model or its content filter declines: another try will not help."""


class ModelAnswerError(ModelError):
    """The reply is not what was asked for; the text says what is wrong with it, in words a model can act on."""


class ContextTooLongError(ModelError):
    """The question does not fit into the model's context."""


class ModelRequestError(ModelError):
    """The server does not accept the form of the request; the text holds its own words, cut."""


class ModelUnknownError(ModelError):
    """The server knows no such model, or offers nothing of the kind that was asked for."""
