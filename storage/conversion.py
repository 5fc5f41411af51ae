"""Rows to records and back. Opens no connection and asks no question of the database."""

from dataclasses import asdict, fields
from typing import cast

from comparer.records import (
    Answer,
    Choice,
    Failure,
    Metrics,
    Picture,
    Precision,
    Preference,
    Rating,
    Sampling,
    StopReason,
    TestItem,
)
from comparer.store import (
    Conversation,
    RatedAnswer,
    StoredAnswer,
    StoredConversation,
    StoredTurn,
)
from storage.pictures import PictureFiles
from storage.tables import (
    AnswerRow,
    ConversationRow,
    ItemRow,
    PictureRow,
    PreferenceRow,
    RatingHistoryRow,
    RatingRow,
    TurnRow,
)
from storage.visitor_text import clean


def item_record(row: ItemRow) -> TestItem:
    """An item as its record."""
    return TestItem(
        key=row.key,
        name_en=row.name_en,
        name_zh=row.name_zh,
        threshold=row.threshold,
        weight=row.weight,
        must_have=row.must_have,
        archived=row.archived,
    )


def picture_record(row: PictureRow, files: PictureFiles) -> Picture:
    """A picture with the path where it lies on this machine."""
    return Picture(sha256=row.sha256, path=files.path(row.file), width=row.width, height=row.height)


def answer_row(answer: Answer, turn_id: str, sequence: int) -> AnswerRow:
    """An answer as the `sequence`-th row of its turn."""
    failure = answer.failure
    return AnswerRow(
        turn_id=turn_id,
        sequence=sequence,
        model=answer.model,
        model_id=answer.model_id,
        precision=answer.precision,
        device=answer.device,
        text=clean(answer.text),
        stop_reason=answer.stop_reason,
        position=answer.position,
        dropped_turns=answer.dropped_turns,
        failure_code=failure.code if failure else None,
        failure_parameters=_clean_parameters(failure) if failure else {},
        **asdict(answer.metrics),
        **asdict(answer.sampling),
    )


def answer_record(row: AnswerRow) -> Answer:
    """An answer as its record."""
    failure = None
    if row.failure_code is not None:
        failure = Failure(code=row.failure_code, parameters=row.failure_parameters)
    return Answer(
        model=row.model,
        text=row.text,
        stop_reason=cast(StopReason, row.stop_reason),
        metrics=Metrics(**{field.name: getattr(row, field.name) for field in fields(Metrics)}),
        model_id=row.model_id,
        precision=cast(Precision, row.precision),
        device=row.device,
        sampling=Sampling(**{field.name: getattr(row, field.name) for field in fields(Sampling)}),
        position=row.position,
        dropped_turns=row.dropped_turns,
        failure=failure,
    )


def conversation_record(row: ConversationRow, files: PictureFiles) -> StoredConversation:
    """A conversation with its turns, pictures and answers."""
    return StoredConversation(
        id=row.id,
        conversation=Conversation(
            lineup=row.lineup,
            order=tuple(row.model_order),
            item=row.item or "",
            blind=row.blind,
            reviewer=row.reviewer.name,
        ),
        revealed=row.revealed_at is not None,
        created_at=row.created_at,
        turns=tuple(_turn_record(turn, files) for turn in row.turns),
    )


def _turn_record(row: TurnRow, files: PictureFiles) -> StoredTurn:
    return StoredTurn(
        id=row.id,
        question=row.question,
        pictures=tuple(picture_record(link.picture, files) for link in row.pictures),
        answers=tuple(StoredAnswer(id=answer.id, answer=answer_record(answer)) for answer in row.answers),
    )


def rating_record(row: RatingRow) -> Rating:
    """A reviewer's present rating."""
    return Rating(
        acceptable=row.acceptable,
        reviewer=row.reviewer.name,
        reasons=tuple(row.reasons),
        note=row.note,
        blind=row.blind,
    )


def preference_record(row: PreferenceRow, reviewer: str) -> Preference:
    """A reviewer's present vote."""
    return Preference(cast(Choice, row.choice), row.answer_id or "", reviewer, row.blind)


def history_row(row: RatingRow) -> RatingHistoryRow:
    """What a rating says now, to be kept when it changes."""
    return RatingHistoryRow(
        rating_id=row.id,
        acceptable=row.acceptable,
        reasons=list(row.reasons),
        note=row.note,
        blind=row.blind,
        rated_at=row.rated_at,
    )


def rated_answer_record(row: RatingRow, preferred: bool | None) -> RatedAnswer:
    """One row of the export; the rating's answer, turn, pictures and conversation must be loaded."""
    turn = row.answer.turn
    return RatedAnswer(
        rating_id=row.id,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        answer_id=row.answer_id,
        item=turn.conversation.item or "",
        lineup=turn.conversation.lineup,
        question=turn.question,
        pictures=tuple(link.sha256 for link in turn.pictures),
        answer=answer_record(row.answer),
        rating=rating_record(row),
        rated_at=row.rated_at,
        preferred=preferred,
    )


def _clean_parameters(failure: Failure) -> dict[str, str | int | float]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in failure.parameters.items()}
