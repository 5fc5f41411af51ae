"""The score table's counts from those that are kept (`storage.scores`): its work does not grow with the ratings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import fsum
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from comparer.records import CellCount, RatingSpread
from comparer.store import RatingFilter
from storage.queries import conditions, in_order, is_hidden
from storage.tables import AnswerRow, CaseScoreRow, CellScoreRow, ConversationRow, RatingRow, ScoreCellRow, TurnRow


class ItemModel(NamedTuple):
    """One field of the score table."""

    item: str
    model: str


class Tally:
    """The cases of one field by how many ratings each has: whole numbers, whose fractions are summed at the end."""

    def __init__(self) -> None:
        self._by_ratings: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, ratings_each: int, cases: int, accepted: int, accepted_squared: int) -> None:
        """Add cases of so many ratings each, of which so many in all accept; less than nothing takes away.

        `accepted_squared` is the sum over these cases of the square of what each one accepts.
        """
        tally = self._by_ratings[ratings_each]
        tally[0] += cases
        tally[1] += accepted
        tally[2] += accepted_squared

    def count(self, place: ItemModel) -> CellCount:
        """As the score table reads it."""
        tallies = [(each, *tally) for each, tally in self._by_ratings.items() if each]
        return CellCount(
            item=place.item,
            model=place.model,
            cases=sum(cases for _, cases, _, _ in tallies),
            ratings=sum(each * cases for each, cases, _, _ in tallies),
            passed=fsum(accepted / each for each, _, accepted, _ in tallies),
            spread=RatingSpread(
                accepted=sum(accepted for _, _, accepted, _ in tallies),
                ratings_squared=sum(each**2 * cases for each, cases, _, _ in tallies),
                ratings_by_accepted=sum(each * accepted for each, _, accepted, _ in tallies),
                accepted_squared=sum(squared for _, _, _, squared in tallies),
            ),
        )


def are_kept(ratings: RatingFilter) -> bool:
    """Whether the counts under this filter are kept: those of certain reviewers or days are not."""
    return not ratings.reviewers and ratings.since is None and ratings.until is None


def cell_counts(session: Session, ratings: RatingFilter) -> tuple[CellCount, ...]:
    """What `storage.queries.cell_counts` gives, for a filter of which `are_kept`.

    Where one item and model have several cells under the filter (two precisions, say), a case that is in several of
    them counts once: these alone are summed case by case. All of it must be read at one moment.
    """
    cells: dict[ItemModel, list[int]] = defaultdict(list)
    for cell_id, item, model in session.execute(
        select(ScoreCellRow.id, ScoreCellRow.item, ScoreCellRow.model).where(*cell_conditions(ratings))
    ):
        cells[ItemModel(item, model)].append(cell_id)
    tallies: dict[ItemModel, Tally] = defaultdict(Tally)
    _add_kept(session, ratings, tallies, [ids[0] for ids in cells.values() if len(ids) == 1])
    _add_merged(session, ratings, tallies, [cell_id for ids in cells.values() if len(ids) > 1 for cell_id in ids])
    if ratings.without_conversation or ratings.without_hidden:
        _leave_out(session, ratings, tallies)
    counts = (tally.count(place) for place, tally in tallies.items())
    return in_order(count for count in counts if count.cases)


def precisions(session: Session, ratings: RatingFilter) -> tuple[str, ...]:
    """The precisions of the cells that hold ratings, whatever precision the filter asks for."""
    rated = (
        select(ScoreCellRow.precision)
        .distinct()
        .join(CellScoreRow, CellScoreRow.cell_id == ScoreCellRow.id)
        .where(CellScoreRow.cases > 0, *cell_conditions(replace(ratings, precision="")))
    )
    return tuple(sorted(session.scalars(rated)))


def cell_conditions(ratings: RatingFilter) -> list[ColumnElement[bool]]:
    """Which cells a filter of which `are_kept` holds; blind ratings and a left-out conversation are not said here."""
    found: list[ColumnElement[bool]] = []
    if ratings.lineup:
        found.append(ScoreCellRow.lineup == ratings.lineup)
    if ratings.precision:
        found.append(ScoreCellRow.precision == ratings.precision)
    if ratings.model_ids:
        found.append(ScoreCellRow.model_id.in_(ratings.model_ids))
    return found


def case_columns(ratings: RatingFilter) -> tuple[InstrumentedAttribute[int], InstrumentedAttribute[int]]:
    """Where a case's ratings and acceptances under the filter stand."""
    if ratings.blind_only:
        return CaseScoreRow.blind_ratings, CaseScoreRow.blind_accepted
    return CaseScoreRow.ratings, CaseScoreRow.accepted


