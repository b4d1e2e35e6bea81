"""What models cost: the price of each, and a cap on what is spent."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Role, Settings
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import Expense
from goalcover.memory.runs import UsageInfo

MILLION = 1_000_000
BATCH_DISCOUNT = 0.5
"""What a call costs when it may take a day."""
_ASKED = 1_000
"""Tokens of the request that prices are asked for: from some hundred thousand on, many models cost more a token."""


@dataclass(frozen=True)
class Price:
    """USD for a million tokens."""

    prompt: float
    cached: float
    completion: float

    def of(self, usage: Usage) -> float:
        """USD."""
        fresh = usage.prompt_tokens - usage.cached_tokens
        return (
            fresh * self.prompt + usage.cached_tokens * self.cached + usage.completion_tokens * self.completion
        ) / MILLION


def price_of(model: str, settings: Settings) -> Price | None:
    """The price of a model: from the settings, else from genai-prices; None when neither knows it. Never guessed."""
    if settings.price_prompt is not None and settings.price_completion is not None:
        cached = settings.price_prompt if settings.price_cached is None else settings.price_cached
        return Price(settings.price_prompt, cached, settings.price_completion)
    try:
        return _listed(model, settings)
    except LookupError:
        return None


def _listed(model: str, settings: Settings) -> Price:
    from genai_prices import Usage as Priced  # a third of a second, and only a model's judgements cost money
    from genai_prices import calc_price

    listed = partial(calc_price, model_ref=model, provider_id="azure" if settings.azure_endpoint else "openai")
    if settings.base_url and not settings.azure_endpoint:
        listed = partial(calc_price, model_ref=model, provider_api_url=settings.base_url)
    parts = (
        Priced(input_tokens=_ASKED),
        Priced(input_tokens=_ASKED, cache_read_tokens=_ASKED),
        Priced(output_tokens=_ASKED),
    )
    return Price(*(float(listed(one).total_price * (MILLION // _ASKED)) for one in parts))


@dataclass
class Held:
    """What is set aside for one call after the other."""

    spender: str
    cost: float = 0.0
    """USD."""


class Budget:
    """What may be spent, what was used and spent, and what the calls in flight will probably cost.

    Judges go by their ids, the models of all other roles by their names: it is the `Account` of the latter.
    """

    def __init__(self, prices: Mapping[str, Price | None] | None = None, max_cost: float | None = None) -> None:
        """Prices by spender. A cap needs all of them: InputError."""
        self.prices = dict(prices or {})
        if max_cost is not None and None in self.prices.values():
            raise InputError(
                "--max-cost needs the model's price, which is not known: set GOALCOVER_PRICE_PROMPT and "
                "GOALCOVER_PRICE_COMPLETION (USD for a million tokens), or leave --max-cost out"
            )
        self.max_cost = max_cost
        self.usage = Usage()
        self.unscored: Counter[str] = Counter()
        """Why judgements failed -> how many."""
        self.is_reached = False
        """Whether a call was not made because of the cap."""
        self._spent = self._held = self._reserved = 0.0
        self._asked: set[str] = set()
        self._known: set[str] = set()
        """Of whose calls it is known what they take."""
        self._in_flight = Counter[str]()
        self._released = asyncio.Event()

    @property
    def spent(self) -> float | None:
        """USD; None when nobody was asked, or somebody whose price or tokens are not known."""
        if not self._asked or self.usage.untold or not all(self.prices.get(one) for one in self._asked):
            return None
        return self._spent

    @property
    def used(self) -> UsageInfo:
        """What models were asked for, as `run.json` tells it."""
        return UsageInfo.of(Expense("", self.usage, self.spent), self.unscored)

    @contextmanager
    def holding(self, spender: str) -> Iterator[Held]:
        """For calls one after the other; what is left of it at the end is given back."""
        held = Held(spender)
        try:
            yield held
        finally:
            self._set(held, 0.0)
            self._released.set()

    @asynccontextmanager
    async def call(self, held: Held, spent: Callable[[], Usage], expected: Callable[[], Usage]) -> AsyncGenerator[None]:
        """Sets aside what a call within should cost, beside what was `spent` and is not booked yet.

        Under a cap a spender's first call goes alone, so that it is known what one takes; and all wait for those in
        flight as long as these may turn out cheaper than expected. StoppedError when the cap would be passed.
        """
        if self.max_cost is None:
            yield
            return
        self._set(held, self._cost(held.spender, spent()))  # what was booked since counts as spent
        while self._has_to_wait(held.spender, expected):
            self._released.clear()
            await self._released.wait()
        cost = self._cost(held.spender, expected())
        self._check(cost)
        if not self._in_flight.total():  # nobody waits, and an event is of one loop: the next step may run in another
            self._released = asyncio.Event()
        self._set(held, held.cost + cost)
        self._in_flight[held.spender] += 1
        try:
            yield
        finally:
            self._in_flight[held.spender] -= 1
            self._set(held, self._cost(held.spender, spent()))
            self._released.set()

    @contextmanager
    def reserved(self, spender: str, expected: Usage) -> Iterator[None]:
        """Leaves the cost of a later step alone within. StoppedError when that alone would pass the cap."""
        cost = self._cost(spender, expected)
        self._check(cost)
        self._reserved += cost
        try:
            yield
        finally:
            self._reserved -= cost

    def _has_to_wait(self, spender: str, expected: Callable[[], Usage]) -> bool:
        if spender not in self._known and self._in_flight[spender]:
            return True
        return self._in_flight.total() > 0 and self._passes(self._cost(spender, expected()))

    def _set(self, held: Held, cost: float) -> None:
        self._held += cost - held.cost
        held.cost = cost

    def spend(
        self, spender: str, usage: Usage, unscored: Mapping[str, int] | None = None, factor: float = 1.0
    ) -> Expense:
        """What it took, and what of it failed; `factor` of the price. Returns the entry for the ledger."""
        cost = self._cost(spender, usage) * factor
        self._spent += cost
        failed = {reason: n for reason, n in (unscored or {}).items() if n}
        self._asked.add(spender)
        if usage.completion_tokens or failed:  # of calls that fail for good there is nothing to wait for
            self._known.add(spender)
        self.usage += usage
        self.unscored.update(failed)
        return Expense(spender, usage, cost if self.prices.get(spender) and not usage.untold else None)

    def words(self) -> str:
        """What was used so far, for a person; nothing when no model was asked."""
        if not self.usage.calls:
            return ""
        tokens = f"{(self.usage.prompt_tokens + self.usage.completion_tokens) / 1000:,.0f}k tokens"
        return tokens if self.spent is None else f"{tokens}, {self.spent:.2f} USD"

    def _check(self, cost: float) -> None:
        if self._passes(cost):
            self.is_reached = True
            raise StoppedError(
                f"stopped before passing --max-cost {self.max_cost:g} USD ({'about ' if self.usage.untold else ''}"
                f"{self._spent:.4f} USD spent); what was judged is kept"
            )

    def _passes(self, cost: float) -> bool:
        return self.max_cost is not None and self._spent + self._held + self._reserved + cost > self.max_cost

    def _cost(self, spender: str, usage: Usage) -> float:
        price = self.prices.get(spender)
        return price.of(usage) if price else 0.0


def budget_for(
    judges: Iterable[Judge],
    settings: Settings,
    max_cost: float | None = None,
    models: Mapping[Role, str] | None = None,
) -> Budget:
    """The budget of work by these judges and by an engine's other `models`; a judge that computes costs nothing."""
    named = {judge.id: judge.model_name for judge in judges if isinstance(judge, RemoteJudge)}
    named |= {name: name for name in (models or {}).values()}
    return Budget({spender: price_of(name, settings) for spender, name in named.items()}, max_cost)
