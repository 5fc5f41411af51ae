"""The steps of a write inside one transaction that stay right while others write the same thing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.records import Preference, Rating
from storage import deletion, lookups, scores, visitor_text
from storage.base import new_id, now
from storage.cases import Asked, case_key
from storage.conversion import history_row
from storage.tables import (
    AnswerRow,
    ConversationRow,
    PictureRow,
    PreferenceRow,
    RatingRow,
    ReviewerRow,
    TurnPictureRow,
    TurnRow,
)
from storage.upserts import add_if_absent


def reviewer_id(session: Session, name: str) -> str:
    """The id of the reviewer of that name, who is added when new."""
    cleaned = visitor_text.reviewer(name)
    query = select(ReviewerRow.id).where(ReviewerRow.name == cleaned)
    known = session.scalar(query)
    if known is None:
        add_if_absent(session, ReviewerRow, id=new_id(), name=cleaned, created_at=now())
        known = session.scalars(query).one()
    return known


def kept_picture(session: Session, sha256: str, values: Mapping[str, Any]) -> PictureRow:
    """The row of a picture, added when new; nobody deletes it or its file until the transaction ends.

    A picture of which an import brought the name only is there from now on.
    """
    deletion.keep_files(session)
    while True:
        row = session.get(PictureRow, sha256, with_for_update={"read": True, "key_share": True})
        if row is not None:
            if not row.size_bytes:
                row.size_bytes, row.width, row.height = values["size_bytes"], values["width"], values["height"]
            return row
        add_if_absent(session, PictureRow, sha256=sha256, created_at=now(), **values)


def next_turn(conversation: ConversationRow, question: str, pictures: tuple[str, ...]) -> TurnRow:
    """The row of a new last turn of `conversation`, with its case; not yet added to a session."""
    asked = [Asked(tuple(link.sha256 for link in turn.pictures), turn.question) for turn in conversation.turns]
    return TurnRow(
        id=new_id(),
        conversation_id=conversation.id,
        position=len(asked),
        question=question,
        case_key=case_key(conversation.item or "", [*asked, Asked(pictures, question)]),
        pictures=[TurnPictureRow(position=place, sha256=sha256) for place, sha256 in enumerate(pictures)],
    )


def next_sequence(session: Session, turn_id: str) -> int:
    """The place of the next answer of a (locked) turn; imported turns may lack answers that nobody rated."""
    last = session.scalar(select(func.max(AnswerRow.sequence)).where(AnswerRow.turn_id == turn_id))
    return 0 if last is None else last + 1


def is_hidden(conversation: ConversationRow) -> bool:
    """Whether the models' names are hidden now."""
    return conversation.blind and conversation.revealed_at is None


def keep_rating(session: Session, answer: AnswerRow, rating: Rating) -> str:
    """Write a rating or change the one that is there, keeping what it said before; returns its id.

    The same verdict given again changes nothing: a repeated request is harmless, and a rating that was given
    blind stays blind when it is confirmed after the reveal.
    """
    reviewer = reviewer_id(session, rating.reviewer)
    said = {
        "acceptable": rating.acceptable,
        "reasons": visitor_text.reasons(rating.reasons),
        "note": visitor_text.note(rating.note),
    }
    place = lookups.place_to_rate(session, answer)
    blind = rating.blind and is_hidden(place.conversation)
    offered_id, moment = new_id(), now()
    add_if_absent(
        session,
        RatingRow,
        id=offered_id,
        answer_id=answer.id,
        reviewer_id=reviewer,
        blind=blind,
        rated_at=moment,
        created_at=moment,
        **said,
    )
    kept = session.scalars(
        select(RatingRow).where(RatingRow.answer_id == answer.id, RatingRow.reviewer_id == reviewer).with_for_update()
    ).one()
    before = None if kept.id == offered_id else scores.Given(kept.acceptable, kept.blind)
    if any(getattr(kept, name) != value for name, value in said.items()):
        session.add(history_row(kept))
        for name, value in said.items():
            setattr(kept, name, value)
        kept.blind, kept.rated_at = blind, moment
    scores.count_rating(session, place, answer, before, scores.Given(kept.acceptable, kept.blind))
    return kept.id


def keep_preference(session: Session, turn: TurnRow, preference: Preference) -> str:
    """Write a reviewer's vote on a turn or change the one that is there; returns its id."""
    liked = _liked_answer(session, turn, preference)
    reviewer = reviewer_id(session, preference.reviewer)
    vote: dict[str, object] = {
        "choice": preference.choice,
        "answer_id": liked,
        "blind": preference.blind and is_hidden(turn.conversation),
        "chosen_at": now(),
    }
    add_if_absent(
        session, PreferenceRow, id=new_id(), turn_id=turn.id, reviewer_id=reviewer, created_at=now(), **vote
    )
    kept = session.scalars(
        select(PreferenceRow)
        .where(PreferenceRow.turn_id == turn.id, PreferenceRow.reviewer_id == reviewer)
        .with_for_update()
    ).one()
    if (kept.choice, kept.answer_id) != (preference.choice, liked):
        for name, value in vote.items():
            setattr(kept, name, value)
    return kept.id


def _liked_answer(session: Session, turn: TurnRow, preference: Preference) -> str | None:
    if preference.choice in ("tie", "none"):
        return None
    if preference.choice != "answer":
        raise InputError("unknown_choice", choice=preference.choice)
    answer = lookups.answer(session, preference.answer_id)
    if answer.turn_id != turn.id:
        raise InputError("answer_of_another_turn", answer=preference.answer_id)
    return answer.id
