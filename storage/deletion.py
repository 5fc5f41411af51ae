"""Deletes conversations and runs with all that hangs on them, last of all the picture files that nobody needs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, select, text
from sqlalchemy.orm import Session

from comparer.errors import InputError
from storage import lookups, run_leases, scores
from storage.base import in_parts
from storage.pictures import PictureFiles
from storage.run_tables import RunAnswerRow, RunCasePictureRow, RunConversationRow, RunRow
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
from storage.transactions import Transactions

_PICTURES = 0x70696373  # PostgreSQL's lock between keeping a picture's file and removing it


def delete_conversation(session: Session, conversation_id: str) -> list[str]:
    """Delete a conversation, its turns, answers, ratings and votes, and pictures that nothing else shows.

    Returns the names of those pictures' files, to be removed once this is on disk. Raises InputError
    `unknown_conversation`, or `conversation_of_run`: a run without the answers that somebody disliked would say
    something else than what was asked of the models.
    """
    row = lookups.conversation_to_delete(session, conversation_id)
    of_run = select(RunRow).join(RunConversationRow, RunConversationRow.run_id == RunRow.id)
    run = session.scalar(of_run.where(RunConversationRow.conversation_id == row.id))
    if run is not None:
        raise InputError("conversation_of_run", suite=run.suite, begun=f"{run.created_at:%Y-%m-%d}")
    own = select(TurnPictureRow.sha256).distinct().join(TurnRow).where(TurnRow.conversation_id == row.id)
    pictures = session.scalars(own).all()
    _uncount(session, ConversationRow.id == row.id)
    session.execute(delete(ConversationRow).where(ConversationRow.id == row.id))
    return _delete_unused_pictures(session, pictures)


def older(session: Session, before: datetime) -> list[str]:
    """The ids of all conversations that `delete_if_older` would delete."""
    return list(session.scalars(select(ConversationRow.id).where(*_is_old(before)).order_by(ConversationRow.id)))


def delete_if_older(session: Session, conversation_id: str, before: datetime) -> list[str] | None:
    """Delete a conversation in which nothing has been asked since, unless it is starred or of a run.

    Returns the files to remove; None when it stays, or is gone already: others may work at the same.
    """
    row = session.get(ConversationRow, conversation_id, with_for_update=True)
    still = select(ConversationRow.id).where(ConversationRow.id == conversation_id, *_is_old(before))
    if row is None or session.scalar(still) is None:
        return None
    return delete_conversation(session, conversation_id)


def _is_old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    asked_since = select(TurnRow.id).where(
        TurnRow.conversation_id == ConversationRow.id, TurnRow.created_at >= before
    )
    of_run = select(RunConversationRow.run_id).where(RunConversationRow.conversation_id == ConversationRow.id)
    return (
        ConversationRow.created_at < before,
        ~ConversationRow.starred,
        ~asked_since.exists(),
        ~of_run.exists(),
    )


def delete_pictures_never_shown(session: Session, before: datetime) -> list[str]:
    """Delete pictures that somebody brought before then and that nothing shows; returns their files."""
    shown = select(TurnPictureRow.turn_id).where(TurnPictureRow.sha256 == PictureRow.sha256)
    in_run = select(RunCasePictureRow.run_id).where(RunCasePictureRow.sha256 == PictureRow.sha256)
    unused = select(PictureRow.sha256).where(PictureRow.created_at < before, ~shown.exists(), ~in_run.exists())
    return _delete_unused_pictures(session, session.scalars(unused).all())


def delete_run(session: Session, run_id: str) -> list[str]:
    """Delete a run with its conversations, and pictures that nothing else shows.

    Returns the names of those pictures' files, to be removed once this is on disk. Raises InputError `unknown_run`
    or `run_is_active`.
    """
    row = lookups.run_to_delete(session, run_id)
    if run_leases.is_worked_on(session, row):
        raise InputError("run_is_active", run=run_id)
    of_run = select(RunConversationRow.conversation_id).where(RunConversationRow.run_id == row.id)
    own = select(ConversationRow.id).where(ConversationRow.id.in_(of_run)).order_by(ConversationRow.id)
    conversations = session.scalars(own.with_for_update()).all()
    pictures = _pictures_of_run(session, row.id)
    _uncount(session, ConversationRow.id.in_(of_run))
    session.execute(delete(RunRow).where(RunRow.id == row.id))
    for part in in_parts(conversations):
        session.execute(delete(ConversationRow).where(ConversationRow.id.in_(part)))
    return _delete_unused_pictures(session, pictures)


def delete_failed_answers(session: Session, run_id: str) -> int:
    """Delete the answers of a (locked) run that failed, with what was said of them; returns how many."""
    failed = select(RunAnswerRow.answer_id).where(RunAnswerRow.run_id == run_id, RunAnswerRow.failed)
    # Nobody votes on their turns nor rates them until they are gone.
    turns = select(TurnRow.id).where(TurnRow.answers.any(AnswerRow.id.in_(failed))).order_by(TurnRow.id)
    session.execute(turns.with_for_update())
    session.execute(select(AnswerRow.id).where(AnswerRow.id.in_(failed)).order_by(AnswerRow.id).with_for_update())
    _uncount(session, AnswerRow.id.in_(failed))
    return len(session.scalars(delete(AnswerRow).where(AnswerRow.id.in_(failed)).returning(AnswerRow.id)).all())


def remove_files(transactions: Transactions, files: PictureFiles, names: Sequence[str]) -> None:
    """Remove the files of deleted pictures, but those that have been added again meanwhile.

    The files go last: whatever stops a deletion in the middle leaves a file too many, never one too few.
    """
    for part in in_parts(names):
        with transactions.writing() as session:
            for name in unused_files(session, part):
                files.delete(name)


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


def _uncount(session: Session, condition: ColumnElement[bool]) -> None:
    """Take the ratings of which this holds out of the counts; nobody else may add to them until they are deleted."""
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
        .where(condition)
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


def _pictures_of_run(session: Session, run_id: str) -> set[str]:
    """Those of its cases and whatever else people have shown in its conversations since."""
    of_cases = select(RunCasePictureRow.sha256).where(RunCasePictureRow.run_id == run_id)
    of_turns = (
        select(TurnPictureRow.sha256)
        .join(TurnRow, TurnRow.id == TurnPictureRow.turn_id)
        .join(RunConversationRow, RunConversationRow.conversation_id == TurnRow.conversation_id)
        .where(RunConversationRow.run_id == run_id)
    )
    return {*session.scalars(of_cases), *session.scalars(of_turns)}


def _delete_unused_pictures(session: Session, pictures: Iterable[str]) -> list[str]:
    gone = []
    for part in in_parts(sorted(pictures)):  # everybody locks in this order
        locked = (
            select(PictureRow.sha256, PictureRow.file)
            .where(PictureRow.sha256.in_(part))
            .order_by(PictureRow.sha256)
            .with_for_update()
        )
        files = dict(session.execute(locked).all())
        shown = {
            sha256
            for used in (TurnPictureRow.sha256, RunCasePictureRow.sha256)
            for sha256 in session.scalars(select(used).where(used.in_(list(files))))
        }
        unused = [sha256 for sha256 in files if sha256 not in shown]
        session.execute(delete(PictureRow).where(PictureRow.sha256.in_(unused)))
        gone += [files[sha256] for sha256 in unused]
    return gone
