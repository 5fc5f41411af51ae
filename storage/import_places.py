"""Where imported ratings hang: conversations, turns with their pictures, answers. Each is kept once, by its id."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from comparer.errors import InputError
from comparer.records import Answer
from comparer.transfer import AskedTurn, Began, ImportReport, RowError
from storage import writes
from storage.arrivals import Arrival, case_of
from storage.base import Base, now
from storage.conversion import answer_record, answer_values, asked_turn, began
from storage.pictures import file_name
from storage.tables import AnswerRow, ConversationRow, PictureRow, TurnPictureRow, TurnRow

PICTURE_SUFFIX = ".webp"


class _Conversation(NamedTuple):
    lineup: str
    item: str
    began: Began


class _Turn(NamedTuple):
    conversation_id: str
    position: int
    asked: AskedTurn


class _Answer(NamedTuple):
    turn_id: str
    answer: Answer


class Places:
    """Conversations, turns and answers of an import, batch by batch."""

    def __init__(self, session: Session, report: ImportReport) -> None:
        self._session = session
        self._report = report
        self._reviewers: dict[str, str] = {}
        self._pictures: set[str] = set()
        self.turn_of_answer: dict[str, str] = {}
        """The turn of every answer that this batch names, as far as it is kept."""

    def take_in(self, arrivals: Sequence[Arrival]) -> None:
        """Keep what the rows of one batch hang on. Raises RowError where it differs from what is here."""
        self._take_conversations(arrivals)
        self._take_turns(arrivals)
        self._take_answers(arrivals)

    def reviewer_id(self, name: str) -> str:
        """The id of a reviewer, who is added when new."""
        if name not in self._reviewers:
            self._reviewers[name] = writes.reviewer_id(self._session, name)
        return self._reviewers[name]

    def missing_pictures(self) -> int:
        """How many of the import's pictures are not in this database."""
        missing = select(PictureRow.sha256).where(PictureRow.size_bytes == 0)
        return len(self._pictures.intersection(self._session.scalars(missing)))

    def _take_conversations(self, arrivals: Sequence[Arrival]) -> None:
        ids = {arriving.conversation_id for arriving in arrivals}
        rows = self._session.scalars(
            select(ConversationRow).where(ConversationRow.id.in_(ids)).options(joinedload(ConversationRow.reviewer))
        )
        kept = {row.id: row for row in rows}
        known = {key: _Conversation(row.lineup, row.item or "", began(row)) for key, row in kept.items()}
        new = []
        for arriving in arrivals:
            key, is_here = arriving.conversation_id, kept.get(arriving.conversation_id)
            this = _Conversation(arriving.lineup, arriving.item, arriving.began)
            if is_here is not None and is_here.revealed_at is None:
                is_here.revealed_at = this.began.revealed_at
            if key not in known:
                known[key] = this
                new.append(self._conversation_values(key, this))
            elif not _same(known[key], this):
                raise RowError(arriving.row, InputError("import_conversation_differs", conversation=key))
        self._report.conversations_new += len(new)
        self._insert(ConversationRow, new)

    def _conversation_values(self, key: str, this: _Conversation) -> dict[str, object]:
        return {
            "id": key,
            "lineup": this.lineup,
            "model_order": list(this.began.order),
            "item": this.item or None,
            "blind": this.began.blind,
            "reviewer_id": self.reviewer_id(this.began.reviewer),
            "revealed_at": this.began.revealed_at,
            "created_at": this.began.started_at,
        }

    def _take_turns(self, arrivals: Sequence[Arrival]) -> None:
        known = self._known_turns(arrivals)
        taken = {(turn.conversation_id, turn.position): key for key, turn in known.items()}
        turns, links = [], []
        for arriving in arrivals:
            for position, asked in enumerate(arriving.turns):
                this = _Turn(arriving.conversation_id, position, asked)
                here = known.get(asked.turn_id)
                if here is not None:
                    if here != this:
                        raise RowError(arriving.row, InputError("import_turn_differs", turn=asked.turn_id))
                    continue
                if taken.setdefault((this.conversation_id, position), asked.turn_id) != asked.turn_id:
                    raise RowError(
                        arriving.row,
                        InputError(
                            "import_conversation_went_on", conversation=this.conversation_id, turn=position + 1
                        ),
                    )
                known[asked.turn_id] = this
                turns.append(_turn_values(this, case_of(arriving.item, arriving.turns[: position + 1])))
                links += [
                    {"turn_id": asked.turn_id, "position": place, "sha256": sha256}
                    for place, sha256 in enumerate(asked.pictures)
                ]
        self._take_pictures(turn.asked.pictures for turn in known.values())
        self._insert(TurnRow, turns)
        self._insert(TurnPictureRow, links)

    def _known_turns(self, arrivals: Sequence[Arrival]) -> dict[str, _Turn]:
        conversations = {arriving.conversation_id for arriving in arrivals}
        ids = {turn.turn_id for arriving in arrivals for turn in arriving.turns}
        rows = self._session.scalars(
            select(TurnRow)
            .where(or_(TurnRow.id.in_(ids), TurnRow.conversation_id.in_(conversations)))
            .options(selectinload(TurnRow.pictures))
        )
        return {row.id: _Turn(row.conversation_id, row.position, asked_turn(row)) for row in rows}

    def _take_pictures(self, shown: Iterable[tuple[str, ...]]) -> None:
        """A picture that is not here gets its name only: it is there when it is added one day."""
        hashes = {sha256 for pictures in shown for sha256 in pictures}
        self._pictures |= hashes
        here = set(self._session.scalars(select(PictureRow.sha256).where(PictureRow.sha256.in_(hashes))))
        absent = {"size_bytes": 0, "width": 0, "height": 0, "created_at": now()}
        new = [{"sha256": sha256, "file": file_name(sha256, PICTURE_SUFFIX), **absent} for sha256 in hashes - here]
        self._insert(PictureRow, new)

    def _take_answers(self, arrivals: Sequence[Arrival]) -> None:
        ids = {made.answer_id for arriving in arrivals for made in arriving.answers}
        ids |= {arriving.vote.answer_id for arriving in arrivals if arriving.vote}
        rows = self._session.scalars(select(AnswerRow).where(AnswerRow.id.in_(ids)))
        known = {row.id: _Answer(row.turn_id, answer_record(row)) for row in rows}
        taken = self._taken_sequences({arriving.turn_id for arriving in arrivals})
        new = []
        for arriving in arrivals:
            for made in arriving.answers:
                this = _Answer(arriving.turn_id, made.answer)
                if made.answer_id not in known:
                    known[made.answer_id] = this
                    in_turn = taken.setdefault(this.turn_id, set())
                    sequence = made.sequence if made.sequence not in in_turn else max(in_turn) + 1
                    in_turn.add(sequence)
                    values = answer_values(made.answer, this.turn_id, sequence)
                    new.append({**values, "id": made.answer_id, "created_at": made.answered_at})
                elif known[made.answer_id] != this:
                    raise RowError(arriving.row, InputError("import_answer_differs", answer=made.answer_id))
        self._insert(AnswerRow, new)
        self.turn_of_answer = {key: answer.turn_id for key, answer in known.items()}

    def _taken_sequences(self, turns: set[str]) -> dict[str, set[int]]:
        taken: dict[str, set[int]] = {}
        for turn, sequence in self._session.execute(
            select(AnswerRow.turn_id, AnswerRow.sequence).where(AnswerRow.turn_id.in_(turns))
        ):
            taken.setdefault(turn, set()).add(sequence)
        return taken

    def _insert(self, row: type[Base], values: list[dict[str, object]]) -> None:
        if values:
            self._session.execute(insert(row), values)


def _same(here: _Conversation, there: _Conversation) -> bool:
    """Whether they are one conversation; its names may have been shown since in one place only."""
    return here == there._replace(began=replace(there.began, revealed_at=here.began.revealed_at))


def _turn_values(turn: _Turn, case_key: str) -> dict[str, object]:
    return {
        "id": turn.asked.turn_id,
        "conversation_id": turn.conversation_id,
        "position": turn.position,
        "question": turn.asked.question,
        "case_key": case_key,
        "created_at": turn.asked.asked_at,
    }
