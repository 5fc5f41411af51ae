"""The tables of runs. A run's conversations are ordinary ones; these say which they are and what was asked of whom.

Keys are places: case, repeat, turn and model within a run. So the database itself keeps every answer exactly once.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base, new_id, now
from storage.tables import PictureRow, ReviewerRow


class RunRow(Base):
    """A run with the fields of `RunRequest` and `Run`; who works on it has a lease, which ends by itself."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("(worker IS NULL) = (lease_until IS NULL)", name="a_worker_has_a_lease"),
        CheckConstraint("worker IS NULL OR state = 'running'", name="only_a_running_one_has_a_worker"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    suite: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    title_zh: Mapped[str] = mapped_column(Text)
    lineup: Mapped[str] = mapped_column(Text)
    models: Mapped[list[dict[str, Any]]]
    """The fields of each `RunModel`, smallest first."""
    plan: Mapped[str] = mapped_column(String(16))
    judge: Mapped[str] = mapped_column(String(16))
    repeats: Mapped[int]
    batch: Mapped[int]
    sampling: Mapped[dict[str, Any]]
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("reviewers.id"))
    cases: Mapped[int]
    planned: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[str] = mapped_column(String(16))
    worker: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    failure_code: Mapped[str | None] = mapped_column(String(100))
    failure_parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    reviewer: Mapped[ReviewerRow] = relationship()


class RunCaseRow(Base):
    """A case as it was when the run began. `case_key` is that of its last turn (`storage.cases`)."""

    __tablename__ = "run_cases"
    __table_args__ = (UniqueConstraint("run_id", "case_id"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(ForeignKey("items.key"))
    turns: Mapped[list[dict[str, Any]]]
    """The fields of each `RunTurn`."""
    language: Mapped[str] = mapped_column(Text)
    is_key: Mapped[bool]
    case_key: Mapped[str] = mapped_column(String(64))


class RunCasePictureRow(Base):
    """A picture of a case: it is not deleted as long as the run is there, asked or not."""

    __tablename__ = "run_case_pictures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "case_position"], ["run_cases.run_id", "run_cases.position"], ondelete="CASCADE"
        ),
        Index(None, "sha256"),
    )

    run_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_position: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("pictures.sha256"))

    picture: Mapped[PictureRow] = relationship()


class RunConversationRow(Base):
    """The conversation of one repeat of a case; it cannot be deleted without its run."""

    __tablename__ = "run_conversations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "case_position"], ["run_cases.run_id", "run_cases.position"], ondelete="CASCADE"
        ),
    )

    run_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_position: Mapped[int] = mapped_column(primary_key=True)
    repeat: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), unique=True)


class RunAnswerRow(Base):
    """The answer at one place of a run. Answers that were asked for again in its conversation are no part of it."""

    __tablename__ = "run_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "case_position", "repeat"],
            ["run_conversations.run_id", "run_conversations.case_position", "run_conversations.repeat"],
            ondelete="CASCADE",
        ),
        Index(None, "run_id", "failed", "model_s"),
    )

    run_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_position: Mapped[int] = mapped_column(primary_key=True)
    repeat: Mapped[int] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), unique=True)
    failed: Mapped[bool]
    model_s: Mapped[float]


class AutomaticScoreRow(Base):
    """What a check said of an answer; nothing of it enters the counts of people's ratings."""

    __tablename__ = "automatic_scores"

    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[float]
    passed: Mapped[bool]
    code: Mapped[str] = mapped_column(String(100))
    parameters: Mapped[dict[str, Any]]
    judged_at: Mapped[datetime] = mapped_column(default=now)
