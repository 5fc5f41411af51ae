"""The cases behind one field of the score table, worst first, page by page. Only reads.

Which cases come next is read from the kept counts (`storage.scores`) wherever these hold under the filter: the
ratings themselves are read for one page of cases only.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Float, Subquery, case, cast, func, literal, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from comparer.errors import InputError
from comparer.records import Picture
from comparer.store import CaseAnswer, CasePage, DatedRating, RatedCase, RatingFilter
from storage import score_reads
from storage.conversion import answer_record, picture_record, rating_record
from storage.pictures import PictureFiles
from storage.queries import conditions, is_hidden
from storage.score_reads import ItemModel
from storage.tables import (
    AnswerRow,
    CaseScoreRow,
    ConversationRow,
    PictureRow,
    RatingRow,
    ScoreCellRow,
    TurnPictureRow,
    TurnRow,
)
from storage.visitor_text import clean

MAX_PAGE = 200


class Place(NamedTuple):
    """Where a case stands in the list: the lowest pass rate first."""

    rate: float
    case_key: str

    @property
    def cursor(self) -> str:
        """As a text from which the very same number is read again."""
        return f"{self.rate!r}_{self.case_key}"


def read_cursor(cursor: str) -> Place:
    """A place from its text. Raises InputError `cursor_unusable`."""
    rate, _, case_key = clean(cursor).partition("_")
    try:
        return Place(float(rate), case_key)
    except ValueError as error:
        raise InputError("cursor_unusable", cursor=clean(cursor)[:80]) from error


def page(
    session: Session, files: PictureFiles, place: ItemModel, ratings: RatingFilter, after: str, limit: int
) -> CasePage:
    """At most `limit` (1 to 200) cases behind the cursor `after`. Raises InputError `cursor_unusable`."""
    limit = max(1, min(limit, MAX_PAGE))
    by_case = _kept(place, ratings) if score_reads.are_kept(ratings) else _counted(place, ratings)
    rate = cast(by_case.c.accepted, Float) / by_case.c.ratings
    query = (
        select(by_case.c.case_key, by_case.c.ratings, by_case.c.accepted)
        .where(by_case.c.ratings > 0)
        .order_by(rate, by_case.c.case_key)
        .limit(limit + 1)
    )
    if ratings.without_conversation:
        own = select(TurnRow.case_key).where(TurnRow.conversation_id == clean(ratings.without_conversation))
        query = query.where(by_case.c.case_key.not_in(own))
    if ratings.without_hidden:
        hidden = select(TurnRow.case_key).join(TurnRow.conversation).where(is_hidden())
        query = query.where(by_case.c.case_key.not_in(hidden))
    if after:
        query = query.where(tuple_(rate, by_case.c.case_key) > tuple_(*map(literal, read_cursor(after))))
    found = [(key, int(n), int(accepted)) for key, n, accepted in session.execute(query)]
    shown = found[:limit]
    read = _ratings_of(session, place, ratings, [key for key, _, _ in shown])
    pictures = _pictures(session, files, (rows[0].answer.turn for rows in read.values()))
    cases = [_case(key, n, accepted, read[key], pictures) for key, n, accepted in shown]
    last = shown[-1] if len(found) > limit else None
    return CasePage(tuple(cases), Place(last[2] / last[1], last[0]).cursor if last else "")


def _kept(place: ItemModel, ratings: RatingFilter) -> Subquery:
    """Every case of the field with its kept counts; several cells of the field are added up."""
    given, accepted = score_reads.case_columns(ratings)
    return (
        select(CaseScoreRow.case_key, func.sum(given).label("ratings"), func.sum(accepted).label("accepted"))
        .join(ScoreCellRow, ScoreCellRow.id == CaseScoreRow.cell_id)
        .where(
            ScoreCellRow.item == place.item,
            ScoreCellRow.model == place.model,
            *score_reads.cell_conditions(ratings),
        )
        .group_by(CaseScoreRow.case_key)
        .subquery()
    )


def _counted(place: ItemModel, ratings: RatingFilter) -> Subquery:
    """The same from the ratings of the field, for filters whose counts are not kept."""
    return (
        select(
            TurnRow.case_key,
            func.count().label("ratings"),
            func.sum(case((RatingRow.acceptable, 1), else_=0)).label("accepted"),
        )
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(*_of_place(place), *conditions(ratings))
        .group_by(TurnRow.case_key)
        .subquery()
    )


def _of_place(place: ItemModel) -> Sequence[ColumnElement[bool]]:
    return ConversationRow.item == place.item, AnswerRow.model == place.model


def _ratings_of(
    session: Session, place: ItemModel, ratings: RatingFilter, keys: Sequence[str]
) -> dict[str, list[RatingRow]]:
    """The ratings of these cases, oldest first."""
    query = (
        select(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .join(RatingRow.reviewer)
        .options(
            contains_eager(RatingRow.reviewer),
            contains_eager(RatingRow.answer).contains_eager(AnswerRow.turn).contains_eager(TurnRow.conversation),
        )
        .where(TurnRow.case_key.in_(keys), *_of_place(place), *conditions(ratings))
        .order_by(RatingRow.created_at, RatingRow.id)
    )
    found: dict[str, list[RatingRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.answer.turn.case_key].append(row)
    return found


def _pictures(session: Session, files: PictureFiles, turns: Iterable[TurnRow]) -> dict[str, tuple[Picture, ...]]:
    """By turn: the pictures of its conversation until then, oldest first."""
    shown = {turn.id: turn for turn in turns}
    query = (
        select(TurnRow.conversation_id, TurnRow.position, PictureRow)
        .join(TurnPictureRow, TurnPictureRow.turn_id == TurnRow.id)
        .join(PictureRow, PictureRow.sha256 == TurnPictureRow.sha256)
        .where(TurnRow.conversation_id.in_({turn.conversation_id for turn in shown.values()}))
        .order_by(TurnRow.conversation_id, TurnRow.position, TurnPictureRow.position)
    )
    new: dict[str, list[tuple[int, Picture]]] = defaultdict(list)
    for conversation_id, position, row in session.execute(query):
        new[conversation_id].append((position, picture_record(row, files)))
    return {
        turn_id: tuple(picture for position, picture in new[turn.conversation_id] if position <= turn.position)
        for turn_id, turn in shown.items()
    }


def _case(
    key: str, ratings: int, accepted: int, rows: list[RatingRow], pictures: dict[str, tuple[Picture, ...]]
) -> RatedCase:
    turn = rows[0].answer.turn
    by_answer: dict[str, list[RatingRow]] = defaultdict(list)
    for row in rows:
        by_answer[row.answer_id].append(row)
    return RatedCase(
        key=key,
        turn=turn.position + 1,
        question=turn.question,
        pictures=pictures[turn.id],
        ratings=ratings,
        accepted=accepted,
        answers=tuple(
            _answer(rated) for rated in sorted(by_answer.values(), key=lambda rows: min(map(_badness, rows)))
        ),
    )


def _answer(rows: list[RatingRow]) -> CaseAnswer:
    answer = rows[0].answer
    return CaseAnswer(
        id=answer.id,
        conversation_id=answer.turn.conversation_id,
        blind=answer.turn.conversation.blind,
        answer=answer_record(answer),
        ratings=tuple(DatedRating(rating_record(row), row.rated_at) for row in sorted(rows, key=_badness)),
    )


def _badness(row: RatingRow) -> tuple[bool, bool]:
    """Refusals come first, and among them those that say why."""
    return row.acceptable, not (row.reasons or row.note)
