"""What judging costs: the price of a model, an estimate before the first call, and a cap on what is spent."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from goalcover.agent.errors import InputError, StoppedError
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.roles import Judge, RemoteJudge
from goalcover.agent.settings import Settings
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import Expense

MILLION = 1_000_000
BATCH_DISCOUNT = 0.5
"""What a call costs when it may take a day."""
_READ = 200


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
        Priced(input_tokens=MILLION),
        Priced(input_tokens=MILLION, cache_read_tokens=MILLION),
        Priced(output_tokens=MILLION),
    )
    return Price(*(float(listed(one).total_price) for one in parts))


class Budget:
    """What may be spent, what was used and spent, and what the calls in flight will probably cost."""

    def __init__(self, prices: Mapping[str, Price | None] | None = None, max_cost: float | None = None) -> None:
        """Prices by judge id. A cap needs all of them: InputError."""
        self.prices = dict(prices or {})
        if max_cost is not None and (not self.prices or None in self.prices.values()):
            raise InputError(
                "--max-cost needs the model's price, which is not known: set GOALCOVER_PRICE_PROMPT and "
                "GOALCOVER_PRICE_COMPLETION (USD for a million tokens), or leave --max-cost out"
            )
        self.max_cost = max_cost
        self.usage = Usage()
        self.unscored: Counter[str] = Counter()
        """Why judgements failed -> how many."""
        self._spent = self._held = 0.0
        self._in_flight = 0
        self._released = asyncio.Event()

    @property
    def spent(self) -> float | None:
        """USD; None when a price is not known."""
        return None if None in self.prices.values() or not self.prices else self._spent

    async def wait(self, judge: str, expected: Usage) -> float:
        """As `hold`, but waits for calls in flight as long as they may turn out cheaper than expected."""
        while self._in_flight and self._passes(self._cost(judge, expected)):
            self._released.clear()
            await self._released.wait()
        return self.hold(judge, expected)

    def hold(self, judge: str, expected: Usage) -> float:
        """Sets aside what a call should cost. StoppedError when the cap would be passed."""
        cost = self._cost(judge, expected)
        if self._passes(cost):
            raise StoppedError(
                f"stopped before passing --max-cost {self.max_cost:g} USD ({self._spent:.4f} USD spent); what was "
                "judged is kept"
            )
        self._held += cost
        self._in_flight += 1
        return cost

    def release(self, held: float) -> None:
        """The call is over."""
        self._in_flight -= 1
        self._held = self._held - held if self._in_flight else 0.0
        self._released.set()

    def spend(self, judge: str, usage: Usage, unscored: Mapping[str, int], factor: float = 1.0) -> Expense:
        """What it took, and what of it failed; `factor` of the price. Returns the entry for the ledger."""
        cost = self._cost(judge, usage) * factor
        self._spent += cost
        self.usage += usage
        self.unscored.update({reason: n for reason, n in unscored.items() if n})
        return Expense(judge, usage, cost if self.prices.get(judge) else None)

    def words(self) -> str:
        """What was used so far, for a person; nothing when no model was asked."""
        if not self.usage.calls:
            return ""
        tokens = f"{(self.usage.prompt_tokens + self.usage.completion_tokens) / 1000:,.0f}k tokens"
        return tokens if self.spent is None else f"{tokens}, {self.spent:.2f} USD"

    def _passes(self, cost: float) -> bool:
        return self.max_cost is not None and self._spent + self._held + cost > self.max_cost

    def _cost(self, judge: str, usage: Usage) -> float:
        price = self.prices.get(judge)
        return price.of(usage) if price else 0.0


def budget_for(judges: Iterable[Judge], settings: Settings, max_cost: float | None = None) -> Budget:
    """The budget of an assessment by these judges; one that computes costs nothing."""
    remote = [judge for judge in judges if isinstance(judge, RemoteJudge)]
    return Budget({judge.id: price_of(judge.model_name, settings) for judge in remote}, max_cost)


@dataclass(frozen=True)
class Estimate:
    """What judging all samples anew should take."""

    usage: Usage
    cost: float | None
    """USD; None: the price is not known."""


def estimate(
    samples: Iterable[Sample], n: int, subgoals: Sequence[Subgoal], judges: Iterable[RemoteJudge], budget: Budget
) -> Estimate:
    """By the first 200 of n samples."""
    read, usage, cost = list(islice(samples, _READ)), Usage(), 0.0
    factor = n / max(len(read), 1)
    for judge in judges:
        total = sum((judge.expected(sample, subgoals) for sample in read), Usage())
        scaled = Usage(
            calls=round(total.calls * factor),
            prompt_tokens=round(total.prompt_tokens * factor),
            completion_tokens=round(total.completion_tokens * factor),
        )
        price = budget.prices[judge.id]
        usage, cost = usage + scaled, cost + (price.of(scaled) if price else 0.0)
    return Estimate(usage, None if budget.spent is None else cost)
