"""The load that a service must carry, as its owner states it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from comparer.cost.wording import Rational, exact, lies_within
from comparer.errors import InputError

MOST_REQUESTS = 100_000_000
DAYS_A_MONTH = Fraction(365, 12)
HOURS_A_MONTH = 24 * DAYS_A_MONTH
"""730, as cloud providers count."""

_LIMITS: Mapping[str, tuple[str, Rational, Rational]] = MappingProxyType(
    {
        "requests_a_day": ("requests_unusable", 1, MOST_REQUESTS),
        "active_hours": ("active_hours_unusable", Decimal("0.1"), 24),
        "peak_factor": ("peak_factor_unusable", 1, 100),
        "utilisation": ("utilisation_unusable", Decimal("0.01"), 1),
        "cold_start_s": ("cold_start_unusable", 0, 3600),
        "idle_timeout_s": ("idle_timeout_unusable", 0, 86400),
        "output_tokens": ("output_tokens_unusable", 1, 1_000_000),
    }
)
"""The error and the least and the most of each field."""


@dataclass(frozen=True, slots=True)
class Load:
    """Requests, how they bunch, and how full a card may be. None is unknown: what needs it stays unknown too."""

    requests_a_day: int | None = 1000
    active_hours: Rational = 24
    """Hours a day in which requests come; outside of them nothing is rented on demand."""
    peak_factor: Rational = 3
    """Requests in the busiest hour over those of the average active hour; cards are counted for the busiest."""
    utilisation: Rational = Decimal("0.7")
    """The share of the busiest hour that a card may work: the rest keeps queues short (at 1 they never end)."""
    cold_start_s: Rational | None = None
    """Seconds from nothing to the first answer where cards are switched off when idle."""
    idle_timeout_s: Rational = 300
    """Seconds without a request after which such a card is switched off."""
    output_tokens: Rational | None = None
    """Mean length of an answer, for a price by tokens."""

    def __post_init__(self) -> None:
        """Raises `InputError` for a field outside of its limits."""
        for name, (code, least, most) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not lies_within(value, least, most):
                raise InputError(code, value=str(value), least=str(least), most=str(most))
        hours = max(Fraction(1), exact(self.active_hours))
        if exact(self.peak_factor) > hours:  # the busiest hour would have more requests than the day
            most_by_hours = f"{float(hours):g}"
            raise InputError("peak_factor_unusable", value=str(self.peak_factor), least="1", most=most_by_hours)

    def times(self, factor: Rational) -> "Load":
        """The load with so many times the requests, at least one a day and at most what a load may have."""
        if self.requests_a_day is None:
            return self
        requests = round(self.requests_a_day * exact(factor))
        return replace(self, requests_a_day=min(MOST_REQUESTS, max(1, requests)))
