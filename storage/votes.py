"""Votes as they were cast, and who has rated how much. Only reads."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from comparer.records import Preference
from comparer.store import CastVote, RatingFilter, ReviewerCount
from comparer.transfer import CarriedVote
from storage.base import Moment
from storage.conversion import carried_vote, preference_record
from storage.queries import is_hidden
from storage.tables import AnswerRow, ConversationRow, PreferenceRow, RatingRow, ReviewerRow, TurnRow
from storage.visitor_text import reviewer

PAGE = 500


class Place(NamedTuple):
    """Where a vote stands among all: by when it was first cast, which no later change moves."""

    created_at: datetime
    id: str


class VoteRow(NamedTuple):
    """A vote with the rows around it; `liked` is None for a tie and for none."""

    vote: PreferenceRow
    turn: TurnRow
    reviewer: str
    liked: AnswerRow | None

    @property
    def place(self) -> Place:
        return Place(self.vote.created_at, self.vote.id)

    def cast(self) -> CastVote:
        """As what there was to choose from."""
        conversation = self.turn.conversation
        return CastVote(
            turn_id=self.turn.id,
            conversation_id=conversation.id,
            case_key=self.turn.case_key,
            item=conversation.item or "",
            lineup=conversation.lineup,
            order=tuple(conversation.model_order),
            choice=self.vote.choice if self.liked is None else self.liked.model,
            reviewer=self.reviewer,
            blind=self.vote.blind,
            at=self.vote.chosen_at,
        )

    def carried(self) -> CarriedVote:
        """As it travels to another database; the page must have been read `whole`."""
        return carried_vote(self.vote, self.turn, self.reviewer, self.liked)


def vote_page(session: Session, ratings: RatingFilter, after: Place | None, *, whole: bool = False) -> list[VoteRow]:
    """At most `PAGE` votes cast after that one; `whole` loads the conversations' turns and pictures too."""
    conversation = contains_eager(TurnRow.conversation)
    if whole:
        turns = selectinload(ConversationRow.turns).selectinload(TurnRow.pictures)
        conversation = conversation.options(joinedload(ConversationRow.reviewer), turns)
    page = _votes(ratings).order_by(PreferenceRow.created_at, PreferenceRow.id).limit(PAGE).options(conversation)
    if after is not None:
        here = tuple_(literal(after.created_at, Moment()), literal(after.id))
        page = page.where(tuple_(PreferenceRow.created_at, PreferenceRow.id) > here)
    return [VoteRow(*row) for row in session.execute(page)]


def newest_votes(session: Session, limit: int, ratings: RatingFilter) -> list[CastVote]:
    """The votes cast last, oldest of them first."""
    page = _votes(ratings).order_by(PreferenceRow.created_at.desc(), PreferenceRow.id.desc()).limit(limit)
    page = page.options(contains_eager(TurnRow.conversation))
    return [VoteRow(*row).cast() for row in session.execute(page)][::-1]


def _votes(ratings: RatingFilter) -> Select[PreferenceRow, TurnRow, str, AnswerRow]:
    return (
        select(PreferenceRow, TurnRow, ReviewerRow.name, AnswerRow)
        .join(TurnRow, TurnRow.id == PreferenceRow.turn_id)
        .join(TurnRow.conversation)
        .join(ReviewerRow, ReviewerRow.id == PreferenceRow.reviewer_id)
        .outerjoin(AnswerRow, AnswerRow.id == PreferenceRow.answer_id)
        .where(*_conditions(ratings))
    )


def own_vote(session: Session, turn: TurnRow, name: str) -> Preference | None:
    """A reviewer's present vote on a turn; None without one."""
    cleaned = reviewer(name)
    row = session.scalar(
        select(PreferenceRow)
        .join(ReviewerRow, ReviewerRow.id == PreferenceRow.reviewer_id)
        .where(PreferenceRow.turn_id == turn.id, ReviewerRow.name == cleaned)
    )
    return None if row is None else preference_record(row, cleaned)


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
    if ratings.without_hidden:
        found.append(~is_hidden())
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
