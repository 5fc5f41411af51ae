"""Alembic scripts, numbered and only ever added to."""
