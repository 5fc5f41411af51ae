"""Works on runs: one background thread per process, whose whole state is in the database.

It claims a run by a lease, asks batch by batch what `planning` wants, and keeps every answer as it ends. Killed at
any moment, it loses the answers under way and no other: whoever claims the run next goes on with what has none.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from comparer.comparison import Comparison
from comparer.engines import Engine
from comparer.engines.pool import EnginePool
from comparer.errors import ComparerError, InputError, StoreError
from comparer.lineup import Lineup, shipped_lineups
from comparer.records import Answer, Failure
from comparer.run_records import AutomaticScore, Place, Run, RunAnswer, RunState
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.asking import Asked, ask
from comparer.suites.cases import Suite
from comparer.suites.lease import Lease
from comparer.suites.ledger import Ledger
from comparer.suites.planning import Unit, next_staged, next_work, plan_of
from comparer.suites.staged import StagedPlan
from comparer.suites.starting import Options, PictureProgress, start
from comparer.suites.worker import is_gone, worker_name

log = logging.getLogger(__name__)

LEASE_S = 30.0
POLL_S = 1.0
"""How often an idle worker looks for work that others have left it."""
LOOK_AT_RATINGS_EVERY_S = 5.0
MOST_RUNS = 1000
"""Of the newest runs those that wait for ratings are looked at."""

FindLineup = Callable[[str], Lineup]
"""A lineup by its name. Raises `LineupError`."""


@dataclass(slots=True)
class _Open:
    """A claimed run with all that the worker knows of it."""

    run: Run
    engines: dict[str, Engine]
    plan: StagedPlan
    ledger: Ledger
    revision: str
    """Of the ratings that the ledger knows."""
    aside: dict[str, Failure] = field(default_factory=dict)
    """Models that are asked no more for now, and why."""


class Runner:
    """Serves the runs of a database with the engines of this process; those of unknown lineups are others'."""

    def __init__(
        self,
        runs: RunStore,
        store: Store,
        comparison: Comparison,
        engines: EnginePool,
        find_lineup: FindLineup,
        *,
        home: Lineup,
        only: str = "",
        lease_s: float = LEASE_S,
    ) -> None:
        """`home` is the lineup whose models stay in memory when no run needs them; `only` this run is worked on."""
        self._runs = runs
        self._store = store
        self._comparison = comparison
        self._engines = engines
        self._find_lineup = find_lineup
        self._home = home
        self._only = only
        self._lineups = () if only else (home.name, *shipped_lineups())
        self._lease_s = lease_s
        self._worker = worker_name()
        self._lease: Lease | None = None
        self._woken = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked_at = ""
        self._look_again_s = 0.0

    def begin(self) -> None:
        """Start the worker thread; runs that were under way when the last process ended go on."""
        self._thread = threading.Thread(target=self._serve, name="runner", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something new to do: look now, not at the next second."""
        self._woken.set()

    def start(
        self, suite: Suite, lineup: str, options: Options, progress: PictureProgress = lambda _done, _of: None
    ) -> str:
        """Keep a new run of `suite` on the lineup of that name and work on it soon; returns its id.

        Raises what `starting.start` raises, and `LineupError`.
        """
        found = self._find_lineup(lineup)
        run_id = start(self._runs, self._store, suite, found, self._engines.of(found), options, progress)
        self.wake()
        return run_id

    def close(self) -> None:
        """Drop the answers under way and leave the run to whoever comes next; waits for the thread."""
        self._closing.set()
        self._woken.set()
        if (lease := self._lease) is not None:
            lease.cancel.set()
        if self._thread is not None:
            self._thread.join()

    # --- the thread ----------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                self._free_what_the_killed_held()
                run = self._runs.claim(self._worker, self._lease_s, only=self._only, lineups=self._lineups)
                if run is None:
                    self._rest()
                else:
                    self._work_on(run)
            except StoreError as error:  # locked or full: it may be there again in a moment
                log.warning("the runner waits for the database: %s", error)
                self._closing.wait(LOOK_AT_RATINGS_EVERY_S)
            except Exception:  # the thread must outlive whatever nobody expected
                log.exception("the runner goes on after an error")
                self._closing.wait(LOOK_AT_RATINGS_EVERY_S)

    def _work_on(self, run: Run) -> None:
        state: RunState = "failed"
        failure: Failure | None = None
        with Lease(self._runs, run.id, self._worker, self._lease_s) as lease:
            self._lease = lease
            if self._closing.is_set():
                lease.cancel.set()
            try:
                state, failure = self._carry_on(self._open(run), lease)
            except ComparerError as error:
                failure = Failure(error.code, error.parameters)
                log.warning("run %s stops: %s", run.id, error)
            except Exception as error:  # the page shows what nobody expected too
                failure = Failure("run_broken", {"problem": f"{type(error).__name__}: {error}"[:500]})
                log.exception("run %s stops with an unexpected error", run.id)
            finally:
                self._lease = None
        with suppress(ComparerError):  # the lease then ends by itself, and the run is claimed again
            self._runs.release(run.id, self._worker, state, failure)
        self._looked_at = ""  # ratings may have come since the run saw that it has to wait

    def _open(self, run: Run) -> _Open:
        lineup = self._find_lineup(run.request.lineup)
        engines = {engine.spec.key: engine for engine in self._engines.of(lineup)}
        for model in run.request.models:
            engine = engines.get(model.key)
            if engine is None or (engine.model_id, engine.spec.precision) != (model.model_id, model.precision):
                raise InputError("run_models_changed", model=model.label, lineup=run.request.lineup)
        revision = self._store.revision()
        ledger, plan = self._read(run)
        return _Open(run, engines, plan, ledger, revision)

    def _read(self, run: Run) -> tuple[Ledger, StagedPlan]:
        cases = self._runs.cases(run.id)
        request = run.request
        ledger = Ledger(cases, request.repeats, request.judge, self._runs.answers(run.id))
        return ledger, plan_of(request, cases, self._store.items(include_archived=True))

    def _carry_on(self, work: _Open, lease: Lease) -> tuple[RunState, Failure | None]:
        """Work until there is nothing to do or something else is wanted; returns how the run then stands."""
        request = work.run.request
        while lease.holds:
            following = next_work(request, work.plan, work.ledger, work.aside)
            for batch in following.batches:
                if lease.holds and batch[0].model not in work.aside:
                    self._ask(work, batch, lease)
            if following.batches:
                continue
            if work.aside:
                return "failed", next(iter(work.aside.values()))
            if following.awaited and self._store.revision() != work.revision:
                work.revision = self._store.revision()
                work.ledger, work.plan = self._read(work.run)
                continue
            return ("waiting" if following.awaited else "finished"), None
        if self._closing.is_set():
            return "queued", None
        return ("cancelled" if lease.wanted == "cancel" else "paused"), None

    def _ask(self, work: _Open, batch: Sequence[Unit], lease: Lease) -> None:
        run_id = work.run.id

        def keep(place: Place, answer: Answer, model_s: float, score: AutomaticScore | None) -> None:
            answer_id = self._runs.keep(run_id, place, answer, model_s, score)
            work.ledger.add(RunAnswer(place, answer_id, "", answer, model_s, score))

        trouble = ask(
            self._comparison,
            work.engines[batch[0].model],
            self._resumed(work, batch),
            work.run.request.sampling,
            keep,
            lease.cancel,
            lambda: lease.holds,
        )
        if trouble is not None:
            work.aside[batch[0].model] = trouble

    def _resumed(self, work: _Open, batch: Sequence[Unit]) -> list[Asked]:
        """The units of a batch with the answers that they have from an earlier time."""
        asked = {unit: Asked(unit, work.ledger.cases[unit.case]) for unit in batch}
        kept = [
            place
            for unit, one in asked.items()
            for turn in range(len(one.case.turns))
            if work.ledger.has(place := Place(unit.case, unit.repeat, turn, unit.model))
        ]
        if kept:
            for told in self._runs.answers(work.run.id, places=kept):  # by case, repeat and turn
                place = told.place
                asked[Unit(place.model, place.case, place.repeat)].answers.append(told.answer.text)
        return list(asked.values())

    def _free_what_the_killed_held(self) -> None:
        """A lease of a process of this computer that is gone need not run out first."""
        for run_id, worker in self._runs.holders().items():
            if is_gone(worker):
                self._runs.release(run_id, worker, "queued")

    # --- runs that wait for people -------------------------------------------------------------------

    def _rest(self) -> None:
        """Nothing is to be worked on: models that only runs needed leave memory, and ratings may have come."""
        self._engines.drop_all_but(self._home)
        if not self._looked_at or monotonic() >= self._look_again_s:
            self._look_again_s = monotonic() + LOOK_AT_RATINGS_EVERY_S
            self._look_at_ratings()
        self._woken.wait(POLL_S)
        self._woken.clear()

    def _look_at_ratings(self) -> None:
        """Set runs going that waited for ratings which have come."""
        revision = self._store.revision()
        if revision == self._looked_at:
            return
        for run in self._runs.listed(limit=MOST_RUNS):
            if run.state == "waiting" and self._goes_on(run):
                self._runs.want(run.id, "run")
                self._woken.set()
        self._looked_at = revision

    def _goes_on(self, run: Run) -> bool:
        ledger, plan = self._read(run)
        following = next_staged(run.request, plan, ledger)
        return bool(following.run) or not following.awaited
