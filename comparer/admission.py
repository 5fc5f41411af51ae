"""How many questions are under way in this process, and whether another one is let in.

One serves all visitors: it keeps a crowd from exhausting the process, and lets a process end in good order.
Knows nothing of who asks, nor of models.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from comparer.engines.cancel import CancelToken
from comparer.errors import InputError

MOST_QUESTIONS = 128


class Admission:
    """Open until `close`; threads may share it."""

    def __init__(self, most: int = MOST_QUESTIONS) -> None:
        self._most = most
        self._closed = False
        self._under_way: set[CancelToken] = set()
        self._refused: dict[str, int] = {}
        self._changed = threading.Condition()

    @property
    def under_way(self) -> int:
        """How many questions are being answered or wait for their models."""
        return len(self._under_way)

    @property
    def closed(self) -> bool:
        """Whether the process is ending."""
        return self._closed

    @property
    def refused(self) -> Mapping[str, int]:
        """How many questions were not let in, by the code of the sentence."""
        return dict(self._refused)

    def check(self) -> None:
        """Raise InputError `server_closing` or `server_full` where a question would not be let in now."""
        if self._closed:
            raise self._refusal(InputError("server_closing"))
        if len(self._under_way) >= self._most:
            raise self._refusal(InputError("server_full", limit=self._most))

    def _refusal(self, error: InputError) -> InputError:
        self._refused[error.code] = self._refused.get(error.code, 0) + 1
        return error

    @contextmanager
    def question(self, cancel: CancelToken) -> Iterator[None]:
        """Count one question while the block runs; `cancel` stops it. Raises what `check` raises."""
        with self._changed:
            self.check()
            self._under_way.add(cancel)
        try:
            yield
        finally:
            with self._changed:
                self._under_way.discard(cancel)
                self._changed.notify_all()

    def close(self) -> None:
        """Let no more questions in; those under way go on."""
        self._closed = True

    def drain(self, within_s: float) -> bool:
        """Wait until no question is under way; False when some still are after `within_s` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, within_s)

    def cancel(self) -> int:
        """Stop all questions under way: what they have is kept, marked as stopped. Returns how many there were."""
        with self._changed:
            tokens = tuple(self._under_way)
        for token in tokens:
            token.set()
        return len(tokens)
