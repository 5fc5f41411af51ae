"""The grid of a run as it stands now, for many readers: what has been read once is not read again."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from comparer.run_records import Place, Run, RunCase
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.grid import Brief, RunGrid, brief, run_grid

KEPT = 4
"""Grids of so many runs are kept; one of 20,000 cases and three models takes some 50 MB."""


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[int, int, str]
    """Answers, errors, and the ratings' revision when it was read."""
    cases: tuple[RunCase, ...]
    answers: dict[Place, Brief]
    grid: RunGrid


class GridReader:
    """Reads runs' grids. One object serves all visitors."""

    def __init__(self, runs: RunStore, store: Store) -> None:
        self._runs = runs
        self._store = store
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, run: Run) -> RunGrid:
        """The grid of `run` with its answers and ratings of now. Raises `StoreError`."""
        with self._lock:
            mark = (run.answers, run.errors, self._store.revision())
            kept = self._kept.get(run.id)
            if kept is None or kept.mark != mark:
                kept = self._read(run, mark, kept)
                self._kept[run.id] = kept
            self._kept.move_to_end(run.id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return kept.grid

    def _read(self, run: Run, mark: tuple[int, int, str], kept: _Kept | None) -> _Kept:
        cases = kept.cases if kept else self._runs.cases(run.id)
        answers = self._with_new(run, kept) if kept and kept.mark[2] == mark[2] else None
        if answers is None:
            answers = {answer.place: brief(answer) for answer in self._runs.answers(run.id)}
        models = [model.key for model in run.request.models]
        return _Kept(mark, cases, answers, run_grid(models, cases, answers, run.request.repeats))

    def _with_new(self, run: Run, kept: _Kept) -> dict[Place, Brief] | None:
        """What was read before with the answers that have come since; None when others have gone meanwhile."""
        places = self._runs.places(run.id)
        if not kept.answers.keys() <= places:
            return None
        new = self._runs.answers(run.id, places=places - kept.answers.keys())
        answers = kept.answers | {answer.place: brief(answer) for answer in new}
        return answers if sum(answer.error for answer in answers.values()) == run.errors else None
