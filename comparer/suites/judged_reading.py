"""Runs as their judges see them, for many readers: what has been worked out once is kept until something changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from comparer.fit.drift import Drift, drift
from comparer.fit.run_comparison import CaseResult, RunComparison, compare_with_reference
from comparer.run_records import Judge, Run, RunAnswer, RunCase, RunModel
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.judged import Asked, Figures, case_results, changed_cases, figures, turn_judgements

KEPT = 16
"""So many sides, drifts and comparisons are kept, each; a side of 20,000 cases takes some 20 MB."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """One model in one run."""

    run: Run
    model: str
    cases: tuple[RunCase, ...]
    results: dict[str, CaseResult]
    figures: Figures

    @property
    def run_model(self) -> RunModel:
        """The model as it was when the run began."""
        return next(model for model in self.run.request.models if model.key == self.model)


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate beside the reference."""

    side: Side
    comparison: RunComparison
    changed_cases: frozenset[str]
    """Cases that some of the compared runs have in another form: left out."""


class JudgedReader:
    """Reads runs. One object serves all visitors; a run's answers are read when they, or ratings, have changed."""

    def __init__(self, runs: RunStore, store: Store) -> None:
        self._runs = runs
        self._store = store
        self._kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._last: tuple[tuple[object, ...], Asked] | None = None
        self._lock = threading.Lock()

    def drift(self, runs: Sequence[Run], judge: Judge) -> dict[str, Drift]:
        """The drift of every judged model in these runs together, by key; the first run's cases count."""
        marks = tuple(self._mark(run, judge) for run in runs)
        return self._keep(("drift", *marks), lambda: _drift(map(self._asked, runs), judge))

    def side(self, run: Run, model: str, judge: Judge) -> Side:
        """What one model came to in one run."""
        return self._keep(("side", model, self._mark(run, judge)), lambda: self._side(run, model, judge))

    def compare(self, reference: Side, candidates: Sequence[Side], judge: Judge) -> tuple[Compared, ...]:
        """The candidates beside the reference, in their order; p-values are adjusted for their number."""
        sides = (reference, *candidates)
        marks = tuple((side.model, self._mark(side.run, judge)) for side in sides)
        return self._keep(("compare", *marks), lambda: _compare(reference, candidates))

    def answers(self, side: Side, cases: Sequence[RunCase]) -> dict[str, list[RunAnswer]]:
        """All answers of a side to some cases, by case, in the order of repeats and turns."""
        found: dict[str, list[RunAnswer]] = {case.id: [] for case in cases}
        for case in cases:
            answers = self._runs.answers(side.run.id, case.id)
            found[case.id] = [answer for answer in answers if answer.place.model == side.model]
        return found

    def _mark(self, run: Run, judge: Judge) -> tuple[object, ...]:
        """What changes whenever a reading of the run would."""
        return (
            run.id,
            judge,
            run.state,
            run.answers,
            run.errors,
            self._store.revision() if judge == "people" else "",
        )

    def _side(self, run: Run, model: str, judge: Judge) -> Side:
        asked = self._asked(run)
        return Side(run, model, asked.cases, case_results(asked, model, judge), figures(asked.answers, model))

    def _asked(self, run: Run) -> Asked:
        """The run's cases and answers; those of the last one stay, for its models are often read one by one."""
        mark = (run.id, run.state, run.answers, run.errors, self._store.revision())
        if self._last is None or self._last[0] != mark:
            asked = Asked(run.id, run.request.repeats, self._runs.cases(run.id), self._runs.answers(run.id))
            self._last = (mark, asked)
        return self._last[1]

    def _keep(self, mark: tuple[object, ...], work_out: Callable[[], T]) -> T:
        with self._lock:
            if mark not in self._kept:
                self._kept[mark] = work_out()
            self._kept.move_to_end(mark)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[mark]  # type: ignore[return-value]  # the mark begins with the kind of what is kept


def _drift(runs: Iterable[Asked], judge: Judge) -> dict[str, Drift]:
    return drift(turn_judgements(runs, judge))


def _compare(reference: Side, candidates: Sequence[Side]) -> tuple[Compared, ...]:
    everywhere = frozenset[str]().union(*(changed_cases(reference.cases, side.cases) for side in candidates))
    compared = compare_with_reference(
        {case: result for case, result in reference.results.items() if case not in everywhere},
        {
            str(place): {case: result for case, result in side.results.items() if case not in everywhere}
            for place, side in enumerate(candidates)
        },
    )
    return tuple(Compared(side, compared[str(place)], everywhere) for place, side in enumerate(candidates))
