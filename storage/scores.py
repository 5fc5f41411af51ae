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


def count_rating(session: Session, place: Place, answer: AnswerRow, before: Given | None, after: Given) -> None:
    """Count what a rating of `answer` says `after` a write; `before` is what it said until then, None when new."""
    if place.conversation.item is None or before == after:
        return
    was, now = counted(before), counted(after)
    change = CaseCount(*(new - old for new, old in zip(now, was, strict=True)))
    cell_id = _cell_id(session, place.conversation.item, place.conversation.lineup, answer)
    add(session, {CaseOfCell(cell_id, place.case_key): change})


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


def _cell_id(session: Session, item: str, lineup: str, answer: AnswerRow) -> int:
    key = {
        "item": item,
        "lineup": lineup,
        "model": answer.model,
        "model_id": answer.model_id,
        "precision": answer.precision,
    }
    query = select(ScoreCellRow.id).filter_by(**key)
    known = session.scalar(query)
    if known is None:
        add_if_absent(session, ScoreCellRow, **key)
        known = session.scalars(query).one()
    return known
