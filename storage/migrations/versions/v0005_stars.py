"""Whose a conversation is, and whether it is kept when old ones are deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both to the conversations there are: they are nobody's, and none of them is starred."""
    op.add_column("conversations", sa.Column("owner", sa.Text(), server_default="", nullable=False))
    op.add_column("conversations", sa.Column("starred", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_conversations_owner"), "conversations", ["owner"])
