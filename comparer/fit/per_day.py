"""How many ratings were given on each day. Knows moments and yes or no only."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple


class DayCount(NamedTuple):
    """The ratings of one day, in UTC."""

    day: date
    accepted: int
    refused: int


def ratings_per_day(given: Iterable[tuple[datetime, bool]]) -> list[DayCount]:
    """When each rating was given and whether it said acceptable, counted by day; days without any are left out."""
    counted = Counter((when.astimezone(UTC).date(), acceptable) for when, acceptable in given)
    days = sorted({day for day, _ in counted})
    return [DayCount(day, counted[day, True], counted[day, False]) for day in days]
