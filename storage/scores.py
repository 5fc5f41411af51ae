"""The counts behind the score table, changed in the very transaction of every rating.

Two tables are kept per cell (one item, lineup, model, weights and precision): how many ratings and acceptances each
case has, and how many cases have one, two, three ... ratings, with what these accept and its squares. All are whole
numbers that only ever are added to or taken from, so that the score, a sum of fractions, is as exact after a million
changes as after the first.

Locks are taken in one order by everybody, so that no two writers wait for each other: the rating, then cases, then
cells, each by its key.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.lookups import Place
from storage.tables import AnswerRow, CaseScoreRow, CellScoreRow, ScoreCellRow
from storage.upserts import add_amounts, add_if_absent


class Given(NamedTuple):
    """What one rating says, as far as it is counted."""

    acceptable: bool
    blind: bool


class CaseOfCell(NamedTuple):
    """One case within one cell."""

    cell_id: int
    case_key: str


class CaseCount(NamedTuple):
    """The ratings of one case in one cell, or a change of them."""

    ratings: int = 0
    accepted: int = 0
    blind_ratings: int = 0
    blind_accepted: int = 0


class Cell(NamedTuple):
    """What is counted together: one item, one lineup, one model of certain weights and precision."""

    item: str
    lineup: str
    model: str
    model_id: str
    precision: str


def count_rating(session: Session, place: Place, answer: AnswerRow, before: Given | None, after: Given) -> None:
    """Count what a rating of `answer` says `after` a write; `before` is what it said until then, None when new."""
    if place.conversation.item is None or before == after:
        return
    changes = Changes(session)
    cell = Cell(place.conversation.item, place.conversation.lineup, answer.model, answer.model_id, answer.precision)
    changes.count(cell, place.case_key, before, after)
    changes.write()


class Changes:
    """Changes of many ratings, counted together and written at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes: dict[tuple[Cell, str], CaseCount] = defaultdict(CaseCount)

    def count(self, cell: Cell, case_key: str, before: Given | None, after: Given) -> None:
        """Count what one rating says `after` a write; `before` is what it said until then, None when new."""
        change = (new - old for new, old in zip(counted(after), counted(before), strict=True))
        so_far = self._changes[cell, case_key]
        self._changes[cell, case_key] = CaseCount(*map(sum, zip(so_far, change, strict=True)))

    def write(self) -> None:
        """Change the counts that are kept; none is to be counted afterwards."""
        cells = {cell: _cell_id(self._session, cell) for cell in sorted({cell for cell, _ in self._changes})}
        add(self._session, {CaseOfCell(cells[cell], case): change for (cell, case), change in self._changes.items()})


def counted(given: Given | None) -> CaseCount:
    """One rating as counts; none for None."""
    if given is None:
        return CaseCount()
    return CaseCount(1, int(given.acceptable), int(given.blind), int(given.blind and given.acceptable))


def add(session: Session, changes: Mapping[CaseOfCell, CaseCount]) -> None:
    """Add to the counts of these cases (less than nothing takes away), and move the cases within their cells."""
    moved: dict[tuple[int, bool, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for place, change in sorted(changes.items()):
        after = CaseCount(*add_amounts(session, CaseScoreRow, place._asdict(), change._asdict()))
        before = CaseCount(*(now - added for now, added in zip(after, change, strict=True)))
        for count, sign in ((before, -1), (after, 1)):
            for blind_only, ratings, accepted in ((False, *count[:2]), (True, *count[2:])):
                if ratings:
                    tally = moved[place.cell_id, blind_only, ratings]
                    tally[0] += sign
                    tally[1] += sign * accepted
                    tally[2] += sign * accepted**2
    for (cell_id, blind_only, ratings_each), (cases, accepted, accepted_squared) in sorted(moved.items()):
        if cases or accepted or accepted_squared:
            key = {"cell_id": cell_id, "blind_only": blind_only, "ratings_each": ratings_each}
            amounts = {"cases": cases, "accepted": accepted, "accepted_squared": accepted_squared}
            add_amounts(session, CellScoreRow, key, amounts)


def _cell_id(session: Session, cell: Cell) -> int:
    query = select(ScoreCellRow.id).filter_by(**cell._asdict())
    known = session.scalar(query)
    if known is None:
        add_if_absent(session, ScoreCellRow, **cell._asdict())
        known = session.scalars(query).one()
    return known
