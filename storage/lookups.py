"""One row by its id, or the sentence that there is none."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.store import Belonging, Part
from storage.base import Base, in_parts
from storage.run_tables import RunConversationRow, RunRow
from storage.tables import AnswerRow, ConversationRow, ItemRow, PictureRow, TurnRow
from storage.visitor_text import clean

AnyRow = TypeVar("AnyRow", bound=Base)


def _found(session: Session, row: type[AnyRow], key: str, error: InputError, *, lock: bool = False) -> AnyRow:
    """The row of that key, or the error; `lock` keeps other writers off it until the transaction ends."""
    found = session.get(row, clean(key), with_for_update={"key_share": True} if lock else None)
    if found is None:
        raise error
    return found


def item(session: Session, key: str) -> ItemRow:
    """An item, archived ones too. Raises InputError `unknown_item`."""
    return _found(session, ItemRow, key, InputError("unknown_item", item=key))


def conversation(session: Session, conversation_id: str, *, lock: bool = False) -> ConversationRow:
    """A conversation. Raises InputError `unknown_conversation`."""
    return _found(session, ConversationRow, conversation_id, unknown_conversation(conversation_id), lock=lock)


def belonging(session: Session, part: Part, part_id: str) -> Belonging:
    """Whose conversation something is of.

    Raises InputError `unknown_conversation`, `unknown_turn` or `unknown_answer`.
    """
    if part == "conversation":
        row = conversation(session, part_id)
    elif part == "turn":
        row = turn(session, part_id).conversation
    else:
        row = answer(session, part_id).turn.conversation
    of_run = select(RunConversationRow.run_id).where(RunConversationRow.conversation_id == row.id)
    return Belonging(row.owner, session.scalar(of_run) is not None)


def conversation_to_delete(session: Session, conversation_id: str) -> ConversationRow:
    """A conversation that nobody else adds to or rates in until the transaction ends.

    Raises InputError `unknown_conversation`.
    """
    row = session.get(ConversationRow, clean(conversation_id), with_for_update=True)
    if row is None:
        raise unknown_conversation(conversation_id)
    return row


def unknown_conversation(conversation_id: str) -> InputError:
    """The error for a conversation that is not there."""
    return InputError("unknown_conversation", conversation=conversation_id)


def turn_to_vote_on(session: Session, turn_id: str) -> TurnRow:
    """A turn that nobody deletes until the transaction ends. Raises InputError `unknown_turn`."""
    row = session.get(TurnRow, clean(turn_id), with_for_update={"read": True, "key_share": True})
    if row is None:
        raise InputError("unknown_turn", turn=turn_id)
    return row


def pictures_to_show(session: Session, hashes: Iterable[str]) -> None:
    """Nobody deletes these pictures until the transaction ends. Raises InputError `unknown_picture`."""
    wanted = sorted(set(hashes))  # everybody locks in this order
    for part in in_parts(wanted):
        rows = select(PictureRow.sha256).where(PictureRow.sha256.in_(part)).order_by(PictureRow.sha256)
        found = set(session.scalars(rows.with_for_update(read=True, key_share=True)))
        for sha256 in part:
            if sha256 not in found:
                raise InputError("unknown_picture", picture=sha256)


def run(session: Session, run_id: str, *, lock: bool = False) -> RunRow:
    """A run. Raises InputError `unknown_run`."""
    return _found(session, RunRow, run_id, _unknown_run(run_id), lock=lock)


def run_to_delete(session: Session, run_id: str) -> RunRow:
    """A run to which nobody else adds until the transaction ends. Raises InputError `unknown_run`."""
    row = session.get(RunRow, clean(run_id), with_for_update=True)
    if row is None:
        raise _unknown_run(run_id)
    return row


def run_to_answer(session: Session, run_id: str) -> RunRow:
    """A run that nobody deletes until the transaction ends. Raises InputError `unknown_run`."""
    row = session.get(RunRow, clean(run_id), with_for_update={"read": True, "key_share": True})
    if row is None:
        raise _unknown_run(run_id)
    return row


def _unknown_run(run_id: str) -> InputError:
    return InputError("unknown_run", run=run_id)


def turn(session: Session, turn_id: str, *, lock: bool = False) -> TurnRow:
    """A turn. Raises InputError `unknown_turn`."""
    return _found(session, TurnRow, turn_id, InputError("unknown_turn", turn=turn_id), lock=lock)


def answer(session: Session, answer_id: str) -> AnswerRow:
    """An answer. Raises InputError `unknown_answer`."""
    return _found(session, AnswerRow, answer_id, InputError("unknown_answer", answer=answer_id))


class Place(NamedTuple):
    """Where an answer stands: its conversation, and the case of its turn."""

    conversation: ConversationRow
    case_key: str


def place_to_rate(session: Session, rated: AnswerRow) -> Place:
    """Where an answer stands; nobody deletes it until the transaction ends.

    Raises InputError `unknown_answer` when it has been deleted meanwhile.
    """
    row = session.execute(
        select(ConversationRow, TurnRow.case_key)
        .join(TurnRow, TurnRow.conversation_id == ConversationRow.id)
        .join(AnswerRow, AnswerRow.turn_id == TurnRow.id)
        .where(AnswerRow.id == rated.id)
        .with_for_update(read=True, key_share=True, of=(ConversationRow, AnswerRow))
    ).one_or_none()
    if row is None:
        raise InputError("unknown_answer", answer=rated.id)
    return Place(*row)
