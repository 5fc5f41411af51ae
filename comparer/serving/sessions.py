"""Who has signed in, by the secret in their cookie.

The secrets' hashes are kept by a `SignIns`, so that a restart signs nobody out and all processes on one database know
the same people. What it has said is believed for some seconds: a page asks several times a second.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from comparer.errors import StoreError
from comparer.sign_ins import SignIn, SignIns

LASTS = timedelta(days=7)
BELIEVED = timedelta(seconds=5)
"""So long somebody is let in here who has signed out at another process."""
AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    sign_in: SignIn | None
    """None for a secret that opens nothing."""
    at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Sessions:
    """The sessions that one process knows of.

    No secret is taken from a browser. Without a keeper a restart ends all.
    """

    def __init__(self, kept: SignIns | None = None, clock: Callable[[], datetime] = _now) -> None:
        self._kept = kept
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}

    def begin(self, name: str, stamp: str) -> str:
        """A new secret for somebody who has just proved who they are; raises StoreError where none can be kept."""
        secret = secrets.token_urlsafe(32)
        key, sign_in = hashed(secret), SignIn(name, stamp, self._clock() + LASTS)
        if self._kept is not None:
            self._kept.keep(key, sign_in)
        self._saw(key, sign_in)
        return secret

    def is_at_hand(self, secret: str) -> bool:
        """Whether `find` answers at once, without the keeper."""
        seen = self._seen.get(hashed(secret))
        return self._kept is None or (seen is not None and self._clock() - seen.at < BELIEVED)

    def find(self, secret: str) -> SignIn | None:
        """Whose secret this is; None for one that is unknown or too old. May wait for the database.

        While that does not answer, what it said last holds.
        """
        key = hashed(secret)
        if self._kept is not None and not self.is_at_hand(secret):
            with suppress(StoreError):
                self._saw(key, self._kept.find(key))
        seen = self._seen.get(key)
        found = seen.sign_in if seen is not None else None
        return found if found is not None and found.until > self._clock() else None

    def end(self, secret: str) -> None:
        """The secret opens nothing any more. Raises StoreError where that could not be kept: it holds here only."""
        key = hashed(secret)
        if self._kept is None:
            with self._lock:
                self._seen.pop(key, None)
            return
        self._saw(key, None)
        self._kept.end(key)

    def _saw(self, key: str, sign_in: SignIn | None) -> None:
        with self._lock:
            self._seen.pop(key, None)
            while len(self._seen) >= AT_MOST:
                del self._seen[
                    next(iter(self._seen))
                ]  # with a keeper it is asked again, without one it was the oldest
            self._seen[key] = _Seen(sign_in, self._clock())


def hashed(secret: str) -> str:
    """A secret as it may lie about."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
