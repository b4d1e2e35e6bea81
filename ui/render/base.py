"""The one function that turns an event into Markdown; each kind of event registers its words."""

from functools import singledispatch


@singledispatch
def render(said: object) -> str:
    """The Markdown of one event."""
    raise TypeError(f"no words for {type(said).__name__}")


@singledispatch
def brief(said: object) -> str:
    """The Markdown of one event where charts and cards stand beside it."""
    return render(said)
