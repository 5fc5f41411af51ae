"""A run as it stands now, for many readers: what has been read once is not read again."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from comparer.records import CellCount
from comparer.run_records import Place, Run, RunCase
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.grid import Brief, RunGrid, brief, run_grid
from comparer.suites.ledger import Ledger
from comparer.suites.progress import RunProgress, progress_by_times
from comparer.suites.staged import Outcomes, Pair

KEPT = 4
"""So many runs are kept; one of 20,000 cases and three models takes some 60 MB."""
SHARE = 0.1
"""So much of the time, at most, goes into reading a run that is going on: a large one is then shown a little late."""


@dataclass(frozen=True, slots=True)
class RunReading:
    """What came of a run so far. Its scores are those of automatic checks alone."""

    run: Run
    cases: tuple[RunCase, ...]
    grid: RunGrid
    outcomes: Outcomes
    """By model and case, of the cases that have all their answers."""
    seconds: Mapping[Pair, float]
    """Model-seconds of the same cases."""
    counts: tuple[CellCount, ...]
    """All judged cases by item and model."""
    progress: RunProgress


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[str, int, int, str]
    """State, answers, errors, and the ratings' revision when it was read."""
    answers: dict[Place, Brief]
    ledger: Ledger
    reading: RunReading
    until_s: float
    """`monotonic` time before which it will do while the run goes on."""


class GridReader:
    """Reads runs. One object serves all visitors."""

    def __init__(self, runs: RunStore, store: Store) -> None:
        self._runs = runs
        self._store = store
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, run: Run) -> RunReading:
        """The `run` with its answers and ratings of now. Raises `StoreError`, and `InputError` for one deleted."""
        with self._lock:
            mark = (run.state, run.answers, run.errors, self._store.revision())
            kept = self._kept.get(run.id)
            if kept is None or (kept.mark != mark and not (_goes_on(kept, run) and monotonic() < kept.until_s)):
                kept = self._read(run, mark, kept)
                self._kept[run.id] = kept
            self._kept.move_to_end(run.id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return kept.reading

    def _read(self, run: Run, mark: tuple[str, int, int, str], kept: _Kept | None) -> _Kept:
        began_s = monotonic()
        cases = kept.reading.cases if kept else self._runs.cases(run.id)
        known = self._with_new(run, kept) if kept and kept.mark[-1] == mark[-1] else None
        if known is None:
            found = self._runs.answers(run.id)
            answers = {answer.place: brief(answer) for answer in found}
            ledger = Ledger(cases, run.request.repeats, "checks", found)
        else:
            answers, ledger = known
        reading = RunReading(
            run,
            cases,
            run_grid([model.key for model in run.request.models], cases, answers),
            outcomes=dict(ledger.outcomes),
            seconds=ledger.seconds,
            counts=tuple(ledger.counts()),
            progress=progress_by_times(run, ((place.model, one.model_s) for place, one in answers.items())),
        )
        now_s = monotonic()
        return _Kept(mark, answers, ledger, reading, until_s=now_s + (now_s - began_s) / SHARE)

    def _with_new(self, run: Run, kept: _Kept) -> tuple[dict[Place, Brief], Ledger] | None:
        """What was read before with the answers that have come since; None when others have gone meanwhile."""
        places = self._runs.places(run.id)
        if not kept.answers.keys() <= places:
            return None
        missing = places - kept.answers.keys()
        new = self._runs.answers(run.id, places=missing) if missing else ()
        answers = kept.answers | {answer.place: brief(answer) for answer in new}
        if sum(answer.error for answer in answers.values()) != run.errors:
            return None  # an answer that failed has been asked again
        for answer in new:
            kept.ledger.add(answer)
        return answers, kept.ledger


def _goes_on(kept: _Kept, run: Run) -> bool:
    return kept.reading.run.state == run.state == "running"
