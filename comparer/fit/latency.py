"""How long a rated answer takes: the median of each model on each item.

Pure: knows nothing of charts or the database.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from comparer.store import GivenRating


@dataclass(frozen=True, slots=True)
class Latency:
    """Total time of one model's answers on one item."""

    median_s: float
    """Median seconds from the start of the model to its last token."""
    answers: int


Latencies = Mapping[tuple[str, str], Latency]
"""By item and model; a pair without a measured answer is left out."""


def latencies(rated: Iterable[GivenRating]) -> Latencies:
    """Medians over answers that ran alone and ended by themselves; one that several people rated counts once."""
    seconds: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for one in rated:
        if one.e2e_s is not None and measured_alone(one.e2e_s, one.contended, one.stop_reason):
            seconds[one.item, one.model][one.answer_id] = one.e2e_s
    return {place: Latency(median(totals.values()), len(totals)) for place, totals in seconds.items()}


def measured_alone(e2e_s: float | None, contended: bool, stop_reason: str) -> bool:
    """Whether a time is the model's own: it was measured, nothing else computed beside it, and it ended by itself."""
    return e2e_s is not None and not contended and stop_reason in {"stop", "length"}
