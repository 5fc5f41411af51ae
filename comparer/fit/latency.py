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
        if one.e2e_s is not None and not one.contended and one.stop_reason in {"stop", "length"}:
            seconds[one.item, one.model][one.answer_id] = one.e2e_s
    return {place: Latency(median(totals.values()), len(totals)) for place, totals in seconds.items()}
