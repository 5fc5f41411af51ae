"""How much one visitor may do: so many questions a minute and at once. Pure, with the clock handed in.

A visitor who has signed in is known by their name. Another one is known by a cookie that they can throw away, so
their address counts as well, more generously: several people may sit behind one.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from comparer.access.visitor import Visitor
from comparer.errors import AccessError
from comparer.settings import Settings

WINDOW_S = 60.0
PEOPLE_AT_AN_ADDRESS = 5
"""So many times what one visitor may do is what all may do who come from one address and have not signed in."""
PICTURES_A_QUESTION = 3
"""A visitor may look at so many pictures for every question."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor may do; None is no limit."""

    questions_a_minute: int | None = None
    at_once: int | None = None
    picture_mb: int | None = None
    tokens: int | None = None
    """Longest answer that they may ask for."""


def limits_of(settings: Settings) -> Limits:
    """The limits that the options say; on a shared page there are some even where nothing is said."""
    usual = Limits(6, 2, 8, 512) if settings.shared else Limits()
    return Limits(
        settings.visitor_questions or usual.questions_a_minute,
        settings.visitor_at_once or usual.at_once,
        settings.visitor_picture_mb or usual.picture_mb,
        settings.visitor_tokens or usual.tokens,
    )


class Turnstile:
    """Lets visitors through, `a_minute` times within any minute and `at_once` at a time; None is no limit."""

    def __init__(
        self, a_minute: int | None = None, at_once: int | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._a_minute = a_minute
        self._at_once = at_once
        self._clock = clock
        self._lock = threading.Lock()
        self._passed: dict[str, deque[float]] = {}
        self._inside: dict[str, int] = {}

    @contextmanager
    def passing(self, visitor: Visitor) -> Iterator[Callable[[], None]]:
        """Inside as long as this lasts; calling what it gives takes the passage back, as if it had not been.

        What an address has used up is told apart: somebody new has asked nothing. Raises AccessError
        `too_many_questions`, `too_many_at_once`, `too_many_at_address` or `too_many_at_once_at_address`.
        """
        shares = _shares(visitor)
        at = self._enter(visitor, shares)
        try:
            yield lambda: self._take_back(shares, at)
        finally:
            self._leave(shares)

    def _enter(self, visitor: Visitor, shares: dict[str, int]) -> float:
        with self._lock:
            now = self._clock()
            self._forget(now)
            for key, share in shares.items():
                if self._at_once is not None and self._inside.get(key, 0) >= share * self._at_once:
                    whose = "too_many_at_once" if key == visitor.key else "too_many_at_once_at_address"
                    raise AccessError(whose, limit=share * self._at_once)
                passed = self._passed.get(key, ())
                if self._a_minute is not None and len(passed) >= share * self._a_minute:
                    again_s = math.ceil(passed[len(passed) - share * self._a_minute] + WINDOW_S - now)
                    if key != visitor.key:
                        raise AccessError("too_many_at_address", seconds=max(1, again_s))
                    raise AccessError("too_many_questions", limit=self._a_minute, seconds=max(1, again_s))
            for key in shares:
                self._inside[key] = self._inside.get(key, 0) + 1
                if self._a_minute is not None:
                    self._passed.setdefault(key, deque()).append(now)
        return now

    def _take_back(self, shares: dict[str, int], at: float) -> None:
        with self._lock:
            for key in shares:
                if at in (passed := self._passed.get(key, deque())):
                    passed.remove(at)

    def _leave(self, shares: dict[str, int]) -> None:
        with self._lock:
            for key in shares:
                self._inside[key] -= 1
                if not self._inside[key]:
                    del self._inside[key]

    def _forget(self, now: float) -> None:
        """Drop what lies more than a minute back, and with it visitors who have gone."""
        for key in list(self._passed):
            passed = self._passed[key]
            while passed and passed[0] <= now - WINDOW_S:
                passed.popleft()
            if not passed:
                del self._passed[key]


def _shares(visitor: Visitor) -> dict[str, int]:
    """What a visitor is counted under, and how many visitors' share that has."""
    if visitor.signed_in or not visitor.address:
        return {visitor.key: 1}
    return {visitor.key: 1, f"address:{visitor.address}": PEOPLE_AT_AN_ADDRESS}
