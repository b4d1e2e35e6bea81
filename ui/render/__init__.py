"""What the conversation says -> Markdown. Pure: it makes no figure, and lets no text of a dataset through as markup."""

from goalcover.ui.render import deliver, plan, remedy, run
from goalcover.ui.render.base import brief, render
from goalcover.ui.render.plan import FAILED, SETTLED, STILL_BUSY, question

__all__ = ["FAILED", "SETTLED", "STILL_BUSY", "brief", "deliver", "plan", "question", "remedy", "render", "run"]
