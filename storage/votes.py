"""Votes as they were cast, and who has rated how much. Only reads."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from comparer.store import CastVote, RatingFilter, ReviewerCount
from storage.base import Moment
from storage.tables import AnswerRow, ConversationRow, PreferenceRow, RatingRow, ReviewerRow, TurnRow
from storage.visitor_text import reviewer

PAGE = 500


class Place(NamedTuple):
    """Where a vote stands among all: by when it was first cast, which no later change moves."""

    created_at: datetime
    id: str


_Cast = Row[PreferenceRow, TurnRow, ConversationRow, str, str]


def vote_page(session: Session, ratings: RatingFilter, after: Place | None) -> list[tuple[Place, CastVote]]:
    """At most `PAGE` votes cast after that one, each with its place."""
    page = _cast(ratings).order_by(PreferenceRow.created_at, PreferenceRow.id).limit(PAGE)
    if after is not None:
        here = tuple_(literal(after.created_at, Moment()), literal(after.id))
        page = page.where(tuple_(PreferenceRow.created_at, PreferenceRow.id) > here)
    return [(Place(row[0].created_at, row[0].id), _record(row)) for row in session.execute(page)]


def newest_votes(session: Session, limit: int, ratings: RatingFilter) -> list[CastVote]:
    """The votes cast last, oldest of them first."""
    page = _cast(ratings).order_by(PreferenceRow.created_at.desc(), PreferenceRow.id.desc()).limit(limit)
    return [_record(row) for row in session.execute(page)][::-1]


def _cast(ratings: RatingFilter) -> Select[PreferenceRow, TurnRow, ConversationRow, str, str]:
    return (
        select(PreferenceRow, TurnRow, ConversationRow, ReviewerRow.name, AnswerRow.model)
        .join(TurnRow, TurnRow.id == PreferenceRow.turn_id)
        .join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
        .join(ReviewerRow, ReviewerRow.id == PreferenceRow.reviewer_id)
        .outerjoin(AnswerRow, AnswerRow.id == PreferenceRow.answer_id)
        .where(*_conditions(ratings))
    )


def _record(row: _Cast) -> CastVote:
    vote, turn, conversation, name, model = row
    return CastVote(
        turn_id=turn.id,
        conversation_id=conversation.id,
        case_key=turn.case_key,
        item=conversation.item or "",
        lineup=conversation.lineup,
        order=tuple(conversation.model_order),
        choice=vote.choice if vote.answer_id is None else model,
        reviewer=name,
        blind=vote.blind,
        at=vote.chosen_at,
    )


def reviewer_counts(session: Session) -> tuple[ReviewerCount, ...]:
    """Everybody who has rated, by name, whatever order of letters the database keeps."""
    counted = (
        select(ReviewerRow.name, func.count())
        .join(RatingRow, RatingRow.reviewer_id == ReviewerRow.id)
        .group_by(ReviewerRow.name)
    )
    return tuple(sorted(ReviewerCount(name, ratings) for name, ratings in session.execute(counted)))


def _conditions(ratings: RatingFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on votes; `since` is included, `until` is not."""
    found: list[ColumnElement[bool]] = []
    if ratings.lineup:
        found.append(ConversationRow.lineup == ratings.lineup)
    if ratings.without_conversation:
        found.append(ConversationRow.id != ratings.without_conversation)
    if ratings.precision or ratings.model_ids:
        found.append(_answered_by(ratings))
    if ratings.reviewers:
        found.append(ReviewerRow.name.in_([reviewer(name) for name in ratings.reviewers]))
    if ratings.since is not None:
        found.append(PreferenceRow.chosen_at >= ratings.since)
    if ratings.until is not None:
        found.append(PreferenceRow.chosen_at < ratings.until)
    if ratings.blind_only:
        found.append(PreferenceRow.blind.is_(True))
    return found


def _answered_by(ratings: RatingFilter) -> ColumnElement[bool]:
    fitting = select(AnswerRow.id).where(AnswerRow.turn_id == TurnRow.id)
    if ratings.precision:
        fitting = fitting.where(AnswerRow.precision == ratings.precision)
    if ratings.model_ids:
        fitting = fitting.where(AnswerRow.model_id.in_(ratings.model_ids))
    return fitting.correlate(TurnRow).exists()
