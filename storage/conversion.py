"""Rows to records and back. Opens no connection and asks no question of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, cast

from comparer.records import (
    Answer,
    Choice,
    Failure,
    Metrics,
    Picture,
    Preference,
    Rating,
    Sampling,
    TestItem,
)
from comparer.store import (
    Conversation,
    RatedAnswer,
    StoredAnswer,
    StoredConversation,
    StoredTurn,
)
from comparer.transfer import AskedTurn, Began, CarriedVote, MadeAnswer, Origin, Vote
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
    return AnswerRow(**answer_values(answer, turn_id, sequence))


def answer_values(answer: Answer, turn_id: str, sequence: int) -> dict[str, Any]:
    """The columns of `answer_row`, for inserting many at once."""
    failure_code, failure_parameters = failure_columns(answer.failure)
    return {
        "turn_id": turn_id,
        "sequence": sequence,
        "model": answer.model,
        "model_id": answer.model_id,
        "precision": answer.precision,
        "device": answer.device,
        "text": clean(answer.text),
        "stop_reason": answer.stop_reason,
        "position": answer.position,
        "dropped_turns": answer.dropped_turns,
        "failure_code": failure_code,
        "failure_parameters": failure_parameters,
        **asdict(answer.metrics),
        **asdict(answer.sampling),
    }


def answer_record(row: AnswerRow) -> Answer:
    """An answer as its record."""
    return answer_from([getattr(row, name) for name in ANSWER_COLUMNS])


def answer_from(values: Sequence[Any]) -> Answer:
    """An answer from its `ANSWER_COLUMNS`: for tens of thousands, where whole rows take twice as long."""
    model, text, stop_reason, model_id, precision, device, position, dropped_turns, code, parameters, *rest = values
    return Answer(
        model=model,
        text=text,
        stop_reason=stop_reason,
        metrics=Metrics(*rest[: len(_METRICS)]),
        model_id=model_id,
        precision=precision,
        device=device,
        sampling=Sampling(*rest[len(_METRICS) :]),
        position=position,
        dropped_turns=dropped_turns,
        failure=failure_record(code, parameters),
    )


_METRICS = tuple(field.name for field in fields(Metrics))
ANSWER_COLUMNS = (
    "model", "text", "stop_reason", "model_id", "precision", "device", "position", "dropped_turns", "failure_code",
    "failure_parameters", *_METRICS, *(field.name for field in fields(Sampling)),
)  # fmt: skip


def failure_columns(failure: Failure | None) -> tuple[str | None, dict[str, str | int | float]]:
    """The code and the parameters of a failure as they are kept."""
    return (failure.code, clean_parameters(failure.parameters)) if failure else (None, {})


def failure_record(code: str | None, parameters: Mapping[str, str | int | float]) -> Failure | None:
    """A failure from its columns."""
    return None if code is None else Failure(code, parameters)


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
            owner=row.owner,
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


def rated_answer_record(row: RatingRow, vote: PreferenceRow | None, unrated: AnswerRow | None) -> RatedAnswer:
    """One row of the export, with the reviewer's vote on the turn.

    The rating's answer, turn, conversation and all its turns with their pictures must be loaded; `unrated` is the
    answer that the vote prefers, if its voter has not rated it.
    """
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
        preferred=None if vote is None else vote.answer_id == row.answer_id,
        origin=_origin(row, vote, unrated),
    )


def _origin(row: RatingRow, vote: PreferenceRow | None, unrated: AnswerRow | None) -> Origin:
    turn = row.answer.turn
    # a vote for an answer whose own row has it must not come before that answer
    goes_here = vote is not None and (vote.answer_id in (None, row.answer_id) or unrated is not None)
    return Origin(
        case_key=turn.case_key,
        began=began(turn.conversation),
        before=tuple(asked_turn(earlier) for earlier in turn.conversation.turns if earlier.position < turn.position),
        asked_at=turn.created_at,
        sequence=row.answer.sequence,
        answered_at=row.answer.created_at,
        first_rated_at=row.created_at,
        vote=_vote(vote, row.reviewer.name, unrated) if vote is not None and goes_here else None,
    )


def carried_vote(vote: PreferenceRow, turn: TurnRow, reviewer: str, liked: AnswerRow | None) -> CarriedVote:
    """A vote as it travels; the turn's conversation and all its turns with their pictures must be loaded."""
    conversation = turn.conversation
    return CarriedVote(
        conversation_id=conversation.id,
        item=conversation.item or "",
        lineup=conversation.lineup,
        case_key=turn.case_key,
        began=began(conversation),
        turns=tuple(asked_turn(earlier) for earlier in conversation.turns if earlier.position <= turn.position),
        vote=_vote(vote, reviewer, liked),
    )


def began(row: ConversationRow) -> Began:
    """How a conversation began; its reviewer must be loaded."""
    return Began(
        started_at=row.created_at,
        order=tuple(row.model_order),
        blind=row.blind,
        reviewer=row.reviewer.name,
        revealed_at=row.revealed_at,
    )


def asked_turn(row: TurnRow) -> AskedTurn:
    """A turn without its answers; its pictures must be loaded."""
    pictures = tuple(link.sha256 for link in row.pictures)
    return AskedTurn(turn_id=row.id, asked_at=row.created_at, question=row.question, pictures=pictures)


def _vote(row: PreferenceRow, reviewer: str, liked: AnswerRow | None) -> Vote:
    return Vote(
        preference_id=row.id,
        choice=cast(Choice, row.choice),
        answer_id=row.answer_id or "",
        reviewer=reviewer,
        blind=row.blind,
        chosen_at=row.chosen_at,
        first_chosen_at=row.created_at,
        answer=made_answer(liked) if liked is not None else None,
    )


def made_answer(row: AnswerRow) -> MadeAnswer:
    """An answer with its id and its place."""
    return MadeAnswer(row.id, row.sequence, row.created_at, answer_record(row))


def clean_parameters(parameters: Mapping[str, str | int | float]) -> dict[str, str | int | float]:
    """A sentence's parameters as they are kept."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in parameters.items()}
