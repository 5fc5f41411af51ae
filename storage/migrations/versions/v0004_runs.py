"""Runs of test suites: their cases, which conversations and answers are theirs, and what checks said."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty."""
    _make_tables_of_what_is_asked()
    _make_tables_of_what_came_of_it()


def _make_tables_of_what_is_asked() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("lineup", sa.Text(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("plan", sa.String(length=16), nullable=False),
        sa.Column("judge", sa.String(length=16), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("sampling", sa.JSON(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=32), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.String(length=16), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_code", sa.String(length=100), nullable=True),
        sa.Column("failure_parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "worker IS NULL OR state = 'running'", name=op.f("ck_runs_only_a_running_one_has_a_worker")
        ),
        sa.CheckConstraint("(worker IS NULL) = (lease_until IS NULL)", name=op.f("ck_runs_a_worker_has_a_lease")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewers.id"], name=op.f("fk_runs_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "run_cases",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.Column("case_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.key"], name=op.f("fk_run_cases_item")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_cases_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_cases")),
        sa.UniqueConstraint("run_id", "case_id", name=op.f("uq_run_cases_run_id_case_id")),
    )
    op.create_table(
        "run_case_pictures",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("case_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "case_position"],
            ["run_cases.run_id", "run_cases.position"],
            name=op.f("fk_run_case_pictures_run_id_case_position"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["pictures.sha256"], name=op.f("fk_run_case_pictures_sha256")),
        sa.PrimaryKeyConstraint("run_id", "case_position", "position", name=op.f("pk_run_case_pictures")),
    )
    op.create_index(op.f("ix_run_case_pictures_sha256"), "run_case_pictures", ["sha256"])


def _make_tables_of_what_came_of_it() -> None:
    op.create_table(
        "run_conversations",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("case_position", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_run_conversations_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "case_position"],
            ["run_cases.run_id", "run_cases.position"],
            name=op.f("fk_run_conversations_run_id_case_position"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "case_position", "repeat", name=op.f("pk_run_conversations")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_run_conversations_conversation_id")),
    )
    op.create_table(
        "automatic_scores",
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_automatic_scores_answer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_automatic_scores")),
    )
    op.create_table(
        "run_answers",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("case_position", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("model_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_run_answers_answer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "case_position", "repeat"],
            ["run_conversations.run_id", "run_conversations.case_position", "run_conversations.repeat"],
            name=op.f("fk_run_answers_run_id_case_position_repeat"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "case_position", "repeat", "turn", "model", name=op.f("pk_run_answers")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_run_answers_answer_id")),
    )
    op.create_index(op.f("ix_run_answers_run_id_failed_model_s"), "run_answers", ["run_id", "failed", "model_s"])
