"""The questions that the score table and the export ask of the database. Only reads."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, literal, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from comparer.records import CellCount, RatingSpread
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
    by_case = (
        select(
            ConversationRow.item.label("item"),
            AnswerRow.model.label("model"),
            func.count().label("n"),
            func.sum(case((RatingRow.acceptable, 1), else_=0)).label("x"),
        )
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(ConversationRow.item.is_not(None), *conditions(ratings))
        .group_by(ConversationRow.item, AnswerRow.model, TurnRow.case_key)
        .subquery()
    )
    n, x = by_case.c.n, by_case.c.x
    by_cell = select(
        by_case.c.item,
        by_case.c.model,
        func.count(),
        func.sum(cast(x, Float) / n),
        *(func.sum(amount) for amount in (n, x, n * n, n * x, x * x)),
    ).group_by(by_case.c.item, by_case.c.model)
    return in_order(
        CellCount(
            item=item,
            model=model,
            cases=cases,
            ratings=int(ratings),
            passed=min(float(passed), cases),
            spread=RatingSpread(*(int(amount) for amount in sums)),
        )
        for item, model, cases, passed, ratings, *sums in session.execute(by_cell)
    )


def in_order(counts: Iterable[CellCount]) -> tuple[CellCount, ...]:
    """By item and model, whatever order of letters the database keeps."""
    return tuple(sorted(counts, key=lambda count: (count.item, count.model)))


class RatedRow(NamedTuple):
    """A rating with its reviewer's vote on the turn, if there is one."""

    rating: RatingRow
    vote: PreferenceRow | None


def rated_page(session: Session, ratings: RatingFilter, after: tuple[datetime, str] | None) -> list[RatedRow]:
    """At most `PAGE` ratings made after that one, with all that belongs to them loaded.

    Ordered by when they were first made, which no later change moves: going page by page meets each one once.
    """
    conversation = contains_eager(TurnRow.conversation).options(
        joinedload(ConversationRow.reviewer),
        selectinload(ConversationRow.turns).selectinload(TurnRow.pictures),
    )
    page: Select[RatingRow, PreferenceRow | None] = (
        select(RatingRow, PreferenceRow)
        .join(RatingRow.reviewer)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .outerjoin(
            PreferenceRow,
            and_(PreferenceRow.turn_id == TurnRow.id, PreferenceRow.reviewer_id == RatingRow.reviewer_id),
        )
        .options(
            contains_eager(RatingRow.reviewer),
            contains_eager(RatingRow.answer).contains_eager(AnswerRow.turn).options(conversation),
        )
        .where(*conditions(ratings))
        .order_by(RatingRow.created_at, RatingRow.id)
        .limit(PAGE)
    )
    if after is not None:
        page = page.where(_is_after(*after))
    return [RatedRow(rating, vote) for rating, vote in session.execute(page)]


def liked_but_unrated(session: Session, page: Iterable[RatedRow]) -> dict[str, AnswerRow]:
    """By the vote's id, the answers that votes of this page prefer and that the voter has not rated."""
    votes = {vote.id: vote for _, vote in page if vote is not None and vote.answer_id is not None}
    rated = select(RatingRow.id).where(
        RatingRow.answer_id == PreferenceRow.answer_id, RatingRow.reviewer_id == PreferenceRow.reviewer_id
    )
    liked = (
        select(PreferenceRow.id, AnswerRow)
        .join(AnswerRow, AnswerRow.id == PreferenceRow.answer_id)
        .where(PreferenceRow.id.in_(votes), ~rated.exists())
    )
    return dict(session.execute(liked).all())


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


def _is_after(created_at: datetime, rating_id: str) -> ColumnElement[bool]:
    """Compared as a pair, which an index on both finds at once; spelled out with OR it would read all before."""
    place = tuple_(literal(created_at, Moment()), literal(rating_id))
    return tuple_(RatingRow.created_at, RatingRow.id) > place


def is_hidden() -> ColumnElement[bool]:
    """Whether a conversation's names are hidden now."""
    return and_(ConversationRow.blind, ConversationRow.revealed_at.is_(None))


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
    if ratings.without_hidden:
        found.append(~is_hidden())
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
