"""Transactions on one database: short ones, on disk when they end. Knows no table."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comparer.errors import StoreError
from storage.database import for_snapshots, for_writing, shown
from storage.faults import told_plainly


class Transactions:
    """How all calls of one process reach the database; threads may share it."""

    def __init__(self, database: Engine, wait_s: float) -> None:
        self.shown = shown(database.url)
        """The database's address as a person may read it."""
        self._reader = database
        self._writer = for_writing(database)
        self._snapshots = for_snapshots(database)
        self._wait_s = wait_s
        # SQLite takes one writer at a time and lets the others poll; inside this process they queue instead.
        self._one_writer = threading.Lock() if database.dialect.name == "sqlite" else None

    @contextmanager
    def reading(self, *, at_one_moment: bool = False) -> Iterator[Session]:
        """Reads only; `at_one_moment` all of them see the same state. Raises StoreError."""
        database = self._snapshots if at_one_moment else self._reader
        with told_plainly(self.shown), Session(database) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: on disk when the block ends, undone when it raises. Raises StoreError."""
        with (
            self._turn_to_write(),
            told_plainly(self.shown),
            Session(self._writer) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        if self._one_writer is None:
            yield
            return
        if not self._one_writer.acquire(timeout=self._wait_s):
            raise StoreError("store_busy", database=self.shown)
        try:
            yield
        finally:
            self._one_writer.release()
