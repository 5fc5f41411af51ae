"""The reference article's cost figures, worked through: what they rest on without saying so.

Source: the article of 2026-01-10 that this product turns into software, at 1,000 requests a day. Its figures are
claims to compare with; none of them enters an estimate.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from comparer.cost.estimate import Estimate, estimate
from comparer.cost.figure import Figure, amount, figure, quotient
from comparer.cost.latency import Latencies
from comparer.cost.load import HOURS_A_MONTH, Load
from comparer.cost.prices import Gpu, PriceTable
from comparer.cost.wording import Amount, Sentence, exact, sentence
from comparer.records import Precision

LOAD = Load(requests_a_day=1000, active_hours=24, peak_factor=1, utilisation=1)
"""What the article's "requests an hour" takes for granted: no pause, no queue, no busier hour, day and night."""
SESSION_HOURS, SESSION_COST, MONTH_RESERVED = 2, Decimal(14), Decimal(5000)
"""Its test on demand, against its month of a reserved card."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the article's cost table."""

    model: str
    seconds: float
    requests_an_hour: int
    gpu: str
    """Its key in the price table."""
    rented: Literal["on_demand", "reserved"]
    monthly: Decimal


CLAIMS = (
    Claim("4B", 0.8, 4500, "t4", "on_demand", Decimal(120)),
    Claim("8B", 1.5, 2400, "a10g", "on_demand", Decimal(380)),
    Claim("30B-A3B", 3.2, 1125, "a100-80g", "reserved", Decimal(5000)),
)


@dataclass(frozen=True, slots=True)
class PrecisionClaim:
    """One line of what the article says of the 8B's precisions."""

    precision: Precision
    memory_gb: int
    most_loss: float | None
    """The share of quality that is lost at most; None for the precision that the others are held against."""


PRECISION_MODEL = "Qwen/Qwen3-VL-8B-Instruct"
PRECISION_CLAIMS = (
    PrecisionClaim("bf16", 16, None),
    PrecisionClaim("int8", 10, 0.02),
    PrecisionClaim("nf4", 6, 0.05),
)
"""It writes FP16, INT8 and INT4."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A claim beside what it comes to with a price table. Unknown where the table has no price for the card."""

    claim: Claim
    gpu: Gpu
    estimate: Estimate
    """The article's own load and seconds, by this product's formulas."""
    hours: Figure
    """How many hours a month the claimed cost pays for on demand."""
    share: Figure
    """Of the month."""
    implied_price: Figure
    """An hour, if the card is rented all month."""
    times_on_demand: Figure
    """The implied price over the one on demand."""

    @property
    def says(self) -> tuple[Sentence, ...]:
        """What the claim rests on, in sentences."""
        gpu, monthly = self.gpu.name, amount(self.claim.monthly, "usd")
        price = amount(self.gpu.on_demand_per_hour, "price")
        always_on = self.estimate.modes["on_demand"].monthly.amount
        capacity = sentence(
            "cost.article_capacity",
            model=self.claim.model,
            requests=self.estimate.requests_an_hour.amount,
            seconds=amount(self.claim.seconds, "seconds"),
            busy=self.estimate.busy.amount,
        )
        if self.claim.rented == "reserved":
            times = self.times_on_demand.amount
            implied = self.implied_price.amount
            key = "cost.article_reserved"
            cost = sentence(key, monthly=monthly, gpu=gpu, implied=implied, times=times, price=price)
        else:
            hours, share = self.hours.amount, self.share.amount
            cost = sentence(
                "cost.article_on_demand",
                monthly=monthly, gpu=gpu, price=price, hours=hours, share=share, always_on=always_on,
            )  # fmt: skip
        return capacity, cost


def work_through(prices: PriceTable) -> tuple[Worked, ...]:
    """Every claim with the prices of `prices`. Raises `InputError` when a card is missing from it."""
    return tuple(_worked(claim, prices.gpu(claim.gpu)) for claim in CLAIMS)


def _worked(claim: Claim, gpu: Gpu) -> Worked:
    monthly, price = amount(claim.monthly, "usd"), amount(gpu.on_demand_per_hour, "price")
    month = amount(HOURS_A_MONTH, "hours")
    hours = figure("implied_hours", "hours", quotient(monthly.value, price.value, 1), monthly=monthly, price=price)
    share = figure("share_of_month", "share", quotient(hours.value, month.value, 1), hours=hours.amount, month=month)
    implied = figure("implied_price", "price", quotient(monthly.value, month.value, 1), monthly=monthly, hours=month)
    times = figure(
        "times_on_demand", "number", quotient(implied.value, price.value, 1), implied=implied.amount, price=price
    )
    made = estimate(LOAD, Latencies((claim.seconds,)), gpu)
    return Worked(claim, gpu, made, hours, share, implied, times)


def session_says(prices: PriceTable) -> Sentence:
    """What the article's two-hour test comes to an hour, beside one of each of its cards with `prices`."""
    hourly = [prices.gpu(claim.gpu).on_demand_per_hour for claim in CLAIMS]
    together = None if None in hourly else sum((exact(price) for price in hourly if price is not None), exact(0))
    spent, month = exact(SESSION_COST), exact(MONTH_RESERVED)
    return sentence(
        "cost.article_session",
        cost=Amount(spent, "usd"),
        hours=amount(SESSION_HOURS, "hours"),
        hourly=Amount(spent / SESSION_HOURS, "usd"),
        together=Amount(together, "usd"),
        month=Amount(month, "usd"),
        saved=Amount(1 - spent / month, "share"),
    )
