"""Deletes what is older than the page says that it is kept: at start, and once an hour.

A conversation goes with its pictures and ratings, exactly as when somebody deletes it; a starred one stays, with the
ratings on which a decision stands.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from comparer.errors import ComparerError

log = logging.getLogger(__name__)

EVERY_S = 3600.0


class Deleting(Protocol):
    """What the sweep asks of the database."""

    def delete_older(self, before: datetime) -> int:
        """Delete what has not been used since; how many conversations."""


def _now() -> datetime:
    return datetime.now(UTC)


class Retention:
    """Keeps `store` to the last `days` days."""

    def __init__(self, store: Deleting, days: int, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._over = threading.Event()

    def sweep(self) -> int:
        """Delete what is too old now; returns how many conversations went."""
        deleted = self._store.delete_older(self._clock() - timedelta(days=self._days))
        if deleted:
            log.info("deleted %d conversations in which nothing was asked for %d days", deleted, self._days)
        return deleted

    def begin(self) -> None:
        """Sweep now and every hour, in the background, until `stop`."""
        threading.Thread(target=self._work, name="retention", daemon=True).start()

    def stop(self) -> None:
        """Sweep no more."""
        self._over.set()

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                self.sweep()
            except ComparerError as error:  # the database is busy or away: the next hour is soon enough
                log.warning("old conversations were not deleted: %s", error)
            self._over.wait(EVERY_S)
