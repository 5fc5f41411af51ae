"""What Alembic runs around the versions: on the connection and in the transaction of `storage.migrate`."""

from alembic import context

from storage import run_tables, tables  # noqa: F401 - fill the metadata
from storage.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot change a column in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
