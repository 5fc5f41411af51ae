"""What a run's automatic checks recommend, and what a staged run saved; what has been worked out once is kept."""

import threading
from collections import OrderedDict

from comparer.cost.kept import CARD, PRICE, hourly_prices
from comparer.fit.recommendation import recommend
from comparer.fit.score_table import score_table
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.grid_reading import RunReading
from comparer.suites.planning import plan_of
from comparer.suites.report import run_report
from comparer.suites.staged import representative_counts
from comparer.ui.run_rendering import Result

KEPT = 16


class ResultReader:
    """Works out results. One object serves all visitors."""

    def __init__(self, runs: RunStore, store: Store) -> None:
        self._runs = runs
        self._store = store
        self._kept: OrderedDict[tuple[object, ...], Result] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, reading: RunReading) -> Result:
        """The result of what was read. While the run goes on it is its table alone; what it saved comes after."""
        run = reading.run
        going = run.state in {"queued", "running"}
        if going or (run.request.plan == "whole" and run.request.repeats == 1):
            return self._table(reading)
        # Thresholds and prices may have been changed meanwhile, and a whole run to compare with may have ended.
        items, others = self._store.items(include_archived=True), self._runs.listed()
        prices = str([self._store.team_settings(kind) for kind in (PRICE, CARD)])
        mark = (run.id, run.answers, run.errors, items, prices, tuple((other.id, other.state) for other in others))
        with self._lock:
            if mark not in self._kept:
                self._kept[mark] = self._report(run.id)
            self._kept.move_to_end(mark)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[mark]

    def _table(self, reading: RunReading) -> Result:
        """Of a staged run only cases that were drawn fairly count."""
        request, items = reading.run.request, self._store.items(include_archived=True)
        counts = reading.counts
        if request.plan == "staged":
            counts = representative_counts(plan_of(request, reading.cases, items), reading.outcomes)
        table = score_table(items, [model.key for model in request.models], counts)
        return Result(table, recommend(table))

    def _report(self, run_id: str) -> Result:
        report = run_report(self._runs, self._store, run_id, judge="checks", price=hourly_prices(self._store))
        return Result(
            report.table,
            report.recommendation,
            saving=report.saving,
            unpriced=report.unpriced,
            same=report.same,
            instability=report.instability,
        )
