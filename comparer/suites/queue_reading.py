"""The rating queue of runs as it stands now: which answers are rated next and why, and how far the ratings are.

Reads and changes nothing. Of the models it knows keys and weights; what a reviewer may see of them is for the page to
know.
"""

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from comparer.fit.reading import read_score_table
from comparer.fit.score_table import Row, ScoreTable
from comparer.run_records import Ratable, Run, RunCase
from comparer.run_store import RunStore
from comparer.store import RatingFilter, Store
from comparer.suites.queue import Answered, rating_queue

Reason = Literal["second", "goes_on", "open", "settled"]
"""Why an answer comes: for a second rating, as the next of a conversation, because its item is undecided, or, where
the item is decided, so that every item gets its share. Never of one cell alone: that would tell of the model."""

SETTLED = frozenset({"meets", "fails"})
KEPT = 4
"""The cases of so many runs are kept, and who has rated what in them."""


@dataclass(frozen=True, slots=True)
class ToRate:
    """An answer that is to be rated."""

    run: Run
    case: RunCase
    answer: Ratable
    reason: Reason


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """How far one test item is."""

    item: str
    rated: int
    """Of `answers`, those that anybody has rated."""
    answers: int
    decided: int
    """Of `cells`, the models for which the score table has a verdict by people's ratings."""
    cells: int


@dataclass(frozen=True, slots=True)
class RatingQueue:
    """What one reviewer is to rate next, and how far everybody is."""

    answers: tuple[ToRate, ...]
    left: int
    """How many the whole queue has for this reviewer."""
    items: tuple[ItemProgress, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[int, int, str]
    """Answers, errors, and the ratings' revision when it was read."""
    answers: tuple[Ratable, ...]


class QueueReader:
    """Reads queues. One object serves all visitors."""

    def __init__(self, runs: RunStore, store: Store) -> None:
        self._runs = runs
        self._store = store
        self._cases: OrderedDict[str, dict[str, RunCase]] = OrderedDict()
        self._answers: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self,
        runs: Sequence[Run],
        reviewer: str,
        *,
        noted: Collection[str] = (),
        skipped: Collection[str] = (),
        limit: int = 12,
    ) -> RatingQueue:
        """The first `limit` answers for `reviewer`. The runs must have asked the same weights.

        `noted` are ids of answers that the reviewer has seen or judged and whose ratings may still be on their way,
        `skipped` of those that they do not want now. Raises `StoreError`, and `InputError` for a run deleted
        meanwhile.
        """
        name, table = same_name(reviewer), self._table(runs)
        rows = {row.item.key: row for row in table.rows}
        known = {one.answer.answer_id: one for run in runs for one in self._all(run, rows)}
        judged = [_answered(one, name, noted) for one in known.values()]
        order = [answer for answer in rating_queue(judged, table, name) if answer not in skipped]
        coming = tuple(known[answer] for answer in order[:limit])
        return RatingQueue(coming, len(order), _progress(known.values(), rows))

    def find(self, run: Run, answer_ids: Collection[str]) -> dict[str, RunCase]:
        """Those of the answers that people can judge in this run, rated or not, each with its case."""
        cases = self._cases_of(run)
        return {one.answer_id: cases[one.place.case] for one in self._ratable(run) if one.answer_id in answer_ids}

    def _all(self, run: Run, rows: Mapping[str, Row]) -> Iterator[ToRate]:
        cases = self._cases_of(run)
        for one in self._ratable(run):
            case = cases[one.place.case]
            yield ToRate(run, case, one, _reason(one, rows.get(case.item)))

    def _table(self, runs: Sequence[Run]) -> ScoreTable:
        """The table of the runs' own weights: a later change of the lineup is none of theirs."""
        if not runs:
            return ScoreTable((), ())
        request = runs[0].request
        ids = tuple(dict.fromkeys(model.model_id for model in request.models))
        ratings = RatingFilter(lineup=request.lineup, model_ids=ids)
        return read_score_table(self._store, [model.key for model in request.models], ratings)

    def _cases_of(self, run: Run) -> dict[str, RunCase]:
        with self._lock:
            kept = self._cases.get(run.id) or {case.id: case for case in self._runs.cases(run.id)}
            _keep(self._cases, run.id, kept)
            return kept

    def _ratable(self, run: Run) -> tuple[Ratable, ...]:
        mark = (run.answers, run.errors, self._store.revision())
        with self._lock:
            kept = self._answers.get(run.id)
            if kept is None or kept.mark != mark:
                kept = _Kept(mark, self._runs.ratable(run.id))
            _keep(self._answers, run.id, kept)
            return kept.answers


def same_name(reviewer: str) -> str:
    """A reviewer's name as the database keeps it: composed characters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", reviewer).split())


def _answered(one: ToRate, reviewer: str, noted: Collection[str]) -> Answered:
    """As the queue sees it; what is noted counts as rated by the reviewer."""
    place, answer = one.answer.place, one.answer
    return Answered(
        answer.answer_id,
        one.case.item,
        place.model,
        answer.raters | {reviewer} if answer.answer_id in noted else answer.raters,
        conversation=f"{one.run.id}:{place.case}:{place.repeat}:{place.model}",
        turn=place.turn,
    )


def _reason(one: Ratable, row: Row | None) -> Reason:
    if one.raters:
        return "second"
    if one.place.turn:
        return "goes_on"
    if row is None or all(cell.verdict in SETTLED for cell in row.cells.values()):
        return "settled"
    return "open"


def _progress(answers: Iterable[ToRate], rows: Mapping[str, Row]) -> tuple[ItemProgress, ...]:
    """The items of these answers, in the order of their first ones."""
    by_item: dict[str, list[bool]] = {}
    for one in answers:
        by_item.setdefault(one.case.item, []).append(bool(one.answer.raters))
    found = []
    for item, rated in by_item.items():
        cells = rows[item].cells.values() if item in rows else ()
        decided = sum(cell.verdict in SETTLED for cell in cells)
        found.append(ItemProgress(item, sum(rated), len(rated), decided, len(cells)))
    return tuple(found)


_Value = TypeVar("_Value")


def _keep(kept: OrderedDict[str, _Value], key: str, value: _Value) -> None:
    """The newest few are kept."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
