"""The tables as typed classes. Rows never leave `storage/`; `storage.conversion` turns them into records.

A change here needs a new numbered file in `migrations/versions`; a test compares the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base, new_id, now


class ReviewerRow(Base):
    """A person who rates; the empty name is everyone who gave none."""

    __tablename__ = "reviewers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PictureRow(Base):
    """A picture file, by the SHA-256 of its bytes; `file` is relative to the folder of pictures."""

    __tablename__ = "pictures"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    file: Mapped[str] = mapped_column(String(80))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ItemRow(Base):
    """A kind of business work, the pass rate (0..1) that it needs, and how much it matters beside the others."""

    __tablename__ = "items"
    __table_args__ = (
        CheckConstraint("threshold >= 0 AND threshold <= 1", name="threshold_is_a_rate"),
        CheckConstraint("weight >= 0", name="weight_is_not_negative"),
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    threshold: Mapped[float]
    position: Mapped[int]
    archived: Mapped[bool] = mapped_column(default=False)
    weight: Mapped[float] = mapped_column(default=1.0)
    must_have: Mapped[bool] = mapped_column(default=False)


class ConversationRow(Base):
    """What is fixed when a conversation begins; without an item it counts for no score."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "item"), Index(None, "created_at"), Index(None, "owner"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    lineup: Mapped[str] = mapped_column(Text)
    model_order: Mapped[list[str]]
    item: Mapped[str | None] = mapped_column(ForeignKey("items.key"))
    blind: Mapped[bool]
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("reviewers.id"))
    revealed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    owner: Mapped[str] = mapped_column(Text, default="")
    """Whose it is where visitors are kept apart; empty for nobody's."""
    starred: Mapped[bool] = mapped_column(default=False)
    """Whether it stays when old ones are deleted."""

    reviewer: Mapped[ReviewerRow] = relationship()
    turns: Mapped[list["TurnRow"]] = relationship(
        order_by="TurnRow.position", back_populates="conversation", passive_deletes=True
    )


class TurnRow(Base):
    """One question; `case_key` is the same wherever the same pictures and questions have come so far."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("conversation_id", "position"), Index(None, "case_key"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    position: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    case_key: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)

    conversation: Mapped[ConversationRow] = relationship(back_populates="turns")
    pictures: Mapped[list["TurnPictureRow"]] = relationship(order_by="TurnPictureRow.position", passive_deletes=True)
    answers: Mapped[list["AnswerRow"]] = relationship(
        order_by="AnswerRow.sequence", back_populates="turn", passive_deletes=True
    )


class TurnPictureRow(Base):
    """A picture that is new in a turn."""

    __tablename__ = "turn_pictures"
    __table_args__ = (Index(None, "sha256"),)

    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("pictures.sha256"))

    picture: Mapped[PictureRow] = relationship()


class AnswerRow(Base):
    """One model's answer, with the fields of `Answer`, `Metrics` and `Sampling` under their own names."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("turn_id", "sequence"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    """The order in which the turn's answers were made; `position` is the column on screen."""
    model: Mapped[str] = mapped_column(Text)
    model_id: Mapped[str] = mapped_column(Text)
    precision: Mapped[str] = mapped_column(String(16))
    device: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    stop_reason: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    dropped_turns: Mapped[int]
    failure_code: Mapped[str | None] = mapped_column(String(100))
    failure_parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    queue_s: Mapped[float | None]
    load_s: Mapped[float | None]
    preprocess_s: Mapped[float | None]
    ttft_s: Mapped[float | None]
    tpot_s: Mapped[float | None]
    e2e_s: Mapped[float | None]
    tokens_per_s: Mapped[float | None]
    input_tokens: Mapped[int | None]
    image_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    peak_memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    weights_bytes: Mapped[int | None] = mapped_column(BigInteger)
    contended: Mapped[bool]

    max_new_tokens: Mapped[int]
    temperature: Mapped[float]
    top_p: Mapped[float]
    top_k: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    max_image_tokens: Mapped[int]

    turn: Mapped[TurnRow] = relationship(back_populates="answers")


class RatingRow(Base):
    """A reviewer's present rating of an answer: at most one each."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("answer_id", "reviewer_id"),
        Index(None, "reviewer_id"),
        Index(None, "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("reviewers.id"))
    acceptable: Mapped[bool]
    reasons: Mapped[list[str]]
    note: Mapped[str] = mapped_column(Text)
    blind: Mapped[bool]
    rated_at: Mapped[datetime] = mapped_column(default=now)
    """The last change."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    reviewer: Mapped[ReviewerRow] = relationship()
    answer: Mapped[AnswerRow] = relationship()


class RatingHistoryRow(Base):
    """What a rating said before a change; rows are only ever added."""

    __tablename__ = "rating_history"
    __table_args__ = (Index(None, "rating_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    rating_id: Mapped[str] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"))
    acceptable: Mapped[bool]
    reasons: Mapped[list[str]]
    note: Mapped[str] = mapped_column(Text)
    blind: Mapped[bool]
    rated_at: Mapped[datetime]
    replaced_at: Mapped[datetime] = mapped_column(default=now)


class PreferenceRow(Base):
    """Which answer of a turn a reviewer likes best: at most one vote each, the last one counts."""

    __tablename__ = "preferences"
    __table_args__ = (
        UniqueConstraint("turn_id", "reviewer_id"),
        Index(None, "answer_id"),
        CheckConstraint("(choice = 'answer') = (answer_id IS NOT NULL)", name="an_answer_only_when_chosen"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("reviewers.id"))
    choice: Mapped[str] = mapped_column(String(16))
    answer_id: Mapped[str | None] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    blind: Mapped[bool]
    chosen_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)


class TeamSettingRow(Base):
    """One thing that people have set for everybody, such as the price of a card."""

    __tablename__ = "team_settings"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class SignInRow(Base):
    """Somebody who has signed in, by the hash of the secret in their cookie."""

    __tablename__ = "sign_ins"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    stamp: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


class ScoreCellRow(Base):
    """Ratings that are counted together: one item, one lineup, one model of certain weights and precision."""

    __tablename__ = "score_cells"
    __table_args__ = (UniqueConstraint("item", "lineup", "model", "model_id", "precision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("items.key"))
    lineup: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    model_id: Mapped[str] = mapped_column(Text)
    precision: Mapped[str] = mapped_column(String(16))


class CaseScoreRow(Base):
    """How many ratings one case has in a cell, how many of them accept, and the same of the blind ones alone."""

    __tablename__ = "case_scores"

    cell_id: Mapped[int] = mapped_column(ForeignKey("score_cells.id"), primary_key=True)
    case_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ratings: Mapped[int]
    accepted: Mapped[int]
    blind_ratings: Mapped[int]
    blind_accepted: Mapped[int]


class CellScoreRow(Base):
    """How many cases of a cell have `ratings_each` ratings, and how many of all those ratings accept.

    Whole numbers, of which the sum of shares over cases follows exactly: sum of accepted / ratings_each. With the
    sum over cases of the square of what each one accepts, the spread of the ratings over the cases follows too.
    """

    __tablename__ = "cell_scores"

    cell_id: Mapped[int] = mapped_column(ForeignKey("score_cells.id"), primary_key=True)
    blind_only: Mapped[bool] = mapped_column(primary_key=True)
    ratings_each: Mapped[int] = mapped_column(primary_key=True)
    cases: Mapped[int]
    accepted: Mapped[int]
    accepted_squared: Mapped[int] = mapped_column(BigInteger, default=0)
