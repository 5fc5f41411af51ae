"""The runs of `comparer.run_store` on SQLAlchemy: one short transaction a call, on disk when it returns."""

from collections.abc import Collection, Mapping, Sequence

from comparer.records import Answer, CellCount, Failure
from comparer.run_records import AutomaticScore, Place, Run, RunAnswer, RunCase, RunRequest, RunState, Wanted
from comparer.run_store import RunStore
from comparer.store import RatingFilter
from storage import deletion, lookups, run_leases, run_reads, run_writes
from storage.pictures import PictureFiles
from storage.transactions import Transactions


class SqlRuns(RunStore):
    """`comparer.run_store.RunStore` in the database of a `SqlStore`, which hands it out; threads may share it."""

    def __init__(self, transactions: Transactions, files: PictureFiles) -> None:
        self._transactions = transactions
        self._reading, self._writing = transactions.reading, transactions.writing
        self._files = files

    def create(self, request: RunRequest, cases: Sequence[RunCase]) -> str:
        """Keep a new run with its cases in their order, queued; returns its id.

        Raises InputError `unknown_item`, `unknown_picture` (not saved before) or `question_too_long`.
        """
        with self._writing() as session:
            return run_writes.create(session, request, cases)

    def listed(self, *, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs, newest first."""
        with self._reading(at_one_moment=True) as session:
            return run_reads.listed(session, limit)

    def run(self, run_id: str) -> Run:
        """One run as it stands. Raises InputError `unknown_run`."""
        with self._reading(at_one_moment=True) as session:
            return run_reads.record(session, lookups.run(session, run_id))

    def cases(self, run_id: str) -> tuple[RunCase, ...]:
        """The cases of a run in their order. Raises InputError `unknown_run`."""
        with self._reading(at_one_moment=True) as session:
            return run_reads.cases(session, lookups.run(session, run_id), self._files)

    def places(self, run_id: str) -> frozenset[Place]:
        """Where the run has answers already, those that failed included. Raises InputError `unknown_run`."""
        with self._reading(at_one_moment=True) as session:
            return run_reads.places(session, lookups.run(session, run_id))

    def answers(
        self, run_id: str, case: str = "", *, places: Collection[Place] | None = None
    ) -> tuple[RunAnswer, ...]:
        """The answers of a run, or of one case of it, or at some places of it: by case, repeat, turn and model.

        Models come in the order of the lineup. Raises InputError `unknown_run`.
        """
        with self._reading(at_one_moment=True) as session:
            return run_reads.answers(session, lookups.run(session, run_id), case, places)

    def keep(self, run_id: str, place: Place, answer: Answer, model_s: float, score: AutomaticScore | None) -> str:
        """Keep an answer with its score unless the place has one; returns the id of the one that is there then.

        Raises InputError `unknown_run`, and ValueError for a place that the run does not have.
        """
        with self._writing() as session:
            return run_writes.keep(session, run_id, place, answer, model_s, score)

    def want(self, run_id: str, wanted: Wanted) -> Run:
        """Say what is wanted of a run; one that nobody works on heeds it at once.

        Raises InputError `unknown_run` or `run_is_over`.
        """
        with self._writing() as session:
            return run_reads.record(session, run_leases.want(session, run_id, wanted))

    def claim(self, worker: str, lease_s: float, *, only: str = "", lineups: Collection[str] = ()) -> Run | None:
        """Take the oldest run that is to be worked on and that no other worker has a lease of; None without one.

        `only` this run is wanted, or only runs of these `lineups`; empty means any. A run of which `worker` itself
        has a lease can be claimed again: its name must be its alone.
        """
        claimant = run_leases.Claimant(worker, only, frozenset(lineups))
        with self._reading() as session:
            if not run_leases.anything_to_claim(session, claimant):
                return None
        with self._writing() as session:
            row = run_leases.claim(session, claimant, lease_s)
            return None if row is None else run_reads.record(session, row)

    def holders(self) -> Mapping[str, str]:
        """By run, the worker that has claimed it and not let go, alive or not."""
        with self._reading() as session:
            return run_leases.holders(session)

    def renew(self, run_id: str, worker: str, lease_s: float) -> Wanted | None:
        """Keep a claimed run for `lease_s` from now; returns what is wanted, None when it is another worker's now.

        Raises InputError `unknown_run`.
        """
        with self._writing() as session:
            return run_leases.renew(session, run_id, worker, lease_s)

    def release(self, run_id: str, worker: str, state: RunState, failure: Failure | None = None) -> None:
        """Let go of a claimed run and say how it stands; nothing happens when it is another worker's now.

        What is wanted of it by then has the last word. Raises InputError `unknown_run`.
        """
        with self._writing() as session:
            run_leases.release(session, run_id, worker, state, failure)

    def forget_errors(self, run_id: str) -> int:
        """Delete the answers that failed, so that they are asked again once the run is wanted; returns how many.

        A finished run is paused by it. Raises InputError `unknown_run`.
        """
        with self._writing() as session:
            row = lookups.run(session, run_id, lock=True)
            count = deletion.delete_failed_answers(session, row.id)
            if count and row.state == "finished":
                run_leases.reopen(row)
            return count

    def delete(self, run_id: str) -> None:
        """Delete a run with its conversations, answers, ratings and scores, and pictures that nothing else shows.

        Raises InputError `unknown_run` or `run_is_active`.
        """
        with self._writing() as session:
            files = deletion.delete_run(session, run_id)
        deletion.remove_files(self._transactions, self._files, files)

    def automatic_counts(self, ratings: RatingFilter) -> tuple[CellCount, ...]:
        """Cases and passes of every model on every item by automatic checks, apart from all human ratings."""
        with self._reading() as session:
            return run_reads.automatic_counts(session, ratings)
