"""How a cell's ratings are spread over its cases: as how many independent ones they count."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILL_SPREAD = """
UPDATE cell_scores SET accepted_squared = counted.squared
FROM (
    SELECT cell_id, FALSE AS blind_only, ratings AS ratings_each,
           sum(CAST(accepted AS BIGINT) * accepted) AS squared
    FROM case_scores GROUP BY cell_id, ratings
    UNION ALL
    SELECT cell_id, TRUE, blind_ratings, sum(CAST(blind_accepted AS BIGINT) * blind_accepted)
    FROM case_scores WHERE blind_ratings > 0 GROUP BY cell_id, blind_ratings
) AS counted
WHERE counted.cell_id = cell_scores.cell_id AND counted.blind_only = cell_scores.blind_only
  AND counted.ratings_each = cell_scores.ratings_each
"""
"""Counts the squares of all cases there are."""


def upgrade() -> None:
    """Add the sum of squares to the counts, and fill it from the cases there are, inside the database."""
    op.add_column("cell_scores", sa.Column("accepted_squared", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(FILL_SPREAD)
