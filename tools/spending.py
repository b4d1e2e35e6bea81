"""What the roles besides the judge have used for a request, and whether there is something left to spend."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from goalcover.agent.engine import Engine, Meter
from goalcover.agent.errors import InputError
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import Expense
from goalcover.memory.runs import Run
from goalcover.tools.budget import price_of


class Spending:
    """Counts from the moment on that it is made. A cap needs the price of every model: InputError."""

    def __init__(self, meters: Sequence[Meter], settings: Settings, max_cost: float | None = None) -> None:
        self._meters = [(meter, meter.usage, price_of(meter.name, settings)) for meter in meters]
        if max_cost is not None and any(price is None for _, _, price in self._meters):
            raise InputError(
                "--max-cost needs the model's price, which is not known: set GOALCOVER_PRICE_PROMPT and "
                "GOALCOVER_PRICE_COMPLETION (USD for a million tokens), or leave --max-cost out"
            )
        self.max_cost = max_cost

    @property
    def usage(self) -> Usage:
        """What was used since."""
        return sum((meter.usage - before for meter, before, _ in self._meters), Usage())

    @property
    def spent(self) -> float | None:
        """USD; None when no model was asked, or a price is not known."""
        if not self._meters or any(price is None for _, _, price in self._meters):
            return None
        return sum(price.of(meter.usage - before) for meter, before, price in self._meters if price)

    def is_left(self) -> bool:
        """Whether another call may be made."""
        return self.max_cost is None or (self.spent or 0.0) < self.max_cost


@contextmanager
def on_account(run: Run, engine: Engine, settings: Settings, max_cost: float | None = None) -> Iterator[Spending]:
    """What the engine's roles use within is added to what the run has cost, also when they fail."""
    spending = Spending(engine.meters, settings, max_cost)
    try:
        yield spending
    finally:
        run.pay(Expense(engine.name, spending.usage, spending.spent))
