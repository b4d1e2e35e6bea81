"""What is spent on a run after or beside its judging stands in it, whether the work succeeds or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from goalcover.agent.engine import Engine
from goalcover.agent.usage import paid_by
from goalcover.memory.ledger import Expense, Ledger
from goalcover.memory.runs import Run
from goalcover.tools.budget import Budget


@contextmanager
def on_account(run: Run, engine: Engine, budget: Budget) -> Iterator[None]:
    """The budget pays for what the engine's roles are asked within, and it is added to what the run has cost."""
    usage, spent = budget.usage, budget.spent or 0.0
    try:
        with paid_by(budget):
            yield
    finally:
        cost = None if budget.spent is None else budget.spent - spent
        run.pay(Expense(engine.name, budget.usage - usage, cost))


@contextmanager
def judging_again(run: Run) -> Iterator[Ledger]:
    """The ledger of a finished run, which is locked: what is judged within is added to what the run has cost."""
    with run.lock():
        try:
            with run.ledger() as ledger:
                yield ledger
        finally:
            run.pay()
