"""Counts kept beside the ratings, so that the score table need not go through all of them; items are weighed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CELLS = """
INSERT INTO score_cells (item, lineup, model, model_id, precision)
SELECT DISTINCT c.item, c.lineup, a.model, a.model_id, a.precision
FROM ratings r
JOIN answers a ON a.id = r.answer_id
JOIN turns t ON t.id = a.turn_id
JOIN conversations c ON c.id = t.conversation_id
WHERE c.item IS NOT NULL
"""

_CASES = """
INSERT INTO case_scores (cell_id, case_key, ratings, accepted, blind_ratings, blind_accepted)
SELECT s.id, t.case_key, count(*),
       sum(CASE WHEN r.acceptable THEN 1 ELSE 0 END),
       sum(CASE WHEN r.blind THEN 1 ELSE 0 END),
       sum(CASE WHEN r.blind AND r.acceptable THEN 1 ELSE 0 END)
FROM ratings r
JOIN answers a ON a.id = r.answer_id
JOIN turns t ON t.id = a.turn_id
JOIN conversations c ON c.id = t.conversation_id
JOIN score_cells s ON s.item = c.item AND s.lineup = c.lineup AND s.model = a.model
                  AND s.model_id = a.model_id AND s.precision = a.precision
GROUP BY s.id, t.case_key
"""

_COUNTS = """
INSERT INTO cell_scores (cell_id, blind_only, ratings_each, cases, accepted)
SELECT cell_id, FALSE, ratings, count(*), sum(accepted) FROM case_scores GROUP BY cell_id, ratings
UNION ALL
SELECT cell_id, TRUE, blind_ratings, count(*), sum(blind_accepted)
FROM case_scores WHERE blind_ratings > 0 GROUP BY cell_id, blind_ratings
"""

FILL_SCORES = (_CELLS, _CASES, _COUNTS)
"""Counts all ratings there are into the empty tables; the database sorts on disk what does not fit into memory."""


def upgrade() -> None:
    """Weigh the items, make the tables of counts, and fill them from the ratings there are, inside the database."""
    # Written out: SQLite takes a named check only together with its new column.
    number = "DOUBLE" if op.get_bind().dialect.name == "sqlite" else "DOUBLE PRECISION"
    op.execute(
        f"ALTER TABLE items ADD COLUMN weight {number} DEFAULT 1 NOT NULL "
        "CONSTRAINT ck_items_weight_is_not_negative CHECK (weight >= 0)"
    )
    op.add_column("items", sa.Column("must_have", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Deleting an answer must find the votes for it.
    op.create_index(op.f("ix_preferences_answer_id"), "preferences", ["answer_id"])
    _make_tables()
    for fill in FILL_SCORES:
        op.execute(fill)


def _make_tables() -> None:
    op.create_table(
        "score_cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("lineup", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("precision", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.key"], name=op.f("fk_score_cells_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_cells")),
        sa.UniqueConstraint(
            "item",
            "lineup",
            "model",
            "model_id",
            "precision",
            name=op.f("uq_score_cells_item_lineup_model_model_id_precision"),
        ),
    )
    op.create_table(
        "case_scores",
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("case_key", sa.String(length=64), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("blind_ratings", sa.Integer(), nullable=False),
        sa.Column("blind_accepted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["score_cells.id"], name=op.f("fk_case_scores_cell_id")),
        sa.PrimaryKeyConstraint("cell_id", "case_key", name=op.f("pk_case_scores")),
    )
    op.create_table(
        "cell_scores",
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("blind_only", sa.Boolean(), nullable=False),
        sa.Column("ratings_each", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["score_cells.id"], name=op.f("fk_cell_scores_cell_id")),
        sa.PrimaryKeyConstraint("cell_id", "blind_only", "ratings_each", name=op.f("pk_cell_scores")),
    )
