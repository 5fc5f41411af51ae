"""What answers took, for the cost part. Only reads."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from comparer.store import TimedAnswer
from storage.run_tables import RunConversationRow
from storage.tables import AnswerRow, ConversationRow, TurnRow


def newest_answers(session: Session, limit: int, model_ids: Sequence[str]) -> list[TimedAnswer]:
    """The newest answers of these weights; only the columns needed.

    Conversations whose models are hidden are left out, but for those of runs, whose models everybody sees.
    """
    of_a_run = ConversationRow.id.in_(select(RunConversationRow.conversation_id))
    query = (
        select(
            AnswerRow.model_id,
            AnswerRow.precision,
            AnswerRow.device,
            AnswerRow.created_at,
            AnswerRow.e2e_s,
            AnswerRow.tokens_per_s,
            AnswerRow.output_tokens,
            AnswerRow.weights_bytes,
            AnswerRow.peak_memory_bytes,
            AnswerRow.contended,
            AnswerRow.stop_reason,
        )
        .join(AnswerRow.turn)
        .join(TurnRow.conversation)
        .where(
            AnswerRow.model_id.in_(model_ids),
            or_(ConversationRow.blind.is_(False), ConversationRow.revealed_at.is_not(None), of_a_run),
        )
        .order_by(ConversationRow.created_at.desc(), ConversationRow.id, AnswerRow.sequence)
        .limit(limit)
    )
    return [TimedAnswer(*row) for row in session.execute(query)]
