"""The list of conversations: searched, newest first, page by page. Only reads."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from comparer.errors import InputError
from comparer.store import ConversationSummary, HistoryPage, HistorySearch
from storage import conversion, lookups
from storage.base import Moment
from storage.pictures import PictureFiles
from storage.run_tables import RunConversationRow
from storage.tables import AnswerRow, ConversationRow, PictureRow, RatingRow, ReviewerRow, TurnPictureRow, TurnRow
from storage.visitor_text import clean
from storage.visitor_text import reviewer as reviewer_name

MAX_PAGE = 200


class Place(NamedTuple):
    """Where a conversation stands in the list, whatever is added or deleted around it."""

    created_at: datetime
    id: str

    @property
    def cursor(self) -> str:
        """As a text that can stand in an address."""
        return f"{self.created_at.isoformat()}_{self.id}"


def page(session: Session, sought: HistorySearch, after: str, limit: int, files: PictureFiles) -> HistoryPage:
    """At most `limit` (1 to 200) conversations behind the cursor `after`. Raises InputError `cursor_unusable`."""
    limit = max(1, min(limit, MAX_PAGE))
    query = (
        select(ConversationRow)
        .options(joinedload(ConversationRow.reviewer))
        .where(*_conditions(session, sought))
        .order_by(ConversationRow.created_at.desc(), ConversationRow.id.desc())
        .limit(limit + 1)
    )
    if after:
        place = read_cursor(after)
        here = tuple_(literal(place.created_at, Moment()), literal(place.id))
        query = query.where(tuple_(ConversationRow.created_at, ConversationRow.id) < here)
    rows = session.scalars(query).all()
    shown = rows[:limit]
    more = len(rows) > limit
    return HistoryPage(
        conversations=_summaries(session, list(shown), files),
        next=Place(shown[-1].created_at, shown[-1].id).cursor if more else "",
    )


def summary(session: Session, conversation_id: str, files: PictureFiles) -> ConversationSummary:
    """One conversation as the list shows it. Raises InputError `unknown_conversation`."""
    return _summaries(session, [lookups.conversation(session, conversation_id)], files)[0]


def lineups(session: Session) -> tuple[str, ...]:
    """The names of all lineups with which a conversation was begun."""
    return tuple(sorted(session.scalars(select(ConversationRow.lineup).distinct())))


def read_cursor(cursor: str) -> Place:
    """A place from its text. Raises InputError `cursor_unusable`."""
    moment, _, conversation_id = clean(cursor).partition("_")
    try:
        return Place(datetime.fromisoformat(moment), conversation_id)
    except ValueError as error:
        raise InputError("cursor_unusable", cursor=clean(cursor)[:80]) from error


def _conditions(session: Session, sought: HistorySearch) -> list[ColumnElement[bool]]:
    conversation_id = ConversationRow.id
    turns = select(TurnRow.id).where(TurnRow.conversation_id == conversation_id)
    answers = select(AnswerRow.id).join(AnswerRow.turn).where(TurnRow.conversation_id == conversation_id)
    ratings = (
        select(RatingRow.id)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .where(TurnRow.conversation_id == conversation_id)
    )
    found: list[ColumnElement[bool]] = [turns.exists()]
    if text := clean(sought.text).strip():
        in_questions = turns.where(_holds(session, TurnRow.question, text)).exists()
        found.append(in_questions | answers.where(_holds(session, AnswerRow.text, text)).exists())
    if sought.item:
        found.append(ConversationRow.item == clean(sought.item))
    if sought.lineup:
        found.append(ConversationRow.lineup == clean(sought.lineup))
    if sought.reviewer:
        name = reviewer_name(sought.reviewer)
        known = select(ReviewerRow.id).where(ReviewerRow.name == name).scalar_subquery()
        found.append((ConversationRow.reviewer_id == known) | ratings.where(RatingRow.reviewer_id == known).exists())
    if sought.since is not None:
        found.append(ConversationRow.created_at >= sought.since)
    if sought.until is not None:
        found.append(ConversationRow.created_at < sought.until)
    if sought.rated is not None:
        found.append(ratings.exists() if sought.rated else ~ratings.exists())
    if sought.owner:
        found.append(ConversationRow.owner == sought.owner)
    of_run = select(RunConversationRow.run_id).where(RunConversationRow.conversation_id == conversation_id).exists()
    if sought.of_runs is None:
        found.append(~of_run | ratings.exists())
    else:
        found.append(of_run if sought.of_runs else ~of_run)
    return found


def _holds(session: Session, column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether the column has `text` in it. Both databases know the case of A to Z only, whatever their language."""
    sought = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    if session.get_bind().dialect.name == "postgresql":
        return func.strpos(func.lower(column.collate("C")), sought) > 0
    return func.instr(func.lower(column), sought) > 0


def _summaries(session: Session, rows: list[ConversationRow], files: PictureFiles) -> tuple[ConversationSummary, ...]:
    ids = [row.id for row in rows]
    turns = (
        select(TurnRow.conversation_id, func.count())
        .where(TurnRow.conversation_id.in_(ids))
        .group_by(TurnRow.conversation_id)
    )
    ratings = (
        select(TurnRow.conversation_id, func.count())
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .where(TurnRow.conversation_id.in_(ids))
        .group_by(TurnRow.conversation_id)
    )
    first = select(TurnRow.conversation_id, TurnRow.question).where(
        TurnRow.conversation_id.in_(ids), TurnRow.position == 0
    )
    pictures = (
        select(TurnRow.conversation_id, PictureRow)
        .join(TurnPictureRow, TurnPictureRow.turn_id == TurnRow.id)
        .join(PictureRow, PictureRow.sha256 == TurnPictureRow.sha256)
        .where(TurnRow.conversation_id.in_(ids))
        .order_by(TurnRow.position.desc(), TurnPictureRow.position.desc())  # the first one is read last and stays
    )
    asked: dict[str, int] = dict(session.execute(turns).all())
    rated: dict[str, int] = dict(session.execute(ratings).all())
    questions: dict[str, str] = dict(session.execute(first).all())
    shown: dict[str, PictureRow] = dict(session.execute(pictures).all())
    return tuple(
        ConversationSummary(
            id=row.id,
            created_at=row.created_at,
            lineup=row.lineup,
            item=row.item or "",
            reviewer=row.reviewer.name,
            blind=row.blind,
            revealed=row.revealed_at is not None,
            first_question=questions.get(row.id, ""),
            turns=asked.get(row.id, 0),
            ratings=rated.get(row.id, 0),
            picture=conversion.picture_record(shown[row.id], files) if row.id in shown else None,
            starred=row.starred,
            owner=row.owner,
        )
        for row in rows
    )
