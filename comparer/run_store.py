"""What the product asks of its database about runs, as a protocol; `SqlStore.runs` is one.

Every write is on disk when its call returns, and every call may be made by several processes at once. Every call may
raise `StoreError`; an unknown run raises `InputError` `unknown_run`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from comparer.records import Answer, CellCount, Failure
from comparer.run_records import (
    AutomaticScore,
    MadeAnswer,
    Place,
    Ratable,
    Run,
    RunAnswer,
    RunCase,
    RunRequest,
    RunState,
    Wanted,
)
from comparer.store import RatingFilter, Store


class RunStore(Protocol):
    """Runs, their cases, and which answers are there."""

    def create(self, request: RunRequest, cases: Sequence[RunCase]) -> str:
        """Keep a new run with its cases in their order, queued; returns its id. Raises `InputError`."""

    def listed(self, *, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs, newest first."""

    def run(self, run_id: str) -> Run:
        """One run as it stands."""

    def cases(self, run_id: str) -> tuple[RunCase, ...]:
        """The cases of a run in their order."""

    def places(self, run_id: str) -> frozenset[Place]:
        """Where the run has answers already, those that failed included."""

    def answers(
        self, run_id: str, case: str = "", *, places: Collection[Place] | None = None
    ) -> tuple[RunAnswer, ...]:
        """The answers of a run, or of one case of it, or at some places of it: by case, repeat, turn and model."""

    def ratable(self, run_id: str) -> tuple[Ratable, ...]:
        """The answers of a run that people can judge, with those who have: by case, repeat, turn and model.

        Answers that failed are none of them. No text is read.
        """

    def keep(self, run_id: str, place: Place, answer: Answer, model_s: float, score: AutomaticScore | None) -> str:
        """Keep one answer as `keep_all` does; returns its id."""

    def keep_all(self, run_id: str, made: Sequence[MadeAnswer]) -> tuple[str, ...]:
        """Keep answers with their scores, all of them or none; returns their ids in the same order.

        Where a place has an answer already, that one stays and its id is returned: whoever comes second has asked in
        vain, and nothing is doubled. A conversation and its turns are made with their first answer.
        """

    def want(self, run_id: str, wanted: Wanted) -> Run:
        """Say what is wanted of a run: "run" also sets a paused, waiting or failed one going again.

        A run that nobody works on is paused or cancelled at once. Raises `InputError` `run_is_over`.
        """

    def claim(self, worker: str, lease_s: float, *, only: str = "", lineups: Collection[str] = ()) -> Run | None:
        """Take the oldest run that is to be worked on and that no other worker has a lease of; None without one.

        A run whose worker has let its lease run out (it was killed) can be claimed by anybody. `only` this run is
        wanted, or only runs of these `lineups`; empty means any.
        """

    def holders(self) -> Mapping[str, str]:
        """By run, the worker that has claimed it and not let go, alive or not."""

    def renew(self, run_id: str, worker: str, lease_s: float) -> Wanted | None:
        """Keep a claimed run for a while; returns what is wanted of it, None when it is another worker's now."""

    def release(self, run_id: str, worker: str, state: RunState, failure: Failure | None = None) -> None:
        """Let go of a claimed run and say how it stands; nothing happens when it is another worker's now."""

    def forget_errors(self, run_id: str) -> int:
        """Delete the answers that failed, so that they are asked again once the run is wanted; returns how many.

        A finished run is paused by it.
        """

    def delete(self, run_id: str) -> None:
        """Delete a run with its conversations, answers, ratings and scores. Raises `InputError` `run_is_active`."""

    def automatic_counts(self, ratings: RatingFilter) -> tuple[CellCount, ...]:
        """Cases and passes of every model on every item by automatic checks, apart from all human ratings.

        A case is a suite's case: its share is the mean score over its checked turns, repeats and runs. Of the filter
        the lineup, precision, days and weights count; the rest is about people.
        """


class StoreWithRuns(Store, Protocol):
    """The database, runs included."""

    @property
    def runs(self) -> RunStore:
        """The runs of suites."""
