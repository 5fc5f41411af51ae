"""The questions that the score table and the export ask of the database. Only reads."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Float, Row, Select, and_, case, cast, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, selectinload

from comparer.records import CellCount
from comparer.store import GivenRating, RatingFilter
from storage.base import Moment
from storage.tables import (
    AnswerRow,
    ConversationRow,
    PreferenceRow,
    RatingHistoryRow,
    RatingRow,
    ReviewerRow,
    TurnRow,
)
from storage.visitor_text import reviewer

PAGE = 500


def cell_counts(session: Session, ratings: RatingFilter) -> tuple[CellCount, ...]:
    """Counts of every item and model that has ratings: the mean within a case, then the sum over cases.

    It goes through all ratings, for filters whose counts are not kept (`storage.score_reads` has the others).
    """
    accepted = case((RatingRow.acceptable, 1.0), else_=0.0)
    by_case = (
        select(
            ConversationRow.item.label("item"),
            AnswerRow.model.label("model"),
            func.count().label("ratings"),
            cast(func.avg(accepted), Float).label("share"),
        )
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(ConversationRow.item.is_not(None), *conditions(ratings))
        .group_by(ConversationRow.item, AnswerRow.model, TurnRow.case_key)
        .subquery()
    )
    by_cell = select(
        by_case.c.item,
        by_case.c.model,
        func.count(),
        func.sum(by_case.c.ratings),
        func.sum(by_case.c.share),
    ).group_by(by_case.c.item, by_case.c.model)
    return in_order(
        CellCount(item=item, model=model, cases=cases, ratings=int(count), passed=min(float(passed), cases))
        for item, model, cases, count, passed in session.execute(by_cell)
    )


def in_order(counts: Iterable[CellCount]) -> tuple[CellCount, ...]:
    """By item and model, whatever order of letters the database keeps."""
    return tuple(sorted(counts, key=lambda count: (count.item, count.model)))


def rated_page(
    session: Session, ratings: RatingFilter, after: tuple[datetime, str] | None
) -> list[tuple[RatingRow, bool | None]]:
    """At most `PAGE` ratings made after that one, each with whether its reviewer liked the answer best.

    Ordered by when they were first made, which no later change moves: going page by page meets each one once.
    """
    vote = aliased(PreferenceRow)
    page: Select[RatingRow, str | None, str | None] = (
        select(RatingRow, vote.choice, vote.answer_id)
        .join(RatingRow.reviewer)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .outerjoin(vote, and_(vote.turn_id == TurnRow.id, vote.reviewer_id == RatingRow.reviewer_id))
        .options(
            contains_eager(RatingRow.reviewer),
            contains_eager(RatingRow.answer)
            .contains_eager(AnswerRow.turn)
            .options(contains_eager(TurnRow.conversation), selectinload(TurnRow.pictures)),
        )
        .where(*conditions(ratings))
        .order_by(RatingRow.created_at, RatingRow.id)
        .limit(PAGE)
    )
    if after is not None:
        page = page.where(_is_after(*after))
    return [_with_preference(row) for row in session.execute(page)]


def newest_ratings(session: Session, limit: int, ratings: RatingFilter) -> list[GivenRating]:
    """The ratings on test items that were first made last, the oldest of them first; only the columns needed."""
    newest = (
        select(
            ConversationRow.item,
            AnswerRow.model,
            TurnRow.case_key,
            AnswerRow.id,
            ReviewerRow.name,
            RatingRow.acceptable,
            RatingRow.blind,
            RatingRow.rated_at,
            AnswerRow.e2e_s,
            AnswerRow.contended,
            AnswerRow.stop_reason,
        )
        .select_from(RatingRow)
        .join(RatingRow.reviewer)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(ConversationRow.item.is_not(None), *conditions(ratings))
        .order_by(RatingRow.created_at.desc(), RatingRow.id.desc())
        .limit(limit)
    )
    return [GivenRating(item or "", *rest) for item, *rest in session.execute(newest)][::-1]


def revision(session: Session) -> str:
    """A mark of the ratings and votes as they stand; see `comparer.store.Store.revision`.

    As long as no later rating has come, their number falls with each that goes, and every change adds to the history
    of one that is still there. A vote's own moment moves with each change. All of it is counted along indexes, except
    the moments of votes.
    """
    ratings, latest = session.execute(select(func.count(), func.max(RatingRow.created_at))).one()
    changes = session.scalar(select(func.count()).select_from(RatingHistoryRow))
    votes, last_vote = session.execute(select(func.count(), func.max(PreferenceRow.chosen_at))).one()
    return f"{ratings} {latest} {changes} {votes} {last_vote}"


def _with_preference(row: Row[RatingRow, str | None, str | None]) -> tuple[RatingRow, bool | None]:
    rating, choice, liked = row
    return rating, None if choice is None else liked == rating.answer_id


def _is_after(created_at: datetime, rating_id: str) -> ColumnElement[bool]:
    """Compared as a pair, which an index on both finds at once; spelled out with OR it would read all before."""
    place = tuple_(literal(created_at, Moment()), literal(rating_id))
    return tuple_(RatingRow.created_at, RatingRow.id) > place


def conditions(ratings: RatingFilter) -> Sequence[ColumnElement[bool]]:
    """The filter as conditions; `since` is included, `until` is not."""
    found: list[ColumnElement[bool]] = []
    if ratings.lineup:
        found.append(ConversationRow.lineup == ratings.lineup)
    if ratings.precision:
        found.append(AnswerRow.precision == ratings.precision)
    if ratings.model_ids:
        found.append(AnswerRow.model_id.in_(ratings.model_ids))
    if ratings.without_conversation:
        found.append(ConversationRow.id != ratings.without_conversation)
    if ratings.reviewers:
        names = [reviewer(name) for name in ratings.reviewers]
        known = select(ReviewerRow.id).where(ReviewerRow.name.in_(names))
        found.append(RatingRow.reviewer_id.in_(known))
    if ratings.since is not None:
        found.append(RatingRow.rated_at >= ratings.since)
    if ratings.until is not None:
        found.append(RatingRow.rated_at < ratings.until)
    if ratings.blind_only:
        found.append(RatingRow.blind.is_(True))
    return found
