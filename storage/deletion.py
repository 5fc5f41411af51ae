"""Deletes a conversation with all that hangs on it. Says which picture files nobody needs; touches no file itself."""

from collections.abc import Iterable

from sqlalchemy import and_, case, delete, func, select, text
from sqlalchemy.orm import Session

from storage import lookups, scores
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

_PICTURES = 0x70696373  # PostgreSQL's lock between keeping a picture's file and removing it


def delete_conversation(session: Session, conversation_id: str) -> list[str]:
    """Delete a conversation, its turns, answers, ratings and votes, and pictures that no other conversation shows.

    Returns the names of those pictures' files, to be removed once this is on disk. Raises InputError
    `unknown_conversation`.
    """
    row = lookups.conversation_to_delete(session, conversation_id)
    pictures = session.scalars(
        select(TurnPictureRow.sha256).distinct().join(TurnRow).where(TurnRow.conversation_id == row.id)
    ).all()
    _uncount(session, row.id)
    session.execute(delete(ConversationRow).where(ConversationRow.id == row.id))
    return _delete_unused_pictures(session, pictures)


def unused_files(session: Session, files: Iterable[str]) -> list[str]:
    """Which of these files no picture has, also until the transaction ends: somebody may have added one again."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_PICTURES})"))
    names = list(files)
    used = set(session.scalars(select(PictureRow.file).where(PictureRow.file.in_(names))))
    return [name for name in names if name not in used]


def keep_files(session: Session) -> None:
    """Nobody removes a picture's file until the transaction ends (SQLite has only one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock_shared({_PICTURES})"))


def _uncount(session: Session, conversation_id: str) -> None:
    given = session.execute(
        select(
            ScoreCellRow.id,
            TurnRow.case_key,
            func.count(),
            func.sum(case((RatingRow.acceptable, 1), else_=0)),
            func.sum(case((RatingRow.blind, 1), else_=0)),
            func.sum(case((and_(RatingRow.blind, RatingRow.acceptable), 1), else_=0)),
        )
        .select_from(RatingRow)
        .join(RatingRow.answer)
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .join(
            ScoreCellRow,
            and_(
                ScoreCellRow.item == ConversationRow.item,
                ScoreCellRow.lineup == ConversationRow.lineup,
                ScoreCellRow.model == AnswerRow.model,
                ScoreCellRow.model_id == AnswerRow.model_id,
                ScoreCellRow.precision == AnswerRow.precision,
            ),
        )
        .where(ConversationRow.id == conversation_id)
        .group_by(ScoreCellRow.id, TurnRow.case_key)
    )
    changes = {
        scores.CaseOfCell(cell_id, case_key): scores.CaseCount(*(-int(count) for count in counts))
        for cell_id, case_key, *counts in given
    }
    scores.add(session, changes)
    for place in changes:
        session.execute(
            delete(CaseScoreRow).where(
                CaseScoreRow.cell_id == place.cell_id,
                CaseScoreRow.case_key == place.case_key,
                CaseScoreRow.ratings == 0,
            )
        )


def _delete_unused_pictures(session: Session, pictures: Iterable[str]) -> list[str]:
    locked = (
        select(PictureRow.sha256, PictureRow.file)
        .where(PictureRow.sha256.in_(list(pictures)))
        .order_by(PictureRow.sha256)
        .with_for_update()
    )
    files = dict(session.execute(locked).all())
    shown = set(session.scalars(select(TurnPictureRow.sha256).where(TurnPictureRow.sha256.in_(list(files)))))
    unused = [sha256 for sha256 in files if sha256 not in shown]
    session.execute(delete(PictureRow).where(PictureRow.sha256.in_(unused)))
    return [files[sha256] for sha256 in unused]
