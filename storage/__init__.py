"""Everything that is kept: conversations, answers, ratings, pictures. Imported by `app.py` and tests only."""

from storage.database import JournalMode
from storage.store import SqlStore, open_existing_store, open_store

__all__ = ["JournalMode", "SqlStore", "open_existing_store", "open_store"]
