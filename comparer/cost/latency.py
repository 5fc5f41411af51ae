"""How long answers take on one card: the measured seconds, never contended ones, and what may be said of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil
from statistics import median

from comparer.cost.wording import exact
from comparer.fit.intervals import Verdict, more_ratings_to_settle, verdict
from comparer.fit.latency import measured_alone
from comparer.records import Answer

WITHIN = 0.95
"""The share of answers that must come within a limit, unless another one is asked for."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """Total seconds of answers on one card, from the start of the model to its last token; in any order."""

    seconds: tuple[float, ...]
    concurrency: int = 1
    """How many answers the card made at a time when these were measured: nothing is scaled to another number."""

    def __post_init__(self) -> None:
        """Raises ValueError for a time that no clock gives."""
        if not all(0 < one < float("inf") for one in self.seconds) or self.concurrency < 1:
            raise ValueError(f"{self.seconds} at {self.concurrency} at a time")

    @property
    def count(self) -> int:
        """How many answers there are."""
        return len(self.seconds)

    @property
    def mean_s(self) -> Fraction | None:
        """The mean: what capacity goes by, since a card that answers without a pause makes 1 / mean a second."""
        return _mean(self.seconds) if self.seconds else None

    @property
    def median_s(self) -> Fraction | None:
        """The time that half of the answers keep to."""
        return exact(median(self.seconds)) if self.seconds else None

    @property
    def p95_s(self) -> Fraction | None:
        """The smallest measured time that 95 % of the answers keep to (nearest rank)."""
        if not self.seconds:
            return None
        return exact(sorted(self.seconds)[ceil(Fraction(95, 100) * self.count) - 1])

    def within(self, limit_s: float, share: float = WITHIN) -> Verdict:
        """Whether at least `share` of all answers come within `limit_s`, by what verdicts on items go by."""
        return verdict(self._kept(limit_s), self.count, share)

    def more_to_settle(self, limit_s: float, share: float = WITHIN) -> int | None:
        """About how many more measured answers would settle `within`; None when that is too far to say."""
        return more_ratings_to_settle(self._kept(limit_s), self.count, share)

    def _kept(self, limit_s: float) -> int:
        return sum(one <= limit_s for one in self.seconds)


@lru_cache(maxsize=256)
def _mean(seconds: tuple[float, ...]) -> Fraction:
    return sum(map(exact, seconds), Fraction(0)) / len(seconds)


def latencies_of(answers: Iterable[Answer]) -> Latencies:
    """The seconds of answers that ran alone and ended by themselves; the others are left out.

    The answers must be of one model at one precision on one kind of card: which that was is the caller's to know.
    """
    measured = (
        answer.metrics.e2e_s
        for answer in answers
        if measured_alone(answer.metrics.e2e_s, answer.metrics.contended, answer.stop_reason)
    )
    return Latencies(tuple(seconds for seconds in measured if seconds))
