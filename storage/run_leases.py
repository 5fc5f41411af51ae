"""Who works on a run, how it stands, and what people want of it.

A lease ends by the clock of the database: workers on several machines, whose own clocks may differ by more than a
lease, go by one. (A SQLite file has one machine, whose clock it is.) A lease that ends too early costs some work, and
never an answer: where two workers ask for the same one, the first to come is kept.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.records import Failure
from comparer.run_records import OVER, RunState, Wanted
from storage import lookups
from storage.base import Moment, now
from storage.conversion import failure_columns
from storage.run_tables import RunRow


def clock(session: Session) -> datetime:
    """This moment by the clock that all who use the database share."""
    if session.get_bind().dialect.name == "sqlite":
        return now()
    return session.scalars(select(func.clock_timestamp(type_=Moment()))).one()


def stands(state: RunState, wanted: Wanted) -> RunState:
    """How a run stands that nobody works on, once what is wanted of it is heeded."""
    if state == "finished":
        return state
    if wanted == "cancel":
        return "cancelled"
    if wanted == "pause":
        return "failed" if state == "failed" else "paused"
    return "queued" if state in ("running", "paused", "cancelled") else state


def want(session: Session, run_id: str, wanted: Wanted) -> RunRow:
    """Note what is wanted of a run; one that nobody works on heeds it at once.

    Raises InputError `unknown_run` or `run_is_over`.
    """
    row = lookups.run(session, run_id, lock=True)
    if row.state in OVER:
        raise InputError("run_is_over", run=run_id)
    row.wanted = wanted
    if not is_worked_on(session, row):
        if wanted == "run":
            row.failure_code, row.failure_parameters = failure_columns(None)
        _leave(session, row, "queued" if wanted == "run" else row.state)
    return row


def reopen(row: RunRow) -> None:
    """Pause a (locked) finished run that lacks answers again."""
    row.state, row.wanted, row.finished_at = "paused", "pause", None


def is_worked_on(session: Session, row: RunRow) -> bool:
    """Whether a worker has a lease of the (locked) run now."""
    return row.lease_until is not None and row.lease_until > clock(session)


class Claimant(NamedTuple):
    """Who asks for work, and for which: this run only, runs of these lineups only; empty means any."""

    worker: str
    only: str = ""
    lineups: frozenset[str] = frozenset()


def anything_to_claim(session: Session, claimant: Claimant) -> bool:
    """Whether `claim` would find something to do; a read alone, so that who waits for work disturbs nobody."""
    workable = RunRow.state.in_(("queued", "running"))
    return session.scalar(select(RunRow.id).where(workable, *_claimable(session, claimant)).limit(1)) is not None


def claim(session: Session, claimant: Claimant, lease_s: float) -> RunRow | None:
    """Take the oldest run that is to be worked on and that no other worker has a lease of.

    A run that was to pause or to end when its worker was killed does so now.
    """
    candidates = select(RunRow).where(*_claimable(session, claimant)).order_by(RunRow.created_at, RunRow.id)
    for row in _locked(session, candidates.where(RunRow.state == "running", RunRow.wanted != "run")):
        _leave(session, row, row.state)
    to_do = candidates.where(RunRow.state.in_(("queued", "running")), RunRow.wanted == "run").limit(1)
    for row in _locked(session, to_do):
        moment = clock(session)
        row.state, row.worker, row.lease_until = "running", claimant.worker, moment + timedelta(seconds=lease_s)
        row.started_at = row.started_at or moment
        return row
    return None


def holders(session: Session) -> dict[str, str]:
    """By run, the worker whose lease it is, run out or not."""
    held = session.execute(select(RunRow.id, RunRow.worker).where(RunRow.worker.is_not(None)))
    return {run: worker for run, worker in held if worker is not None}


def renew(session: Session, run_id: str, worker: str, lease_s: float) -> Wanted | None:
    """Make the worker's lease last from now; returns what is wanted, None when the run is not the worker's any more.

    A lease that has ended but that nobody else has taken is still the worker's. Raises InputError `unknown_run`.
    """
    row = lookups.run(session, run_id, lock=True)
    if row.worker != worker:
        return None
    row.lease_until = clock(session) + timedelta(seconds=lease_s)
    return cast(Wanted, row.wanted)


def release(session: Session, run_id: str, worker: str, state: RunState, failure: Failure | None) -> None:
    """End the worker's lease and say how the run stands, or nothing when it is not the worker's any more.

    What is wanted by then has the last word: a run that was to go on again while its worker was stopping is queued.
    Raises InputError `unknown_run`.
    """
    row = lookups.run(session, run_id, lock=True)
    if row.worker == worker:
        row.failure_code, row.failure_parameters = failure_columns(failure)
        _leave(session, row, state)


def _leave(session: Session, row: RunRow, state: str) -> None:
    row.worker = row.lease_until = None
    row.state = stands(cast(RunState, state), cast(Wanted, row.wanted))
    row.finished_at = clock(session) if row.state in OVER else None


def _claimable(session: Session, claimant: Claimant) -> list[ColumnElement[bool]]:
    is_free = or_(RunRow.worker.is_(None), RunRow.worker == claimant.worker, RunRow.lease_until <= clock(session))
    found: list[ColumnElement[bool]] = [is_free]
    if claimant.only:
        found.append(RunRow.id == claimant.only)
    if claimant.lineups:
        found.append(RunRow.lineup.in_(claimant.lineups))
    return found


def _locked(session: Session, query: Select[RunRow]) -> Sequence[RunRow]:
    """What others are just changing is left out: it is theirs."""
    return session.scalars(query.with_for_update(key_share=True, skip_locked=True)).all()
