"""Takes in ratings made elsewhere: what is new or newer comes in, what is here already stays, all in one transaction.

Rows are worked off in batches, so that memory does not grow with the file.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from comparer.errors import ComparerError
from comparer.store import Imported
from comparer.transfer import ImportReport, ItemDefinition, RowError
from storage import items
from storage.arrivals import Arrival, arrival
from storage.conversion import item_record
from storage.import_places import Places
from storage.import_verdicts import Verdicts
from storage.tables import ConversationRow, ItemRow

BATCH = 1_000


def take_in(
    session: Session, things: Iterable[tuple[int, Imported]], progress: Callable[[int], None]
) -> ImportReport:
    """Take in the numbered rows of a file. Raises RowError for the first that cannot be kept."""
    _keep_others_out(session)
    report = ImportReport()
    definitions = _Items(session)
    places = Places(session, report)
    verdicts = Verdicts(session, report, places)
    for batch in _batches(things):
        arrivals: list[Arrival] = []
        for row, thing in batch:
            try:
                if isinstance(thing, ItemDefinition):
                    definitions.take_in(thing)
                else:
                    arrivals.append(arrival(row, thing))
            except ComparerError as error:
                raise RowError(row, error) from error
        places.take_in(arrivals)
        verdicts.take_in(arrivals)
        progress(batch[-1][0])
    definitions.put_in_order()
    report.items_created, report.items_taken_over, report.items_kept = definitions.created_taken_over_kept
    report.pictures_missing = places.missing_pictures()
    return report


def _keep_others_out(session: Session) -> None:
    """One writer at a time until the transaction ends, as SQLite has it anyway: nobody adds a row that was sought."""
    if session.get_bind().dialect.name == "postgresql":
        tables = "items, conversations, turns, answers, ratings, preferences"
        session.execute(text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))


def _batches(things: Iterable[tuple[int, Imported]]) -> Iterator[list[tuple[int, Imported]]]:
    rest = iter(things)
    while batch := list(islice(rest, BATCH)):
        yield batch


class _Items:
    """The test items of the file. A definition that is in use here stays; the others become as the file has them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._nothing_asked = session.scalar(select(func.count()).select_from(ConversationRow)) == 0
        self._places: dict[str, int] = {}
        self._created: list[str] = []
        self._taken_over: list[str] = []
        self._kept: list[str] = []

    @property
    def created_taken_over_kept(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The keys of the items that were not here, of those now defined as in the file, of those that differ."""
        return tuple(self._created), tuple(self._taken_over), tuple(self._kept)

    def take_in(self, definition: ItemDefinition) -> None:
        """Make the item, or its definition, known here. Raises InputError for one that cannot be kept."""
        item = items.checked(definition.item)
        self._places[item.key] = definition.place
        row = self._session.get(ItemRow, item.key)
        if row is None:
            items.add(self._session, item)
            self._created.append(item.key)
        elif item_record(row) == item:
            return
        elif self._is_used(item.key):
            self._kept.append(item.key)
        else:
            items.change(self._session, item)
            self._taken_over.append(item.key)

    def put_in_order(self) -> None:
        """Where nothing had been asked yet, the file's places count; an item that is not in it keeps its own."""
        if self._nothing_asked:
            rows = items.listed(self._session, include_archived=True)
            items.put_in_order(
                self._session,
                [row.key for row in sorted(rows, key=lambda row: self._places.get(row.key, row.position))],
            )

    def _is_used(self, key: str) -> bool:
        return bool(self._session.scalar(select(exists().where(ConversationRow.item == key))))
