"""What a run's automatic checks recommend, and what a staged run saved. Pure: from what was read of it."""

from collections.abc import Iterable

from comparer.fit.recommendation import recommend
from comparer.fit.score_table import score_table
from comparer.records import TestItem
from comparer.suites.grid_reading import RunReading
from comparer.suites.planning import plan_of
from comparer.suites.staged import representative_counts
from comparer.ui.run_rendering import Result


def result_of(reading: RunReading, items: Iterable[TestItem]) -> Result:
    """The run's own score table with what it recommends; of a staged run only fairly drawn cases count."""
    request, items = reading.run.request, tuple(items)
    counts = reading.counts
    if request.plan == "staged":
        counts = representative_counts(plan_of(request, reading.cases, items), reading.outcomes)
    table = score_table(items, [model.key for model in request.models], counts)
    return Result(table, recommend(table))
