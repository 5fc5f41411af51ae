"""How far the choice is from flipping: by which factor of price or requests, or points of threshold, it changes.

Found on the decision itself: each direction is walked in even steps (of the logarithm, for factors) until the choice
differs, and the last step is halved until it is exact. A change that is undone within one step is passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from operator import mul
from typing import Literal

from comparer.cost.choice import Decision, decide
from comparer.cost.needs import Question
from comparer.cost.wording import Sentence
from comparer.fit.score_table import with_thresholds

Knob = Literal["price", "requests", "threshold"]
Turn = Callable[[Question, float], Question]
Direction = tuple[Knob, Turn, Callable[[float], float], float]
"""What is turned, how, to what value at a share (0..1) of the way, and where the way ends."""

MOST_TIMES: dict[Knob, float] = {"price": 10.0, "requests": 100.0}
"""Factors are tried up to this, and down to one over it."""
MOST_POINTS = 0.20
"""Thresholds are moved by at most this, all together, and never beyond `LEAST_THRESHOLD` from 0 or 1."""
LEAST_THRESHOLD = 0.01
STEPS, HALVINGS = 24, 16


@dataclass(frozen=True, slots=True)
class Flip:
    """Where the choice changes along one direction; `at` is None when it does not change up to `bound`."""

    knob: Knob
    at: float | None
    """A factor of all prices or of the requests, or points (0.05 is five) on all thresholds."""
    bound: float
    becomes: Sentence | None
    """The headline of the decision from there on."""


def flips(question: Question) -> tuple[Flip, ...]:
    """The nearest change upwards and downwards of each knob, the others as they are."""
    factors: tuple[tuple[Knob, Turn], ...] = (("price", _with_prices_times), ("requests", _with_requests_times))
    directions: list[Direction] = [
        (knob, turn, partial(pow, bound), bound)
        for knob, turn in factors
        for bound in (MOST_TIMES[knob], 1 / MOST_TIMES[knob])
    ]
    points: list[Direction] = [
        ("threshold", _with_thresholds_moved, partial(mul, bound), bound) for bound in (MOST_POINTS, -MOST_POINTS)
    ]
    return tuple(_nearest(question, *direction) for direction in (*directions, *points))


def _nearest(question: Question, knob: Knob, turned: Turn, value_at: Callable[[float], float], bound: float) -> Flip:
    """The change along one direction."""
    now = _choice(decide(question))

    def decision(share: float) -> Decision:
        return decide(turned(question, value_at(share)))

    same = 0.0
    for step in range(1, STEPS + 1):
        changed = step / STEPS
        if _choice(decision(changed)) != now:
            break
        same = changed
    else:
        return Flip(knob, None, bound, None)
    for _ in range(HALVINGS):
        middle = (same + changed) / 2
        same, changed = (middle, changed) if _choice(decision(middle)) == now else (same, middle)
    return Flip(knob, value_at(changed), bound, decision(changed).headline)


def _choice(decision: Decision) -> tuple[str, ...]:
    """What counts as the same choice: its kind, the model and its precision. The card may change with the cost."""
    if decision.chosen is None:
        return (decision.outcome,)
    return decision.outcome, decision.chosen.option.model, decision.chosen.option.precision


def _with_prices_times(question: Question, factor: float) -> Question:
    return replace(question, prices=question.prices.times(Decimal(str(factor))))


def _with_requests_times(question: Question, factor: float) -> Question:
    return replace(question, load=question.load.times(factor))


def _with_thresholds_moved(question: Question, points: float) -> Question:
    moved = {
        row.item.key: min(1 - LEAST_THRESHOLD, max(LEAST_THRESHOLD, row.threshold + points))
        for row in question.table.rows
    }
    return replace(question, table=with_thresholds(question.table, moved))
