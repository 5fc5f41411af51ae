"""What a choice starts from: the needs, the ways to run each model, and what is known about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from comparer.cost.estimate import Mode
from comparer.cost.fits import Fit
from comparer.cost.latency import WITHIN, Latencies
from comparer.cost.load import Load
from comparer.cost.prices import PriceTable
from comparer.cost.wording import lies_within
from comparer.errors import InputError
from comparer.fit.score_table import ScoreTable
from comparer.records import Precision

MOST_A_MONTH = 1_000_000_000
SHORTEST_S, LONGEST_S = 0.001, 86_400.0


@dataclass(frozen=True, slots=True)
class Needs:
    """What must hold. None and empty ask for nothing."""

    items: tuple[str, ...] = ()
    """Keys of the items that must pass; empty: the table's must-haves, or all while there are none."""
    budget_a_month: Decimal | None = None
    gpus: tuple[str, ...] = ()
    """Keys of the cards at hand; empty: any card of the price table."""
    latency_limit_s: float | None = None
    within: float = WITHIN
    """The share of answers that must keep to the limit."""
    modes: tuple[Mode, ...] = ("on_demand",)
    """The ways of renting that may be used; the cheapest of them counts."""

    def __post_init__(self) -> None:
        """Raises `InputError` for a need that nothing could be held against."""
        if self.budget_a_month is not None and not lies_within(self.budget_a_month, 0, MOST_A_MONTH):
            raise InputError("budget_unusable", value=str(self.budget_a_month), most=MOST_A_MONTH)
        if self.latency_limit_s is not None and not lies_within(self.latency_limit_s, SHORTEST_S, LONGEST_S):
            raise InputError(
                "latency_limit_unusable", value=str(self.latency_limit_s), least=SHORTEST_S, most=f"{LONGEST_S:.0f}"
            )
        if not 0 < self.within < 1:
            raise InputError("within_unusable", value=str(self.within))


class Option(NamedTuple):
    """One way to run a model, with what is known about it."""

    model: str
    """Its key in the score table."""
    precision: Precision
    gpu: str
    fit: Fit | None
    """None where the memory is unknown."""
    weights_bytes: int | None
    latencies: Latencies
    """Measured for this model at this precision on this card; empty where nothing was."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the decision rests on."""

    table: ScoreTable
    rated: Mapping[str, frozenset[Precision]]
    """At which precision each model's ratings in the table were given; ratings say nothing about another one."""
    options: Sequence[Option]
    prices: PriceTable
    load: Load
    needs: Needs = field(default_factory=Needs)