def _add_kept(
    session: Session, ratings: RatingFilter, tallies: dict[ItemModel, Tally], cell_ids: Iterable[int]
) -> None:
    kept = (
        select(
            ScoreCellRow.item,
            ScoreCellRow.model,
            CellScoreRow.ratings_each,
            CellScoreRow.cases,
            CellScoreRow.accepted,
            CellScoreRow.accepted_squared,
        )
        .join(CellScoreRow, CellScoreRow.cell_id == ScoreCellRow.id)
        .where(ScoreCellRow.id.in_(list(cell_ids)), CellScoreRow.blind_only.is_(ratings.blind_only))
    )
    for item, model, *amounts in session.execute(kept):
        tallies[ItemModel(item, model)].add(*amounts)


def _add_merged(
    session: Session, ratings: RatingFilter, tallies: dict[ItemModel, Tally], cell_ids: list[int]
) -> None:
    if not cell_ids:
        return
    given, accepted = case_columns(ratings)
    by_case = (
        select(
            ScoreCellRow.item.label("item"),
            ScoreCellRow.model.label("model"),
            func.sum(given).label("ratings"),
            func.sum(accepted).label("accepted"),
        )
        .join(CaseScoreRow, CaseScoreRow.cell_id == ScoreCellRow.id)
        .where(ScoreCellRow.id.in_(cell_ids))
        .group_by(ScoreCellRow.item, ScoreCellRow.model, CaseScoreRow.case_key)
        .subquery()
    )
    by_ratings = select(
        by_case.c.item,
        by_case.c.model,
        by_case.c.ratings,
        func.count(),
        func.sum(by_case.c.accepted),
        func.sum(by_case.c.accepted * by_case.c.accepted),
    ).group_by(by_case.c.item, by_case.c.model, by_case.c.ratings)
    for item, model, *amounts in session.execute(by_ratings):
        tallies[ItemModel(item, model)].add(*(int(amount) for amount in amounts))


def _leave_out(session: Session, ratings: RatingFilter, tallies: dict[ItemModel, Tally]) -> None:
    """Take away what left-out conversations gave to their cases; all other cases stay as they are."""
    left_out = [ConversationRow.id == ratings.without_conversation] if ratings.without_conversation else []
    left_out += [is_hidden()] if ratings.without_hidden else []
    own = session.execute(
        select(
            ConversationRow.item,
            AnswerRow.model,
            TurnRow.case_key,
            func.count(),
            func.sum(case((RatingRow.acceptable, 1), else_=0)),
        )
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(
            or_(*left_out),
            ConversationRow.item.is_not(None),
            *conditions(replace(ratings, without_conversation="", without_hidden=False)),
        )
        .group_by(ConversationRow.item, AnswerRow.model, TurnRow.case_key)
    ).all()
    if not own:
        return
    given, accepted = case_columns(ratings)
    whole = session.execute(
        select(ScoreCellRow.item, ScoreCellRow.model, CaseScoreRow.case_key, func.sum(given), func.sum(accepted))
        .join(CaseScoreRow, CaseScoreRow.cell_id == ScoreCellRow.id)
        .where(CaseScoreRow.case_key.in_({row[2] for row in own}), *cell_conditions(ratings))
        .group_by(ScoreCellRow.item, ScoreCellRow.model, CaseScoreRow.case_key)
    )
    counts = {(item, model, case_key): (int(n), int(a)) for item, model, case_key, n, a in whole}
    for item, model, case_key, own_ratings, own_accepted in own:
        n, a = counts[item, model, case_key]
        tally = tallies[ItemModel(item, model)]
        tally.add(n, -1, -a, -(a**2))
        tally.add(n - own_ratings, 1, a - own_accepted, (a - own_accepted) ** 2)
