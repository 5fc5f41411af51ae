"""Who has signed in, by the secret in their cookie. Kept in memory only: a restart signs everybody out."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

LASTS_S = 7 * 86_400.0
AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Session:
    name: str
    until: float


class Sessions:
    """The sessions of one process. Only hashes of the secrets are kept, and no secret is taken from a browser."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def begin(self, name: str) -> str:
        """A new secret for somebody who has just proved who they are."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._sessions = {key: one for key, one in self._sessions.items() if one.until > now}
            while len(self._sessions) >= AT_MOST:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[hashed(secret)] = _Session(name, now + LASTS_S)
        return secret

    def name(self, secret: str) -> str | None:
        """Whose secret this is; None for one that is unknown or too old."""
        with self._lock:
            found = self._sessions.get(hashed(secret))
            return found.name if found is not None and found.until > self._clock() else None

    def end(self, secret: str) -> None:
        """The secret opens nothing any more."""
        with self._lock:
            self._sessions.pop(hashed(secret), None)


def hashed(secret: str) -> str:
    """A secret as it may lie about."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
